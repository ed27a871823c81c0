"""Price levels taken together in whole ticks: bids downwards, asks upwards."""

from __future__ import annotations

from collections.abc import Iterable

from desk.model.instrument import Lots, Ticks
from desk.model.market_data import Level
from desk.model.orders import Side


def edge(side: Side, ticks: int, group: int) -> Ticks:
    """Return the edge of a price's group away from the other side of the book."""
    return Ticks(ticks // group * group if side is Side.BUY else -(-ticks // group) * group)


def grouped(levels: Iterable[Level], side: Side, group: int, count: int) -> list[Level]:
    """Return at most `count` groups of a side's levels, which come best first."""
    found: list[Level] = []
    price, total = Ticks(0), 0
    for ticks, lots in levels:
        here = ticks if group == 1 else edge(side, ticks, group)
        if total and here != price:
            found.append((price, Lots(total)))
            total = 0
            if len(found) == count:
                return found
        price, total = here, total + lots
    if total:
        found.append((price, Lots(total)))
    return found
