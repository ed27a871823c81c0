"""Margin the plain way: loops over Python floats, for `desk bench margin`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from desk.margin.inputs import PositionInput


class Row(msgspec.Struct):
    """A position in plain floats."""

    quantity: float
    entry: float
    mark: float
    leverage: float
    tiers: list[tuple[float, float]]


def plain(position: PositionInput) -> Row:
    """Return a position in plain floats."""
    return Row(
        quantity=float(position.quantity),
        entry=float(position.entry_price),
        mark=float(position.mark or 0),
        leverage=float(position.leverage or 1),
        tiers=[
            (float(tier.maintenance_rate), float(tier.maintenance_amount))
            for tier in position.terms.tiers
        ],
    )


def decided(balance: float, rows: Sequence[Row]) -> tuple[float, float, float, float]:
    """Return value, maintenance, initial margin and margin ratio."""
    value, maintenance, initial = balance, 0.0, 0.0
    for row in rows:
        notional = abs(row.quantity) * row.mark
        value += row.quantity * (row.mark - row.entry)
        maintenance += _held(row, notional)
        initial += notional / row.leverage
    return value, maintenance, initial, maintenance / value


def figures(balance: float, rows: Sequence[Row]) -> tuple[list[float], float]:
    """Return all that is decided by, then the liquidation prices and the nearest joint fall."""
    value, maintenance, _, _ = decided(balance, rows)
    delta = sum(row.quantity * row.mark for row in rows)
    prices = [_price(row, value - maintenance) for row in rows]
    return prices, _fall(rows, value, delta)


def _held(row: Row, notional: float) -> float:
    return max(notional * rate - amount for rate, amount in row.tiers)


def _price(row: Row, free: float) -> float:
    """Return the closed form over all tiers: the highest of a long's, the lowest of a short's."""
    own = free + _held(row, abs(row.quantity) * row.mark) - row.quantity * row.mark
    found = [
        -(own + amount) / (row.quantity - abs(row.quantity) * rate) for rate, amount in row.tiers
    ]
    return max(found) if row.quantity > 0 else min(found)


def _fall(rows: Sequence[Row], value: float, delta: float) -> float:
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
