"""What Binance says about one instrument beside its book and trades."""

from __future__ import annotations

from desk.model.instrument import Instrument, Ticks
from desk.model.market_data import (
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
)
from desk.model.orders import Side
from desk.venues.binance_funding import FundingInterval
from desk.venues.binance_wire import Candle, Forced, Interest, Mark
from desk.venues.candles import minute_candle
from desk.venues.figures import funding_rate_of, open_interest_of, price_of, volume_of
from desk.venues.increments import Increments
from desk.venues.protocol import FeedCounters
from desk.venues.unreadable import Unusable

_ENDED = frozenset({"FILLED", "EXPIRED", "EXPIRED_IN_MATCH", "CANCELED"})
_UNDER_WAY = frozenset({"NEW", "PARTIALLY_FILLED"})
"""Whose fills are told once more when they have ended."""


class InstrumentFigures:
    """Marks with funding, open interest, liquidations and the venue's candles.

    Events are appended to the list given. Raises Unusable, having changed nothing, for a message
    that cannot be true.
    """

    def __init__(
        self,
        instrument: Instrument,
        prices: Increments[Ticks],
        counters: FeedCounters,
        events: list[MarketEvent],
    ) -> None:
        self.funding = FundingInterval(instrument.funding_interval_h)
        self._id = instrument.id
        self._symbol = instrument.symbol
        self._prices = prices
        self._counters = counters
        self._events = events

    def on_mark(self, mark: Mark, ts_recv_ns: int) -> None:
        """Take a mark with its index, funding rate and next funding."""
        price = price_of(mark.mark)
        index = price_of(mark.index) if mark.index else None
        rate = funding_rate_of(mark.funding_rate) if mark.funding_rate else None
        next_ms = mark.next_funding_ms or None
        self.funding.seen(next_ms, ts_recv_ns)
        self._events.append(
            MarkPrice(
                self._id,
                price,
                index,
                rate,
                next_ms,
                ts_recv_ns,
                mark.time_ms,
                None if rate is None else self.funding.hours,
            )
        )

    def on_candle(self, candle: Candle, ts_recv_ns: int) -> None:
        """Take the running minute, or the one that has just closed."""
        minute, prices = candle.minute, self._prices
        if minute.interval != "1m":
            raise Unusable("not a candle of a minute")
        self._events.append(
            minute_candle(
                self._id,
                minute.start_ms,
                (
                    prices[minute.open],
                    prices[minute.high],
                    prices[minute.low],
                    prices[minute.close],
                ),
                volume_of(minute.volume),
                ts_recv_ns,
                closed=minute.closed,
            )
        )

    def on_forced(self, forced: Forced, ts_recv_ns: int) -> None:
        """Take an order by which a position was closed; not before it has ended, and not if it
        came to nothing.
        """
        order = forced.order
        filled = volume_of(order.filled)
        if order.status not in _ENDED | _UNDER_WAY:
            raise Unusable("unknown order status")
        if order.status in _UNDER_WAY or not filled:
            self._counters.ignored_trades += 1
            return
        self._events.append(
            Liquidation(
                self._id,
                Side.BUY if order.side == "BUY" else Side.SELL,
                price_of(order.average),
                filled,
                ts_recv_ns,
                order.time_ms,
            )
        )

    def on_interest(self, interest: Interest, ts_recv_ns: int) -> None:
        """Take an answer about the open interest."""
        if interest.symbol != self._symbol:
            raise Unusable("another symbol than asked for")
        quantity = open_interest_of(interest.quantity)
        self._events.append(OpenInterest(self._id, quantity, ts_recv_ns, interest.time_ms))
