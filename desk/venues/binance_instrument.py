"""One Binance instrument: from its messages to market events."""

from __future__ import annotations

from typing import Any

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
from desk.venues.binance_counted import CountedDiff, CountedDiffs
from desk.venues.binance_figures import InstrumentFigures
from desk.venues.binance_forms import CountedTicker
from desk.venues.binance_product import SNAPSHOT_LEVELS, Product
from desk.venues.binance_sync import APPLY, GAP, Sequence
from desk.venues.binance_wire import (
    Aggregate,
    Diff,
    Print,
    Snapshot,
    Ticker,
    WireLevel,
    WireTicker,
)
from desk.venues.increments import Increments
from desk.venues.print_ids import PrintIds
from desk.venues.protocol import BookSync, FeedCounters, RestRequest
from desk.venues.unreadable import Unusable

_FIRST_RETRY_NS = 500_000_000
_SLOWEST_RETRY_NS = 30_000_000_000

BEHIND_NS = 5_000_000_000
"""A best bid and ask that are newer than the book are in its next update, within an interval of
100 ms; where none has come for so long, the book's stream has died."""

UNCONFIRMED_NS = 60_000_000_000
"""A book that does not change may be right for any time, and so may its best bid and ask; of BTC
and ETH neither is silent for so long."""

_RESYNC_NS = 2_000_000_000
"""Distance of two snapshots that were good: half of what the venue's weight limits allow, should
two books of a product be lost again and again."""


_EVERYTHING = (Ticks(0), Ticks(1 << 62))


class SnapshotPlan:
    """When to ask for a snapshot: at once, then at doubling distances until one is good."""

    __slots__ = ("_asked_ns", "_failures", "_in_flight", "_not_before_ns")

    def __init__(self) -> None:
        self._in_flight = False
        self._failures = 0
        self._asked_ns = 0
        self._not_before_ns: int | None = None

    def is_due(self, now_ns: int) -> bool:
        """Return whether to ask now; never while an answer is outstanding."""
        if self._in_flight:
            return False
        return self._not_before_ns is None or now_ns >= self._not_before_ns

    @property
    def in_flight(self) -> bool:
        """Whether an answer is outstanding."""
        return self._in_flight

    def asked(self, now_ns: int) -> None:
        """Note that it was asked for."""
        self._in_flight = True
        self._asked_ns = now_ns

    def answered(self, *, fits: bool) -> None:
        """Note the answer."""
        self._in_flight = False
        self._failures = 0 if fits else self._failures + 1
        wait_ns = _FIRST_RETRY_NS << min(self._failures - 1, 16) if self._failures else _RESYNC_NS
        self._not_before_ns = self._asked_ns + min(_SLOWEST_RETRY_NS, wait_ns)


class InstrumentFeed:
    """Turns one instrument's messages into events and requests, appended to the lists given.

    Raises Unusable, having changed nothing, for a message that cannot be true.
    """

    def __init__(
        self,
        product: Product,
        instrument: Instrument,
        counters: FeedCounters,
        events: list[MarketEvent],
        requests: list[RestRequest],
    ) -> None:
        self.id = instrument.id
        self.symbol = instrument.symbol
        self.sync = BookSync()
        self.request = RestRequest(
            product.connection, product.depth_path.format(symbol=self.symbol), self.symbol
        )
        """The GET of a snapshot."""
        self._futures = product.futures
        self._sequence = Sequence(futures=product.futures, counters=self.sync)
        self._plan = SnapshotPlan()
        self._counters = counters
        self._events = events
        self._requests = requests
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._depths = Increments[Lots](instrument.lot_size, zero=True, rounds_down=True)
        self.counted = self._counted(futures=product.futures)
        self.figures = InstrumentFigures(instrument, self._prices, counters, events)
        self._trade_kind: type[Print | Aggregate] | None = None
        self._prints = PrintIds()
        self._confirmed_ns = 0
        """When an update, or the best bid and ask, last agreed with the book."""
        self._behind_ns: int | None = None
        """Since when the best bid and ask have been newer than the book."""
        self._seen: tuple[Ticks, Ticks] = _EVERYTHING
        """Lowest bid and highest ask of the snapshot: what rests beyond and does not change was
        never told."""

    def on_diff(self, diff: Diff[WireLevel], ts_recv_ns: int) -> None:
        """Take a change of the book."""
        bids, asks = self._levels(diff.bids), self._levels(diff.asks)
        self._change(diff, bids, asks, ts_recv_ns)

    def on_counted_diff(self, diff: CountedDiff, ts_recv_ns: int) -> None:
        """Take one whose levels are ticks and lots already."""
        self._change(diff, diff.bids, diff.asks, ts_recv_ns)

    def _change(
        self, diff: Diff[Any], bids: list[Level], asks: list[Level], ts_recv_ns: int
    ) -> None:
        first_id, last_id = diff.first_id, diff.last_id
        previous_id = diff.previous_id if self._futures else first_id - 1
        if first_id > last_id or previous_id > last_id:
            raise Unusable("update ids out of order")
        delta = BookDelta(self.id, first_id, last_id, bids, asks, ts_recv_ns, diff.time_ms)
        expected = self._sequence.last_id
        verdict = self._sequence.receive(delta, previous_id)
        if verdict is APPLY:
            self._confirm(ts_recv_ns)
            self._events.append(delta)
            return
        if verdict is GAP:
            self._events.append(BookLost(self.id, expected, previous_id, "gap", ts_recv_ns))
        self.ask_if_due(ts_recv_ns)

    def on_snapshot(self, snapshot: Snapshot, ts_recv_ns: int) -> bool:
        """Start the book; False when the snapshot is older than the stream, or that is gone.

        One that nobody waits for is passed over: the book that is there has proof.
        """
        if self._sequence.last_id is not None:
            return True
        if snapshot.symbol not in {"", self.symbol}:
            raise Unusable("snapshot of another symbol")
        if self._plan.in_flight and not self._sequence.is_waiting:
            return False  # lost since it was asked for: nothing shows that it joins the stream
        bids, asks = self._levels(snapshot.bids), self._levels(snapshot.asks)
        held = self._sequence.receive_snapshot(snapshot.last_id)
        if held is None:
            return False
        self.sync.snapshots += 1
        self._seen = _seen(bids, asks)
        self._confirm(ts_recv_ns)
        # Its own time is left out: it says nothing about the stream.
        self._events.append(BookSnapshot(self.id, snapshot.last_id, bids, asks, ts_recv_ns))
        self._events.extend(held)
        return True

    def on_answer(self, *, fits: bool) -> None:
        """Note whether the request has brought a snapshot that fits."""
        self.sync.snapshots_refused += not fits
        self._plan.answered(fits=fits)

    def watch(self, now_ns: int) -> None:
        """Give up a book that others have left behind, or that nobody confirms any more.

        No snapshot is asked for before its stream speaks again, so that this costs no weight.
        """
        if self._sequence.last_id is None:
            return
        behind_ns = self._behind_ns
        is_behind = behind_ns is not None and now_ns - behind_ns >= BEHIND_NS
        if is_behind or now_ns - self._confirmed_ns >= UNCONFIRMED_NS:
            self.lose("silent", now_ns)

    def ask_if_due(self, now_ns: int) -> None:
        """Ask for a snapshot when deltas wait for one and it is time to."""
        if self._sequence.is_waiting and self._plan.is_due(now_ns):
            self._plan.asked(now_ns)
            self._requests.append(self.request)

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book, and what was known of the sequence of trades."""
        expected = self._sequence.last_id
        self._sequence.lose()
        self._trade_kind, self._prints = None, PrintIds()
        if expected is not None:
            self._events.append(BookLost(self.id, expected, None, reason, ts_recv_ns))

    def on_ticker(self, ticker: WireTicker, ts_recv_ns: int) -> None:
        """Take the venue's own best bid and ask."""
        self.on_counted_ticker(self.counted_ticker(ticker), ts_recv_ns)

    def counted_ticker(self, ticker: WireTicker) -> CountedTicker:
        """Return it in ticks and lots."""
        prices, sizes = self._prices, self._sizes
        return Ticker(
            ticker.symbol,
            ticker.update_id,
            prices[ticker.bid],
            sizes[ticker.bid_quantity],
            prices[ticker.ask],
            sizes[ticker.ask_quantity],
            ticker.time_ms,
        )

    def on_counted_ticker(self, ticker: CountedTicker, ts_recv_ns: int) -> None:
        """Take one whose numbers are ticks and lots already; it tells how new the book is, too."""
        last_id = self._sequence.last_id
        if last_id is not None and ticker.update_id <= last_id:
            self._confirmed_ns = ts_recv_ns
        elif self._behind_ns is None:
            self._behind_ns = ts_recv_ns
        if last_id is not None and (ticker.bid < self._seen[0] or ticker.ask > self._seen[1]):
            self.lose("beyond its snapshot", ts_recv_ns)
        self._events.append(
            BookTop(
                self.id,
                ticker.update_id,
                ticker.bid,
                ticker.bid_quantity,
                ticker.ask,
                ticker.ask_quantity,
                ts_recv_ns,
                ticker.time_ms,
            )
        )

    def on_trade(self, trade: Print | Aggregate, ts_recv_ns: int) -> None:
        """Take a print.

        Not used: what is no market trade, a repeat, told by two streams, or less than a lot.
        """
        if trade.kind != "MARKET":
            self._counters.ignored_trades += 1
            return
        price, lots = self._prices[trade.price], self._sizes[trade.quantity]
        if self._trade_kind is None:
            self._trade_kind = type(trade)
        is_other = type(trade) is not self._trade_kind
        if is_other or not self._prints.is_new(trade.trade_id) or not lots:
            self._counters.ignored_trades += 1
            return
        self._events.append(
            Trade(
                self.id,
                trade.trade_id,
                price,
                lots,
                Side.SELL if trade.buyer_is_maker else Side.BUY,
                ts_recv_ns,
                trade.time_ms,
            )
        )

    def _confirm(self, ts_recv_ns: int) -> None:
        self._confirmed_ns, self._behind_ns = ts_recv_ns, None

    def _counted(self, *, futures: bool) -> CountedDiffs | None:
        digits = self._prices.digits, self._depths.digits
        if digits[0] is None or digits[1] is None:
            return None
        return CountedDiffs(digits[0], digits[1], futures=futures)

    def _levels(self, levels: list[WireLevel]) -> list[Level]:
        ticks, lots = self._prices, self._depths
        return [(ticks[price], lots[quantity]) for price, quantity in levels]


def _seen(bids: list[Level], asks: list[Level]) -> tuple[Ticks, Ticks]:
    """Return the lowest bid and highest ask of a snapshot, of a side that it shows in part."""
    lowest, highest = _EVERYTHING
    if len(bids) >= SNAPSHOT_LEVELS:
        lowest = min(ticks for ticks, _ in bids)
    if len(asks) >= SNAPSHOT_LEVELS:
        highest = max(ticks for ticks, _ in asks)
    return lowest, highest
