"""One Kraken pair: from its messages to market events."""

from __future__ import annotations

from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Level,
    MarketEvent,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.candles import minute_candle
from desk.venues.figures import volume_of
from desk.venues.json_numbers import NumberIncrements, plain_text
from desk.venues.kraken_book import CheckedBook
from desk.venues.kraken_wire import Book, Candle, Print, Ticker
from desk.venues.kraken_wire import Level as WireLevel
from desk.venues.minutes import Minutes
from desk.venues.print_ids import PrintIds
from desk.venues.protocol import BookSync, FeedCounters
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable
from desk.venues.usd_pairs import BOOK_SILENCE_NS, is_quiet
from desk.venues.venue_time import milliseconds

INTERVAL = 1
"""Minutes of a candle."""

DISAGREEMENT_NS = 2_000_000_000
"""Book and ticker come as separate messages, so that they differ for moments; of two that never
agreed for so long, one no longer comes."""

BOOK_BEHIND_NS = 1_000_000_000
TICKER_BEHIND_NS = 10_000_000_000
"""How much older one of them must then be than the other to be the dead one."""


class PairFeed:
    """Turns one pair's messages into events, appended to the list given.

    Raises Unusable for a message that cannot be true; of the book it then has given up what it
    knew, because nothing numbers the messages and the next one would not show that one is missing.
    """

    def __init__(
        self,
        instrument: Instrument,
        subscription: Subscription,
        ticker: Subscription,
        candles: Subscription,
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.quiet = is_quiet(instrument.base)
        self.sync = BookSync()
        self.subscription = subscription
        """Of the book."""
        self._ticker = ticker
        self._minutes = Minutes(candles)
        self._counters = counters
        self._events = events
        self._book = CheckedBook(instrument)
        self._synced = False
        self._last_id = 0
        """Our own count: the venue numbers nothing."""
        self._last_book_ns = 0
        self._top: tuple[Level, Level] | None = None
        """The ticker's best bid and ask."""
        self._top_id = 0
        self._top_ns = 0
        self._disagrees_ns: int | None = None
        """Since when the book has had other best prices than the ticker."""
        self._prints = PrintIds()
        self._prices = NumberIncrements[Ticks](instrument.tick_size)
        self._sizes = NumberIncrements[Lots](instrument.lot_size)
        self._depths = NumberIncrements[Lots](instrument.lot_size, zero=True)

    def on_book(self, book: Book, ts_recv_ns: int, *, snapshot: bool) -> None:
        """Take a snapshot or an update, and prove the book that comes of it."""
        try:
            bids, asks = self._levels(book.bids), self._levels(book.asks)
        except Unusable:
            self.lose("unreadable update", ts_recv_ns)
            raise
        if snapshot:
            self._on_snapshot(book, bids, asks, ts_recv_ns)
        elif self._synced:
            self._on_update(book, bids, asks, ts_recv_ns)
        else:
            self.sync.stale_dropped += 1

    def on_trade(self, trade: Print, ts_recv_ns: int, *, past: bool) -> None:
        """Take a print; what was printed before the subscription is only remembered."""
        price, lots = self._prices[bytes(trade.price)], self._sizes[bytes(trade.qty)]
        ts_venue_ms = milliseconds(trade.timestamp)
        if ts_venue_ms is None:
            raise Unusable("trade without a time")
        repeat = not self._prints.is_new(trade.trade_id)
        if past or repeat:
            self._counters.ignored_trades += 1
            return
        side = Side.BUY if trade.side == "buy" else Side.SELL
        self._events.append(
            Trade(self.id, trade.trade_id, price, lots, side, ts_recv_ns, ts_venue_ms)
        )

    def on_ticker(self, ticker: Ticker, ts_recv_ns: int) -> None:
        """Take the venue's best bid and ask, and hold the book against them."""
        prices, sizes = self._prices, self._sizes
        bid = prices[bytes(ticker.bid)], sizes[bytes(ticker.bid_qty)]
        ask = prices[bytes(ticker.ask)], sizes[bytes(ticker.ask_qty)]
        self._top = bid, ask
        self._top_id += 1
        self._top_ns = ts_recv_ns
        self._events.append(
            BookTop(self.id, self._top_id, *bid, *ask, ts_recv_ns, milliseconds(ticker.timestamp))
        )
        self._compare(ts_recv_ns)

    def on_candles(self, candles: list[Candle], ts_recv_ns: int) -> None:
        """Take minutes: all but the newest are over."""
        told = [self._minute(candle, ts_recv_ns) for candle in candles]
        self._events += self._minutes.take(told)

    def confirm(self, ts_recv_ns: int) -> None:
        """Let a heartbeat keep a quiet book fresh, unless the ticker has moved on without it."""
        if self.quiet and self._synced and self._disagrees_ns is None:
            self._events.append(
                BookDelta(self.id, self._last_id, self._last_id, [], [], ts_recv_ns)
            )

    def watch(self, now_ns: int) -> None:
        """Give up a book that stands still, or of book and ticker the one that is left behind."""
        if not self._synced:
            return
        if not self.quiet and now_ns - self._last_book_ns >= BOOK_SILENCE_NS:
            self.lose("silent", now_ns)
        elif self._disagrees_ns is None or now_ns - self._disagrees_ns < DISAGREEMENT_NS:
            return
        elif self._top_ns - self._last_book_ns >= BOOK_BEHIND_NS:
            self.lose("ticker disagrees", now_ns)
        elif self._last_book_ns - self._top_ns >= TICKER_BEHIND_NS:
            self._top = self._disagrees_ns = None
            self._ticker.restart(now_ns)

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        if self._synced:
            self._events.append(BookLost(self.id, None, None, reason, ts_recv_ns))
        self._synced = False
        self._disagrees_ns = None
        self.subscription.restart(ts_recv_ns)

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book and the ticker; trades that come twice are still known."""
        self.lose("disconnected", ts_recv_ns)
        self._top = None

    def _minute(self, candle: Candle, ts_recv_ns: int) -> VenueCandle:
        start_ms = milliseconds(candle.interval_begin)
        if start_ms is None or candle.interval != INTERVAL:
            raise Unusable("not a candle of a minute")
        wired = (candle.open, candle.high, candle.low, candle.close)
        first, high, low, last = (self._prices[bytes(price)] for price in wired)
        volume = volume_of(plain_text(bytes(candle.volume)))
        prices = (first, high, low, last)
        return minute_candle(self.id, start_ms, prices, volume, ts_recv_ns, closed=False)

    def _on_snapshot(
        self, book: Book, bids: list[Level], asks: list[Level], ts_recv_ns: int
    ) -> None:
        self._book.replace(bids, asks)
        self.subscription.shown(ts_recv_ns)
        if self._book.checksum() != book.checksum:
            self.sync.snapshots_refused += 1
            self.lose("checksum", ts_recv_ns)
            return
        self._synced = True
        self.sync.snapshots += 1
        self._disagrees_ns = None
        self._advance(ts_recv_ns)
        self._events.append(
            BookSnapshot(
                self.id,
                self._last_id,
                *self._book.levels(),
                ts_recv_ns,
                milliseconds(book.timestamp),
            )
        )
        self._compare(ts_recv_ns)

    def _on_update(self, book: Book, bids: list[Level], asks: list[Level], ts_recv_ns: int) -> None:
        fallen_bids, fallen_asks = self._book.change(bids, asks)
        if self._book.checksum() != book.checksum:
            self.sync.gaps += 1
            self.lose("checksum", ts_recv_ns)
            return
        self._advance(ts_recv_ns)
        self._events.append(
            BookDelta(
                self.id,
                self._last_id,
                self._last_id,
                bids + fallen_bids,
                asks + fallen_asks,
                ts_recv_ns,
                milliseconds(book.timestamp),
            )
        )
        self._compare(ts_recv_ns)

    def _advance(self, ts_recv_ns: int) -> None:
        self._last_id += 1
        self._last_book_ns = ts_recv_ns

    def _compare(self, ts_recv_ns: int) -> None:
        """Note since when book and ticker have had different best prices."""
        top, held = self._top, self._book.top
        if not self._synced or top is None:
            return
        if held is not None and (held[0][0], held[1][0]) == (top[0][0], top[1][0]):
            self._disagrees_ns = None
        elif self._disagrees_ns is None:
            self._disagrees_ns = ts_recv_ns

    def _levels(self, levels: list[WireLevel]) -> list[Level]:
        ticks, lots = self._prices, self._depths
        return [(ticks[bytes(x.price)], lots[bytes(x.qty)]) for x in levels]
