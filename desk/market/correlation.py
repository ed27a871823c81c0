"""How two prices move together: for pictures, never for money."""

from __future__ import annotations

import math
from collections.abc import Iterator

from desk.market.series import HourVolatility


def correlation(first: HourVolatility, second: HourVolatility) -> float | None:
    """Return the correlation of one-minute log returns, weighted as the volatilities are.

    Over minutes that both have whole, half-life 60 minutes; None with fewer than 30 of them, or
    where one did not move at all.
    """
    pairs = list(_common(first, second))
    if len(pairs) < HourVolatility.MIN_RETURNS:
        return None
    newest = pairs[-1][0]
    weighted = [(0.5 ** ((newest - m) / HourVolatility.HALF_LIFE_MIN), a, b) for m, a, b in pairs]
    both = sum(weight * a * b for weight, a, b in weighted)
    squares = sum(w * a * a for w, a, _ in weighted) * sum(w * b * b for w, _, b in weighted)
    if not squares > 0:
        return None
    return max(-1.0, min(1.0, both / math.sqrt(squares)))


def _common(first: HourVolatility, second: HourVolatility) -> Iterator[tuple[int, float, float]]:
    """Yield minute and both returns, oldest first, where it and the minute before are whole."""
    prices = dict(second.closes)
    before, then = -1, math.nan
    for minute, mark in first.closes:
        if before == minute - 1 and minute in prices and before in prices:
            yield minute, math.log(mark / then), math.log(prices[minute] / prices[before])
        before, then = minute, mark
