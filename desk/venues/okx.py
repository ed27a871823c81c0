"""OKX v5, without I/O: snapshots in band, one channel a request item.

* Candles flow on `/ws/v5/business`, everything else on `/ws/v5/public`; asking for one on the
  other is an error.
* Liquidations are subscribed to by type of instrument, and come of every swap of the venue.
* Data may come before the answer to their subscription.
* `ping` is answered by `pong`, both bare text. The venue closes a socket that is silent for 30 s,
  and one that it maintains, which it announces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from desk.model.instrument import Instrument
from desk.venues import okx_wire as wire
from desk.venues.in_band import Feed, InBandProtocol, Ping
from desk.venues.okx_instrument import FUNDING_LIMIT_NS, INDEX_LIMIT_NS, InstrumentFeed
from desk.venues.protocol import Endpoint, SocketUrls
from desk.venues.request_budget import RequestBudget
from desk.venues.subscription import Subscription, Terms
from desk.venues.unreadable import Unusable

CONNECTION = "okx"
PATH = "/ws/v5/public"
BUSINESS_PATH = "/ws/v5/business"
LIVE_URLS = SocketUrls("https://www.okx.com", "wss://ws.okx.com:8443")

SILENCE_MS = 3_000
"""Of all channels together: books and marks of BTC and ETH change several times a second."""
FIRST_DATA_MS = 5_000

BUSINESS_SILENCE_MS = 30_000
"""Of all candles together: each comes again with the prints of a second."""

PING = Ping(wire.PING, 20_000_000_000)
"""The venue closes a socket that has been silent for 30 s."""

BOOK, TOP, TRADES, MARK = "books", "bbo-tbt", "trades", "mark-price"
INDEX, FUNDING, OPEN_INTEREST = "index-tickers", "funding-rate", "open-interest"
CANDLE, LIQUIDATIONS = "candle1m", "liquidation-orders"
SWAPS = "SWAP"

TERMS: Mapping[str, Terms] = {
    BOOK: Terms("book", 5_000, begins_whole=True),
    TOP: Terms("top"),
    TRADES: Terms("trades"),
    MARK: Terms("mark", 2_000),
    INDEX: Terms("index", INDEX_LIMIT_NS // 1_000_000),
    FUNDING: Terms("funding", FUNDING_LIMIT_NS // 1_000_000),
    OPEN_INTEREST: Terms("open_interest", 60_000),
    CANDLE: Terms("candles", 60_000),
    LIQUIDATIONS: Terms("liquidations"),
}
"""Limits are the desk's own: 2 s for marks and 60 s for the index by the risk model; books change
each 100 ms, and one of BTC or ETH is never still for seconds; the rest are wide, for no source
gives their cadence."""

REQUESTS, REQUEST_REFILL_NS = 240, 15_000_000_000
"""Requests a socket may send at once, and how fast they grow back; one of many channels counts
once. Both together are within the 480 of any hour that OKX's websocket rules of November 2026
allow."""

_SOCKET_ENDS = "64008"

_ENDPOINTS = (
    Endpoint(path=PATH, streams=(), silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS),
    Endpoint(
        path=BUSINESS_PATH,
        streams=(),
        silence_ms=BUSINESS_SILENCE_MS,
        first_data_ms=BUSINESS_SILENCE_MS,
    ),
)


class OkxProtocol(InBandProtocol):
    """The connection `okx`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(CONNECTION, LIVE_URLS, _ENDPOINTS, PING)
        self._feeds: dict[str, InstrumentFeed] = {}
        self._budgets = {
            endpoint.path: RequestBudget(REQUESTS, REQUEST_REFILL_NS) for endpoint in _ENDPOINTS
        }
        for instrument in instruments:
            self._add(instrument)
        if any(feed.index_symbol for feed in self._feeds.values()):
            wanted = self._want(LIQUIDATIONS, SWAPS, TERMS[LIQUIDATIONS], None)
            self._handles[wanted.name] = self._on_liquidations

    def _add(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        book = self._want(BOOK, symbol, TERMS[BOOK], instrument.id)
        feed = InstrumentFeed(instrument, book, self._counters, self._events)
        self._feeds[symbol] = feed
        self._counters.books[feed.id] = feed.book.sync
        self._handles[book.name] = feed.on_book
        takers = [(TOP, symbol, feed.on_top), (TRADES, symbol, feed.on_trades)]
        if feed.index_symbol is not None:
            takers += [
                (MARK, symbol, feed.on_mark),
                (INDEX, feed.index_symbol, feed.on_index),
                (FUNDING, symbol, feed.on_funding),
                (OPEN_INTEREST, symbol, feed.on_open_interest),
            ]
        for channel, subject, handle in takers:
            wanted = self._want(channel, subject, TERMS[channel], feed.id)
            self._handles[wanted.name] = handle
        candle = self._want(CANDLE, symbol, TERMS[CANDLE], feed.id, BUSINESS_PATH)
        self._handles[candle.name] = feed.on_candle

    def _on_liquidations(self, frame: bytes, ts_recv_ns: int) -> None:
        self._events += [
            feed.liquidation(order, ts_recv_ns)
            for told in wire.read_liquidations(frame)
            if (feed := self._feeds.get(told.symbol)) is not None
            for order in told.orders
        ]

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds.values()

    def _begin(self, path: str, now_ns: int) -> None:
        self._budgets[path].restart(now_ns)

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        if frame == wire.PONG:
            return
        message = wire.decode_frame(frame)
        if message.event:
            self._told(message, ts_recv_ns)
        elif message.arg is None:
            raise Unusable("neither data nor an answer")
        elif subscription := self._subscription(message.arg):
            self._hand_on(subscription, frame, ts_recv_ns)
            subscription.confirmed(ts_recv_ns)
        else:
            self._counters.unknown_events += 1

    def _told(self, message: wire.Frame, ts_recv_ns: int) -> None:
        """Take an answer to a request, or a notice."""
        subscription = None if message.arg is None else self._subscription(message.arg)
        if message.event == "subscribe" and subscription is not None:
            subscription.confirmed(ts_recv_ns)
        elif message.event == "error":
            self._counters.reject("refused by the venue")
            self._refused(f"{message.code} {message.msg}", ts_recv_ns)
        elif message.event == "notice" and message.code == _SOCKET_ENDS:
            self._roll_all()
        elif message.event != "unsubscribe":
            self._counters.unknown_events += 1

    def _subscription(self, arg: wire.Arg) -> Subscription | None:
        return self._subscriptions.get(f"{arg.channel}:{arg.symbol or arg.type}")

    def _may_ask(self, path: str, now_ns: int) -> bool:
        return self._budgets[path].take(2, now_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        if repeats := [subscription for subscription in due if subscription.is_repeat]:
            yield _request("unsubscribe", repeats)
        yield _request("subscribe", due)


def _request(wish: Literal["subscribe", "unsubscribe"], about: list[Subscription]) -> bytes:
    args = [
        wire.Arg(LIQUIDATIONS, type=subscription.symbol)
        if subscription.channel == LIQUIDATIONS
        else wire.Arg(subscription.channel, subscription.symbol)
        for subscription in about
    ]
    return msgspec.json.encode(wire.Request(wish, args))
