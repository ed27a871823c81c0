"""One Bybit instrument: from its messages to market events."""

from __future__ import annotations

from collections import deque

from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import (
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
)
from desk.model.orders import Side
from desk.venues import bybit_wire as wire
from desk.venues.bybit_ticker import MergedTicker
from desk.venues.candles import minute_candle
from desk.venues.figures import price_of, quantity_of, volume_of
from desk.venues.in_band_book import InBandBook
from desk.venues.increments import Increments
from desk.venues.print_numbers import PrintNumbers
from desk.venues.protocol import FeedCounters
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable

_RESTARTED = 1
"""Update id of a book that the venue, started anew, sends whole, whatever its type says."""

_IDS_REMEMBERED = 4_096
"""Four full messages of prints."""


class InstrumentFeed:
    """Turns one instrument's messages into events, appended to the list given.

    Raises one of UNREADABLE for a message that cannot be true. It has changed nothing then, but
    for a ticker, which is unknown until the next snapshot.
    """

    def __init__(
        self,
        instrument: Instrument,
        book: Subscription,
        ticker: Subscription | None,
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.book = InBandBook(instrument, book, events)
        self._ticker = None if ticker is None else MergedTicker(instrument.symbol, ticker)
        """None of spot."""
        self._counters = counters
        self._events = events
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._told: deque[str] = deque()
        """The venue's ids of the last prints, in order, and the same for looking up."""
        self._told_ids: set[str] = set()
        self._numbers = PrintNumbers()

    def on_book(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take a snapshot or a change of the book."""
        message = wire.read_book(frame)
        book = message.data
        self._check(book.symbol)
        if message.type == "snapshot" or book.update_id == _RESTARTED:
            self.book.begin(book.update_id, book.bids, book.asks, ts_recv_ns, message.time_ms)
        else:
            self.book.change(
                book.update_id - 1,
                book.update_id,
                book.bids,
                book.asks,
                ts_recv_ns,
                message.time_ms,
            )

    def on_top(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take the best bid and ask; the same is sent again after 3 s, which confirms it."""
        message = wire.read_book(frame)
        top = message.data
        self._check(top.symbol)
        if message.type != "snapshot":
            raise Unusable("a change where only snapshots come")
        self.book.top(top.update_id, top.bids, top.asks, ts_recv_ns, message.time_ms)

    def on_trades(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take prints; not used: repeats, block trades, and what is less than a lot."""
        rows = wire.read_trades(frame)
        priced = [self._priced(row) for row in rows]
        for row, (price, lots) in zip(rows, priced, strict=True):
            if row.is_block or not lots or self._is_repeat(row.trade_id):
                self._counters.ignored_trades += 1
                continue
            self._events.append(
                Trade(
                    self.id,
                    self._numbers.next(row.time_ms),
                    price,
                    lots,
                    Side.BUY if row.side == "Buy" else Side.SELL,
                    ts_recv_ns,
                    row.time_ms,
                )
            )

    def on_ticker(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take mark, index, funding, open interest; a change that leaves them out confirms them."""
        if self._ticker is None:
            raise Unusable("a ticker of spot")
        state, time_ms = self._ticker.take(frame, ts_recv_ns)
        self._events.append(
            MarkPrice(
                self.id,
                state.mark,
                state.index,
                state.funding_rate,
                state.next_funding_ms,
                ts_recv_ns,
                time_ms,
                state.interval_h,
            )
        )
        if state.open_interest is not None:
            self._events.append(OpenInterest(self.id, state.open_interest, ts_recv_ns, time_ms))

    def on_candle(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take the running minute, or the one that has just closed."""
        prices = self._prices
        self._events += [
            minute_candle(
                self.id,
                candle.start_ms,
                (
                    prices[candle.open],
                    prices[candle.high],
                    prices[candle.low],
                    prices[candle.close],
                ),
                volume_of(candle.volume),
                ts_recv_ns,
                closed=candle.is_over,
            )
            for candle in wire.read_candles(frame)
        ]

    def on_liquidations(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take positions that were closed; the venue names their side, not that of the order."""
        self._events += [self._liquidation(row, ts_recv_ns) for row in wire.read_forced(frame)]

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        self.book.lose(reason, ts_recv_ns)

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book, and the ticker whose changes come to nobody without a socket."""
        self.book.lose("disconnected", ts_recv_ns)
        if self._ticker is not None:
            self._ticker.lose(ts_recv_ns)

    def _check(self, symbol: str) -> None:
        if symbol != self.symbol:
            raise Unusable("another symbol than its stream")

    def _liquidation(self, row: wire.Forced, ts_recv_ns: int) -> Liquidation:
        self._check(row.symbol)
        return Liquidation(
            self.id,
            Side.SELL if row.position == "Buy" else Side.BUY,
            price_of(row.price),
            quantity_of(row.quantity),
            ts_recv_ns,
            row.time_ms,
        )

    def _priced(self, row: wire.Trade) -> tuple[Ticks, Lots]:
        self._check(row.symbol)
        return self._prices[row.price], self._sizes[row.quantity]

    def _is_repeat(self, trade_id: str) -> bool:
        """Whether a print was told; the venue's ids cannot be ordered, only remembered."""
        if trade_id in self._told_ids:
            return True
        if len(self._told) >= _IDS_REMEMBERED:
            self._told_ids.discard(self._told.popleft())
        self._told.append(trade_id)
        self._told_ids.add(trade_id)
        return False
