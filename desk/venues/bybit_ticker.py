"""Bybit's ticker of a perpetual: a snapshot, then only what changed, merged.

Nothing numbers the changes, so a missing one cannot be seen; one that comes out of order can, and
so can one that is unreadable. Both mean that what was merged may be wrong: it is given up, and a
new snapshot is wanted.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.venues import bybit_wire as wire
from desk.venues.figures import (
    funding_rate_of,
    interval_of,
    open_interest_of,
    price_of,
    time_of,
)
from desk.venues.subscription import Subscription
from desk.venues.unreadable import UNREADABLE, Unusable


class TickerState(msgspec.Struct, frozen=True, kw_only=True):
    """A ticker with all its changes."""

    mark: Decimal
    index: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_ms: int | None = None
    interval_h: int | None = None
    open_interest: Decimal | None = None
    """Of one side, in the instrument's quantities."""


class MergedTicker:
    """Merges one instrument's ticker."""

    def __init__(self, symbol: str, subscription: Subscription) -> None:
        self._symbol = symbol
        self._state: TickerState | None = None
        self._sequence: int | None = None
        self._subscription = subscription

    def take(self, frame: bytes, ts_recv_ns: int) -> tuple[TickerState, int]:
        """Return the ticker after a frame, and the frame's time.

        Raises one of UNREADABLE; the ticker is unknown then until the next snapshot.
        """
        try:
            message = wire.read_ticker(frame)
            state = self._merge(message)
        except UNREADABLE:
            self.lose(ts_recv_ns)
            raise
        self._state, self._sequence = state, message.sequence
        if message.type == "snapshot":
            self._subscription.shown(ts_recv_ns)
        return state, message.time_ms

    def lose(self, ts_recv_ns: int) -> None:
        """Forget it and want it anew."""
        self._state = self._sequence = None
        self._subscription.restart(ts_recv_ns)

    def _merge(self, message: wire.TickerFrame) -> TickerState:
        if message.data.symbol != self._symbol:
            raise Unusable("another symbol than its stream")
        if message.type == "snapshot":
            if message.data.mark is None:
                raise Unusable("no mark")
            return _merged(TickerState(mark=price_of(message.data.mark)), message.data)
        if self._state is None:
            raise Unusable("a change before its snapshot")
        last, sequence = self._sequence, message.sequence
        if last is not None and sequence is not None and sequence < last:
            raise Unusable("a change out of order")
        return _merged(self._state, message.data)


def _merged(state: TickerState, change: wire.Ticker) -> TickerState:
    changed: dict[str, Decimal | int | None] = {}
    if change.mark is not None:
        changed["mark"] = price_of(change.mark)
    if change.index is not None:
        changed["index"] = price_of(change.index) if change.index else None
    if change.funding_rate is not None:
        changed["funding_rate"] = (
            funding_rate_of(change.funding_rate) if change.funding_rate else None
        )
    if change.next_funding is not None:
        changed["next_funding_ms"] = time_of(change.next_funding) if change.next_funding else None
    if change.interval_h is not None:
        changed["interval_h"] = interval_of(change.interval_h) if change.interval_h else None
    if change.open_interest is not None:
        changed["open_interest"] = open_interest_of(change.open_interest)
    return msgspec.structs.replace(state, **changed)
