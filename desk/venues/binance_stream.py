"""One Binance stream: how it is read, when it last spoke, whether the venue has shown it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from desk.venues import binance_wire as wire
from desk.venues.binance_forms import CountedTickers
from desk.venues.binance_instrument import InstrumentFeed
from desk.venues.binance_product import (
    AGGREGATE,
    CANDLE,
    DEPTH,
    FORCED,
    HABITS,
    MARK,
    TICKER,
    TRADE,
)
from desk.venues.protocol import StreamHealth

ANSWER_NS = 5_000_000_000
"""What is asked for and not shown within this is asked for again, then at doubling distances."""

SLOWEST_NS = 60_000_000_000

_DOUBLINGS = 6


class Counting(Protocol):
    """Reads frames of one stream whose numbers the decoder itself turns into ticks and lots."""

    def read(self, frame: bytes, /) -> Any:
        """Return the event in a frame; None: it must be read the strict way."""

    def learn(self, frame: bytes, event: Any, /) -> None:
        """Know frames like this one from now on, in which the strict way has read this event."""


class Stream:
    """One stream of one instrument.

    It is active when the venue has shown it on the present socket: by accepting the request that
    named it, or by data.
    """

    __slots__ = (
        "_ask_again_ns",
        "_asked_ns",
        "_attempts",
        "active",
        "alone",
        "bare",
        "counted",
        "feed",
        "first_ns",
        "handle",
        "handle_counted",
        "kind",
        "last_ns",
        "messages",
        "name",
        "request_id",
        "symbol",
        "wrapped",
    )

    def __init__(self, name: str, kind: str, feed: InstrumentFeed, *, futures: bool) -> None:
        event, handle = _reading(kind, feed, futures=futures)
        self.name = name
        self.kind = kind
        self.feed = feed
        self.symbol = feed.symbol
        self.wrapped = msgspec.json.Decoder(wire.Wrapped[event]).decode
        """Reads a whole frame of a combined stream; the event is in its `data`."""
        self.bare = msgspec.json.Decoder(event).decode
        """Reads an event."""
        self.counted, self.handle_counted = _counting(kind, feed)
        """Reads most frames at less cost, for a handler of its own; None where nothing does."""
        self.handle: Callable[[Any, int], None] = handle
        self.messages = 0
        self.first_ns = 0
        self.last_ns = 0
        self.active = False
        self.alone = False
        """The venue has refused a request that named it: it is asked for by itself."""
        self.request_id = 0
        """Of the last request that named it."""
        again_ms = HABITS[kind].ask_again_ms
        self._ask_again_ns = None if again_ms is None else again_ms * 1_000_000
        self._asked_ns = 0
        self._attempts = 0

    def restart(self) -> None:
        """Note that the socket is another one, or none."""
        self.active = self.alone = False
        self.request_id = self._attempts = 0

    def received(self, ts_recv_ns: int) -> None:
        """Count data that were understood."""
        self.messages += 1
        self.last_ns = ts_recv_ns
        if not self.first_ns:
            self.first_ns = ts_recv_ns
        self.active = True

    def is_due(self, now_ns: int) -> bool:
        """Whether to ask: not yet asked, not shown, or silent where it should not be."""
        if not self._attempts:
            return True
        since_ns, wait_ns = self._asked_ns, ANSWER_NS
        if self.active:
            if self._ask_again_ns is None:
                return False
            since_ns, wait_ns = max(since_ns, self.last_ns), self._ask_again_ns
        wait_ns <<= min(self._attempts - 1, _DOUBLINGS)
        return now_ns - since_ns >= min(SLOWEST_NS, wait_ns)

    def asked(self, request_id: int, now_ns: int) -> None:
        """Note a request that names it."""
        if self.last_ns > self._asked_ns:
            self._attempts = 0
        self.request_id, self._asked_ns = request_id, now_ns
        self._attempts += 1

    def refused(self) -> None:
        """Note that the venue does not want to send it."""
        self.active, self.alone = False, True

    @property
    def health(self) -> StreamHealth:
        """How it is doing."""
        habit = HABITS[self.kind]
        return StreamHealth(
            self.name,
            self.messages,
            self.first_ns,
            self.last_ns,
            habit.kind,
            self.feed.id,
            self.active,
            habit.limit_ms,
        )


def _counting(
    kind: str, feed: InstrumentFeed
) -> tuple[Counting | None, Callable[[Any, int], None]]:
    if kind == TICKER:
        return CountedTickers(feed.counted_ticker), feed.on_counted_ticker
    return (feed.counted if kind == DEPTH else None), feed.on_counted_diff


def _reading(
    kind: str, feed: InstrumentFeed, *, futures: bool
) -> tuple[type[Any], Callable[[Any, int], None]]:
    figures = feed.figures
    readings: dict[str, tuple[type[Any], Callable[[Any, int], None]]] = {
        DEPTH: ((wire.FuturesDiff if futures else wire.Diff)[wire.WireLevel], feed.on_diff),
        TICKER: (wire.WireTicker, feed.on_ticker),
        TRADE: (wire.Print, feed.on_trade),
        AGGREGATE: (wire.Aggregate, feed.on_trade),
        MARK: (wire.Mark, figures.on_mark),
        CANDLE: (wire.Candle, figures.on_candle),
        FORCED: (wire.Forced, figures.on_forced),
    }
    return readings[kind]
