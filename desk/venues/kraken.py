"""Kraken spot by its websocket, version 2, without I/O.

Nothing numbers the messages; each book message carries a checksum of the ten best levels a side,
so books are subscribed to ten deep, where it covers them whole. A mismatch restarts the book of
that pair alone. The precisions that the checksum needs are the instrument's tick and lot, from
the venue's listing: the `instrument` channel repeats the whole listing in one large frame.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import kraken_wire as wire
from desk.venues.json_keys import refuse_repeated_keys
from desk.venues.kraken_book import DEPTH
from desk.venues.kraken_instrument import PairFeed
from desk.venues.protocol import SocketUrls
from desk.venues.single_socket import SingleSocketProtocol, is_quiet
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable, reason_of

PATH = "/v2"
BOOK, TRADE, TICKER = "book", "trade", "ticker"

PING_NS = 5_000_000_000
"""Heartbeats come only while nothing else does: the answers to pings stand in for them."""

_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_books = msgspec.json.Decoder(list[wire.Book]).decode
_decode_trades = msgspec.json.Decoder(list[wire.Print]).decode
_decode_tickers = msgspec.json.Decoder(list[wire.Ticker]).decode
_decode_status = msgspec.json.Decoder(list[wire.Status]).decode
_decode_subscribed = msgspec.json.Decoder(wire.Subscribed).decode


class KrakenProtocol(SingleSocketProtocol):
    """The connection `kraken`; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        instruments = list(instruments)
        self._streams = {
            (channel, instrument.symbol): Subscription(channel, instrument.symbol)
            for channel in (BOOK, TRADE, TICKER)
            for instrument in instruments
        }
        super().__init__(
            "kraken",
            PATH,
            list(self._streams.values()),
            quiet=all(is_quiet(i.base) for i in instruments),
        )
        self._feeds = {
            i.symbol: PairFeed(
                i,
                self._streams[BOOK, i.symbol],
                self._streams[TICKER, i.symbol],
                self._counters,
                self._events,
            )
            for i in instruments
        }
        for feed in self._feeds.values():
            self._counters.books[feed.id] = feed.sync
        self._handlers = {BOOK: self._on_books, TRADE: self._on_trades, TICKER: self._on_tickers}
        self._request_id = 0
        self._ping_ns = 0

    @property
    def live_urls(self) -> SocketUrls:
        """Where the venue itself is."""
        return SocketUrls("https://api.kraken.com", "wss://ws.kraken.com")

    def _read(self, frame: bytes, ts_recv_ns: int) -> None:
        envelope = _decode_envelope(frame)
        handle = self._handlers.get(envelope.channel)
        if handle is not None:
            handle(envelope, frame, ts_recv_ns)
        elif envelope.channel == "heartbeat" or envelope.method == "pong":
            for feed in self._feeds.values():
                feed.confirm(ts_recv_ns)
        elif envelope.channel == "status":
            self._on_status(envelope, ts_recv_ns)
        elif envelope.method:
            self._on_answer(envelope, ts_recv_ns)
        else:
            self._counters.unknown_events += 1

    def _on_books(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        snapshot = _is_snapshot(envelope)
        books = _decode_books(envelope.data)
        levels = sum(len(book.bids) + len(book.asks) for book in books)
        one_each = dict.fromkeys((b'"symbol"', b'"checksum"', b'"bids"', b'"asks"'), len(books))
        refuse_repeated_keys(frame, _OUTSIDE | one_each | {b'"price"': levels, b'"qty"': levels})
        for book in books:
            try:
                self._feed(book.symbol).on_book(book, ts_recv_ns, snapshot=snapshot)
                self._streams[BOOK, book.symbol].received(ts_recv_ns)
            except Unusable as error:  # one pair's fault is not another's
                self._counters.reject(reason_of(error))

    def _on_trades(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        past = _is_snapshot(envelope)
        trades = _decode_trades(envelope.data)
        refuse_repeated_keys(frame, _OUTSIDE | dict.fromkeys(_TRADE_KEYS, len(trades)))
        for trade in sorted(trades, key=_trade_id):
            try:
                self._feed(trade.symbol).on_trade(trade, ts_recv_ns, past=past)
                self._note(TRADE, trade.symbol, ts_recv_ns)
            except Unusable as error:
                self._counters.reject(reason_of(error))

    def _on_tickers(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        tickers = _decode_tickers(envelope.data)
        refuse_repeated_keys(frame, _OUTSIDE | dict.fromkeys(_TICKER_KEYS, len(tickers)))
        for ticker in tickers:
            self._feed(ticker.symbol).on_ticker(ticker, ts_recv_ns)
            self._note(TICKER, ticker.symbol, ts_recv_ns)

    def _on_status(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        for status in _decode_status(envelope.data):
            if status.system != "online":
                self._report(False, f"system {status.system}", ts_recv_ns)

    def _on_answer(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        """Take an answer; a book is only there when its snapshot is."""
        if envelope.success is False or envelope.error:
            if envelope.method != "unsubscribe":
                self._report(False, f"refused: {envelope.error or envelope.method}", ts_recv_ns)
        elif envelope.method == "subscribe":
            subscribed = _decode_subscribed(envelope.result)
            stream = self._streams.get((subscribed.channel, subscribed.symbol))
            if stream is None:
                raise Unusable("unknown subscription")
            if subscribed.channel != BOOK:
                stream.shown(ts_recv_ns)

    def _feed(self, symbol: str) -> PairFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Unusable("unknown symbol")
        return feed

    def _note(self, channel: str, symbol: str, ts_recv_ns: int) -> None:
        stream = self._streams[channel, symbol]
        stream.received(ts_recv_ns)
        stream.shown(ts_recv_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for channel in (BOOK, TRADE, TICKER):
            streams = [stream for stream in due if stream.channel == channel]
            repeats = [stream.symbol for stream in streams if stream.is_repeat]
            if repeats:
                yield self._request("unsubscribe", _params(channel, repeats))
            if streams:
                symbols = [stream.symbol for stream in streams]
                yield self._request("subscribe", _params(channel, symbols))

    def _request(self, method: str, params: wire.Params | None = None) -> bytes:
        self._request_id += 1
        return msgspec.json.encode(wire.Request(method, params, self._request_id))

    def _start(self, now_ns: int) -> None:
        self._ping_ns = now_ns

    def _watch(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            feed.watch(now_ns)
        if now_ns - self._ping_ns >= PING_NS:
            self._ping_ns = now_ns
            self._outgoing.append(self._request("ping"))

    def _lose(self, instrument: InstrumentId, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            if feed.id == instrument:
                feed.lose(reason, ts_recv_ns)

    def _lose_all(self, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            feed.disconnected(ts_recv_ns)


_OUTSIDE = {b'"channel"': 1, b'"type"': 1, b'"data"': 1}
_TRADE_KEYS = (b'"symbol"', b'"side"', b'"price"', b'"qty"', b'"trade_id"', b'"timestamp"')
_TICKER_KEYS = (b'"symbol"', b'"bid"', b'"bid_qty"', b'"ask"', b'"ask_qty"')


def _is_snapshot(envelope: wire.Envelope) -> bool:
    if envelope.type not in {"snapshot", "update"}:
        raise Unusable("neither snapshot nor update")
    return envelope.type == "snapshot"


def _params(channel: str, symbols: list[str]) -> wire.Params:
    if channel == BOOK:
        return wire.Params(channel, symbols, depth=DEPTH)
    if channel == TICKER:
        return wire.Params(channel, symbols, event_trigger="bbo")
    return wire.Params(channel, symbols)


def _trade_id(trade: wire.Print) -> int:
    return trade.trade_id
