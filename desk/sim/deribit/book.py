"""One instrument's book as every subscriber has it: whole, on the venue's grid, in units.

Only levels that something happened to are looked at again; the book is deep, and most of it
stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

from desk.sim.book import Book, Side
from desk.sim.coarse import coarse_lots
from desk.sim.deribit.spelling import Spelling
from desk.sim.events import LevelSet

Levels = list[tuple[str, int, int]]
"""(action, the venue's ticks, units)."""


@dataclass(frozen=True, slots=True)
class BookChange:
    """From one published book to the next."""

    previous_id: int
    change_id: int
    bids: Levels
    asks: Levels


class PublishedSide:
    """The bids or the asks."""

    def __init__(self, side: Side, spelling: Spelling) -> None:
        self._side = side
        self._spelling = spelling
        self._touched = {key // spelling.step for key in side.keys}
        self._units: dict[int, int] = {}
        self.change()

    def touch(self, ticks: int) -> None:
        """Note that something happened at a tick of the market's."""
        self._touched.add(self._side.sign * ticks // self._spelling.step)

    def change(self) -> Levels:
        """Return what has changed since the last time, best first."""
        levels: Levels = []
        units, sign, step = self._units, self._side.sign, self._spelling.step
        for key in sorted(self._touched, reverse=True):
            before = units.get(key, 0)
            after = self._spelling.units(sign * key, coarse_lots(self._side, key, step))
            if after == before:
                continue
            if after:
                units[key] = after
            else:
                del units[key]
            levels.append((_action(before, after), sign * key, after))
        self._touched.clear()
        return levels

    def levels(self) -> Levels:
        """Return all of them, best first."""
        sign = self._side.sign
        return [("new", sign * key, self._units[key]) for key in sorted(self._units, reverse=True)]


class PublishedBook:
    """Both sides, and the id that they stand at."""

    def __init__(self, book: Book, spelling: Spelling) -> None:
        self._book = book
        self.change_id = book.update_id
        self.bids = PublishedSide(book.bids, spelling)
        self.asks = PublishedSide(book.asks, spelling)

    def note(self, event: LevelSet) -> None:
        """Take an event of the market."""
        (self.bids if event.is_bid else self.asks).touch(event.ticks)

    def change(self) -> BookChange | None:
        """Return what has changed since the last time; None when nothing did."""
        bids, asks = self.bids.change(), self.asks.change()
        if not bids and not asks:
            return None
        previous_id, self.change_id = self.change_id, self._book.update_id
        return BookChange(previous_id, self.change_id, bids, asks)


def _action(before: int, after: int) -> str:
    if not before:
        return "new"
    return "change" if after else "delete"
