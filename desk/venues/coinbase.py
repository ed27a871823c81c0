"""Coinbase Advanced Trade spot by its websocket, without I/O.

`sequence_num` counts every frame of the connection, of all channels, heartbeats and answers too.
A hole in it says that something is missing and not what, so every book of the connection is lost
and the socket left for a new one. Removals of levels that are not there are routine here.

Without `heartbeats` the venue closes channels that are quiet for a minute.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.venues import coinbase_wire as wire
from desk.venues.coinbase_instrument import ProductFeed, TakerSide
from desk.venues.json_keys import refuse_repeated_keys
from desk.venues.protocol import SocketUrls
from desk.venues.single_socket import SingleSocketProtocol, is_quiet
from desk.venues.subscription import Subscription
from desk.venues.unreadable import UNREADABLE, Unusable, reason_of
from desk.venues.venue_time import milliseconds

PATH = "/"
BOOK, TRADES, TICKER, HEARTBEATS = "level2", "market_trades", "ticker", "heartbeats"

BOOK_ANSWER = "l2_data"
"""What a subscription to `level2` is answered by."""

LARGEST_FRAME_BYTES = 16 << 20
"""A snapshot holds the full depth: 44,000 levels, 4.8 MB for one product in August 2026."""

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


class CoinbaseProtocol(SingleSocketProtocol):
    """The connection `coinbase`; fulfils `desk.venues.protocol.VenueProtocol`."""

    max_frame_bytes = LARGEST_FRAME_BYTES

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        instruments = list(instruments)
        self._streams = {
            (channel, instrument.symbol): Subscription(channel, instrument.symbol)
            for channel in (BOOK, TRADES, TICKER)
            for instrument in instruments
        }
        self._heartbeats = Subscription(HEARTBEATS, "")
        super().__init__(
            "coinbase",
            PATH,
            [self._heartbeats, *self._streams.values()],
            quiet=all(is_quiet(i.base) for i in instruments),
        )
        taker_side = TakerSide()
        self._feeds = {
            i.symbol: ProductFeed(
                i, self._streams[BOOK, i.symbol], taker_side, self._counters, self._events
            )
            for i in instruments
        }
        for feed in self._feeds.values():
            self._counters.books[feed.id] = feed.sync
        self._handlers = {
            BOOK_ANSWER: self._on_books,
            TRADES: self._on_trades,
            TICKER: self._on_tickers,
            HEARTBEATS: self._on_heartbeat,
            "subscriptions": self._on_subscriptions,
        }
        self._next: int | None = None
        """The number that the next frame must have; None where a recording begins."""

    @property
    def live_urls(self) -> SocketUrls:
        """Where the venue itself is."""
        return SocketUrls("https://api.coinbase.com", "wss://advanced-trade-ws.coinbase.com")

    def last_data_ns(self, path: str) -> int:
        """Return when data last came, heartbeats not counted; 0: not yet."""
        return max((s.health.last_ns for s in self._streams.values()), default=0)

    def _read(self, frame: bytes, ts_recv_ns: int) -> None:
        envelope = _decode_envelope(frame)
        sequence = envelope.sequence_num
        if sequence is None:
            self._on_unnumbered(envelope, ts_recv_ns)
            return
        if not self._follows(sequence, ts_recv_ns):
            raise Unusable("late or repeated frame")
        handle = self._handlers.get(envelope.channel)
        if handle is None:
            self._counters.unknown_events += 1
            return
        handle(
            _Frame(frame, envelope.events, sequence, ts_recv_ns, milliseconds(envelope.timestamp))
        )

    def _on_unnumbered(self, envelope: wire.Envelope, ts_recv_ns: int) -> None:
        if envelope.type == "error":
            # The venue says "authentication failure" of a channel that it does not know.
            self._report(False, f"refused: {envelope.message}", ts_recv_ns)
        elif envelope.channel in self._handlers:
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
            self._roll = self._roll or (self._open and expected > 0)
        self._next = sequence + 1
        return True

    def _on_books(self, frame: _Frame) -> None:
        try:
            events = _decode_books(frame.events)
            updates = sum(len(event.updates) for event in events)
            refuse_repeated_keys(
                frame.text,
                _OUTSIDE
                | dict.fromkeys((b'"product_id"', b'"updates"'), len(events))
                | dict.fromkeys(_LEVEL_KEYS, updates),
            )
        except UNREADABLE:  # of which book it was is unknown
            self._lose_books("unreadable update", frame.ts_recv_ns)
            raise
        for event in events:
            try:
                feed = self._feed(event.product_id)
                feed.on_book(event, frame.sequence, frame.ts_recv_ns, frame.ts_venue_ms)
                self._streams[BOOK, event.product_id].received(frame.ts_recv_ns)
            except Unusable as error:  # one product's fault is not another's
                self._counters.reject(reason_of(error))

    def _on_trades(self, frame: _Frame) -> None:
        events = _decode_trades(frame.events)
        count = sum(len(event.trades) for event in events)
        refuse_repeated_keys(frame.text, _OUTSIDE | dict.fromkeys(_TRADE_KEYS, count))
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
        refuse_repeated_keys(frame.text, _OUTSIDE | dict.fromkeys(_TICKER_KEYS, count))
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
                    stream = self._streams.get((channel, symbol))
                    if stream is not None and channel != BOOK:
                        stream.shown(frame.ts_recv_ns)

    def _feed(self, symbol: str) -> ProductFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Unusable("unknown product")
        return feed

    def _note(self, channel: str, symbol: str, ts_recv_ns: int) -> None:
        stream = self._streams[channel, symbol]
        stream.received(ts_recv_ns)
        stream.shown(ts_recv_ns)

    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        for channel in (HEARTBEATS, BOOK, TRADES, TICKER):
            streams = [stream for stream in due if stream.channel == channel]
            repeats = [stream.symbol for stream in streams if stream.is_repeat]
            if repeats:
                yield _request("unsubscribe", channel, repeats)
            if streams:
                yield _request("subscribe", channel, [stream.symbol for stream in streams])

    def _start(self, now_ns: int) -> None:
        self._next = 0

    def _watch(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            feed.watch(now_ns)

    def _lose(self, instrument: InstrumentId, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            if feed.id == instrument:
                feed.lose(reason, ts_recv_ns)

    def _lose_books(self, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            feed.lose(reason, ts_recv_ns)

    def _lose_all(self, reason: str, ts_recv_ns: int) -> None:
        for feed in self._feeds.values():
            feed.disconnected(ts_recv_ns)


_OUTSIDE = {b'"channel"': 1, b'"sequence_num"': 1, b'"events"': 1}
_LEVEL_KEYS = (b'"side"', b'"price_level"', b'"new_quantity"')
_TRADE_KEYS = (b'"trade_id"', b'"product_id"', b'"price"', b'"size"', b'"side"', b'"time"')
_TICKER_KEYS = (
    b'"product_id"',
    b'"best_bid"',
    b'"best_bid_quantity"',
    b'"best_ask"',
    b'"best_ask_quantity"',
)


def _request(kind: str, channel: str, symbols: list[str]) -> bytes:
    products = [] if channel == HEARTBEATS else symbols
    return msgspec.json.encode(wire.Request(kind, channel, products))


def _trade_id(trade: wire.Print) -> int:
    return int(trade.trade_id)
