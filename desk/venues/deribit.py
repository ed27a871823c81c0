"""Deribit v2, without I/O: JSON-RPC on one socket, snapshots in band.

* The venue closes a socket whose `test_request` is not answered at once.
* The answer to a subscription lists the channels that were accepted, in any order; a channel
  that is unknown is left out without a word, and is asked for again here.
* A channel that is subscribed to twice goes on without a new snapshot: to get one, it has to be
  unsubscribed from first.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import deribit_wire as wire
from desk.venues.channels import Channel
from desk.venues.contract_facts import ContractFacts
from desk.venues.deribit_instrument import InstrumentFeed
from desk.venues.protocol import SocketUrls
from desk.venues.renewing import RenewingProtocol, Wish
from desk.venues.request_budget import RequestBudget
from desk.venues.unreadable import Unusable

CONNECTION = "deribit"
PATH = "/ws/api/v2"
LIVE_URLS = SocketUrls("https://www.deribit.com", "wss://www.deribit.com")

SILENCE_MS = 3_000
"""Of all channels together: marks of BTC and ETH change several times a second."""
FIRST_DATA_MS = 5_000

HEARTBEAT_S = 30
"""How often the venue asks whether somebody is there; it allows 10 or more."""

_BURST = 10
_REFILL_NS = 300_000_000
"""Requests about channels: so many at once, and one more each 0.3 s; the venue ends the session
of a client that asks for more."""

_UNANSWERED = 64
"""Requests remembered whose answer is outstanding."""


class DeribitProtocol(RenewingProtocol):
    """The connection `deribit`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(
            CONNECTION, LIVE_URLS, PATH, silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        self._feeds: list[InstrumentFeed] = []
        self._budget = RequestBudget(_BURST, _REFILL_NS)
        self._request_id = 0
        self._asked: dict[int, tuple[str, ...]] = {}
        """Channels of subscriptions that are not answered yet, by request."""
        for instrument in instruments:
            self._add(instrument)

    @property
    def missed_trades(self) -> dict[InstrumentId, int]:
        """Prints that the venue numbered and that never came, by instrument."""
        return {feed.id: feed.missed_trades for feed in self._feeds}

    @property
    def contract_facts(self) -> dict[InstrumentId, ContractFacts]:
        """What was last said about each perpetual beside its mark."""
        return {feed.id: feed.facts for feed in self._feeds if feed.has_mark}

    def _add(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        feed = InstrumentFeed(instrument, self._counters, self._events)
        self._feeds.append(feed)
        self._listeners.append(feed)
        self._counters.books[instrument.id] = feed.sync
        book, trades, ticker = (f"{kind}.{symbol}.100ms" for kind in ("book", "trades", "ticker"))
        self._listen(book, symbol, feed.on_book, steady=True, snapshots=feed)
        self._listen(trades, symbol, feed.on_trades, steady=False)
        self._listen(ticker, symbol, feed.on_ticker, steady=True)

    def _begin(self, now_ns: int) -> None:
        self._asked.clear()
        self._budget.restart(now_ns)
        self._budget.take(1, now_ns)
        self._call("public/set_heartbeat", wire.Heartbeat(HEARTBEAT_S))
        super()._begin(now_ns)

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        message = wire.decode_frame(frame)
        params = message.params
        if message.method == "subscription" and params is not None:
            wire.check_outside(frame)
            self._notified(params, ts_recv_ns)
        elif message.method == "heartbeat" and params is not None:
            if params.type == "test_request":
                self._call("public/test", {})
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
        channel = self._channels.get(params.channel)
        if channel is None:
            self._counters.unknown_events += 1
            return
        data = bytes(params.data)
        if not data:
            raise Unusable("no data")
        channel.handle(data, ts_recv_ns)
        channel.seen(ts_recv_ns)
        if channel.name in self._snapshots:
            self._renew_lost(ts_recv_ns)

    def _answered(self, request_id: int, result: msgspec.Raw, ts_recv_ns: int) -> None:
        accepted = set(wire.decode_accepted(result))
        left_out: list[str] = []
        for name in self._forget(request_id):
            self._channels[name].active = name in accepted
            if name not in accepted:
                left_out.append(name)
        if left_out:
            self._refused(f"not accepted: {', '.join(left_out)}", ts_recv_ns)

    def _forget(self, request_id: int | None) -> tuple[str, ...]:
        return () if request_id is None else self._asked.pop(request_id, ())

    def _may_renew(self, now_ns: int) -> bool:
        return self._budget.take(2, now_ns)

    def _send(self, wish: Wish, channels: list[Channel]) -> None:
        names = [channel.name for channel in channels]
        request_id = self._call(f"public/{wish}", wire.Subscription(names))
        if wish == "subscribe":
            while len(self._asked) >= _UNANSWERED:
                self._asked.pop(next(iter(self._asked)))
            self._asked[request_id] = tuple(names)

    def _call(
        self, method: str, params: wire.Subscription | wire.Heartbeat | dict[str, str]
    ) -> int:
        self._request_id += 1
        self._outgoing.append(msgspec.json.encode(wire.Request(self._request_id, method, params)))
        return self._request_id
