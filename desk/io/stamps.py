"""Whether a venue's own stamps go on: a feed that repeats itself is alive, and tells nothing new.

Seen in the field: data keep coming, with the time of an hour ago (ccxt issue 23214).
"""

from __future__ import annotations

from collections.abc import Iterable

from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    BookTop,
    MarketEvent,
    MarkPrice,
    Trade,
)

_STAMPED = (BookDelta, BookTop, Trade, MarkPrice, BookSnapshot)
"""What comes by the sockets; a poll goes on whatever they do."""


class Stamps:
    """The last stamp of each kind of event and instrument; a step back is a change, too."""

    def __init__(self) -> None:
        self._last: dict[tuple[type, str], int] = {}
        self._changed_ns: int | None = None

    def note(self, events: Iterable[MarketEvent]) -> None:
        """Look at events, up to the first that has a stamp of its own."""
        for event in events:
            if isinstance(event, _STAMPED) and event.ts_venue_ms is not None:
                key = type(event), event.instrument
                if self._last.get(key) != event.ts_venue_ms:
                    self._last[key] = event.ts_venue_ms
                    self._changed_ns = event.ts_recv_ns
                    return

    @property
    def changed_ns(self) -> int | None:
        """When any stamp last changed; None: no event had one yet."""
        return self._changed_ns
