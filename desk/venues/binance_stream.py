"""Binance's streams and sockets: what flows where, how it is read, when it last did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from desk.venues import binance_wire as wire
from desk.venues.binance_instrument import InstrumentFeed
from desk.venues.binance_product import DEPTH, MARK, STEADY_STREAMS, TICKER, TRADE
from desk.venues.protocol import Endpoint

SILENCE_MS = 2_500
FIRST_DATA_MS = 5_000
LIFE_MS = (24 * 60 - 10) * 60_000
"""The venue ends every socket after 24 hours."""

ASK_AGAIN_NS = 10_000_000_000
"""A steady stream that is silent for so long is subscribed to again."""


class Stream:
    """One stream of one instrument."""

    __slots__ = (
        "bare",
        "first_ns",
        "handle",
        "last_ns",
        "messages",
        "name",
        "steady",
        "symbol",
        "wrapped",
    )

    def __init__(self, name: str, kind: str, feed: InstrumentFeed, *, futures: bool) -> None:
        event, handle = _reading(kind, feed, futures=futures)
        self.name = name
        self.symbol = feed.symbol
        self.steady = kind in STEADY_STREAMS
        self.wrapped = msgspec.json.Decoder(wire.Wrapped[event]).decode
        """Reads a whole frame of a combined stream; the event is in its `data`."""
        self.bare = msgspec.json.Decoder(event).decode
        """Reads an event."""
        self.handle: Callable[[Any, int], None] = handle
        self.messages = 0
        self.first_ns = 0
        self.last_ns = 0


class Socket:
    """One endpoint and what waits to be sent there."""

    def __init__(self, path: str, streams: list[Stream]) -> None:
        self.endpoint = Endpoint(
            path=path,
            streams=tuple(stream.name for stream in streams),
            silence_ms=SILENCE_MS,
            first_data_ms=FIRST_DATA_MS,
            life_ms=LIFE_MS,
        )
        self.roll_wanted = False
        self._streams = streams
        self._outgoing: list[bytes] = []
        self._requests = 0
        self._asked_ns: int | None = None
        """When subscriptions were last sent; None while it is closed."""

    def opened(self, now_ns: int) -> None:
        """Ask for every stream."""
        self.roll_wanted = False
        self._subscribe(self._streams, now_ns)

    def closed(self) -> None:
        """Forget what was to be sent."""
        self._asked_ns = None
        self._outgoing.clear()

    def ask_again(self, now_ns: int) -> None:
        """Ask once more for streams that should be steady and are silent."""
        if self._asked_ns is None or now_ns - self._asked_ns < ASK_AGAIN_NS:
            return
        limit = now_ns - ASK_AGAIN_NS
        silent = [s for s in self._streams if s.steady and s.last_ns < limit]
        if silent:
            self._subscribe(silent, now_ns)

    def take_outgoing(self) -> list[bytes]:
        """Hand over what is to be sent."""
        frames, self._outgoing = self._outgoing, []
        return frames

    @property
    def last_data_ns(self) -> int:
        """When data last came; 0: not yet."""
        return max((stream.last_ns for stream in self._streams), default=0)

    def _subscribe(self, streams: list[Stream], now_ns: int) -> None:
        self._requests += 1
        request = wire.Subscribe("SUBSCRIBE", [s.name for s in streams], self._requests)
        self._outgoing.append(msgspec.json.encode(request))
        self._asked_ns = now_ns


def _reading(
    kind: str, feed: InstrumentFeed, *, futures: bool
) -> tuple[type[Any], Callable[[Any, int], None]]:
    if kind == DEPTH:
        return (wire.FuturesDiff if futures else wire.Diff), feed.on_diff
    if kind == TICKER:
        return wire.Ticker, feed.on_ticker
    if kind == MARK:
        return wire.Mark, feed.on_mark
    return (wire.Print if kind == TRADE else wire.Aggregate), feed.on_trade
