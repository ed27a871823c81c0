"""One OKX instrument: from its messages to market events.

A mark, its index, and its funding come on three channels. Only a mark makes an event, aged by
its own message; the index and the funding last heard go with it while they are young enough to
be true, and are unknown afterwards.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument, Kind, Lots, Ticks
from desk.model.market_data import MarketEvent, MarkPrice, Trade
from desk.model.orders import Side
from desk.venues import okx_wire as wire
from desk.venues.contract_facts import ContractFacts
from desk.venues.figures import funding_rate_of, price_of
from desk.venues.in_band_book import InBandBook
from desk.venues.increments import Increments
from desk.venues.protocol import FeedCounters
from desk.venues.text_counts import count_of, time_of
from desk.venues.unreadable import Unusable

INDEX_LIMIT_NS = 60_000_000_000
"""An index that does not change is told once a minute only."""

FUNDING_LIMIT_NS = 300_000_000_000
"""Funding is told at least every 90 s; three may be missed."""

_HOUR_MS = 3_600_000
_SWAP = "-SWAP"


class InstrumentFeed:
    """Turns one instrument's messages into events, appended to the list given.

    Raises one of UNREADABLE, having changed nothing, for a message that cannot be true.
    """

    def __init__(
        self, instrument: Instrument, counters: FeedCounters, events: list[MarketEvent]
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.index_symbol = (
            instrument.symbol.removesuffix(_SWAP) if instrument.kind is Kind.PERPETUAL else None
        )
        """The index that its mark is drawn to; None for spot, which has no mark either."""
        self.facts = ContractFacts()
        self.book = InBandBook(instrument, events)
        self._counters = counters
        self._events = events
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._trade_id = -1
        self._resumed = False
        """The next print is the first on a new socket."""
        self._index: tuple[wire.Index, int] | None = None
        """The last index and funding, with their times of receipt."""
        self._funding: tuple[wire.Funding, int] | None = None

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
            self._trade_id, self._resumed = trade.trade_id, False
            self._events.append(trade)

    def on_mark(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take a mark; the index and funding last heard go with it."""
        message = wire.read_mark(frame)
        self._check(message.symbol)
        time_ms = time_of(message.time)
        rate, next_ms = self._funding_at(time_ms, ts_recv_ns)
        index = self._index
        is_young = index is not None and ts_recv_ns - index[1] <= INDEX_LIMIT_NS
        self._events.append(
            MarkPrice(
                self.id,
                price_of(message.mark),
                price_of(index[0].index) if index is not None and is_young else None,
                funding_rate_of(rate) if rate else None,
                next_ms,
                ts_recv_ns,
                time_ms,
            )
        )

    def on_index(self, frame: bytes, ts_recv_ns: int) -> None:
        """Note the index."""
        message = wire.read_index(frame)
        if message.symbol != self.index_symbol:
            raise Unusable("another symbol than its stream")
        price_of(message.index)
        self._index = (message, ts_recv_ns)

    def on_funding(self, frame: bytes, ts_recv_ns: int) -> None:
        """Note the funding of the running interval, and how long such an interval is."""
        message = wire.read_funding(frame)
        self._check(message.symbol)
        if message.rate:
            funding_rate_of(message.rate)
        interval_h = _interval_h(message)
        self._funding = (message, ts_recv_ns)
        self.facts = msgspec.structs.replace(self.facts, funding_interval_h=interval_h)

    def on_open_interest(self, frame: bytes, ts_recv_ns: int) -> None:
        """Note the open interest."""
        message = wire.read_open_interest(frame)
        self._check(message.symbol)
        self.facts = msgspec.structs.replace(
            self.facts,
            open_interest=price_of(message.contracts),
            open_interest_ns=ts_recv_ns,
        )

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book."""
        self.book.lose(reason, ts_recv_ns)

    def restart(self) -> None:
        """Forget index and funding; expect the last print once more."""
        self._index = self._funding = None
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
        if self._resumed:
            return trade_id == self._trade_id
        return trade_id <= self._trade_id

    def _funding_at(self, mark_ms: int, ts_recv_ns: int) -> tuple[str, int | None]:
        """Return the funding rate and when it is paid; nothing once that time has passed."""
        if self._funding is None or ts_recv_ns - self._funding[1] > FUNDING_LIMIT_NS:
            return "", None
        funding = self._funding[0]
        paid_ms = time_of(funding.time)
        return (funding.rate, paid_ms) if paid_ms > mark_ms else ("", None)


def _interval_h(funding: wire.Funding) -> int | None:
    """Return the distance of two fundings in hours; None where it is not told or not whole."""
    paid_ms = time_of(funding.time)
    if not funding.following_time:
        return None
    hours, rest = divmod(time_of(funding.following_time) - paid_ms, _HOUR_MS)
    return hours if hours > 0 and not rest else None
