"""One Hyperliquid coin: from its messages to market events."""

from __future__ import annotations

from collections import deque

from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import (
    BookLost,
    BookSnapshot,
    BookTop,
    Level,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
)
from desk.model.orders import Side
from desk.venues import hyperliquid_wire as wire
from desk.venues.candles import minute_candle
from desk.venues.figures import funding_rate_of, open_interest_of, price_of, volume_of
from desk.venues.increments import Increments
from desk.venues.minutes import Minutes
from desk.venues.print_numbers import PrintNumbers
from desk.venues.protocol import BookSync, FeedCounters
from desk.venues.subscription import Subscription

_BOOKS_SET_BACK = 20
"""So many books in a row with older stamps, some ten seconds of them, are no stragglers: the
venue's clock was set back."""

_TRADES_REMEMBERED = 4_096

_FUNDING_INTERVAL_H = 1
"""Paid each hour, as the venue's description of funding says, November 2026."""


class InstrumentFeed:
    """Turns one coin's messages into events, appended to the list given.

    Raises one of UNREADABLE, having changed nothing, for a message that cannot be true.
    """

    def __init__(
        self,
        instrument: Instrument,
        candles: Subscription,
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.sync = BookSync()
        self._minutes = Minutes(candles)
        self._counters = counters
        self._events = events
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size)
        self._book_ms: int | None = None
        """Stamp of the book that was handed on last; None while there is none."""
        self._older_books = 0
        self._numbers = PrintNumbers()
        self._backfill = True
        self._known = deque[int](maxlen=_TRADES_REMEMBERED)
        self._known_ids: set[int] = set()

    def on_book(self, data: bytes, ts_recv_ns: int) -> None:
        """Take a whole book. One that is older than the last came late and changes nothing."""
        book = wire.read_book(data)
        bids, asks = (self._levels(side) for side in book.levels)
        if self._book_ms is not None and book.time_ms < self._book_ms:
            self._older_books += 1
            if self._older_books < _BOOKS_SET_BACK:
                self.sync.stale_dropped += 1
                return
        self._older_books = 0
        self._book_ms = book.time_ms
        self.sync.snapshots += 1
        # There are no ids: the time of the block stands for one.
        self._events.append(
            BookSnapshot(self.id, book.time_ms, bids, asks, ts_recv_ns, book.time_ms)
        )

    def on_trades(self, data: bytes, ts_recv_ns: int) -> None:
        """Take prints. The first message of a subscription is history, up to a minute old, and
        not marked as such: it is remembered, counted, and not handed on.

        The venue's ids are in no order, while candles open and close by the order of ids: prints
        are numbered by their times, those of history too.
        """
        ticks, lots = self._prices, self._sizes
        trades = [(t, ticks[t.price], lots[t.size]) for t in wire.read_trades(data)]
        is_history, self._backfill = self._backfill, False
        if is_history:
            trades.sort(key=lambda row: row[0].time_ms)
        for trade, price, quantity in trades:
            is_new = self._is_new(trade.trade_id)
            number = self._numbers.next(trade.time_ms) if is_new else 0
            if is_history or not is_new:
                self._counters.ignored_trades += 1
                continue
            side = Side.BUY if trade.side == "B" else Side.SELL
            self._events.append(
                Trade(self.id, number, price, quantity, side, ts_recv_ns, trade.time_ms)
            )

    def on_best(self, data: bytes, ts_recv_ns: int) -> None:
        """Take the best bid and ask; where only one is told nothing is handed on."""
        best = wire.read_best(data)
        told = [self._levels([level])[0] for level in best.best if level is not None]
        if len(told) == len(best.best) == 2:
            bid, ask = told
            self._events.append(
                BookTop(self.id, best.time_ms, *bid, *ask, ts_recv_ns, best.time_ms)
            )

    def on_candle(self, data: bytes, ts_recv_ns: int) -> None:
        """Take the running minute."""
        candle, ticks = wire.read_candle(data), self._prices
        told = minute_candle(
            self.id,
            candle.start_ms,
            (ticks[candle.open], ticks[candle.high], ticks[candle.low], ticks[candle.close]),
            volume_of(candle.volume),
            ts_recv_ns,
            closed=False,
        )
        self._events += self._minutes.take([told])

    def on_context(self, data: bytes, ts_recv_ns: int) -> None:
        """Take mark, oracle price, funding of the hour, open interest; the venue stamps none."""
        marks = wire.read_context(data).marks
        event = MarkPrice(
            self.id,
            price_of(marks.mark),
            None if marks.oracle is None else price_of(marks.oracle),
            None if marks.funding is None else funding_rate_of(marks.funding),
            None,
            ts_recv_ns,
            None,
            _FUNDING_INTERVAL_H,
        )
        interest = None if marks.open_interest is None else open_interest_of(marks.open_interest)
        self._events.append(event)
        if interest is not None:
            self._events.append(OpenInterest(self.id, interest, ts_recv_ns))

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book; the next message brings a whole one."""
        expected, self._book_ms = self._book_ms, None
        self._older_books = 0
        if expected is not None:
            self._events.append(BookLost(self.id, expected, None, reason, ts_recv_ns))

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book; prints that come twice are still known."""
        self.lose("disconnected", ts_recv_ns)

    def expect_backfill(self) -> None:
        """Note that trades are being subscribed to: history comes first."""
        self._backfill = True

    def _levels(self, levels: list[wire.Level]) -> list[Level]:
        ticks, lots = self._prices, self._sizes
        return [(ticks[level.price], lots[level.size]) for level in levels]

    def _is_new(self, trade_id: int) -> bool:
        """Remember a print; False when it was told before."""
        if trade_id in self._known_ids:
            return False
        if len(self._known) == _TRADES_REMEMBERED:
            self._known_ids.discard(self._known[0])
        self._known.append(trade_id)
        self._known_ids.add(trade_id)
        return True
