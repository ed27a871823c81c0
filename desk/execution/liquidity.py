"""What the visible book offers an order, less what this desk has taken already.

A paper fill leaves no mark on the real book: the same level would be seen, and taken, again and
again. So what has been taken is remembered with the quantity the level showed, and stays taken
until the venue shows another quantity there.
"""

from __future__ import annotations

from collections.abc import Iterable

from desk.execution.port import BookLevels
from desk.model.instrument import InstrumentId, Lots, Ticks
from desk.model.market_data import BookDelta, BookSnapshot, Level
from desk.model.orders import Side

NO_LOTS = Lots(0)


def is_usable(book: BookLevels) -> bool:
    """Return whether anything may fill against a book: synced, and its best bid below its ask."""
    if not book.synced:
        return False
    bid, ask = best(book, Side.BUY), best(book, Side.SELL)
    return bid is None or ask is None or bid < ask


def best(book: BookLevels, side: Side) -> Ticks | None:
    """Return the best price of a side, or None when it is empty."""
    level = book.best_bid if side is Side.BUY else book.best_ask
    return None if level is None else level[0]


def reaches(side: Side, limit: Ticks, price: Ticks) -> bool:
    """Return whether an order of this side and limit may trade at a price."""
    return price <= limit if side is Side.BUY else price >= limit


def walk(levels: Iterable[Level], side: Side, limit: Ticks, lots: int) -> list[Level]:
    """Return what an order takes from the levels opposite to it, best first, level by level."""
    takes: list[Level] = []
    for ticks, offered in levels:
        if lots <= 0 or not reaches(side, limit, ticks):
            break
        taken = Lots(min(lots, offered))
        if taken > 0:
            takes.append((ticks, taken))
            lots -= taken
    return takes


class TakenLiquidity:
    """Quantities taken from levels that have not changed since."""

    def __init__(self) -> None:
        self._sides: dict[tuple[InstrumentId, Side], dict[Ticks, tuple[Lots, int]]] = {}
        """(quantity the level showed, lots taken of it) by price, for each side of a book."""

    def take(
        self, instrument: InstrumentId, side: Side, ticks: Ticks, shown: Lots, lots: int
    ) -> None:
        """Take lots of a level that shows a quantity."""
        levels = self._sides.setdefault((instrument, side), {})
        levels[ticks] = (shown, lots + self.taken(instrument, side, ticks, shown))

    def taken(self, instrument: InstrumentId, side: Side, ticks: Ticks, shown: Lots) -> int:
        """Return how much of a level is taken; nothing when it shows another quantity."""
        levels = self._sides.get((instrument, side))
        if not levels:
            return 0
        shown_then, lots = levels.get(ticks, (shown, 0))
        return lots if shown_then == shown else 0

    def release_changed(self, event: BookSnapshot | BookDelta) -> None:
        """Forget what was taken of levels that show another quantity now."""
        for side, stated in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
            levels = self._sides.get((event.instrument, side))
            if not levels:
                continue
            now = dict(stated)
            if isinstance(event, BookSnapshot):
                # What a snapshot does not state is gone.
                now = {ticks: now.get(ticks, NO_LOTS) for ticks in levels}
            for ticks, shown in now.items():
                if ticks in levels and levels[ticks][0] != shown:
                    del levels[ticks]

    def add(self, other: TakenLiquidity) -> None:
        """Take everything that the other has taken."""
        for (instrument, side), levels in other._sides.items():
            for ticks, (shown, lots) in levels.items():
                self.take(instrument, side, ticks, shown, lots)
