"""What changes hands when a connection moves to new sockets.

While the new sockets get ready, what they say is folded into its newest state and held back.
When they take over it is handed on in one batch, as of now: no book is lost in between, and
nothing is told twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from desk.market.book import Book
from desk.model.instrument import InstrumentId
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    InstrumentListed,
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side

_PRINTS_REMEMBERED = 8_192
_PRINTS_HELD = 4_096
"""Of one instrument, told by the old sockets and by the new ones. What is held must be among what
is remembered, or it would be told again; old and new lie less than the difference apart."""

_ECHO_NS = 60_000_000_000
"""Old and new sockets never lie that far behind each other."""

_Newest: TypeAlias = BookTop | MarkPrice | OpenInterest | VenueCandle
_Print: TypeAlias = Trade | Liquidation


class Told:
    """What has been handed on, so far as the next sockets must know."""

    def __init__(self) -> None:
        self.synced: set[InstrumentId] = set()
        """Instruments whose book is in sync."""
        self._prints: dict[tuple[type, InstrumentId], deque[object]] = {}
        self._newest_ns: dict[tuple[type, InstrumentId], int] = {}
        # A table, for this is done for every event.
        self._notes: dict[type[Any], Callable[[Any], None]] = {
            BookSnapshot: self._note_sync,
            BookLost: self._note_sync,
            Trade: self._remember,
            Liquidation: self._remember,
            BookTop: self._note_newest,
            MarkPrice: self._note_newest,
            OpenInterest: self._note_newest,
            VenueCandle: self._note_newest,
        }

    def note(self, events: Iterable[MarketEvent]) -> None:
        """Note what is handed on."""
        newest_ns = self._newest_ns
        for event in events:
            if type(event) is BookTop or type(event) is MarkPrice:  # most of all that is said
                newest_ns[type(event), event.instrument] = event.ts_recv_ns
            elif (note := self._notes.get(type(event))) is not None:
                note(event)

    def prints(self) -> frozenset[object]:
        """Return what names the last trades and liquidations."""
        return frozenset(name for names in self._prints.values() for name in names)

    def is_newer(self, event: _Newest) -> bool:
        """Return whether nothing of this kind has been told that is as new."""
        return event.ts_recv_ns > self._newest_ns.get((type(event), event.instrument), 0)

    def _note_sync(self, event: BookSnapshot | BookLost) -> None:
        if isinstance(event, BookSnapshot):
            self.synced.add(event.instrument)
        else:
            self.synced.discard(event.instrument)

    def _note_newest(self, event: _Newest) -> None:
        self._newest_ns[type(event), event.instrument] = event.ts_recv_ns

    def _remember(self, event: _Print) -> None:
        key = type(event), event.instrument
        names = self._prints.get(key)
        if names is None:
            names = self._prints[key] = deque(maxlen=_PRINTS_REMEMBERED)
        names.append(name_of(event))


def name_of(event: _Print) -> object:
    """Return what tells a print from others; liquidations have no number of their own."""
    if isinstance(event, Trade):
        return event.instrument, event.trade_id
    return event.instrument, event.side, event.price, event.quantity, event.ts_venue_ms


class Echo:
    """Prints that the sockets before told, and that the present ones may tell again."""

    def __init__(self) -> None:
        self._names: frozenset[object] = frozenset()
        self._until_ns = 0

    def begin(self, names: frozenset[object], now_ns: int) -> None:
        """Listen for these."""
        self._names, self._until_ns = names, now_ns + _ECHO_NS

    def __bool__(self) -> bool:
        return bool(self._names)

    def removed(self, events: list[MarketEvent], now_ns: int) -> list[MarketEvent]:
        """Return what has not been told."""
        heard = [
            event
            for event in events
            if not isinstance(event, Trade | Liquidation) or name_of(event) not in self._names
        ]
        if now_ns > self._until_ns:
            self._names = frozenset()
        return heard


class Held:
    """What new sockets have said so far."""

    def __init__(self) -> None:
        self._books: dict[InstrumentId, Book] = {}
        self._newest: dict[tuple[type, InstrumentId], _Newest] = {}
        self._listed: dict[InstrumentId, InstrumentListed] = {}
        self._prints: dict[tuple[type, InstrumentId], deque[_Print]] = {}
        self.status: FeedStatus | None = None
        """The last that was said about these sockets."""

    @property
    def synced(self) -> set[InstrumentId]:
        """Instruments whose book is in sync."""
        return {instrument for instrument, book in self._books.items() if book.synced}

    def take(self, events: Iterable[MarketEvent]) -> list[InstrumentId]:
        """Fold events in; return the instruments whose book was found crossed."""
        crossed: list[InstrumentId] = []
        for event in events:
            match event:
                case BookSnapshot() | BookDelta() | BookLost():
                    if self._fold(event):
                        crossed.append(event.instrument)
                case Trade() | Liquidation():
                    self._hold(event)
                case InstrumentListed():
                    self._listed[event.instrument] = event
                    self._book(event.instrument).lose("listed anew")
                case FeedStatus():
                    self.status = event
                case _:
                    self._newest[type(event), event.instrument] = event
        return crossed

    def handed_on(self, told: Told, now_ns: int) -> list[MarketEvent]:
        """Return what follows what has been told."""
        known = told.prints()
        lost = sorted(told.synced - self.synced)
        return [
            *self._listed.values(),
            *(BookLost(i, None, None, "not in sync on new sockets", now_ns) for i in lost),
            *(_snapshot(book) for book in self._books.values() if book.synced),
            *(event for event in self._newest.values() if told.is_newer(event)),
            *(event for event in self._held_prints() if name_of(event) not in known),
        ]

    def _hold(self, event: _Print) -> None:
        key = type(event), event.instrument
        self._prints.setdefault(key, deque(maxlen=_PRINTS_HELD)).append(event)

    def _held_prints(self) -> list[_Print]:
        """Return prints of all instruments in the order of their receipt."""
        held = [event for events in self._prints.values() for event in events]
        return sorted(held, key=lambda event: event.ts_recv_ns)

    def _fold(self, event: BookSnapshot | BookDelta | BookLost) -> bool:
        """Change a book; return whether it was found crossed."""
        book = self._book(event.instrument)
        if isinstance(event, BookLost):
            book.lose(event.reason)
            return False
        crossed = book.crossed
        if isinstance(event, BookSnapshot):
            book.apply_snapshot(event)
        else:
            book.apply_delta(event)
        return book.crossed > crossed

    def _book(self, instrument: InstrumentId) -> Book:
        book = self._books.get(instrument)
        if book is None:
            book = self._books[instrument] = Book(instrument)
        return book


def _snapshot(book: Book) -> BookSnapshot:
    bids, asks = list(book.levels(Side.BUY)), list(book.levels(Side.SELL))
    return BookSnapshot(
        book.instrument, book.last_id, bids, asks, book.ts_recv_ns, book.ts_venue_ms
    )
