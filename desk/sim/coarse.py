"""A book on a coarser price grid than the market's: bids round down, asks up, levels merge.

In a side's keys, which grow towards the best price, both is rounding down; so a book that is not
crossed cannot become so.
"""

from __future__ import annotations

from collections.abc import Callable

from desk.sim.book import Side


def coarse_levels(side: Side, limit: int, rounded: Callable[[int], int]) -> list[tuple[int, int]]:
    """Return (ticks, lots) from the best level on, at most `limit` of the coarser grid.

    `rounded` takes a key down to the grid; ticks are in the unit that it gives.
    """
    levels: list[tuple[int, int]] = []
    lots_at, sign = side.lots, side.sign
    current, total = 0, 0
    for key in reversed(side.keys):
        coarse = rounded(key)
        if coarse != current and total:
            levels.append((sign * current, total))
            if len(levels) == limit:
                return levels
            total = 0
        current = coarse
        total += lots_at[key]
    levels.append((sign * current, total))
    return levels


def coarse_lots(side: Side, coarse_key: int, step: int) -> int:
    """Return the lots of the level that covers `step` keys from `coarse_key` × `step` on."""
    lots_at = side.lots
    if step == 1:
        return lots_at.get(coarse_key, 0)
    first = coarse_key * step
    return sum(lots_at.get(key, 0) for key in range(first, first + step))
