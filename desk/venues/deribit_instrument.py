"""One Deribit instrument: from its messages to market events.

Amounts on the wire are USD for inverse contracts and base coin for linear ones and spot; a lot
is the instrument's, so that an inverse lot is a number of contracts.
"""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Contract, Instrument, Kind, Lots, Ticks
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Level,
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
)
from desk.model.orders import Side
from desk.venues import deribit_wire as wire
from desk.venues.candles import minute_candle
from desk.venues.chain import Chain, Verdict
from desk.venues.figures import funding_rate_of, open_interest_of, price_of, volume_of
from desk.venues.json_numbers import NumberIncrements, plain_text
from desk.venues.minutes import Minutes
from desk.venues.print_ids import PrintIds, follows
from desk.venues.protocol import BookSync, FeedCounters
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable

_NO_NUMBER = frozenset({b"", b"null"})
_NO_LOTS = Lots(0)

_LIQUIDATED = {"T": (False,), "M": (True,), "MT": (False, True)}
"""Whether it was the maker's order that closed a position: both may have."""

_RATE_IS_FOR_H = 8
"""Hours that `current_funding` is for, although it accrues at each moment."""


def wire_lot(instrument: Instrument) -> Decimal:
    """Return one lot in the unit that amounts have on the wire."""
    if instrument.contract is Contract.INVERSE:
        return instrument.lot_size * instrument.contract_size
    return instrument.lot_size


class InstrumentFeed:
    """Turns one instrument's messages into events, appended to the list given.

    Raises one of UNREADABLE, having changed nothing, for a message that cannot be true.
    """

    def __init__(
        self,
        instrument: Instrument,
        subscription: Subscription,
        candles: Subscription,
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.sync = BookSync()
        self.missed_trades = 0
        """Prints that the venue numbered and that never came."""
        self._has_mark = instrument.kind is Kind.PERPETUAL
        self._chain = Chain(self.sync)
        self._subscription = subscription
        """Of the book."""
        self._minutes = Minutes(candles)
        self._counters = counters
        self._events = events
        self._prints = PrintIds()
        lot = wire_lot(instrument)
        self._instrument = instrument
        self._is_inverse = instrument.contract is Contract.INVERSE
        # Open interest is in the unit of amounts; quantities of inverse contracts are contracts.
        self._amount_unit = lot / instrument.lot_size
        self._prices = NumberIncrements[Ticks](instrument.tick_size)
        self._sizes = NumberIncrements[Lots](lot)
        self._depths = NumberIncrements[Lots](lot, rounds_down=True)
        self._top_prices = NumberIncrements[Ticks](instrument.tick_size, zero=True)
        self._top_sizes = NumberIncrements[Lots](lot, zero=True, rounds_down=True)

    def on_book(self, data: bytes, ts_recv_ns: int) -> None:
        """Take a snapshot or a change of the book."""
        book = wire.read_book(data)
        self._check(book.symbol)
        bids, asks = self._levels(book.bids), self._levels(book.asks)
        if book.kind == "snapshot":
            if self._chain.start(book.change_id):
                self._subscription.shown(ts_recv_ns)
                # Its own time is that of the last change: it does not say how old the book is.
                self._events.append(BookSnapshot(self.id, book.change_id, bids, asks, ts_recv_ns))
            return
        if book.previous_id is None or book.change_id <= book.previous_id:
            raise Unusable("change ids out of order")
        expected = self._chain.last_id
        verdict = self._chain.follow(book.previous_id, book.change_id)
        if verdict is Verdict.APPLY:
            self._events.append(
                BookDelta(
                    self.id,
                    book.previous_id + 1,
                    book.change_id,
                    bids,
                    asks,
                    ts_recv_ns,
                    book.time_ms,
                )
            )
        elif verdict is Verdict.GAP:
            self._events.append(BookLost(self.id, expected, book.previous_id, "gap", ts_recv_ns))
            self._subscription.restart(ts_recv_ns)

    def on_trades(self, data: bytes, ts_recv_ns: int) -> None:
        """Take the prints of 100 ms; what was told before is passed over."""
        told = [(trade, self._trade(trade, ts_recv_ns)) for trade in wire.read_trades(data)]
        for trade, event in told:
            last = self._prints.last
            if not self._prints.is_new(trade.seq):
                self._counters.ignored_trades += 1
                continue
            if last is not None and follows(trade.seq, last):
                self.missed_trades += trade.seq - last - 1
            if _is_off_book(trade):
                self._counters.ignored_trades += 1
            else:
                self._events.append(event)
            if trade.liquidation is not None:
                self._liquidated(trade.liquidation, event)

    def on_ticker(self, data: bytes, ts_recv_ns: int) -> None:
        """Take marks, funding, and the best of the book."""
        ticker = wire.read_ticker(data)
        self._check(ticker.symbol)
        if ticker.state != "open":
            raise Unusable("instrument is not open")
        mark, top = self._mark(ticker, ts_recv_ns), self._top(ticker, ts_recv_ns)
        interest = self._open_interest(ticker, ts_recv_ns)
        if self._has_mark:
            self._events.append(mark)
        if top is not None:
            self._events.append(top)
        if interest is not None:
            self._events.append(interest)

    def on_candle(self, data: bytes, ts_recv_ns: int) -> None:
        """Take the running minute, or once more the one before."""
        candle = wire.read_candle(data)
        ticks = self._prices
        wired = (candle.open, candle.high, candle.low, candle.close)
        first, high, low, last = (ticks[bytes(price)] for price in wired)
        amount = volume_of(plain_text(bytes(candle.cost if self._is_inverse else candle.volume)))
        volume = amount / self._amount_unit
        told = minute_candle(
            self.id, candle.start_ms, (first, high, low, last), volume, ts_recv_ns, closed=False
        )
        self._events += self._minutes.take([told])

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        expected = self._chain.last_id
        self._chain.lose()
        if expected is not None:
            self._events.append(BookLost(self.id, expected, None, reason, ts_recv_ns))
        self._subscription.restart(ts_recv_ns)

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book; prints without a socket are not missed ones."""
        self.lose("disconnected", ts_recv_ns)
        self._prints = PrintIds()

    def _check(self, symbol: str) -> None:
        if symbol != self.symbol:
            raise Unusable("another symbol than its stream")

    def _levels(self, levels: list[wire.Level]) -> list[Level]:
        ticks, lots = self._prices, self._depths
        return [
            (ticks[bytes(level.price)], _removed(level))
            if level.action == "delete"
            else (ticks[bytes(level.price)], lots[bytes(level.amount)])
            for level in levels
        ]

    def _trade(self, trade: wire.Trade, ts_recv_ns: int) -> Trade:
        self._check(trade.symbol)
        return Trade(
            self.id,
            trade.seq,
            self._prices[bytes(trade.price)],
            self._sizes[bytes(trade.amount)],
            Side.BUY if trade.direction == "buy" else Side.SELL,
            ts_recv_ns,
            trade.time_ms,
        )

    def _liquidated(self, whose: str, trade: Trade) -> None:
        """Tell by which orders a trade closed positions; the trade stands, whatever they are."""
        makers = _LIQUIDATED.get(whose)
        if makers is None:
            self._counters.reject("a liquidation of nobody")
            return
        price = self._instrument.price(trade.price)
        quantity = self._instrument.quantity(trade.quantity)
        for is_maker in makers:
            side = trade.side.opposite if is_maker else trade.side
            self._events.append(
                Liquidation(self.id, side, price, quantity, trade.ts_recv_ns, trade.ts_venue_ms)
            )

    def _mark(self, ticker: wire.Ticker, ts_recv_ns: int) -> MarkPrice:
        index, funding = bytes(ticker.index), bytes(ticker.funding)
        rate = None if funding in _NO_NUMBER else funding_rate_of(plain_text(funding))
        return MarkPrice(
            self.id,
            price_of(plain_text(bytes(ticker.mark))),
            None if index in _NO_NUMBER else price_of(plain_text(index)),
            rate,
            None,  # funding accrues continuously: there is no next one
            ts_recv_ns,
            ticker.time_ms,
            None if rate is None else _RATE_IS_FOR_H,
        )

    def _open_interest(self, ticker: wire.Ticker, ts_recv_ns: int) -> OpenInterest | None:
        told = bytes(ticker.open_interest)
        if not self._has_mark or told in _NO_NUMBER:
            return None
        amount = open_interest_of(plain_text(told))
        quantity = amount / self._amount_unit
        return OpenInterest(self.id, quantity, ts_recv_ns, ticker.time_ms)

    def _top(self, ticker: wire.Ticker, ts_recv_ns: int) -> BookTop | None:
        """Return the best bid and ask; None when a side is empty, which is written as 0 or null."""
        prices, sizes = self._top_prices, self._top_sizes
        wired = (ticker.bid, ticker.bid_amount, ticker.ask, ticker.ask_amount)
        bid, bid_amount, ask, ask_amount = map(bytes, wired)
        if not _NO_NUMBER.isdisjoint((bid, bid_amount, ask, ask_amount)):
            return None
        best = (prices[bid], sizes[bid_amount], prices[ask], sizes[ask_amount])
        if not all(best):
            return None
        # A ticker has no id; its time orders it among the others.
        return BookTop(self.id, ticker.time_ms, *best, ts_recv_ns, ticker.time_ms)


def _removed(level: wire.Level) -> Lots:
    """Return no lots for a deletion; it may carry 0, null, or nothing, and no other amount."""
    amount = bytes(level.amount)
    if amount != b"null" and plain_text(amount).strip("0."):
        raise Unusable("deletion with an amount")
    return _NO_LOTS


def _is_off_book(trade: wire.Trade) -> bool:
    """Whether a print was priced elsewhere than in this instrument's book."""
    return (
        trade.block_trade_id is not None
        or trade.combo_trade_id is not None
        or trade.combo_id is not None
    )
