"""Coinbase Advanced Trade spot by its websocket, without I/O.

`sequence_num` counts every frame of the connection, of all channels, heartbeats and answers too.
A hole in it says that something is missing and not what, so every book of the connection is lost
and the socket left for a new one. Removals of levels that are not there are routine here.

Without `heartbeats` the venue closes channels that are quiet for a minute.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument
from desk.venues import coinbase_wire as wire
from desk.venues.coinbase_instrument import ProductFeed
from desk.venues.in_band import Feed, InBandProtocol
from desk.venues.protocol import SocketUrls
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.subscription import Subscription, Terms
from desk.venues.unreadable import UNREADABLE, Unusable, reason_of
from desk.venues.usd_pairs import book_limit_ms, endpoint
from desk.venues.venue_time import milliseconds

PATH = "/"
LIVE_URLS = SocketUrls("https://api.coinbase.com", "wss://advanced-trade-ws.coinbase.com")
BOOK, TRADES, TICKER, HEARTBEATS = "level2", "market_trades", "ticker", "heartbeats"

BOOK_ANSWER = "l2_data"
"""What a subscription to `level2` is answered by."""

LARGEST_FRAME_BYTES = 16 << 20
"""A snapshot holds the full depth: 44,000 levels, 4.8 MB for one product in August 2026."""

HEARTBEAT_LIMIT_MS = 5_000
"""They come each second (docs.cdp.coinbase.com, websocket channels, as of November 2026)."""

_REORDERED = 1_000
"""A number that far behind is a late or repeated frame; farther, the count itself is lost."""

_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_books = msgspec.json.Decoder(list[wire.BookEvent]).decode
_decode_trades = msgspec.json.Decoder(list[wire.TradeEvent]).decode
_decode_tickers = msgspec.json.Decoder(list[wire.TickerEvent]).decode
_decode_subscriptions = msgspec.json.Decoder(list[wire.SubscriptionsEvent]).decode


class _Frame(msgspec.Struct, frozen=True):
    """A frame that the sequence has placed."""

    text: bytes
    events: msgspec.Raw
    sequence: int
    ts_recv_ns: int
    ts_venue_ms: int | None


class CoinbaseProtocol(InBandProtocol):
    """The connection `coinbase`; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        instruments = list(instruments)
        super().__init__("coinbase", LIVE_URLS, [endpoint(PATH, instruments, LARGEST_FRAME_BYTES)])
        self._heartbeats = self._want(HEARTBEATS, "", Terms("heartbeat", HEARTBEAT_LIMIT_MS), None)
        self._by_symbol = {
            (channel, i.symbol): self._want(channel, i.symbol, _terms(channel, i), i.id)
            for channel in (BOOK, TRADES, TICKER)
            for i in instruments
        }
        self._feeds = {i.symbol: self._feed_of(i) for i in instruments}
        self._readers = {
            BOOK_ANSWER: self._on_books,
            TRADES: self._on_trades,
            TICKER: self._on_tickers,
            HEARTBEATS: self._on_heartbeat,
            "subscriptions": self._on_subscriptions,
        }
        self._next: int | None = None
        """The number that the next frame must have; None where a recording begins."""

    def tick(self, now_ns: int) -> None:
        """Give up books that stand still, too."""
        if self._sockets[PATH].is_open:
            for feed in self._feeds.values():
                feed.watch(now_ns)
        super().tick(now_ns)

    def _feed_of(self, instrument: Instrument) -> ProductFeed:
        book = self._by_symbol[BOOK, instrument.symbol]
        feed = ProductFeed(instrument, book, self._counters, self._events)
        self._counters.books[feed.id] = feed.sync
        return feed

    def _all_feeds(self) -> Iterable[Feed]:
        return self._feeds.values()

    def _begin(self, path: str, now_ns: int) -> None:
        self._next = 0

    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        envelope = _decode_envelope(frame)
        sequence = envelope.sequence_num
        if sequence is None:
            self._on_unnumbered(envelope, ts_recv_ns)
            return
        if not self._follows(sequence, ts_recv_ns):
            raise Unusable("late or repeated frame")
        handle = self._readers.get(envelope.channel)
        if handle is None:
            self._counters.unknown_events += 1
            return
        handle(
            _Frame(frame, envelope.events, sequence, ts_recv_ns, milliseconds(envelope.timestamp))
        )

    def _on_unnumbered(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        if envelope.type == "error":
            # The venue says "authentication failure" of a channel that it does not know.
            self._refused(envelope.message, ts_recv_ns)
        elif envelope.channel in self._readers:
            raise Unusable("no sequence number")
        else:
            self._counters.unknown_events += 1

    def _follows(self, sequence: int, ts_recv_ns: int) -> bool:
        """Place a frame in the connection's sequence; False for one that comes late or twice."""
        expected = self._next
        if expected is not None and expected - _REORDERED <= sequence < expected:
            return False
        if expected is not None and sequence != expected:
            for feed in self._feeds.values():
                feed.sync.gaps += 1
                feed.lose("gap", ts_recv_ns, sequence)
            # Nothing stands on what is missing when no frame has come before.
            if expected > 0:
                self._roll_all()
        self._next = sequence + 1
        return True

    def _on_books(self, frame: _Frame) -> None:
        try:
            events = _decode_books(frame.events)
            refuse_repeated(frame.text, _OUTSIDE)
            refuse_repeated(frame.text, _BOOK_KEYS, len(events))
            refuse_repeated(frame.text, _LEVEL_KEYS, sum(len(event.updates) for event in events))
        except UNREADABLE:  # of which book it was is unknown
            self._lose_books("unreadable update", frame.ts_recv_ns)
            raise
        for event in events:
            try:
                feed = self._feed(event.product_id)
                feed.on_book(event, frame.sequence, frame.ts_recv_ns, frame.ts_venue_ms)
                self._by_symbol[BOOK, event.product_id].received(frame.ts_recv_ns)
            except Unusable as error:  # one product's fault is not another's
                self._counters.reject(reason_of(error))

    def _on_trades(self, frame: _Frame) -> None:
        events = _decode_trades(frame.events)
        count = sum(len(event.trades) for event in events)
        refuse_repeated(frame.text, _OUTSIDE)
        refuse_repeated(frame.text, _TRADES_KEYS, len(events))
        refuse_repeated(frame.text, _TRADE_KEYS, count)
        for event in events:
            for trade in sorted(event.trades, key=_trade_id):
                try:
                    feed = self._feed(trade.product_id)
                    feed.on_trade(trade, frame.ts_recv_ns, past=event.type == "snapshot")
                    self._note(TRADES, trade.product_id, frame.ts_recv_ns)
                except Unusable as error:
                    self._counters.reject(reason_of(error))

    def _on_tickers(self, frame: _Frame) -> None:
        events = _decode_tickers(frame.events)
        count = sum(len(event.tickers) for event in events)
        refuse_repeated(frame.text, _OUTSIDE)
        refuse_repeated(frame.text, _TICKER_KEYS, count)
        for ticker in (ticker for event in events for ticker in event.tickers):
            feed = self._feed(ticker.product_id)
            feed.on_ticker(ticker, frame.sequence, frame.ts_recv_ns, frame.ts_venue_ms)
            self._note(TICKER, ticker.product_id, frame.ts_recv_ns)

    def _on_heartbeat(self, frame: _Frame) -> None:
        self._heartbeats.received(frame.ts_recv_ns)
        self._heartbeats.shown(frame.ts_recv_ns)
        for feed in self._feeds.values():
            feed.confirm(frame.sequence, frame.ts_recv_ns, frame.ts_venue_ms)

    def _on_subscriptions(self, frame: _Frame) -> None:
        """Take the answer to a subscription; a book is only there when its snapshot is."""
        for event in _decode_subscriptions(frame.events):
            for channel, symbols in event.subscriptions.items():
                for symbol in symbols:
                    stream = self._by_symbol.get((channel, symbol))
                    if stream is not None:
                        stream.confirmed(frame.ts_recv_ns)

    def _feed(self, symbol: str) -> ProductFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Unusable("unknown product")
        return feed

    def _note(self, channel: str, symbol: str, ts_recv_ns: int) -> None:
        stream = self._by_symbol[channel, symbol]
        stream.received(ts_recv_ns)
        stream.confirmed(ts_recv_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for channel in (HEARTBEATS, BOOK, TRADES, TICKER):
            streams = [stream for stream in due if stream.channel == channel]
            repeats = [stream.symbol for stream in streams if stream.is_repeat]
            if repeats:
                yield _request("unsubscribe", channel, repeats)
            if streams:
                yield _request("subscribe", channel, [stream.symbol for stream in streams])

    def _lose_books(self, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            feed.lose(reason, ts_recv_ns)


_OUTSIDE = (b'"channel"', b'"sequence_num"', b'"events"')
_BOOK_KEYS, _TRADES_KEYS = keys_of(wire.BookEvent), keys_of(wire.TradeEvent)
_LEVEL_KEYS, _TRADE_KEYS = keys_of(wire.Update), keys_of(wire.Print)
_TICKER_KEYS = keys_of(wire.Ticker)


def _terms(channel: str, instrument: Instrument) -> Terms:
    if channel == BOOK:
        return Terms("book", book_limit_ms(instrument.base), begins_whole=True)
    return Terms("trades") if channel == TRADES else Terms("top")


def _request(kind: str, channel: str, symbols: list[str]) -> bytes:
    products = [] if channel == HEARTBEATS else symbols
    return msgspec.json.encode(wire.Request(kind, channel, products))


def _trade_id(trade: wire.Print) -> int:
    return int(trade.trade_id)
