"""`desk bench stress`: a grid of 21 × 21 joint moves for 1,000 positions, in milliseconds.

And the map of one account that a window asks for every second, from its positions to the answer.

Beside them in turn the plain way: margin ratios by loops over Python floats, of the same accounts
and moves. The row says how far the ratios are apart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import product

import msgspec
import numpy as np

from desk.bench.machine import core_of
from desk.bench.pairs import PAIRS, Measured, Pairs, cpu_us, interleaved, reference
from desk.bench.row import Given, Row, row
from desk.cli.shipped import shipped
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.stress import PerpetualStress, Scenarios
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import perpetual_subject

ACCOUNTS, POSITIONS = 10, 1_000
SIDE = 21
MAP_SIDE = 27
"""Of the fine grid that a map is drawn through."""
RULES_OF = date(2026, 9, 29)
"""The day whose margin rules are taken."""
MARKS = {"BTC": Decimal(61_000), "ETH": Decimal(2_600)}
TARGET_MS = 3.0
MAP_POSITIONS, MAP_TARGET_MS = 6, 3.0
"""A normal book; more would be felt by who waits for the desk."""
MOST_APART = 1e-9
CALLS = 10
"""Of ours in one run: one alone is short beside the clock's step."""


def measure(given: Given) -> list[Row]:
    """Measure the kernel and the map, each in turn with the loop."""
    accounts, pairs = _accounts(), max(PAIRS, given.repeats)
    moves = [step / 20 - 0.5 for step in range(SIDE)]
    both = np.array(list(product(moves, moves)))
    scenarios = Scenarios({"BTC": both[:, 0], "ETH": both[:, 1]})
    book = PerpetualStress(accounts, {a.id: Decimal(1) for a in accounts}, "USDT")
    one = msgspec.structs.replace(accounts[0], positions=accounts[0].positions[:MAP_POSITIONS])
    loops = Loops()
    return [
        _row(
            f"stress {SIDE} x {SIDE}, {POSITIONS:,} positions in {ACCOUNTS} accounts",
            interleaved(_ms(lambda: book.measure(scenarios)), loops.of(accounts, moves), pairs),
            f"ratios differ by at most {loops.apart(book.measure(scenarios).ratios):.0e}",
            TARGET_MS,
        ),
        _row(
            f"stress map of one account, {MAP_POSITIONS} positions",
            interleaved(
                _ms(lambda: stress_map(perpetual_subject(one, Decimal(0)))),
                loops.of([one], [step / 40 for step in range(-17, MAP_SIDE - 17)]),
                pairs,
            ),
            "cells, both lines, basis and depeg; the loop: ratios of its grid alone",
            MAP_TARGET_MS,
        ),
    ]


class Loops:
    """The reference: nothing where it is not installed."""

    def __init__(self) -> None:
        self._module = reference("stress_floats")
        self._found: list[list[float]] = []

    def of(self, accounts: list[AccountInput], moves: list[float]) -> Measured:
        """Return what measures the loop over some accounts and moves."""
        module = self._module
        if module is None:
            return lambda: 0.0
        rows = [module.plain(account) for account in accounts]

        def work() -> None:
            self._found = module.ratios(rows, moves)

        return lambda: cpu_us(work)() / 1_000

    def apart(self, ratios: np.ndarray) -> float:
        """Return how far ours are from what the loop found last, of themselves."""
        if not self._found:
            return 0.0
        apart = float(np.max(np.abs(ratios / np.array(self._found) - 1)))
        assert apart < MOST_APART, f"the kernel and the loop differ by {apart}"
        return apart


def _ms(work: Callable[[], object]) -> Measured:
    measured = cpu_us(lambda: [work() for _ in range(CALLS)], CALLS)
    return lambda: measured() / 1_000


def _row(name: str, found: Pairs, what: str, most: float) -> Row:
    said = f"{what}; reference: loops over plain floats; {found.note}; core {core_of()}"
    return row(name, found.value, "ms", reference=found.beside, most=most, note=said)


def _accounts() -> list[AccountInput]:
    """Longs and shorts over two instruments, sizes through all tiers; no chance in it."""
    known = shipped()
    terms = known.terms(RULES_OF)
    each = POSITIONS // ACCOUNTS
    accounts: list[AccountInput] = []
    for number in range(ACCOUNTS):
        positions: list[PositionInput] = []
        for index in range(each):
            base = ("BTC", "ETH")[index % 2]
            found = known.catalogue.get(f"{base}USDT-PERP.BINANCE")
            assert found is not None, "the shipped catalogue has it"
            mark, sign = MARKS[base], (1, -1)[index // 2 % 2]
            coins = Decimal(1 + (7 * index + number) % each) * (61_000 // mark)
            positions.append(
                PositionInput(
                    instrument=msgspec.structs.replace(found, id=f"{found.id}/{index}"),
                    terms=terms[found.id],
                    quantity=sign * coins,
                    entry_price=mark * (95 + index % 11) / 100,
                    mark=mark,
                    leverage=Decimal(5),
                )
            )
        accounts.append(
            AccountInput(
                id=f"perp-{number}",
                settle="USDT",
                balances={"USDT": Decimal(500_000_000)},
                haircuts={},
                prices={},
                positions=tuple(positions),
            )
        )
    return accounts
