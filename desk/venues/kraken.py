"""Kraken spot by its websocket, version 2, without I/O.

Nothing numbers the messages; each book message carries a checksum of the ten best levels a side,
so books are subscribed to ten deep, where it covers them whole. A mismatch restarts the book of
that pair alone. The precisions that the checksum needs are the instrument's tick and lot, from
the venue's listing: the `instrument` channel repeats the whole listing in one large frame.

Candles come with trades, after a snapshot of minutes past; nothing tells that one is over but the
next one. Spot has no liquidations and no open interest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument
from desk.venues import kraken_wire as wire
from desk.venues.in_band import Feed, InBandProtocol, Ping
from desk.venues.kraken_book import DEPTH
from desk.venues.kraken_instrument import INTERVAL, PairFeed
from desk.venues.minutes import LIMIT_MS
from desk.venues.protocol import SocketUrls
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.subscription import Subscription, Terms
from desk.venues.unreadable import Unusable, reason_of
from desk.venues.usd_pairs import book_limit_ms, endpoint, is_quiet

PATH = "/v2"
LIVE_URLS = SocketUrls("https://api.kraken.com", "wss://ws.kraken.com")
BOOK, TRADE, TICKER, CANDLE = "book", "trade", "ticker", "ohlc"
CHANNELS = (BOOK, TRADE, TICKER, CANDLE)

PING_NS = 1_000_000_000
"""Heartbeats come, once a second, only while nothing else does: the answers to pings stand in for
them, as often, so that a stablecoin's book that stands still is not taken for a stale one."""

_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_books = msgspec.json.Decoder(list[wire.Book]).decode
_decode_trades = msgspec.json.Decoder(list[wire.Print]).decode
_decode_tickers = msgspec.json.Decoder(list[wire.Ticker]).decode
_decode_candles = msgspec.json.Decoder(list[wire.Candle]).decode
_decode_status = msgspec.json.Decoder(list[wire.Status]).decode
_decode_subscribed = msgspec.json.Decoder(wire.Subscribed).decode


class KrakenProtocol(InBandProtocol):
    """The connection `kraken`; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        instruments = list(instruments)
        super().__init__(
            "kraken", LIVE_URLS, [endpoint(PATH, instruments)], Ping(b'{"method":"ping"}', PING_NS)
        )
        self._by_symbol = {
            (channel, i.symbol): self._want(channel, i.symbol, _terms(channel, i), i.id)
            for channel in CHANNELS
            for i in instruments
        }
        self._feeds = {i.symbol: self._feed_of(i) for i in instruments}
        self._readers = {
            BOOK: self._on_books,
            TRADE: self._on_trades,
            TICKER: self._on_tickers,
            CANDLE: self._on_candles,
        }
        self._request_id = 0
        self._is_online = True

    def tick(self, now_ns: int) -> None:
        """Give up books that stand still, too."""
        if self._sockets[PATH].is_open:
            for feed in self._feeds.values():
                feed.watch(now_ns)
        super().tick(now_ns)

    def _feed_of(self, instrument: Instrument) -> PairFeed:
        symbol = instrument.symbol
        book, ticker, candles = (self._by_symbol[c, symbol] for c in (BOOK, TICKER, CANDLE))
        feed = PairFeed(instrument, book, ticker, candles, self._counters, self._events)
        self._counters.books[feed.id] = feed.sync
        return feed

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds.values()

    def _begin(self, path: str, now_ns: int) -> None:
        self._is_online = True

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        envelope = _decode_envelope(frame)
        handle = self._readers.get(envelope.channel)
        if handle is not None:
            handle(envelope, frame, ts_recv_ns)
        elif envelope.channel == "heartbeat" or envelope.method == "pong":
            if self._is_online:  # else nothing is matched, and what stands there is no market
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
        refuse_repeated(frame, _OUTSIDE)
        refuse_repeated(frame, _BOOK_KEYS, len(books))
        refuse_repeated(frame, _LEVEL_KEYS, levels)
        for book in books:
            try:
                self._feed(book.symbol).on_book(book, ts_recv_ns, snapshot=snapshot)
                self._by_symbol[BOOK, book.symbol].received(ts_recv_ns)
            except Unusable as error:  # one pair's fault is not another's
                self._counters.reject(reason_of(error))

    def _on_trades(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        past = _is_snapshot(envelope)
        trades = _decode_trades(envelope.data)
        refuse_repeated(frame, _OUTSIDE)
        refuse_repeated(frame, _TRADE_KEYS, len(trades))
        for trade in sorted(trades, key=_trade_id):
            try:
                self._feed(trade.symbol).on_trade(trade, ts_recv_ns, past=past)
                self._note(TRADE, trade.symbol, ts_recv_ns)
            except Unusable as error:
                self._counters.reject(reason_of(error))

    def _on_tickers(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        tickers = _decode_tickers(envelope.data)
        refuse_repeated(frame, _OUTSIDE)
        refuse_repeated(frame, _TICKER_KEYS, len(tickers))
        for ticker in tickers:
            self._feed(ticker.symbol).on_ticker(ticker, ts_recv_ns)
            self._note(TICKER, ticker.symbol, ts_recv_ns)

    def _on_candles(self, envelope: wire.Envelope, frame: bytes, ts_recv_ns: int) -> None:
        """Take minutes; whether as snapshot or as update makes no difference."""
        candles = _decode_candles(envelope.data)
        refuse_repeated(frame, _OUTSIDE)
        refuse_repeated(frame, _CANDLE_KEYS, len(candles))
        of_pairs: defaultdict[str, list[wire.Candle]] = defaultdict(list)
        for candle in candles:
            of_pairs[candle.symbol].append(candle)
        for symbol, of_pair in of_pairs.items():
            try:
                self._feed(symbol).on_candles(of_pair, ts_recv_ns)
                self._note(CANDLE, symbol, ts_recv_ns)
            except Unusable as error:
                self._counters.reject(reason_of(error))

    def _on_status(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        for status in _decode_status(envelope.data):
            is_online = status.system == "online"
            if not is_online or not self._is_online:
                self._report(is_online, f"system {status.system}", ts_recv_ns)
            self._is_online = is_online

    def _on_answer(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        """Take an answer; a book is only there when its snapshot is."""
        if envelope.success is False or envelope.error:
            if envelope.method != "unsubscribe":
                self._refused(envelope.error or envelope.method, ts_recv_ns)
        elif envelope.method == "subscribe":
            subscribed = _decode_subscribed(envelope.result)
            stream = self._by_symbol.get((subscribed.channel, subscribed.symbol))
            if stream is None:
                raise Unusable("unknown subscription")
            stream.confirmed(ts_recv_ns)

    def _feed(self, symbol: str) -> PairFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Unusable("unknown symbol")
        return feed

    def _note(self, channel: str, symbol: str, ts_recv_ns: int) -> None:
        stream = self._by_symbol[channel, symbol]
        stream.received(ts_recv_ns)
        stream.confirmed(ts_recv_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for channel in CHANNELS:
            streams = [stream for stream in due if stream.channel == channel]
            repeats = [stream.symbol for stream in streams if stream.is_repeat]
            if repeats:
                yield self._request("unsubscribe", _params(channel, repeats))
            if streams:
                symbols = [stream.symbol for stream in streams]
                yield self._request("subscribe", _params(channel, symbols))

    def _request(self, method: str, params: wire.Params) -> bytes:
        self._request_id += 1
        return msgspec.json.encode(wire.Request(method, params, self._request_id))


_OUTSIDE = (b'"channel"', b'"type"', b'"data"')
_BOOK_KEYS, _LEVEL_KEYS = keys_of(wire.Book), keys_of(wire.Level)
_TRADE_KEYS, _TICKER_KEYS = keys_of(wire.Print), keys_of(wire.Ticker)
_CANDLE_KEYS = keys_of(wire.Candle)


def _terms(channel: str, instrument: Instrument) -> Terms:
    if channel == BOOK:
        return Terms("book", book_limit_ms(instrument.base), begins_whole=True)
    if channel == CANDLE:
        return Terms("candles", None if is_quiet(instrument.base) else LIMIT_MS)
    return Terms("trades") if channel == TRADE else Terms("top")


def _is_snapshot(envelope: wire.Envelope) -> bool:
    if envelope.type not in {"snapshot", "update"}:
        raise Unusable("neither snapshot nor update")
    return envelope.type == "snapshot"


def _params(channel: str, symbols: list[str]) -> wire.Params:
    if channel == BOOK:
        return wire.Params(channel, symbols, depth=DEPTH)
    if channel == CANDLE:
        return wire.Params(channel, symbols, interval=INTERVAL)
    if channel == TICKER:
        return wire.Params(channel, symbols, event_trigger="bbo")
    return wire.Params(channel, symbols)


def _trade_id(trade: wire.Print) -> int:
    return trade.trade_id
