"""OKX v5, without I/O: one public socket, snapshots in band, one channel a request item.

* Candles and single prints flow on `/ws/v5/business`; the desk uses neither, and asking for them
  here is an error.
* Data may come before the answer to their subscription.
* A socket that has been silent is asked `ping` and answers `pong`, both bare text. The venue
  closes one that is silent for 30 s, and one that it maintains, which it announces.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import okx_wire as wire
from desk.venues.channels import Channel
from desk.venues.contract_facts import ContractFacts
from desk.venues.okx_instrument import InstrumentFeed
from desk.venues.protocol import SocketUrls
from desk.venues.renewing import RenewingProtocol, Wish
from desk.venues.request_budget import RequestBudget
from desk.venues.unreadable import Unusable

CONNECTION = "okx"
PATH = "/ws/v5/public"
LIVE_URLS = SocketUrls("https://www.okx.com", "wss://ws.okx.com:8443")

SILENCE_MS = 3_000
"""Of all channels together: books and marks of BTC and ETH change several times a second."""
FIRST_DATA_MS = 5_000

PING_AFTER_NS = 20_000_000_000
"""The venue allows 30 s."""

REQUESTS, REQUEST_REFILL_NS = 480, 7_500_000_000
"""Requests a socket may send at once, and how fast they grow back; one of many channels counts
once. Source: OKX's websocket rules, November 2026."""

_SOCKET_ENDS = "64008"


class OkxProtocol(RenewingProtocol):
    """The connection `okx`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(
            CONNECTION, LIVE_URLS, PATH, silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        self._feeds: list[InstrumentFeed] = []
        self._budget = RequestBudget(REQUESTS, REQUEST_REFILL_NS)
        self._roll_wanted = False
        self._heard_ns = 0
        """When the last frame came, or the last ping went."""
        for instrument in instruments:
            self._add(instrument)

    @property
    def contract_facts(self) -> dict[InstrumentId, ContractFacts]:
        """Return open interest and funding interval of each perpetual."""
        return {feed.id: feed.facts for feed in self._feeds if feed.index_symbol is not None}

    def roll_wanted(self, path: str) -> bool:
        """Return whether the venue has announced that it will close this socket."""
        return self._roll_wanted

    def _add(self, instrument: Instrument) -> None:
        feed = InstrumentFeed(instrument, self._counters, self._events)
        self._feeds.append(feed)
        self._listeners.append(feed)
        self._counters.books[instrument.id] = feed.book.sync
        symbol = feed.symbol
        self._listen(f"books:{symbol}", symbol, feed.on_book, steady=True, snapshots=feed.book)
        self._listen(f"bbo-tbt:{symbol}", symbol, feed.on_top, steady=False)
        self._listen(f"trades:{symbol}", symbol, feed.on_trades, steady=False)
        if feed.index_symbol is None:
            return
        self._listen(f"mark-price:{symbol}", symbol, feed.on_mark, steady=True)
        index = feed.index_symbol
        self._listen(f"index-tickers:{index}", index, feed.on_index, steady=False)
        self._listen(f"funding-rate:{symbol}", symbol, feed.on_funding, steady=False)
        self._listen(f"open-interest:{symbol}", symbol, feed.on_open_interest, steady=False)

    def _begin(self, now_ns: int) -> None:
        self._roll_wanted = False
        self._heard_ns = now_ns
        self._budget.restart(now_ns)
        self._budget.take(1, now_ns)
        super()._begin(now_ns)

    def _keep_up(self, now_ns: int) -> None:
        super()._keep_up(now_ns)
        if now_ns - self._heard_ns >= PING_AFTER_NS:
            self._outgoing.append(wire.PING)
            self._heard_ns = now_ns

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        self._heard_ns = ts_recv_ns
        if frame == wire.PONG:
            return
        message = wire.decode_frame(frame)
        if message.event:
            self._told(message, ts_recv_ns)
        elif message.arg is None:
            raise Unusable("neither data nor an answer")
        elif channel := self._channel(message.arg):
            self._received(channel, frame, ts_recv_ns)
        else:
            self._counters.unknown_events += 1

    def _told(self, message: wire.Frame, ts_recv_ns: int) -> None:
        """Take an answer to a request, or a notice."""
        channel = self._channel(message.arg) if message.arg is not None else None
        if message.event == "subscribe" and channel is not None:
            channel.active = True
        elif message.event == "error":
            self._counters.reject("refused by the venue")
            self._refused(f"{message.code} {message.msg}", ts_recv_ns)
        elif message.event == "notice" and message.code == _SOCKET_ENDS:
            self._roll_wanted = True
        elif message.event != "unsubscribe":
            self._counters.unknown_events += 1

    def _channel(self, arg: wire.Arg) -> Channel | None:
        return self._channels.get(f"{arg.channel}:{arg.symbol}")

    def _may_renew(self, now_ns: int) -> bool:
        return self._budget.take(2, now_ns)

    def _send(self, wish: Wish, channels: list[Channel]) -> None:
        args = [wire.Arg(channel.name.partition(":")[0], channel.symbol) for channel in channels]
        self._outgoing.append(msgspec.json.encode(wire.Request(wish, args)))
