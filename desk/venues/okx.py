"""OKX v5, without I/O: one public socket, snapshots in band, one channel a request item.

* Candles and single prints flow on `/ws/v5/business`; the desk uses neither, and asking for them
  here is an error.
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
LIVE_URLS = SocketUrls("https://www.okx.com", "wss://ws.okx.com:8443")

SILENCE_MS = 3_000
"""Of all channels together: books and marks of BTC and ETH change several times a second."""
FIRST_DATA_MS = 5_000

PING = Ping(wire.PING, 20_000_000_000)
"""The venue closes a socket that has been silent for 30 s."""

BOOK, TOP, TRADES, MARK = "books", "bbo-tbt", "trades", "mark-price"
INDEX, FUNDING, OPEN_INTEREST = "index-tickers", "funding-rate", "open-interest"

TERMS: Mapping[str, Terms] = {
    BOOK: Terms("book", 5_000, begins_whole=True),
    TOP: Terms("top"),
    TRADES: Terms("trades"),
    MARK: Terms("mark", 2_000),
    INDEX: Terms("index", INDEX_LIMIT_NS // 1_000_000),
    FUNDING: Terms("funding", FUNDING_LIMIT_NS // 1_000_000),
    OPEN_INTEREST: Terms("open_interest", 60_000),
}
"""Limits by the cadences that the venue describes, November 2026: a book changes each 100 ms, and
one of BTC or ETH is never still for seconds; a mark comes each 200 ms while it changes, open
interest each 3 s."""

REQUESTS, REQUEST_REFILL_NS = 480, 7_500_000_000
"""Requests a socket may send at once, and how fast they grow back; one of many channels counts
once. Source: OKX's websocket rules, November 2026."""

_SOCKET_ENDS = "64008"


class OkxProtocol(InBandProtocol):
    """The connection `okx`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        endpoint = Endpoint(
            path=PATH, streams=(), silence_ms=SILENCE_MS, first_data_ms=FIRST_DATA_MS
        )
        super().__init__(CONNECTION, LIVE_URLS, [endpoint], PING)
        self._feeds: list[InstrumentFeed] = []
        self._budgets = {path: RequestBudget(REQUESTS, REQUEST_REFILL_NS) for path in (PATH,)}
        for instrument in instruments:
            self._add(instrument)

    def _add(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        book = self._want(BOOK, symbol, TERMS[BOOK], instrument.id)
        feed = InstrumentFeed(instrument, book, self._counters, self._events)
        self._feeds.append(feed)
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

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds

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
        return self._subscriptions.get(f"{arg.channel}:{arg.symbol}")

    def _may_ask(self, path: str, now_ns: int) -> bool:
        return self._budgets[path].take(2, now_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        if repeats := [subscription for subscription in due if subscription.is_repeat]:
            yield _request("unsubscribe", repeats)
        yield _request("subscribe", due)


def _request(wish: Literal["subscribe", "unsubscribe"], about: list[Subscription]) -> bytes:
    args = [wire.Arg(subscription.channel, subscription.symbol) for subscription in about]
    return msgspec.json.encode(wire.Request(wish, args))
