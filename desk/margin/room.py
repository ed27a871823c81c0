"""How much room a relative distance is, by what the market usually moves.

σ is the standard deviation of the log return of one hour. A random walk covers a distance of d in
about 60 × (d / σ)² minutes; what is passed already takes none.
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.rounding import unbiased
from desk.model.numbers import ZERO

MINUTES_AN_HOUR = 60


def in_sigmas(distance: Decimal | None, sigma: Decimal | None) -> Decimal | None:
    """Return a signed distance in standard deviations of one hour; None without either.

    Where nothing ever moved there is no measure.
    """
    if distance is None or sigma is None or sigma <= 0:
        return None
    return unbiased(distance / sigma)


def in_minutes(distance: Decimal | None, sigma: Decimal | None) -> Decimal | None:
    """Return the minutes in which the market usually moves so far; 0 at or past it."""
    sigmas = in_sigmas(distance, sigma)
    if sigmas is None:
        return None
    return ZERO if sigmas <= 0 else unbiased(MINUTES_AN_HOUR * sigmas * sigmas)
