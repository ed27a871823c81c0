"""Interest of loans: daily at 00:00 Hong Kong time, by days over a year of 365 or 360.

Venues that lend for spot margin charge every hour or four hours that has begun instead: the same
product, with their rate for a period and the periods begun.
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.rounding import finely, required

DAY_MS = 86_400_000
HONG_KONG_MS = 8 * 3_600_000
"""Ahead of UTC, all year round."""

_YEAR_OF_365 = frozenset({"HKD"})


def days_a_year(asset: str) -> int:
    """Return the days that a year of interest has: 365 for HKD, 360 for dollars and stablecoins.

    Any other asset counts 360, which never understates what is owed.
    """
    return 365 if asset in _YEAR_OF_365 else 360


def midnights(after_ms: int, until_ms: int) -> int:
    """Return how many Hong Kong midnights lie after a moment, up to another and with it."""
    return max(0, _day(until_ms) - _day(after_ms))


def _day(wall_ms: int) -> int:
    return (wall_ms + HONG_KONG_MS) // DAY_MS


@finely
def simple_interest(owed: Decimal, annual_rate: Decimal, asset: str, days: int) -> Decimal:
    """Return the interest of some days on what is owed, without compounding; rounded up."""
    return required(owed * annual_rate * days / days_a_year(asset))


def periods_begun(elapsed_ms: int, period_ms: int) -> int:
    """Return how many periods have begun: a part counts whole, as venues charge it."""
    return -(-elapsed_ms // period_ms)
