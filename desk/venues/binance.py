"""Binance spot, USDⓈ-M and coin-margined futures, without I/O.

One protocol object a connection. USDⓈ-M needs two sockets since 2026, `/public` for books, trades
and tickers, `/market` for marks, candles and liquidations (a stream asked for on the wrong one
connects and stays silent); both feed the same object, because an instrument's book and its
counters are one thing. Open interest and funding terms come by REST.

Frames may be wrapped (`{"stream": …, "data": …}`) or raw. Diffs and partial books cannot be told
apart by content, so a wrapped frame is read as what its stream name says.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import TypeAlias

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.model.market_data import FeedStatus, MarketEvent
from desk.venues import binance_wire as wire
from desk.venues.binance_answers import Answers
from desk.venues.binance_instrument import InstrumentFeed
from desk.venues.binance_polls import Polls
from desk.venues.binance_product import (
    EVENT_KINDS,
    FORCED,
    MAX_STREAMS,
    PRODUCTS,
    TICKER,
    stream_kind,
)
from desk.venues.binance_shape import Shapes
from desk.venues.binance_socket import Socket
from desk.venues.binance_stream import Stream
from desk.venues.protocol import (
    MAX_FRAME_BYTES,
    Endpoint,
    FeedCounters,
    RestRequest,
    SocketUrls,
    StreamHealth,
    VenueProtocol,
)
from desk.venues.unreadable import UNREADABLE, Unusable, reason_of

# A wrapped frame begins with {"stream":"NAME": its kind is known before anything is decoded.
_NAME_AT = len(b'{"stream":"')
_NAME_END = 96

_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_forced = msgspec.json.Decoder(wire.Forced).decode
_decode_names = msgspec.json.Decoder(frozenset[str]).decode
_decode_head = msgspec.json.Decoder(wire.Head).decode

_NULL = msgspec.Raw(b"null")

_Read: TypeAlias = tuple[Stream | None, wire.AnyEvent | None]
_NOTHING: _Read = (None, None)


class BinanceProtocol:
    """One of the connections `binance-spot`, `binance-usdm`, `binance-coinm`.

    Fulfils `desk.venues.protocol.VenueProtocol`.
    """

    def __init__(self, connection: str, instruments: Iterable[Instrument]) -> None:
        self._product = PRODUCTS[connection]
        self._counters = FeedCounters()
        self._events: list[MarketEvent] = []
        self._requests: list[RestRequest] = []
        self._feeds: dict[str, InstrumentFeed] = {}
        self._streams: dict[str, Stream] = {}
        self._by_name: dict[bytes, Stream] = {}
        """The same, by their names as they stand in a frame."""
        self._by_kind: dict[tuple[str, str], Stream] = {}
        """By kind and symbol, for frames that do not name their stream."""
        for instrument in instruments:
            feed = InstrumentFeed(
                self._product, instrument, self._counters, self._events, self._requests
            )
            self._feeds[instrument.symbol] = feed
            self._counters.books[instrument.id] = feed.sync
        self._shapes = Shapes()
        self._answers = Answers(self._feeds)
        self._polls = Polls(self._product, self._feeds.values())
        self._request_ids = count(1)
        self._sockets = {path: self._socket(path) for path in self._product.sockets}

    @property
    def connection(self) -> str:
        """Name of the connection."""
        return self._product.connection

    @property
    def counters(self) -> FeedCounters:
        """What was received so far."""
        return self._counters

    @property
    def live_urls(self) -> SocketUrls:
        """Where the venue itself is."""
        return self._product.urls

    def inherit(self, before: VenueProtocol) -> None:
        """Take over how long funding intervals are: it is asked for by REST, and seldom."""
        if not isinstance(before, BinanceProtocol):
            return
        for symbol, feed in self._feeds.items():
            if (known := before._feeds.get(symbol)) is not None:
                feed.figures.funding.inherit(known.figures.funding)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the sockets that are needed."""
        return tuple(socket.endpoint for socket in self._sockets.values())

    def connection_made(self, path: str, ts_recv_ns: int) -> None:
        """Note an open socket and ask for all its streams."""
        self._sockets[path].opened(ts_recv_ns)
        self._report(True, f"{path} connected", ts_recv_ns)

    def connection_lost(self, path: str, reason: str, ts_recv_ns: int) -> None:
        """Note a socket that is gone; the books it fed are lost."""
        self._sockets[path].closed()
        if not self._is_open:
            self._polls.closed()
        if TICKER in self._product.sockets[path]:
            for feed in self._feeds.values():
                feed.lose("disconnected", ts_recv_ns)
        self._report(False, f"{path} {reason}", ts_recv_ns)

    def receive_frame(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one message: it gives events, or is counted."""
        counters = self._counters
        counters.messages += 1
        if len(frame) > MAX_FRAME_BYTES:
            counters.reject("oversize")
            return
        stream = self._by_name.get(frame[_NAME_AT : frame.find(b'"', _NAME_AT, _NAME_END)])
        try:
            if stream is not None:
                counted = stream.counted
                if counted is not None:
                    event = counted.read(frame)
                    if event is not None and event.symbol == stream.symbol:
                        stream.handle_counted(event, ts_recv_ns)
                        stream.received(ts_recv_ns)
                        return
                message = stream.wrapped(frame).data
            else:
                stream, message = self._read_other(frame, ts_recv_ns)
            if stream is None or message is None:
                return
            if message.symbol != stream.symbol:
                raise Unusable("another symbol than its stream")
            self._shapes.check(frame)
            stream.handle(message, ts_recv_ns)
            if stream.counted is not None:
                stream.counted.learn(frame, message)
        except UNREADABLE as error:
            counters.reject(reason_of(error))
            return
        stream.received(ts_recv_ns)

    def receive_response(self, request: RestRequest, body: bytes | None, ts_recv_ns: int) -> None:
        """Take an answer; one that is missing, wrong or too old is asked for again."""
        counters = self._counters
        counters.messages += body is not None
        good = False
        if body is not None:
            try:
                good = self._answers.take(request, body, ts_recv_ns)
            except UNREADABLE as error:
                counters.reject(reason_of(error))
        if request.about != "book":
            self._polls.answered(request, ts_recv_ns, good=good)
        elif request.key in self._feeds:
            self._feeds[request.key].on_answer(fits=good)

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot."""
        for feed in self._feeds.values():
            if feed.id == instrument:
                feed.lose("resync asked for", ts_recv_ns)

    def tick(self, now_ns: int) -> None:
        """Ask for what is due: snapshots, streams that are not shown or silent, figures by REST.

        Before that, books are given up whose streams have died.
        """
        for feed in self._feeds.values():
            feed.watch(now_ns)
            feed.ask_if_due(now_ns)
            if feed.figures.funding.doubtful:
                self._polls.funding_doubted(now_ns)
        for socket in self._sockets.values():
            socket.ask(now_ns)
        request = self._polls.due(now_ns) if self._is_open else None
        if request is not None:
            self._requests.append(request)

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call."""
        events = self._events.copy()
        self._events.clear()
        return events

    def frames_to_send(self, path: str) -> list[bytes]:
        """Hand over what a socket has to send."""
        return self._sockets[path].take_outgoing()

    def requests_to_send(self) -> list[RestRequest]:
        """Hand over the GETs to make."""
        requests = self._requests.copy()
        self._requests.clear()
        return requests

    def last_data_ns(self, path: str) -> int:
        """Return when a socket last brought data; 0: not yet."""
        return self._sockets[path].last_data_ns

    def roll_wanted(self, path: str) -> bool:
        """Return whether the venue has announced the end of a socket."""
        return self._sockets[path].roll_wanted

    def streams(self) -> list[StreamHealth]:
        """Return how each stream is doing."""
        return [*(stream.health for stream in self._streams.values()), *self._polls.streams()]

    def snapshot_request(self, symbol: str) -> RestRequest:
        """Return the GET of a symbol's snapshot."""
        return self._feeds[symbol].request

    @property
    def _is_open(self) -> bool:
        return any(socket.is_open for socket in self._sockets.values())

    def _socket(self, path: str) -> Socket:
        wanted = [
            self._add_stream(f"{feed.symbol.lower()}@{suffix}", suffix, feed)
            for feed in self._feeds.values()
            for suffix in self._product.sockets[path]
        ]
        streams = [stream for stream in wanted if stream is not None]
        return Socket(self._product, path, streams, self._request_ids)

    def _add_stream(self, name: str, suffix: str, feed: InstrumentFeed) -> Stream | None:
        kind = stream_kind(suffix)
        if kind is None:
            return None
        if len(self._streams) >= MAX_STREAMS:
            raise Unusable("too many streams")
        stream = Stream(name, kind, feed, futures=self._product.futures)
        self._streams[name] = self._by_name[name.encode()] = stream
        self._by_kind.setdefault((kind, feed.symbol), stream)
        return stream

    def _read_other(self, frame: bytes, ts_recv_ns: int) -> _Read:
        """Read a frame that does not begin with the name of a known stream."""
        envelope = _decode_envelope(frame)
        symbol, _, suffix = envelope.stream.partition("@")
        if not suffix:
            return self._read_bare(envelope.data or msgspec.Raw(frame), ts_recv_ns)
        stream = self._streams.get(envelope.stream) or self._add_stream(
            envelope.stream, suffix, self._feed(symbol.upper())
        )
        if stream is None:
            self._counters.unknown_events += 1
            return _NOTHING
        return stream, stream.bare(envelope.data)

    def _read_bare(self, payload: msgspec.Raw, ts_recv_ns: int) -> _Read:
        """Read an event that names itself, or an answer to a subscription."""
        head = _decode_head(payload)
        kind = EVENT_KINDS.get(head.e)
        if kind is None and not head.e and head.s and head.A:
            kind = TICKER
        if kind is not None:
            symbol = head.s or (_decode_forced(payload).symbol if kind == FORCED else "")
            stream = self._by_kind.get((kind, symbol)) or self._add_stream(
                f"{symbol.lower()}@{kind}", kind, self._feed(symbol)
            )
            return stream, stream.bare(payload) if stream else None
        if head.e == "serverShutdown":
            for socket in self._sockets.values():
                socket.roll_wanted = True
        elif not self._is_answer(head, payload, ts_recv_ns):
            self._counters.unknown_events += 1
        return _NOTHING

    def _is_answer(self, head: wire.Head, payload: msgspec.Raw, ts_recv_ns: int) -> bool:
        """Take the venue's answer to a request about streams, if it is one."""
        refused = bool(head.code or head.error)
        if refused:
            text = head.msg or bytes(head.error).decode(errors="replace")
            self._report(False, f"refused: {text}", ts_recv_ns)
        elif not head.result:
            return False
        self._shapes.check(bytes(payload))
        if isinstance(head.id, int):
            names = None if refused or head.result == _NULL else _decode_names(head.result)
            for socket in self._sockets.values():
                if names is None:
                    socket.answered(head.id, accepted=not refused)
                else:
                    socket.listed(head.id, names)
        return True

    def _feed(self, symbol: str) -> InstrumentFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Unusable("unknown symbol")
        return feed

    def _report(self, up: bool, reason: str, ts_recv_ns: int) -> None:
        self._events.append(FeedStatus(self.connection, up, _printable(reason), ts_recv_ns))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:200])
