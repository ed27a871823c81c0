"""What a recording gives when it is played through the real path, as the replay report."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from desk.io.playing import Played
from desk.market.book import Book
from desk.market.series import Candle, MinuteCandles
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    Level,
    MarketEvent,
    Trade,
)
from desk.model.orders import Side
from desk.venues.connections import venue_of
from desk.venues.protocol import BookSync, VenueProtocol

_LEVELS = 5

_SHARE_IDS = frozenset({"binance"})
"""Venues whose ticker and depth count in one sequence, so that the two can be compared. Others
number them apart, or not at all: nothing is checked there."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Tops:
    """Best prices and quantities by update id, as they came."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._values = tuple(array("q") for _ in range(4))

    def add(self, update_id: int, bid: Level | None, ask: Level | None) -> None:
        """Note the top at an update id; a side that is empty is no price anybody has."""
        self._ids.append(update_id)
        for column, value in zip(
            self._values, (*(bid or (-1, -1)), *(ask or (-1, -1))), strict=True
        ):
            column.append(value)

    def sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return ids in order, and prices and quantities beside them, a row each."""
        ids = np.frombuffer(self._ids, dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        columns = [np.frombuffer(column, dtype=np.int64) for column in self._values]
        return ids[order], np.stack(columns, axis=1)[order]


class _InstrumentTally:
    """What one instrument's part of the recording came to."""

    def __init__(self) -> None:
        self.ours = _Tops()
        self.theirs = _Tops()
        self.candles = MinuteCandles(capacity=None)
        self.seen = False
        """Something about it was understood."""
        self.whole_books = 0
        """Those that came on the stream itself: depth events as well."""
        self.trades = 0
        self.lots = {Side.BUY: 0, Side.SELL: 0}

    def add(self, event: MarketEvent, book: Book) -> None:
        """Take an event that the book holds already."""
        if isinstance(event, BookDelta):
            if book.synced:
                self.ours.add(event.last_id, book.best_bid, book.best_ask)
        elif isinstance(event, BookTop):
            self.theirs.add(
                event.update_id, (event.bid, event.bid_lots), (event.ask, event.ask_lots)
            )
        elif isinstance(event, Trade):
            self.trades += 1
            self.lots[event.side] += event.quantity
            self.candles.add(event.ts_venue_ms, event.trade_id, event.price, event.quantity)

    def compared(self) -> tuple[int, int]:
        """Return at how many events the venue's ticker tells the top, and at how many we agree."""
        ids, ours = self.ours.sorted()
        ticker_ids, theirs = self.theirs.sorted()
        at = np.searchsorted(ticker_ids, ids, side="right") - 1
        told = at >= 0
        equal = (ours[told] == theirs[at[told]]).all(axis=1)
        return int(told.sum()), int(equal.sum())


class ReplayReport:
    """Plays a recording into a market and keeps count."""

    def __init__(self, catalogue: Catalogue, protocol: VenueProtocol) -> None:
        self._market = MarketState(catalogue)
        self._protocol = protocol
        self._instruments = list(catalogue.of_connection(protocol.connection).values())
        self._tallies = {instrument.id: _InstrumentTally() for instrument in self._instruments}
        self._ids_are_shared = venue_of(protocol.connection) in _SHARE_IDS
        self._lines = 0
        self._first_ns: int | None = None
        self._last_ns = 0

    def add(self, played: Played) -> None:
        """Take one line and what it gave."""
        if played.line.what in {"received", "answered"}:
            self._lines += 1
            self._last_ns = played.line.ts_recv_ns
            if self._first_ns is None:
                self._first_ns = self._last_ns
        for event in played.events:
            self._market.apply(event)
            if isinstance(event, FeedStatus | BookLost):
                continue
            tally = self._tallies[event.instrument]
            tally.seen = True
            if isinstance(event, BookSnapshot) and played.line.what == "received":
                tally.whole_books += 1
            if isinstance(event, BookDelta | BookTop | Trade):
                tally.add(event, self._market.books[event.instrument])
        for instrument in self._market.take_distrusted():
            self._protocol.resync(instrument, self._last_ns)

    def document(self, files: list[str]) -> dict[str, Any]:
        """Return the report as interfaces.md has it."""
        first_ns = self._last_ns if self._first_ns is None else self._first_ns
        return {
            "venue": self._protocol.connection,
            "files": files,
            "messages": self._lines,
            "duration_s": round((self._last_ns - first_ns) / 1e9, 3),
            "rejected": self._protocol.counters.rejected,
            "instruments": {
                instrument.id: self._instrument(instrument)
                for instrument in self._instruments
                if self._was_seen(instrument)
            },
        }

    def _was_seen(self, instrument: Instrument) -> bool:
        sync = self._protocol.counters.books[instrument.id]
        return self._tallies[instrument.id].seen or sync != BookSync()

    def _instrument(self, instrument: Instrument) -> dict[str, Any]:
        book = self._market.books[instrument.id]
        sync = self._protocol.counters.books[instrument.id]
        tally = self._tallies[instrument.id]
        checked, equal = tally.compared() if self._ids_are_shared else (0, 0)
        return {
            "state": book.state,
            "book_events_applied": book.applied + tally.whole_books,
            "buffered_before_snapshot": sync.buffered,
            "buffered_applied": sync.buffered_applied,
            "stale_dropped": sync.stale_dropped,
            "sequence_gaps": sync.gaps,
            "crossed_books": book.crossed,
            "orphan_deletes": book.orphan_deletes,
            "top_of_book_checked": checked,
            "top_of_book_equal": equal,
            "trades": tally.trades,
            "trade_volume": {
                "buy": _quantity(instrument, tally.lots[Side.BUY]),
                "sell": _quantity(instrument, tally.lots[Side.SELL]),
            },
            "best_bid": _level(instrument, book.best_bid),
            "best_ask": _level(instrument, book.best_ask),
            "bids": [_level(instrument, x) for x in islice(book.levels(Side.BUY), _LEVELS)],
            "asks": [_level(instrument, x) for x in islice(book.levels(Side.SELL), _LEVELS)],
            "candles_1m": [_candle(instrument, candle) for candle in tally.candles.all()],
        }


def _candle(instrument: Instrument, candle: Candle) -> dict[str, Any]:
    start = _EPOCH + timedelta(milliseconds=candle.start_ms)
    return {
        "start": start.isoformat().replace("+00:00", "Z"),
        "open": _price(instrument, candle.open),
        "high": _price(instrument, candle.high),
        "low": _price(instrument, candle.low),
        "close": _price(instrument, candle.close),
        "volume": _quantity(instrument, candle.volume),
        "trades": candle.trades,
    }


def _level(instrument: Instrument, level: Level | None) -> list[str] | None:
    if level is None:
        return None
    ticks, lots = level
    return [_price(instrument, ticks), _quantity(instrument, lots)]


def _price(instrument: Instrument, ticks: Ticks) -> str:
    return _text(instrument.price(ticks))


def _quantity(instrument: Instrument, lots: int) -> str:
    return _text(instrument.quantity(Lots(lots)))


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
