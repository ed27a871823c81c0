"""`desk bench margin`: twenty positions recomputed on one mark, in microseconds.

Beside it in the same run the plain way: the same figures of the same account (margins, ratio,
both liquidation prices of every position, the joint move) by loops over Python floats.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from desk.bench.row import Given, Row
from desk.cli.shipped import shipped
from desk.margin.account import account_figures
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.whatif import at_marks

POSITIONS = 20
TARGET_US = 60.0
MARKS = {"BTC": Decimal("61010.5"), "ETH": Decimal("2601.25")}
RULES_OF = date(2026, 9, 29)
"""The day whose margin rules are taken."""
CHANGES = 100


def measure(given: Given) -> list[Row]:
    """Measure exact figures and the float loop, the best of some runs each."""
    account = _account()
    first = account.positions[0].instrument.id
    marks = [MARKS["BTC"] + Decimal(step) / 10 for step in range(CHANGES)]
    rows = [_plain(position) for position in account.positions]
    balance = float(account.balances[account.settle])

    def exact() -> list[float]:
        found: list[float] = []
        for mark in marks:
            figures = account_figures(at_marks(account, {first: mark}))
            found.append(float(figures.positions[0].liquidation_price or 0))
        return found

    def plain() -> list[float]:
        found: list[float] = []
        for mark in marks:
            rows[0].mark = float(mark)
            found.append(_figures(balance, rows)[0][0])
        return found

    exact_us, ours = _best(max(5, given.repeats), exact)
    plain_us, other = _best(max(5, given.repeats), plain)
    apart = max(abs(a / b - 1) for a, b in zip(ours, other, strict=True))
    return [
        {
            "name": f"margin: {POSITIONS} positions on a mark",
            "value": round(exact_us, 1),
            "unit": "us",
            "reference": round(plain_us, 1),
            "ratio": round(exact_us / plain_us, 2),
            "target": f"<= {TARGET_US:g}",
            "ok": exact_us <= TARGET_US and apart < 1e-9,
            "note": f"reference: a loop over plain floats; prices differ by at most {apart:.0e}",
        }
    ]


def _best(repeats: int, work: Callable[[], list[float]]) -> tuple[float, list[float]]:
    best, found = float("inf"), work()
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        best = min(best, (time.perf_counter() - start) / CHANGES * 1e6)
    return best, found


def _account() -> AccountInput:
    """Longs and shorts over two coins, sizes through the lower tiers; no chance in it."""
    known = shipped()
    terms = known.terms(RULES_OF)
    positions: list[PositionInput] = []
    for index in range(POSITIONS):
        base = ("BTC", "ETH")[index % 2]
        found = known.catalogue.get(f"{base}USDT-PERP.BINANCE")
        assert found is not None, "the shipped catalogue has it"
        positions.append(
            PositionInput(
                instrument=msgspec.structs.replace(found, id=f"{found.id}/{index}"),
                terms=terms[found.id],
                quantity=Decimal(1 + index) / (4 if index % 3 else -4),
                entry_price=MARKS[base] * (95 + index % 11) / 100,
                mark=MARKS[base],
                leverage=Decimal(5),
            )
        )
    return AccountInput(
        id="perp-1",
        settle="USDT",
        balances={"USDT": Decimal(400_000)},
        haircuts={},
        prices={},
        positions=tuple(positions),
    )


class _Row(msgspec.Struct):
    """A position in plain floats."""

    quantity: float
    entry: float
    mark: float
    leverage: float
    tiers: list[tuple[float, float]]


def _plain(position: PositionInput) -> _Row:
    return _Row(
        quantity=float(position.quantity),
        entry=float(position.entry_price),
        mark=float(position.mark or 0),
        leverage=float(position.leverage or 1),
        tiers=[
            (float(tier.maintenance_rate), float(tier.maintenance_amount))
            for tier in position.terms.tiers
        ],
    )


def _figures(balance: float, rows: Sequence[_Row]) -> tuple[list[float], float, float, float]:
    """Return liquidation prices, margin ratio, initial margin and the nearest joint fall."""
    value, maintenance, initial, delta = balance, 0.0, 0.0, 0.0
    for row in rows:
        notional = abs(row.quantity) * row.mark
        value += row.quantity * (row.mark - row.entry)
        maintenance += _held(row, notional)
        initial += notional / row.leverage
        delta += row.quantity * row.mark
    prices = [_price(row, value - maintenance) for row in rows]
    return prices, maintenance / value, initial, _fall(rows, value, delta)


def _held(row: _Row, notional: float) -> float:
    return max(notional * rate - amount for rate, amount in row.tiers)


def _price(row: _Row, free: float) -> float:
    """Return the closed form over all tiers: the highest of a long's, the lowest of a short's."""
    own = free + _held(row, abs(row.quantity) * row.mark) - row.quantity * row.mark
    found = [
        -(own + amount) / (row.quantity - abs(row.quantity) * rate) for rate, amount in row.tiers
    ]
    return max(found) if row.quantity > 0 else min(found)


def _fall(rows: Sequence[_Row], value: float, delta: float) -> float:
    """Return the joint move where value meets maintenance, by Newton's method from a full fall."""
    moved = -1.0
    for _ in range(20):
        left, slope = value + delta * moved, delta
        for row in rows:
            notional = abs(row.quantity) * row.mark
            held, rate = max(
                (notional * (1 + moved) * rate - amount, rate) for rate, amount in row.tiers
            )
            left -= held
            slope -= notional * rate
        if abs(left) < 1e-6 or slope <= 0:
            break
        moved -= left / slope
    return moved
