"""The best levels of a book as subscribers know them, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Levels = list[tuple[int, int]]
"""(ticks, lots), best first."""


class ShownSide(Protocol):
    """The bids or the asks."""

    def levels(self, limit: int) -> Levels:
        """Return (ticks, lots) from the best level on, at most `limit` levels."""
        ...


class ShownBook(Protocol):
    """A book that can be looked at."""

    @property
    def bids(self) -> ShownSide:
        """Whoever wants to buy."""
        ...

    @property
    def asks(self) -> ShownSide:
        """Whoever wants to sell."""
        ...

    @property
    def update_id(self) -> int:
        """Number of the last change."""
        ...


@dataclass(frozen=True, slots=True)
class WindowChange:
    """From one published book to the next; levels of no lots are gone, or out of the window."""

    previous_id: int
    update_id: int
    bids: Levels
    asks: Levels


class BookWindow:
    """One depth stream of one instrument: at most so many levels, so often.

    What `bids` and `asks` hold is what every subscriber has: a new one gets it whole, and then
    follows the same changes as the others.
    """

    def __init__(self, book: ShownBook, levels: int, interval_us: int, now_us: int) -> None:
        self._book = book
        self._levels = levels
        self._interval_us = interval_us
        self._slot = now_us // interval_us
        self.bids: Levels = []
        self.asks: Levels = []
        self.update_id = 0
        self.frames = 0
        """Changes since the window was opened."""
        self.sent_us = now_us
        """When it last changed, or repeated itself."""
        self._look()

    def change(self, now_us: int) -> WindowChange | None:
        """Return what has changed; None before the interval's end, and when nothing has."""
        slot = now_us // self._interval_us
        if slot == self._slot:
            return None
        self._slot = slot
        before_id, bids, asks = self.update_id, self.bids, self.asks
        self._look()
        changed = WindowChange(
            before_id,
            self.update_id,
            sorted(_difference(bids, self.bids), reverse=True),
            sorted(_difference(asks, self.asks)),
        )
        if not changed.bids and not changed.asks:
            self.update_id = before_id  # nobody is told of what happened below the window
            return None
        self.frames += 1
        self.sent_us = now_us
        return changed

    def repeats(self, now_us: int, every_us: int) -> bool:
        """Tell whether it has been quiet so long that subscribers are to be reassured now."""
        if 0 <= now_us - self.sent_us < every_us:
            return False
        self.sent_us = now_us
        return True

    def _look(self) -> None:
        self.bids = self._book.bids.levels(self._levels)
        self.asks = self._book.asks.levels(self._levels)
        self.update_id = self._book.update_id


def _difference(before: Levels, after: Levels) -> Levels:
    """Return the levels that are new, of another size or gone."""
    old, new = set(before), set(after)
    changed = new - old
    gone = {ticks for ticks, _ in old - new}.difference(ticks for ticks, _ in changed)
    return [*changed, *((ticks, 0) for ticks in gone)]
