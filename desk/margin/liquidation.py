"""The prices at which collateral value meets maintenance margin: exact, in closed form.

Everything is written in one variable, the notional N of the position in its settle asset. For a
linear contract N = size × price; for an inverse one N = size ÷ price. Value is linear in N and
maintenance the envelope of the tier lines, so what is left over on each segment is

    constant + amount + (gain − rate) × N,

and the whole is concave: solvent strictly between at most two edges. The walk goes over the
segments from N = 0 and stops at the edge. Own derivation; within one tier it is the venue's
formula LP = (WB − TMM + UPNL + cum − s·q·E) / (q·MMR − s·q) (Binance FAQ
b3c689c1f50a44cabb3a84e663b81d93), and coin-margined Q(1 ± MMR) / (WB + cum ± Q/E).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.margin.envelope import Envelope
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


def solvent_between(exposure: Exposure, envelope: Envelope) -> Interval:
    """Return the prices at which collateral value is exactly maintenance margin."""
    low, segment = _low_edge(exposure, envelope)
    if segment is None:
        return NO_EDGES
    high = _high_edge(exposure, envelope, segment)
    if exposure.inverse:
        return Interval(price_at(exposure, high), price_at(exposure, low))
    return Interval(price_at(exposure, low), price_at(exposure, high))


def _low_edge(exposure: Exposure, envelope: Envelope) -> tuple[Decimal | None, int | None]:
    """Return the notional above which there is solvency, and its segment; none if there is none."""
    if exposure.constant + envelope[0].amount > 0:
        return None, 0
    last = len(envelope) - 1
    for index, segment in enumerate(envelope):
        gain = exposure.gain - segment.rate
        if gain <= 0:
            break
        root = -(exposure.constant + segment.amount) / gain
        if index == last or root <= envelope[index + 1].start:
            return root, index
    return None, None


def _high_edge(exposure: Exposure, envelope: Envelope, first: int) -> Decimal | None:
    """Return the notional below which there is solvency, at or after a segment that has some."""
    last = len(envelope) - 1
    if exposure.gain >= envelope[last].rate:
        return None
    for index in range(first, last + 1):
        _, rate, amount = envelope[index]
        gain = exposure.gain - rate
        left = exposure.constant + amount
        if gain < 0 and (index == last or left + gain * envelope[index + 1].start <= 0):
            return -left / gain
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
