"""The minutes of a venue that does not say when one is over: that is when a newer one has begun.

Such a venue tells the running minute again and again. When a newer one begins, what was told last
of the one before is told once more, as closed; a last word that comes after that is closed, too.
"""

from __future__ import annotations

import msgspec

from desk.model.market_data import VenueCandle
from desk.venues.candles import MINUTE_MS
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable

LIMIT_MS = 2 * MINUTE_MS
"""Of a stream that tells each minute: one at its start, and the next at the end of the next."""


class Minutes:
    """What of one instrument's minutes runs, and what is closed."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._asked_ns: int | None = None
        self._running: VenueCandle | None = None

    def take(self, told: list[VenueCandle]) -> list[VenueCandle]:
        """Return candles as news: closed but for the newest; raise Unusable for a minute twice."""
        minutes = {candle.start_ms: candle for candle in told}
        if len(minutes) < len(told):
            raise Unusable("a minute twice")
        if not told:
            return []
        running, newest = self._known(), minutes[max(minutes)]
        if running is not None and newest.start_ms == running.start_ms - MINUTE_MS:
            return [_closed(minutes[start], newest.ts_recv_ns) for start in sorted(minutes)]
        if running is not None and newest.start_ms > running.start_ms:
            minutes.setdefault(running.start_ms, running)
        self._running = minutes.pop(newest.start_ms)
        return [*(_closed(minutes[start], newest.ts_recv_ns) for start in sorted(minutes)), newest]

    def _known(self) -> VenueCandle | None:
        """Return the running minute, unless the stream was asked for anew: some may be missing."""
        asked_ns = self._subscription.asked_ns
        if asked_ns != self._asked_ns:
            self._asked_ns, self._running = asked_ns, None
        return self._running


def _closed(candle: VenueCandle, ts_recv_ns: int) -> VenueCandle:
    return msgspec.structs.replace(candle, closed=True, ts_recv_ns=ts_recv_ns)
