"""One Coinbase product: from its messages to market events."""

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
)
from desk.model.orders import Side
from desk.venues.coinbase_wire import BookEvent, Print, Ticker, Update
from desk.venues.increments import Increments
from desk.venues.print_ids import PrintIds
from desk.venues.protocol import BookSync, FeedCounters
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable
from desk.venues.usd_pairs import BOOK_SILENCE_NS, is_quiet
from desk.venues.venue_time import milliseconds

TICKER_LEAD_NS = 500_000_000
"""A ticker this much newer than the book says that the book may have missed something."""


class ProductFeed:
    """Turns one product's messages into events, appended to the list given.

    Raises Unusable for a message that cannot be true; a book that it was of is then given up,
    because the connection's sequence has counted the message as received.
    """

    def __init__(
        self,
        instrument: Instrument,
        subscription: Subscription,
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.quiet = is_quiet(instrument.base)
        self.sync = BookSync()
        self.subscription = subscription
        """Of the book."""
        self._counters = counters
        self._events = events
        self._last_id: int | None = None
        """Number of the connection's message that the book stands at; None: no book."""
        self._last_book_ns = 0
        self._top_ns = 0
        """When the ticker last told the best bid and ask."""
        self._prints = PrintIds()
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._depths = Increments[Lots](instrument.lot_size, zero=True, rounds_down=True)

    @property
    def last_id(self) -> int | None:
        """Number of the message that the book stands at; None: there is no book."""
        return self._last_id

    def on_book(
        self, event: BookEvent, sequence: int, ts_recv_ns: int, ts_venue_ms: int | None
    ) -> None:
        """Take a snapshot or an update that the connection's sequence has placed."""
        try:
            bids, asks = self._levels(event.updates)
        except Unusable:
            self.lose("unreadable update", ts_recv_ns)
            raise
        if event.type == "snapshot":
            self.sync.snapshots += 1
            self.subscription.shown(ts_recv_ns)
            made = BookSnapshot(self.id, sequence, bids, asks, ts_recv_ns, ts_venue_ms)
        elif self._last_id is None:
            self.sync.stale_dropped += 1
            return
        else:
            made = BookDelta(self.id, sequence, sequence, bids, asks, ts_recv_ns, ts_venue_ms)
        self._last_id, self._last_book_ns = sequence, ts_recv_ns
        self._events.append(made)

    def on_trade(self, trade: Print, ts_recv_ns: int, *, past: bool) -> None:
        """Take a print; what was printed before the subscription is only remembered."""
        price, lots = self._prices[trade.price], self._sizes[trade.size]
        ts_venue_ms = milliseconds(trade.time)
        if ts_venue_ms is None:
            raise Unusable("trade without a time")
        trade_id = int(trade.trade_id)
        repeat = not self._prints.is_new(trade_id)
        if past or repeat or not lots:
            self._counters.ignored_trades += 1
            return
        side = Side.SELL if trade.side == "BUY" else Side.BUY  # the maker's is told
        self._events.append(Trade(self.id, trade_id, price, lots, side, ts_recv_ns, ts_venue_ms))

    def on_ticker(
        self, ticker: Ticker, sequence: int, ts_recv_ns: int, ts_venue_ms: int | None
    ) -> None:
        """Take the venue's best bid and ask; less than a lot on a side is none to tell."""
        bid, ask = self._prices[ticker.best_bid], self._prices[ticker.best_ask]
        bid_lots = self._depths[ticker.best_bid_quantity]
        ask_lots = self._depths[ticker.best_ask_quantity]
        self._top_ns = ts_recv_ns
        if bid_lots and ask_lots:
            self._events.append(
                BookTop(self.id, sequence, bid, bid_lots, ask, ask_lots, ts_recv_ns, ts_venue_ms)
            )

    def confirm(self, sequence: int, ts_recv_ns: int, ts_venue_ms: int | None) -> None:
        """Let a heartbeat in sequence keep a quiet book fresh: nothing was missed before it.

        Not while prints go on without the book: a stream that ended leaves no hole in the count.
        """
        if not self.quiet or self._last_id is None:
            return
        if self._top_ns - self._last_book_ns < TICKER_LEAD_NS:
            self._last_id = sequence
            self._events.append(
                BookDelta(self.id, sequence, sequence, [], [], ts_recv_ns, ts_venue_ms)
            )

    def watch(self, now_ns: int) -> None:
        """Give up a book that stands still."""
        silent = now_ns - self._last_book_ns >= BOOK_SILENCE_NS
        left = self.quiet and self._top_ns - self._last_book_ns < TICKER_LEAD_NS
        if self._last_id is not None and silent and not left:
            self.lose("silent", now_ns)

    def lose(self, reason: str, ts_recv_ns: int, received_id: int | None = None) -> None:
        """Give up the book and want it anew."""
        if self._last_id is not None:
            self._events.append(BookLost(self.id, self._last_id, received_id, reason, ts_recv_ns))
        self._last_id = None
        self.subscription.restart(ts_recv_ns)

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book; trades that come twice are still known."""
        self.lose("disconnected", ts_recv_ns)

    def _levels(self, updates: list[Update]) -> tuple[list[Level], list[Level]]:
        ticks, lots = self._prices, self._depths
        bids: list[Level] = []
        asks: list[Level] = []
        for update in updates:
            side = bids if update.side == "bid" else asks
            side.append((ticks[update.price_level], lots[update.new_quantity]))
        return bids, asks
