"""Interest of loans: daily at 00:00 Hong Kong time, by days over a year of 365 or 360.

Venues that lend for spot margin charge every hour or four hours that has begun instead: the same
product, with their rate for a period and the periods begun.
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.rounding import finely, required

_YEAR_OF_365 = frozenset({"HKD"})


def days_a_year(asset: str) -> int:
    """Return the days that a year of interest has: 365 for HKD, 360 for dollars and stablecoins.

    Any other asset counts 360, which never understates what is owed.
    """
    return 365 if asset in _YEAR_OF_365 else 360


@finely
def simple_interest(owed: Decimal, annual_rate: Decimal, asset: str, days: int) -> Decimal:
    """Return the interest of some days on what is owed, without compounding; rounded up."""
    return required(owed * annual_rate * days / days_a_year(asset))


def periods_begun(elapsed_ms: int, period_ms: int) -> int:
    """Return how many periods have begun: a part counts whole, as venues charge it."""
    return -(-elapsed_ms // period_ms)
