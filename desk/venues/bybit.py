"""Bybit v5, without I/O: a socket for each of spot, linear and inverse, snapshots in band.

`BTCUSDT` is a spot pair and a linear contract, and nothing in a frame tells which: each socket is
a connection of its own.

* The answer to a subscription names the request, not its topics: a request holds one instrument's
  topics, so that one the venue does not know costs no other.
* The venue ends a socket that has not sent `ping` for long.
* The best bid and ask is the book of one level, since spot tickers have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import bybit_wire as wire
from desk.venues.bybit_instrument import InstrumentFeed
from desk.venues.channels import Channel
from desk.venues.contract_facts import ContractFacts
from desk.venues.protocol import SocketUrls
from desk.venues.renewing import RenewingProtocol, Wish

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

PING_NS = 20_000_000_000

_UNANSWERED = 64
"""Requests remembered whose answer is outstanding."""

_PING = msgspec.json.encode(wire.Request("ping"))


class BybitProtocol(RenewingProtocol):
    """One of the connections `bybit-spot`, `bybit-linear`, `bybit-inverse`."""

    def __init__(self, connection: str, instruments: Iterable[Instrument]) -> None:
        super().__init__(
            connection,
            LIVE_URLS,
            PATHS[connection],
            silence_ms=SILENCE_MS,
            first_data_ms=FIRST_DATA_MS,
        )
        self._feeds: list[InstrumentFeed] = []
        self._requests = 0
        self._asked: dict[str, tuple[Channel, ...]] = {}
        """Channels of subscriptions that are not answered yet, by request."""
        self._pinged_ns = 0
        for instrument in instruments:
            self._add(instrument)

    @property
    def contract_facts(self) -> dict[InstrumentId, ContractFacts]:
        """Return open interest and funding interval of each perpetual."""
        return {feed.id: feed.facts for feed in self._feeds if feed.has_mark}

    def _add(self, instrument: Instrument) -> None:
        feed = InstrumentFeed(instrument, self._counters, self._events)
        self._feeds.append(feed)
        self._listeners.append(feed)
        self._counters.books[instrument.id] = feed.book.sync
        symbol = feed.symbol
        self._listen(
            f"orderbook.{DEPTH}.{symbol}", symbol, feed.on_book, steady=True, snapshots=feed.book
        )
        self._listen(f"orderbook.1.{symbol}", symbol, feed.on_top, steady=True)
        self._listen(f"publicTrade.{symbol}", symbol, feed.on_trades, steady=False)
        if feed.has_mark:
            self._listen(
                f"tickers.{symbol}", symbol, feed.on_ticker, steady=True, snapshots=feed.ticker
            )

    def _begin(self, now_ns: int) -> None:
        self._asked.clear()
        self._pinged_ns = now_ns
        super()._begin(now_ns)

    def _keep_up(self, now_ns: int) -> None:
        super()._keep_up(now_ns)
        if now_ns - self._pinged_ns >= PING_NS:
            self._outgoing.append(_PING)
            self._pinged_ns = now_ns

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_frame(frame)
        if not message.topic:
            self._answered(message, ts_recv_ns)
        elif channel := self._channels.get(message.topic):
            self._received(channel, frame, ts_recv_ns)
        else:
            self._counters.unknown_events += 1

    def _answered(self, message: wire.Frame, ts_recv_ns: int) -> None:
        """Take an answer; an accepted subscription says `subscribe` on spot, nothing elsewhere."""
        asked = self._asked.pop(message.req_id, ())
        if message.success is False:
            self._counters.reject("refused by the venue")
            self._refused(message.ret_msg, ts_recv_ns)
        elif message.op == "subscribe" and message.success:
            for channel in asked:
                channel.active = True
        elif message.op not in {"unsubscribe", "ping", "pong"}:
            self._counters.unknown_events += 1

    def _send(self, wish: Wish, channels: list[Channel]) -> None:
        for _, group in groupby(channels, key=lambda channel: channel.symbol):
            asked = tuple(group)
            self._requests += 1
            request_id = str(self._requests)
            topics = [channel.name for channel in asked]
            self._outgoing.append(msgspec.json.encode(wire.Request(wish, request_id, topics)))
            if wish == "subscribe":
                while len(self._asked) >= _UNANSWERED:
                    self._asked.pop(next(iter(self._asked)))
                self._asked[request_id] = asked
