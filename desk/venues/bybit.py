"""Bybit v5, without I/O: a socket for each of spot, linear and inverse, snapshots in band.

`BTCUSDT` is a spot pair and a linear contract, and nothing in a frame tells which: each socket is
a connection of its own.

* The answer to a subscription names the request, not its topics: a request holds one instrument's
  topics, so that one the venue does not know costs no other.
* The venue ends a socket that has not sent `ping` for long.
* The best bid and ask is the book of one level, since spot tickers have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Literal

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.venues import bybit_wire as wire
from desk.venues.bybit_instrument import InstrumentFeed
from desk.venues.in_band import Feed, InBandProtocol, Ping
from desk.venues.protocol import Endpoint, SocketUrls
from desk.venues.subscription import Subscription, Terms

PATHS = {
    "bybit-spot": "/v5/public/spot",
    "bybit-linear": "/v5/public/linear",
    "bybit-inverse": "/v5/public/inverse",
}
"""Websocket path by connection."""

LIVE_URLS = SocketUrls("https://api.bybit.com", "wss://stream.bybit.com")

DEPTH = 200
"""Levels a side, told each 100 ms (spot: 200 ms)."""

SILENCE_MS = 5_000
"""Of all topics together: the best bid and ask is told again after 3 s without change."""
FIRST_DATA_MS = 5_000

PING = Ping(msgspec.json.encode(wire.Request("ping")), 20_000_000_000)

BOOK, TOP, TRADES, TICKER = f"orderbook.{DEPTH}", "orderbook.1", "publicTrade", "tickers"
CANDLE, LIQUIDATIONS = "kline.1", "allLiquidation"

_OF_CONTRACTS = frozenset({TICKER, LIQUIDATIONS})
"""Topics that have no meaning for spot."""

TERMS: Mapping[str, Terms] = {
    BOOK: Terms("book", 5_000, begins_whole=True),
    TOP: Terms("top", 5_000),
    TRADES: Terms("trades"),
    CANDLE: Terms("candles", 90_000),
    TICKER: Terms("mark", 2_000, begins_whole=True),
    LIQUIDATIONS: Terms("liquidations"),
}
"""Limits are the desk's own: 2 s for marks by the risk model; a book of BTC or ETH, sent at the
cadence above, is never still for seconds; a candle comes each minute at least."""

_UNANSWERED = 64
"""Requests remembered whose answer is outstanding."""


class BybitProtocol(InBandProtocol):
    """One of the connections `bybit-spot`, `bybit-linear`, `bybit-inverse`."""

    def __init__(self, connection: str, instruments: Iterable[Instrument]) -> None:
        endpoint = Endpoint(
            path=PATHS[connection],
            streams=(),
            silence_ms=SILENCE_MS,
            first_data_ms=FIRST_DATA_MS,
        )
        super().__init__(connection, LIVE_URLS, [endpoint], PING)
        self._feeds: list[InstrumentFeed] = []
        self._request_id = 0
        self._asked: dict[str, list[Subscription]] = {}
        """What was subscribed to and is not answered yet, by request."""
        for instrument in instruments:
            self._add(instrument)

    def _add(self, instrument: Instrument) -> None:
        wanted = {
            channel: self._want(channel, instrument.symbol, terms, instrument.id)
            for channel, terms in TERMS.items()
            if channel not in _OF_CONTRACTS or instrument.kind is Kind.PERPETUAL
        }
        feed = InstrumentFeed(
            instrument, wanted[BOOK], wanted.get(TICKER), self._counters, self._events
        )
        self._feeds.append(feed)
        self._counters.books[feed.id] = feed.book.sync
        handles = {
            BOOK: feed.on_book,
            TOP: feed.on_top,
            TRADES: feed.on_trades,
            CANDLE: feed.on_candle,
            TICKER: feed.on_ticker,
            LIQUIDATIONS: feed.on_liquidations,
        }
        for channel, subscription in wanted.items():
            self._handles[subscription.name] = handles[channel]

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds

    def _name(self, channel: str, symbol: str) -> str:
        return f"{channel}.{symbol}"

    def _begin(self, path: str, now_ns: int) -> None:
        self._asked.clear()

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_frame(frame)
        if not message.topic:
            self._answered(message, ts_recv_ns)
        elif subscription := self._subscriptions.get(message.topic):
            self._hand_on(subscription, frame, ts_recv_ns)
            subscription.confirmed(ts_recv_ns)
        else:
            self._counters.unknown_events += 1

    def _answered(self, message: wire.Frame, ts_recv_ns: int) -> None:
        """Take an answer; an accepted subscription says `subscribe` on spot, nothing elsewhere."""
        asked = self._asked.pop(message.req_id, ())
        if message.success is False:
            self._counters.reject("refused by the venue")
            self._refused(message.ret_msg, ts_recv_ns)
        elif message.op == "subscribe" and message.success:
            for subscription in asked:
                subscription.confirmed(ts_recv_ns)
        elif message.op not in {"unsubscribe", "ping", "pong"}:
            self._counters.unknown_events += 1

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for _, group in groupby(due, key=lambda subscription: subscription.symbol):
            asked = list(group)
            if repeats := [subscription for subscription in asked if subscription.is_repeat]:
                yield self._request("unsubscribe", repeats)
            yield self._request("subscribe", asked)
            while len(self._asked) >= _UNANSWERED:
                self._asked.pop(next(iter(self._asked)))
            self._asked[str(self._request_id)] = asked

    def _request(
        self, wish: Literal["subscribe", "unsubscribe"], about: list[Subscription]
    ) -> bytes:
        self._request_id += 1
        topics = [subscription.name for subscription in about]
        return msgspec.json.encode(wire.Request(wish, str(self._request_id), topics))
