"""One OKX instrument: from its messages to market events.

A mark, its index, and its funding come on three channels. Only a mark makes an event, aged by
its own message; the index and the funding last heard go with it while they are young enough to
be true, and are unknown afterwards.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Instrument, Kind, Lots, Ticks
from desk.model.market_data import (
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
)
from desk.model.orders import Side
from desk.venues import okx_wire as wire
from desk.venues.candles import minute_candle
from desk.venues.figures import (
    HOUR_MS,
    count_of,
    funding_rate_of,
    open_interest_of,
    price_of,
    quantity_of,
    time_of,
    volume_of,
)
from desk.venues.in_band_book import InBandBook
from desk.venues.increments import Increments
from desk.venues.print_ids import PrintIds
from desk.venues.protocol import FeedCounters
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable

INDEX_LIMIT_NS = 60_000_000_000
"""An index that does not change is told once a minute only."""

FUNDING_LIMIT_NS = 300_000_000_000
"""Funding is told at least every 90 s; three may be missed."""

_SWAP = "-SWAP"

_CLOSED_BY = {"long": "sell", "short": "buy"}


class Funding(msgspec.Struct, frozen=True):
    """What was last said about funding."""

    rate: Decimal | None = None
    paid_ms: int | None = None
    interval_h: int | None = None
    ts_recv_ns: int = 0


_UNKNOWN = Funding()


class InstrumentFeed:
    """Turns one instrument's messages into events, appended to the list given.

    Raises one of UNREADABLE, having changed nothing, for a message that cannot be true.
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
        self.index_symbol = (
            instrument.symbol.removesuffix(_SWAP) if instrument.kind is Kind.PERPETUAL else None
        )
        """The index that its mark is drawn to; None for spot, which has no mark either."""
        self.book = InBandBook(instrument, subscription, events)
        self._counters = counters
        self._events = events
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._prints = PrintIds()
        self._resumed = False
        """The next print is the first on a new socket."""
        self._index: tuple[Decimal, int] | None = None
        """The last index, with its time of receipt."""
        self._funding = _UNKNOWN

    def on_book(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take a snapshot or a change of the book; an empty change keeps it alive."""
        message = wire.read_book(frame)
        book = message.data[0]
        time_ms = time_of(book.time)
        if message.action == "snapshot":
            self.book.begin(book.last_id, book.bids, book.asks, ts_recv_ns, time_ms)
        else:
            self.book.change(
                book.previous_id, book.last_id, book.bids, book.asks, ts_recv_ns, time_ms
            )

    def on_top(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take the best bid and ask."""
        top = wire.read_top(frame)
        time_ms = time_of(top.time)
        update_id = time_ms if top.update_id is None else top.update_id
        self.book.top(update_id, top.bids, top.asks, ts_recv_ns, time_ms)

    def on_trades(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take prints; what was told before is passed over, and what is less than a lot."""
        for trade in [self._trade(trade, ts_recv_ns) for trade in wire.read_trades(frame)]:
            if self._is_repeat(trade.trade_id) or not trade.quantity:
                self._counters.ignored_trades += 1
                continue
            self._events.append(trade)

    def on_mark(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take a mark; the index and funding last heard go with it."""
        message = wire.read_mark(frame)
        self._check(message.symbol)
        time_ms = time_of(message.time)
        funding = self._funding_at(time_ms, ts_recv_ns)
        index = self._index
        is_young = index is not None and ts_recv_ns - index[1] <= INDEX_LIMIT_NS
        self._events.append(
            MarkPrice(
                self.id,
                price_of(message.mark),
                index[0] if index is not None and is_young else None,
                funding.rate,
                funding.paid_ms,
                ts_recv_ns,
                time_ms,
                funding.interval_h,
            )
        )

    def on_index(self, frame: bytes, ts_recv_ns: int) -> None:
        """Note the index."""
        message = wire.read_index(frame)
        if message.symbol != self.index_symbol:
            raise Unusable("another symbol than its stream")
        self._index = price_of(message.index), ts_recv_ns

    def on_funding(self, frame: bytes, ts_recv_ns: int) -> None:
        """Note the funding of the running interval, and how long such an interval is."""
        message = wire.read_funding(frame)
        self._check(message.symbol)
        self._funding = Funding(
            funding_rate_of(message.rate) if message.rate else None,
            time_of(message.time),
            _interval_h(message),
            ts_recv_ns,
        )

    def on_open_interest(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take the open interest."""
        message = wire.read_open_interest(frame)
        self._check(message.symbol)
        contracts, time_ms = open_interest_of(message.contracts), time_of(message.time)
        self._events.append(OpenInterest(self.id, contracts, ts_recv_ns, time_ms))

    def on_candle(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take the running minute, or the one that has just closed."""
        prices = self._prices
        self._events += [
            minute_candle(
                self.id,
                time_of(candle.start),
                (
                    prices[candle.open],
                    prices[candle.high],
                    prices[candle.low],
                    prices[candle.close],
                ),
                volume_of(candle.volume),
                ts_recv_ns,
                closed=candle.confirm == "1",
            )
            for candle in wire.read_candles(frame)
        ]

    def liquidation(self, order: wire.Forced, ts_recv_ns: int) -> Liquidation:
        """Return an order by which a position was closed."""
        if _CLOSED_BY.get(order.position, order.side) != order.side:
            raise Unusable("a liquidation that closes nothing")
        return Liquidation(
            self.id,
            Side.BUY if order.side == "buy" else Side.SELL,
            price_of(order.price),
            quantity_of(order.quantity),
            ts_recv_ns,
            time_of(order.time),
        )

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        self.book.lose(reason, ts_recv_ns)

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up book, index and funding; expect the last print once more."""
        self.book.lose("disconnected", ts_recv_ns)
        self._index, self._funding = None, _UNKNOWN
        self._resumed = True

    def _check(self, symbol: str) -> None:
        if symbol != self.symbol:
            raise Unusable("another symbol than its stream")

    def _trade(self, trade: wire.Trade, ts_recv_ns: int) -> Trade:
        self._check(trade.symbol)
        return Trade(
            self.id,
            count_of(trade.trade_id),
            self._prices[trade.price],
            self._sizes[trade.quantity],
            Side.BUY if trade.side == "buy" else Side.SELL,
            ts_recv_ns,
            time_of(trade.time),
        )

    def _is_repeat(self, trade_id: int) -> bool:
        """Whether a print was told; a new socket tells the last again, or numbers anew."""
        if self._resumed and trade_id != self._prints.last:
            self._prints, self._resumed = PrintIds(), False
        return not self._prints.is_new(trade_id)

    def _funding_at(self, mark_ms: int, ts_recv_ns: int) -> Funding:
        """Return the funding last heard; nothing once it is old or its time has passed."""
        funding = self._funding
        if funding.paid_ms is None or funding.paid_ms <= mark_ms:
            return _UNKNOWN
        return funding if ts_recv_ns - funding.ts_recv_ns <= FUNDING_LIMIT_NS else _UNKNOWN


def _interval_h(funding: wire.Funding) -> int | None:
    """Return the distance of two fundings in hours; None where it is not told or not whole."""
    if not funding.following_time:
        return None
    hours, rest = divmod(time_of(funding.following_time) - time_of(funding.time), HOUR_MS)
    return hours if hours > 0 and not rest else None
