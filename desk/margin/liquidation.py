"""The prices at which collateral value meets maintenance margin: exact, in closed form.

Everything is written in one variable, the notional N of the position in its settle asset. For a
linear contract N = size × price; for an inverse one N = size ÷ price. Value is linear in N and
maintenance a convex curve, so what is left over on each of its pieces is

    constant + amount + (gain − rate) × N − square × N²,

and the whole is concave: solvent strictly between at most two edges. The walk goes over the
pieces from N = 0 and stops at the edge. Own derivation; within one tier it is the venue's
formula LP = (WB − TMM + UPNL + cum − s·q·E) / (q·MMR − s·q) (Binance FAQ
b3c689c1f50a44cabb3a84e663b81d93), and coin-margined Q(1 ± MMR) / (WB + cum ± Q/E).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Curve, falling_root, rising_root
from desk.margin.rounding import unbiased


class Exposure(NamedTuple):
    """How what backs one position moves with its notional, in its settle asset."""

    constant: Decimal
    """Value less all other maintenance, where the notional is 0."""
    gain: Decimal
    """Change of value for a change of 1 in notional: 1 for a linear long, −1 for a linear
    short, and the reverse for an inverse one; more with collateral held in the base asset."""
    size: Decimal
    """|quantity| × contract size."""
    inverse: bool


class Interval(NamedTuple):
    """Prices above 0 between which an account is solvent; None: there is no edge on that side."""

    lower: Decimal | None
    upper: Decimal | None


NO_EDGES = Interval(None, None)
"""No price is an edge: always solvent, or never (the level says which)."""


def solvent_between(exposure: Exposure, curve: Curve) -> Interval:
    """Return the prices at which collateral value is exactly maintenance margin."""
    low, piece = _low_edge(exposure, curve)
    if piece is None:
        return NO_EDGES
    high = _high_edge(exposure, curve, piece)
    if exposure.inverse:
        return Interval(price_at(exposure, high), price_at(exposure, low))
    return Interval(price_at(exposure, low), price_at(exposure, high))


def _low_edge(exposure: Exposure, curve: Curve) -> tuple[Decimal | None, int | None]:
    """Return the notional above which there is solvency, and its piece; none if there is none."""
    if exposure.constant + curve[0].amount > 0:
        return None, 0
    last = len(curve) - 1
    for index, (_, rate, amount, square) in enumerate(curve):
        root = rising_root(exposure.constant + amount, exposure.gain - rate, square)
        if root is None:
            break
        if index == last or root <= curve[index + 1].start:
            return root, index
    return None, None


def _high_edge(exposure: Exposure, curve: Curve, first: int) -> Decimal | None:
    """Return the notional below which there is solvency, at or after a piece that has some."""
    last = len(curve) - 1
    if exposure.gain >= curve[last].rate and not curve[last].square:
        return None
    for index in range(first, last + 1):
        _, rate, amount, square = curve[index]
        root = falling_root(exposure.constant + amount, exposure.gain - rate, square)
        if root is not None and (index == last or root <= curve[index + 1].start):
            return root
    return None


def price_at(exposure: Exposure, notional: Decimal | None) -> Decimal | None:
    """Return the price at which the position has a notional; None where that is not above 0."""
    if notional is None or notional <= 0:
        return None
    if exposure.inverse:
        return unbiased(exposure.size / notional)
    return unbiased(notional / exposure.size)


def bankruptcy_price(exposure: Exposure) -> Decimal | None:
    """Return the price at which equity is 0; None when there is none above 0."""
    return price_at(exposure, -exposure.constant / exposure.gain)


def distance(interval: Interval, mark: Decimal) -> Decimal | None:
    """Return the signed distance to the nearer edge as a fraction of the mark.

    At or below 0 the edge has been passed: "through", never an absolute value. None without
    an edge.
    """
    lower, upper = interval
    if lower is None:
        return None if upper is None else unbiased((upper - mark) / mark)
    room = mark - lower if upper is None else min(mark - lower, upper - mark)
    return unbiased(room / mark)
