"""Hyperliquid, without I/O: one socket, a whole book in every message.

* Books have no sequence and need none: each message replaces the one before, twice a second.
* Marks carry no time of the venue's; they are aged by receipt alone.
* A socket that nobody writes to for a minute is closed: a ping goes out before.
* What is subscribed to twice is answered with an error: to ask again, it has to be unsubscribed
  from first.
* Candles come with trades, and nothing tells that a minute is over but the next one.
* Liquidations are told to the user who suffers them, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.venues import hyperliquid_wire as wire
from desk.venues.hyperliquid_instrument import InstrumentFeed
from desk.venues.in_band import Feed, InBandProtocol, Ping
from desk.venues.minutes import LIMIT_MS
from desk.venues.protocol import Endpoint, SocketUrls
from desk.venues.subscription import Subscription, Terms
from desk.venues.unreadable import Unusable

CONNECTION = "hyperliquid"
PATH = "/ws"
LIVE_URLS = SocketUrls("https://api.hyperliquid.xyz", "wss://api.hyperliquid.xyz")

SILENCE_MS = 5_000
"""Of all channels together; books come every 0.6 s, and later when the chain is slow."""
FIRST_DATA_MS = 5_000

PING = Ping(b'{"method":"ping"}', 20_000_000_000)

BOOK, TRADES, BEST, CONTEXT = "l2Book", "trades", "bbo", "activeAssetCtx"
CANDLE, INTERVAL = "candle", "1m"

TERMS: Mapping[str, Terms] = {
    BOOK: Terms("book", 5_000),
    TRADES: Terms("trades"),
    BEST: Terms("top"),
    CANDLE: Terms("candles", LIMIT_MS),
    CONTEXT: Terms("mark", 5_000),
}
"""Limits are the desk's own: books come each 0.6 s, as recorded in 2025; no source gives the
cadence of contexts. A mark older than 2 s allows no new risk here as anywhere (`mark_limit_ms`).
Candles come with trades: perpetuals of BTC and ETH trade in each minute."""

SPOT_CANDLE = Terms("candles")
"""Nobody may trade for minutes."""


class HyperliquidProtocol(InBandProtocol):
    """The connection `hyperliquid`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        endpoint = Endpoint(
            path=PATH, streams=(), silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        super().__init__(CONNECTION, LIVE_URLS, [endpoint], PING)
        self._feeds: dict[str, InstrumentFeed] = {}
        for instrument in instruments:
            self._add(instrument)

    def _add(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        terms = dict(TERMS)
        if instrument.kind is not Kind.PERPETUAL:
            del terms[CONTEXT]
            terms[CANDLE] = SPOT_CANDLE
        wanted = {c: self._want(c, symbol, terms[c], instrument.id) for c in terms}
        feed = InstrumentFeed(instrument, wanted[CANDLE], self._counters, self._events)
        self._feeds[symbol] = feed
        self._counters.books[feed.id] = feed.sync
        handles = {
            BOOK: feed.on_book,
            TRADES: feed.on_trades,
            BEST: feed.on_best,
            CANDLE: feed.on_candle,
            CONTEXT: feed.on_context,
        }
        for channel, subscription in wanted.items():
            self._handles[subscription.name] = handles[channel]

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds.values()

    def _begin(self, path: str, now_ns: int) -> None:
        """Do nothing: the venue wants to hear of subscriptions only."""

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_envelope(frame)
        kind = message.channel
        if kind in TERMS:
            wire.check_outside(frame)
            self._notified(kind, bytes(message.data), ts_recv_ns)
        elif kind == "subscriptionResponse":
            self._acknowledged(wire.decode_acknowledgement(message.data), ts_recv_ns)
        elif kind == "error":
            self._refused(wire.decode_text(message.data), ts_recv_ns)
        elif kind != "pong":
            self._counters.unknown_events += 1

    def _notified(self, kind: str, data: bytes, ts_recv_ns: int) -> None:
        coin = wire.coin_of(kind, data)
        if coin is None:
            return
        subscription = self._subscriptions.get(self._name(kind, coin))
        if subscription is None:
            raise Unusable("unknown symbol")
        self._hand_on(subscription, data, ts_recv_ns)

    def _acknowledged(self, told: wire.Acknowledgement, ts_recv_ns: int) -> None:
        name = self._name(told.subscription.type, told.subscription.coin)
        subscription = self._subscriptions.get(name)
        if subscription is None:
            raise Unusable("answer about a stream that nobody wanted")
        if told.method == "subscribe":
            subscription.confirmed(ts_recv_ns)
        else:
            subscription.restart(ts_recv_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for subscription in due:
            if subscription.is_repeat:
                yield _request("unsubscribe", subscription)
            yield _request("subscribe", subscription)
            if subscription.channel == TRADES:
                self._feeds[subscription.symbol].expect_backfill()


def _request(method: Literal["subscribe", "unsubscribe"], about: Subscription) -> bytes:
    interval = INTERVAL if about.channel == CANDLE else None
    subscription = wire.Subscription(about.channel, about.symbol, interval)
    return msgspec.json.encode(wire.Request(method, subscription))
