"""What the simulated market's books really are, change by change, whatever the desk was told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from desk.app.session import Session
from desk.model.orders import Side
from desk.sim.binance.spelling import Spelling
from desk.sim.events import Event, LevelSet
from desk.sim.market import Market
from desk.trial.promises import Broken

DEPTH = 20
"""Levels a side that are compared."""


class TrueBook:
    """One book, followed by its numbered changes up to the number that the desk has."""

    def __init__(self, market: Market, name: str) -> None:
        book = market.listings[name].book
        spelling = Spelling.of(market.listings[name].instrument)
        self._told: Callable[[int], int] = spelling.update_id
        """The number that the venue tells in the place of its own."""
        self.number = self._told(book.update_id)
        self._sides: tuple[dict[int, int], dict[int, int]] = (
            dict(book.bids.levels(len(book.bids.keys))),
            dict(book.asks.levels(len(book.asks.keys))),
        )
        self._ahead: deque[LevelSet] = deque()

    def note(self, events: list[Event]) -> None:
        """Keep what has changed."""
        self._ahead += (event for event in events if isinstance(event, LevelSet))

    def at(self, number: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
        """Return the best levels as they were at a number; None: that was longer ago."""
        if number < self.number:
            return None
        while self._ahead and self._told(self._ahead[0].update_id) <= number:
            change = self._ahead.popleft()
            side = self._sides[0 if change.is_bid else 1]
            side[change.ticks] = change.lots
            if not change.lots:
                del side[change.ticks]
        self.number = number
        bids, asks = self._sides
        return (
            [(ticks, bids[ticks]) for ticks in sorted(bids, reverse=True)[:DEPTH]],
            [(ticks, asks[ticks]) for ticks in sorted(asks)[:DEPTH]],
        )


class Truth:
    """The true books of a market that is listened to as it happens."""

    def __init__(self, market: Market, names: list[str]) -> None:
        self._books = {name: TrueBook(market, name) for name in names}
        self.compared = 0
        advance: Callable[[int], dict[str, list[Event]]] = market.advance

        def followed(until_ms: int) -> dict[str, list[Event]]:
            events = advance(until_ms)
            for name, book in self._books.items():
                book.note(events[name])
            return events

        market.advance = followed  # type: ignore[method-assign]

    def look(self, session: Session) -> None:
        """Hold every book that is shown as synced to the true one of its number."""
        desk = session.runtime.engine.desk
        for name, true in self._books.items():
            book: Any = desk.book(name)
            if book is None or not book.synced:
                continue
            expected = true.at(book.last_id)
            if expected is None:
                continue
            self.compared += 1
            found = [list(_first(book.levels(side))) for side in (Side.BUY, Side.SELL)]
            if found != [*expected]:
                raise Broken("a book shown SYNCED is the true one", f"{name} at {book.last_id}")


def _first(levels: Any) -> list[tuple[int, int]]:
    return [(int(ticks), int(lots)) for _, (ticks, lots) in zip(range(DEPTH), levels, strict=False)]
