"""One book whose snapshots come on the stream itself, written as text, each change numbered.

A snapshot replaces whatever is held, whatever its id: such venues begin to number anew after a
restart. Only the equality of a change's previous id and the last id proves that none is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Level,
    MarketEvent,
)
from desk.venues.chain import Chain, Verdict
from desk.venues.increments import Increments
from desk.venues.protocol import BookSync
from desk.venues.subscription import Subscription


class WireLevel(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """A price and the quantity there, as text.

    Nothing may follow that a venue's own kind of level does not name: where an element is missing
    or too many, the others are not what they seem.
    """

    price: str
    quantity: str


class InBandBook:
    """Turns one book's messages into events, appended to the list given.

    Raises Unusable, having changed nothing, for a message that cannot be true.
    """

    def __init__(
        self, instrument: Instrument, subscription: Subscription, events: list[MarketEvent]
    ) -> None:
        self.sync = BookSync()
        self._id = instrument.id
        self._events = events
        self._chain = Chain(self.sync)
        self._subscription = subscription
        self._prices = Increments[Ticks](instrument.tick_size)
        self._sizes = Increments[Lots](instrument.lot_size, rounds_down=True)
        self._depths = Increments[Lots](instrument.lot_size, zero=True, rounds_down=True)

    def begin(
        self,
        last_id: int,
        bids: Sequence[WireLevel],
        asks: Sequence[WireLevel],
        ts_recv_ns: int,
        ts_venue_ms: int,
    ) -> None:
        """Take a snapshot."""
        event = BookSnapshot(
            self._id,
            last_id,
            self._levels(bids, self._sizes),
            self._levels(asks, self._sizes),
            ts_recv_ns,
            ts_venue_ms,
        )
        self._chain.lose()
        self._chain.start(last_id)
        self._subscription.shown(ts_recv_ns)
        self._events.append(event)

    def change(
        self,
        previous_id: int,
        last_id: int,
        bids: Sequence[WireLevel],
        asks: Sequence[WireLevel],
        ts_recv_ns: int,
        ts_venue_ms: int,
    ) -> None:
        """Take a change; one without levels confirms the book."""
        event = BookDelta(
            self._id,
            last_id,
            last_id,
            self._levels(bids, self._depths),
            self._levels(asks, self._depths),
            ts_recv_ns,
            ts_venue_ms,
        )
        expected = self._chain.last_id
        verdict = self._chain.follow(previous_id, last_id)
        if verdict is Verdict.APPLY:
            self._events.append(event)
        elif verdict is Verdict.GAP:
            self._events.append(BookLost(self._id, expected, previous_id, "gap", ts_recv_ns))
            self._subscription.restart(ts_recv_ns)

    def top(
        self,
        update_id: int,
        bids: Sequence[WireLevel],
        asks: Sequence[WireLevel],
        ts_recv_ns: int,
        ts_venue_ms: int,
    ) -> None:
        """Take the venue's own best bid and ask; a side without a whole lot has none to tell."""
        best = self._levels(bids[:1], self._sizes) + self._levels(asks[:1], self._sizes)
        if len(best) < 2 or not all(lots for _, lots in best):
            return
        (bid, bid_lots), (ask, ask_lots) = best
        self._events.append(
            BookTop(self._id, update_id, bid, bid_lots, ask, ask_lots, ts_recv_ns, ts_venue_ms)
        )

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        expected = self._chain.last_id
        self._chain.lose()
        if expected is not None:
            self._events.append(BookLost(self._id, expected, None, reason, ts_recv_ns))
        self._subscription.restart(ts_recv_ns)

    def _levels(self, levels: Sequence[WireLevel], sizes: Increments[Lots]) -> list[Level]:
        prices = self._prices
        return [(prices[level.price], sizes[level.quantity]) for level in levels]
