"""Maintenance margin of one position as a function of its notional: pieces of a convex curve.

One position's quantity is given, so that every model is one of four shapes in its notional N:

- tiers with a deduction ("maintenance amount"): max over tiers of N × rate − amount. A venue's
  table is continuous with rising rates, so a wrong tier could only understate it;
- one line: a rate that hangs on the quantity alone;
- a constant: maintenance on the entry value;
- a parabola: a rate that grows with the position's worth in coin (inverse contracts).

All are convex and none is below 0, so what is left over of a value that is linear in N is
concave: there are at most two prices at which an account is no longer solvent. Everything that
needs maintenance away from the mark takes the curve and asks for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from desk.model.numbers import ZERO


class Piece(NamedTuple):
    """Maintenance is square × N² + rate × N − amount from a notional on, up to the next piece."""

    start: Decimal
    rate: Decimal
    amount: Decimal
    square: Decimal = ZERO


Curve: TypeAlias = tuple[Piece, ...]
"""Pieces by rising start; the first starts at 0, the last has no end. Only one that is alone
has a square."""


def upper_envelope(lines: Iterable[tuple[Decimal, Decimal]]) -> Curve:
    """Return the highest of (rate, amount) lines and of 0, which maintenance is never below."""
    hull: list[Piece] = []
    for rate, amount in sorted({(ZERO, ZERO), *lines}, key=lambda line: (line[0], -line[1])):
        start = ZERO
        while hull:
            last = hull[-1]
            if rate != last.rate:
                start = (amount - last.amount) / (rate - last.rate)
                if start > last.start:
                    break
            hull.pop()
            start = ZERO
        hull.append(Piece(start, rate, amount))
    return tuple(hull)


def constant(maintenance: Decimal) -> Curve:
    """Return the curve of a maintenance that no price changes."""
    return (Piece(ZERO, ZERO, -maintenance),)


def parabola(rate: Decimal, square: Decimal) -> Curve:
    """Return the curve square × N² + rate × N."""
    return (Piece(ZERO, rate, ZERO, square),)


def raised(curve: Curve, by: Decimal) -> Curve:
    """Return a curve with a constant on top."""
    return tuple(piece._replace(amount=piece.amount - by) for piece in curve) if by else curve


def piece_at(curve: Curve, notional: Decimal) -> Piece:
    """Return the piece that holds a notional at or above 0."""
    chosen = curve[0]
    for piece in curve:
        if notional < piece.start:
            break
        chosen = piece
    return chosen


def maintenance_at(curve: Curve, notional: Decimal) -> Decimal:
    """Return the maintenance margin of a notional."""
    _, rate, amount, square = piece_at(curve, notional)
    return notional * (rate + square * notional) - amount


def rising_root(constant: Decimal, gain: Decimal, square: Decimal) -> Decimal | None:
    """Return where constant + gain × N − square × N² rises through 0; None if it does not.

    `constant` is at or below 0 and `square` never is. The root is taken in the form that
    subtracts nothing, so that no digits are lost.
    """
    if gain <= 0:
        return None
    if not square:
        return -constant / gain
    inside = gain * gain + 4 * square * constant
    return None if inside < 0 else -2 * constant / (gain + inside.sqrt())


def falling_root(constant: Decimal, gain: Decimal, square: Decimal) -> Decimal | None:
    """Return where constant + gain × N − square × N² falls through 0; None if it does not."""
    if not square:
        return -constant / gain if gain < 0 else None
    inside = gain * gain + 4 * square * constant
    if inside < 0:
        return None
    if gain < 0:
        return 2 * constant / (inside.sqrt() - gain)
    return (gain + inside.sqrt()) / (2 * square)
