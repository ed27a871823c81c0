"""`desk bench margin`: what a new mark costs an account of twenty positions, in microseconds.

Twice: what decides about the account (value, margins, ratio, level), which the engine works out on
every mark, and all that a frame shows of it (both liquidation prices of every position, the joint
move), which is worked out when a frame asks. Beside each, in the same run, the same figures by
loops over Python floats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import cycle
from typing import Any

import msgspec

from desk.app.assemble import DEFAULT_PROFILE, rules_of
from desk.bench.machine import core_of
from desk.bench.pairs import Measured, Pairs, cpu_us, interleaved, reference
from desk.bench.row import Given, Row, row
from desk.cli.shipped import shipped, shipped_profile
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.engine import Engine
from desk.engine.message import Clock, Heard
from desk.engine.settings import Settings
from desk.execution.paper import PaperVenue
from desk.ledger.book import WORLD, transfer
from desk.ledger.position import Position
from desk.margin.account import margin_figures
from desk.margin.inputs import MarginTerms
from desk.margin.whatif import at_marks
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument, InstrumentId
from desk.model.market_data import MarkPrice

POSITIONS = 20
TARGET_US = 60.0
MARKS = {"BTC": Decimal("61010.5"), "ETH": Decimal("2601.25")}
BALANCE = Decimal(400_000)
ACCOUNT = "perp-1"
RULES_OF = date(2026, 9, 29)
"""The day whose margin rules are taken."""
BEGAN_MS, BEGAN_NS = 1_790_600_000_000, 1_000_000_000
CHANGES = 200
"""Marks in one run."""
PAIRS = 15


class Stage:
    """An engine that holds twenty positions, and its marks: each moves the next one a little."""

    def __init__(self) -> None:
        self.engine = Engine(_desk(_instruments()))
        self.desk = self.engine.desk
        self._now_ns, self._step = BEGAN_NS, 0
        self._next = cycle(self.desk.catalogue.all())
        self.engine.handle(Clock(self._now_ns, BEGAN_MS))
        for _ in range(POSITIONS):
            self.move()

    def move(self) -> None:
        """Let the engine hear the next mark."""
        instrument = next(self._next)
        self._step += 1
        self._now_ns += 1_000_000
        mark = MARKS[instrument.base] + Decimal(self._step % 1_000) / 100
        heard = MarkPrice(instrument.id, mark, mark, None, None, self._now_ns, None, None)
        self.engine.handle(Heard(heard))


def measure(given: Given) -> list[Row]:
    """Return a row for what decides, one for that without its engine, one for what is shown."""
    stage, pairs = Stage(), max(PAIRS, given.repeats)
    account = stage.desk.account_input(ACCOUNT)
    names = cycle(p.instrument.id for p in account.positions)

    def margin_alone() -> None:
        nonlocal account
        for step in range(CHANGES):
            name = next(names)
            mark = account.marks[name] + (1 if step % 2 else -1)
            account = at_marks(account, {name: mark})
            margin_figures(account)

    def shown() -> None:
        for _ in range(CHANGES):
            stage.move()
            stage.desk.figures(ACCOUNT)

    def decided() -> None:
        for _ in range(CHANGES):
            stage.move()
            stage.desk.margin(ACCOUNT)

    floats = Floats(stage)
    return [
        _row(
            f"risk on a mark, {POSITIONS} positions: heard, measured, decided",
            interleaved(_per_mark(decided), _per_mark(floats.decided), pairs),
            "value, margins, ratio and level by the engine, to the last digit",
            most=TARGET_US,
        ),
        _row(
            f"risk on a mark, {POSITIONS} positions: margin alone",
            interleaved(_per_mark(margin_alone), _per_mark(floats.decided), pairs),
            "the same figures of an account given by hand",
            most=TARGET_US,
        ),
        _row(
            f"risk on a mark, {POSITIONS} positions: all that a frame shows",
            interleaved(_per_mark(shown), _per_mark(floats.shown), pairs),
            f"on a mark as above, and every liquidation price, distance and common move; "
            f"at most once a frame; prices differ from the floats by {_apart(stage, floats):.0e}",
        ),
    ]


class Floats:
    """The reference: the same account in plain floats; nothing where it is not installed."""

    def __init__(self, stage: Stage) -> None:
        self._module = reference("margin_floats")
        positions = stage.desk.account_input(ACCOUNT).positions
        self._names = cycle([p.instrument.id for p in positions])
        if self._module is not None:
            self._rows: dict[str, Any] = {p.instrument.id: self._module.plain(p) for p in positions}

    def decided(self) -> None:
        """Take as many marks, and work out what decides on each."""
        if self._module is not None:
            self._moved(self._module.decided)

    def shown(self) -> None:
        """Take as many marks, and work out all figures on each."""
        if self._module is not None:
            self._moved(self._module.figures)

    def _moved(self, work: Callable[[float, Sequence[Any]], object]) -> None:
        rows = list(self._rows.values())
        for step in range(CHANGES):
            self._rows[next(self._names)].mark += 0.5 if step % 2 else -0.5
            work(float(BALANCE), rows)

    def prices(self, marks: Mapping[str, float]) -> list[float]:
        """Return the liquidation prices at some marks; none without the reference."""
        if self._module is None:
            return []
        for name, mark in marks.items():
            self._rows[name].mark = mark
        found, _ = self._module.figures(float(BALANCE), list(self._rows.values()))
        return found


def _apart(stage: Stage, floats: Floats) -> float:
    """Return how far the liquidation prices of both are apart, of themselves."""
    held = stage.desk.figures(ACCOUNT).positions
    plain = floats.prices({p.instrument: float(p.mark or 0) for p in held})
    pairs = zip((p.liquidation_price for p in held), plain, strict=False)
    # The plain loop does not know that there is no price at or below 0.
    return max((abs(float(a) / b - 1) for a, b in pairs if a is not None), default=0.0)


def _per_mark(work: Callable[[], object]) -> Measured:
    return cpu_us(work, CHANGES)


def _row(name: str, found: Pairs, what: str, most: float | None = None) -> Row:
    said = f"{what}; reference: loops over plain floats; {found.note}; core {core_of()}"
    return row(name, found.value, "us", reference=found.beside, most=most, note=said)


def _desk(instruments: Sequence[Instrument]) -> Desk:
    """Longs and shorts over two coins, sizes through the lower tiers; no chance in it."""
    known = shipped().terms(RULES_OF)
    terms: dict[str, MarginTerms] = {
        one.id: known[f"{one.base}USDT-PERP.BINANCE"] for one in instruments
    }
    profile = shipped_profile(DEFAULT_PROFILE)
    assert profile is not None, "the default profile ships"
    connections = frozenset(one.connection for one in instruments)
    desk = Desk(
        catalogue=Catalogue(list(instruments)),
        terms=lambda _: terms,
        rules=rules_of(profile),
        settings=Settings(mode="PAPER", sample_client=True, fed=connections, traded=connections),
        venue=PaperVenue(),
    )
    desk.state.fold(Change(postings=transfer(WORLD, ACCOUNT, "USDT", BALANCE)), None, BEGAN_MS)
    for index, one in enumerate(instruments):
        quantity = Decimal(1 + index) / (4 if index % 3 else -4)
        entry = MARKS[one.base] * (95 + index % 11) / 100
        desk.state.positions[ACCOUNT, one.id] = Position(quantity, quantity * entry)
    return desk


def _instruments() -> list[Instrument]:
    known = shipped().catalogue
    found: list[Instrument] = []
    for index in range(POSITIONS):
        one = known.get(f"{('BTC', 'ETH')[index % 2]}USDT-PERP.BINANCE")
        assert one is not None, "the shipped catalogue has it"
        name, symbol = InstrumentId(f"{one.id}/{index}"), f"{one.symbol}/{index}"
        found.append(msgspec.structs.replace(one, id=name, symbol=symbol))
    return found
