"""Deribit v2, without I/O: JSON-RPC on one socket, snapshots in band.

* The venue closes a socket whose `test_request` is not answered at once.
* The answer to a subscription lists the channels that were accepted, in any order; a channel
  that is unknown is left out without a word, and is asked for again here.
* A channel that is subscribed to twice goes on without a new snapshot: to get one, it has to be
  unsubscribed from first.
* Nothing tells that a minute is over but the next one; one without trades is told, too.
* Liquidations are trades that say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import deribit_wire as wire
from desk.venues.deribit_instrument import InstrumentFeed
from desk.venues.in_band import Feed, InBandProtocol
from desk.venues.minutes import LIMIT_MS
from desk.venues.protocol import Endpoint, SocketUrls
from desk.venues.request_budget import RequestBudget
from desk.venues.subscription import Subscription, Terms
from desk.venues.unreadable import Unusable

CONNECTION = "deribit"
PATH = "/ws/api/v2"
LIVE_URLS = SocketUrls("https://www.deribit.com", "wss://www.deribit.com")

SILENCE_MS = 3_000
"""Of all channels together: marks of BTC and ETH change several times a second."""
FIRST_DATA_MS = 5_000

BOOK, TRADES, TICKER, CANDLE = "book", "trades", "ticker", "chart.trades"

TERMS: Mapping[str, Terms] = {
    BOOK: Terms("book", 5_000, begins_whole=True),
    TRADES: Terms("trades"),
    TICKER: Terms("mark", 2_000),
    CANDLE: Terms("candles", LIMIT_MS),
}
"""Limits are the desk's own: 2 s for marks by the risk model; what changed comes each 100 ms, and
a book of BTC or ETH is never still for seconds. A candle comes of each minute, by the venue's
description of November 2026."""

HEARTBEAT_S = 30
"""How often the venue asks whether somebody is there; it allows 10 or more."""

_BURST = 10
_REFILL_NS = 300_000_000
"""Requests about channels: so many at once, and one more each 0.3 s; the venue ends the session
of a client that asks for more."""

_UNANSWERED = 64
"""Requests remembered whose answer is outstanding."""


class DeribitProtocol(InBandProtocol):
    """The connection `deribit`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        endpoint = Endpoint(
            path=PATH, streams=(), silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        super().__init__(CONNECTION, LIVE_URLS, [endpoint])
        self._feeds: list[InstrumentFeed] = []
        self._budget = RequestBudget(_BURST, _REFILL_NS)
        self._request_id = 0
        self._asked: dict[int, list[Subscription]] = {}
        """What was subscribed to and is not answered yet, by request."""
        for instrument in instruments:
            self._add(instrument)

    @property
    def missed_trades(self) -> dict[InstrumentId, int]:
        """Prints that the venue numbered and that never came, by instrument."""
        return {feed.id: feed.missed_trades for feed in self._feeds}

    def _add(self, instrument: Instrument) -> None:
        book, trades, ticker, candle = (
            self._want(channel, instrument.symbol, terms, instrument.id)
            for channel, terms in TERMS.items()
        )
        feed = InstrumentFeed(instrument, book, candle, self._counters, self._events)
        self._feeds.append(feed)
        self._counters.books[feed.id] = feed.sync
        self._handles[book.name] = feed.on_book
        self._handles[trades.name] = feed.on_trades
        self._handles[ticker.name] = feed.on_ticker
        self._handles[candle.name] = feed.on_candle

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds

    def _name(self, channel: str, symbol: str) -> str:
        return f"{channel}.{symbol}.{'1' if channel == CANDLE else '100ms'}"

    def _begin(self, path: str, now_ns: int) -> None:
        self._asked.clear()
        self._budget.restart(now_ns)
        heartbeat = self._call("public/set_heartbeat", wire.Heartbeat(HEARTBEAT_S))
        self._sockets[path].outgoing.append(heartbeat)

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_frame(frame)
        params = message.params
        if message.method == "subscription" and params is not None:
            wire.check_outside(frame)
            self._notified(params, ts_recv_ns)
        elif message.method == "heartbeat" and params is not None:
            if params.type == "test_request":
                self._sockets[PATH].outgoing.append(self._call("public/test", {}))
        elif message.error is not None:
            error = message.error
            self._forget(message.id)
            self._refused(f"{error.code} {error.message}", ts_recv_ns)
        elif message.id in self._asked:
            self._answered(message.id, message.result, ts_recv_ns)
        elif message.id is None:
            self._counters.unknown_events += 1

    def _notified(self, params: wire.Params, ts_recv_ns: int) -> None:
        """Take data. They confirm nothing: what was unsubscribed from may still be on its way."""
        subscription = self._subscriptions.get(params.channel)
        if subscription is None:
            self._counters.unknown_events += 1
            return
        data = bytes(params.data)
        if not data:
            raise Unusable("no data")
        self._hand_on(subscription, data, ts_recv_ns)

    def _answered(self, request_id: int, result: msgspec.Raw, ts_recv_ns: int) -> None:
        accepted = set(wire.decode_accepted(result))
        left_out: list[str] = []
        for subscription in self._forget(request_id):
            if subscription.name in accepted:
                subscription.confirmed(ts_recv_ns)
            else:
                left_out.append(subscription.name)
        if left_out:
            self._refused(f"not accepted: {', '.join(left_out)}", ts_recv_ns)

    def _forget(self, request_id: int | None) -> list[Subscription]:
        return [] if request_id is None else self._asked.pop(request_id, [])

    def _may_ask(self, path: str, now_ns: int) -> bool:
        return self._budget.take(2, now_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        if repeats := [s.name for s in due if s.is_repeat]:
            yield self._call("public/unsubscribe", wire.Subscription(repeats))
        yield self._call("public/subscribe", wire.Subscription([s.name for s in due]))
        while len(self._asked) >= _UNANSWERED:
            self._asked.pop(next(iter(self._asked)))
        self._asked[self._request_id] = due

    def _call(
        self, method: str, params: wire.Subscription | wire.Heartbeat | dict[str, str]
    ) -> bytes:
        self._request_id += 1
        return msgspec.json.encode(wire.Request(self._request_id, method, params))
