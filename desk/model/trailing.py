"""Where the trigger of a trailing stop lies: a distance behind the best mark since it was taken.

The best mark is the highest for one that sells, the lowest for one that buys. The trigger is
rounded to the tick on the side on which it acts earlier, and moves one way only.
"""

from __future__ import annotations

from decimal import Decimal

from desk.model.numbers import round_down, round_up
from desk.model.orders import OrderTerms, Side


def better_mark(side: Side, one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Return the mark that is the better of two; None is no mark."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other) if side is Side.SELL else min(one, other)


def distance(terms: OrderTerms, best: Decimal, tick: Decimal) -> Decimal:
    """Return how far in price the trigger stays behind the best mark: never less than a tick."""
    if terms.trail is not None:
        return max(terms.trail, tick)
    assert terms.trail_rate is not None, f"order {terms.id} trails at no distance"
    return max(best * terms.trail_rate, tick)


def trailing_trigger(terms: OrderTerms, best: Decimal, tick: Decimal) -> Decimal:
    """Return the trigger that belongs to a best mark."""
    away = distance(terms, best, tick)
    if terms.side is Side.SELL:
        return round_up(best - away, tick)
    return round_down(best + away, tick)
