"""Hyperliquid, without I/O: one socket, a whole book in every message.

* Books have no sequence and need none: each message replaces the one before, twice a second.
* Marks carry no time of the venue's; they are aged by receipt alone.
* A socket that nobody writes to for a minute is closed: a ping goes out before.
* What is subscribed to twice is answered with an error: to ask again, it has to be unsubscribed
  from first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import hyperliquid_wire as wire
from desk.venues.channels import Channel
from desk.venues.contract_facts import ContractFacts
from desk.venues.hyperliquid_instrument import InstrumentFeed
from desk.venues.in_band import InBandProtocol
from desk.venues.protocol import SocketUrls
from desk.venues.unreadable import Unusable

CONNECTION = "hyperliquid"
PATH = "/ws"
LIVE_URLS = SocketUrls("https://api.hyperliquid.xyz", "wss://api.hyperliquid.xyz")

SILENCE_MS = 5_000
"""Of all channels together; books come every 0.6 s, and later when the chain is slow."""
FIRST_DATA_MS = 5_000

PING_NS = 20_000_000_000

BOOK, TRADES, BEST, CONTEXT = "l2Book", "trades", "bbo", "activeAssetCtx"

_PING = b'{"method":"ping"}'


class HyperliquidProtocol(InBandProtocol):
    """The connection `hyperliquid`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(
            CONNECTION, LIVE_URLS, PATH, silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        self._feeds: dict[str, InstrumentFeed] = {}
        self._pinged_ns = 0
        for instrument in instruments:
            self._add(instrument)

    @property
    def contract_facts(self) -> dict[InstrumentId, ContractFacts]:
        """What was last said about each perpetual beside its mark."""
        return {feed.id: feed.facts for feed in self._feeds.values() if feed.has_mark}

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book: the next message brings a whole one."""
        for feed in self._feeds.values():
            if feed.id == instrument:
                feed.lose("resync asked for", ts_recv_ns)

    def _add(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        feed = InstrumentFeed(instrument, self._counters, self._events)
        self._feeds[symbol] = feed
        self._counters.books[instrument.id] = feed.sync
        self._add_channel(BOOK, symbol, feed.on_book, steady=True)
        self._add_channel(TRADES, symbol, feed.on_trades, steady=False)
        self._add_channel(BEST, symbol, feed.on_best, steady=False)
        if feed.has_mark:
            self._add_channel(CONTEXT, symbol, feed.on_context, steady=True)

    def _add_channel(
        self, kind: str, symbol: str, handle: Callable[[bytes, int], None], *, steady: bool
    ) -> None:
        name = _name(kind, symbol)
        self._channels[name] = Channel(name, symbol, handle, steady=steady)

    def _begin(self, now_ns: int) -> None:
        self._pinged_ns = now_ns
        for channel in self._channels.values():
            self._subscribe(channel, now_ns)

    def _end(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            feed.lose("disconnected", now_ns)
            feed.restart()

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_envelope(frame)
        kind = message.channel
        if kind in {BOOK, TRADES, BEST, CONTEXT}:
            wire.check_outside(frame)
            self._notified(kind, bytes(message.data), ts_recv_ns)
        elif kind == "subscriptionResponse":
            self._acknowledged(wire.decode_acknowledgement(message.data))
        elif kind == "error":
            self._refused(wire.decode_text(message.data), ts_recv_ns)
        elif kind != "pong":
            self._counters.unknown_events += 1

    def _notified(self, kind: str, data: bytes, ts_recv_ns: int) -> None:
        coin = wire.coin_of(kind, data)
        if coin is None:
            return
        channel = self._channels.get(_name(kind, coin))
        if channel is None:
            raise Unusable("unknown symbol")
        channel.handle(data, ts_recv_ns)
        channel.seen(ts_recv_ns)

    def _acknowledged(self, told: wire.Acknowledgement) -> None:
        channel = self._channels.get(_name(told.subscription.type, told.subscription.coin))
        if channel is None:
            raise Unusable("answer about a stream that nobody wanted")
        channel.active = told.method == "subscribe"

    def _keep_up(self, now_ns: int) -> None:
        if now_ns - self._pinged_ns >= PING_NS:
            self._pinged_ns = now_ns
            self._outgoing.append(_PING)
        for channel in self._overdue(now_ns):
            self._send("unsubscribe", channel)
            self._subscribe(channel, now_ns)

    def _subscribe(self, channel: Channel, now_ns: int) -> None:
        self._send("subscribe", channel)
        channel.asked(now_ns)
        if channel.name == _name(TRADES, channel.symbol):
            self._feeds[channel.symbol].expect_backfill()

    def _send(self, method: Literal["subscribe", "unsubscribe"], channel: Channel) -> None:
        kind, _, coin = channel.name.partition(":")
        subscription = wire.Subscription(kind, coin)
        self._outgoing.append(msgspec.json.encode(wire.Request(method, subscription)))


def _name(kind: str, coin: str) -> str:
    return f"{kind}:{coin}"
