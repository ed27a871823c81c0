"""The market as the venues tell it: per instrument its book, mark, trades, and their ages.

`MarketState.apply` takes every market event; everything else only reads. Time comes in as
`now_ns`, on the same clock as the events' `ts_recv_ns`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.market.book import Book
from desk.market.consensus import JUMP
from desk.market.marks import LEAP_NS, Quality, VenueClock, age_ns, is_fresh
from desk.market.series import HourVolatility, MinuteCandles, SecondSeries
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument, InstrumentId, Kind
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    InstrumentListed,
    Liquidation,
    MarketEvent,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)

_GAPS = frozenset({"gap", "checksum"})

_LATE_NS = 60_000_000_000
"""A stamp that old on arrival tells nothing about when its price was seen: not for a chart."""


class ConnectionState(msgspec.Struct):
    """One connection of a venue, as its events show it."""

    clock: VenueClock
    last_message_ns: int = 0
    status: FeedStatus | None = None
    """The last that was said about its sockets."""


class InstrumentMarket:
    """One instrument: what the venue said last, and how old it is."""

    __slots__ = (
        "book",
        "candles",
        "clock",
        "connection",
        "gaps",
        "instrument",
        "jumps",
        "last_trade",
        "liquidation",
        "mark",
        "open_interest",
        "series",
        "top",
        "venue_candle",
        "volatility",
    )

    def __init__(self, instrument: Instrument, connection: ConnectionState) -> None:
        self.instrument = instrument
        self.connection = connection
        self.clock = connection.clock
        self.book = Book(instrument.id)
        self.top: BookTop | None = None
        """The venue's own ticker."""
        self.mark: MarkPrice | None = None
        """The venue's mark with index and funding; None for spot, which has no such message."""
        self.last_trade: Trade | None = None
        self.open_interest: OpenInterest | None = None
        self.liquidation: Liquidation | None = None
        """The last that was published."""
        self.venue_candle: VenueCandle | None = None
        """The newest minute as the venue draws it."""
        self.gaps = 0
        """Breaks that the venue's numbering or checksum has shown."""
        self.jumps = 0
        """Marks that lay more than 2 % from the one before."""
        self.series = SecondSeries()
        self.candles = MinuteCandles()
        self.volatility = HourVolatility()

    @property
    def mark_price(self) -> Decimal | None:
        """The price margin uses, however old; for spot the mid of its synced book."""
        if self.instrument.kind is not Kind.SPOT:
            return None if self.mark is None else self.mark.mark
        bid, ask = self.book.best_bid, self.book.best_ask
        if bid is None or ask is None:
            return None
        return (bid[0] + ask[0]) * self.instrument.tick_size / 2

    @property
    def index_price(self) -> Decimal | None:
        """The venue's index, as it came with the mark."""
        return None if self.mark is None else self.mark.index

    @property
    def funding_rate(self) -> Decimal | None:
        """Fraction of notional for the running interval; positive: longs pay."""
        return None if self.mark is None else self.mark.funding_rate

    @property
    def funding_interval_h(self) -> int | None:
        """Hours that the rate is for, as the venue says with it; None: it has not said.

        What its listing says holds until there is a rate: an interval may change at any time.
        """
        mark = self.mark
        if mark is None or mark.funding_rate is None:
            return self.instrument.funding_interval_h
        return mark.funding_interval_h

    @property
    def next_funding_ms(self) -> int | None:
        """Wall clock of the next funding."""
        return None if self.mark is None else self.mark.next_funding_ms

    @property
    def last_price(self) -> Decimal | None:
        """Price of the last trade."""
        trade = self.last_trade
        return None if trade is None else self.instrument.price(trade.price)

    def mark_age_ns(self, now_ns: int) -> int | None:
        """Age of the mark; negative when a stamp lies ahead of now, None without a mark."""
        if self.instrument.kind is Kind.SPOT:
            book = self.book
            if self.mark_price is None:
                return None
            return age_ns(now_ns, book.ts_recv_ns, book.ts_venue_ms, self.clock)
        mark = self.mark
        if mark is None:
            return None
        return age_ns(now_ns, mark.ts_recv_ns, mark.ts_venue_ms, self.clock)

    def seen_age_ns(self, now_ns: int) -> int | None:
        """Age of the mark, or of the last that there was; None: there never was one."""
        age = self.mark_age_ns(now_ns)
        if age is None and self.book.ts_recv_ns and self.instrument.kind is Kind.SPOT:
            return now_ns - self.book.ts_recv_ns
        return age

    def book_age_ns(self, now_ns: int) -> int | None:
        """Age of the book by its last message, None while it is not synced."""
        book = self.book
        if not book.synced:
            return None
        return age_ns(now_ns, book.ts_recv_ns, book.ts_venue_ms, self.clock)

    def quality(self, now_ns: int) -> Quality:
        """LIVE with a fresh mark, STALE with an old one, UNKNOWN without one."""
        if self.mark_price is None:
            return "UNKNOWN"
        fresh = is_fresh(self.mark_age_ns(now_ns), self.instrument.mark_limit_ms)
        return "LIVE" if fresh else "STALE"


class MarketState:
    """Every instrument of a catalogue, as the venues tell it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._connections: dict[str, ConnectionState] = {}
        self._markets = {
            instrument.id: InstrumentMarket(instrument, self.connection(instrument.connection))
            for instrument in catalogue.all()
        }
        self._books = {i: market.book for i, market in self._markets.items()}
        self._distrusted: list[InstrumentId] = []
        self._handlers: dict[type[Any], Callable[[InstrumentMarket, Any], None]] = {
            BookDelta: self._on_delta,
            BookSnapshot: self._on_snapshot,
            BookLost: _on_lost,
            BookTop: _on_top,
            Trade: _on_trade,
            MarkPrice: _on_mark,
            OpenInterest: _on_open_interest,
            Liquidation: _on_liquidation,
            VenueCandle: _on_candle,
            InstrumentListed: _on_listed,
        }
        self.last_message_ns = 0
        """Boot-time clock of the newest market message; 0: none yet."""
        self.events = 0
        """Events applied since the start."""

    def apply(self, event: MarketEvent) -> None:
        """Take one event; one of an instrument that is not in the catalogue changes nothing."""
        if event.ts_recv_ns > self.last_message_ns:
            self.last_message_ns = event.ts_recv_ns
        self.events += 1
        if isinstance(event, FeedStatus):
            self.connection(event.connection).status = event
            return
        market = self._markets.get(event.instrument)
        if market is not None:
            market.connection.last_message_ns = event.ts_recv_ns
            self._handlers[type(event)](market, event)

    def get(self, instrument_id: str) -> InstrumentMarket | None:
        """Return one instrument's market; None when the catalogue does not have it."""
        return self._markets.get(InstrumentId(instrument_id))

    def all(self) -> list[InstrumentMarket]:
        """Return every instrument's market, in the order of the catalogue."""
        return list(self._markets.values())

    @property
    def books(self) -> Mapping[InstrumentId, Book]:
        """Every instrument's book; the same objects for the life of this state."""
        return self._books

    def connection(self, name: str) -> ConnectionState:
        """Return what is known of a connection."""
        state = self._connections.get(name)
        if state is None:
            state = self._connections[name] = ConnectionState(VenueClock())
        return state

    def mark_price(self, instrument_id: str) -> Decimal | None:
        """Return the mark, however old (see `quality`); None while it is unknown."""
        market = self.get(instrument_id)
        return None if market is None else market.mark_price

    def mark_age_ms(self, instrument_id: str, now_ns: int) -> int | None:
        """Return the age of the mark; None while it is unknown."""
        market = self.get(instrument_id)
        return None if market is None else _whole_ms(market.mark_age_ns(now_ns))

    def book_age_ms(self, instrument_id: str, now_ns: int) -> int | None:
        """Return the age of the book; None while it is not synced."""
        market = self.get(instrument_id)
        return None if market is None else _whole_ms(market.book_age_ns(now_ns))

    def quality(self, instrument_id: str, now_ns: int) -> Quality:
        """Return LIVE (mark 0 to 2,000 ms old), STALE, or UNKNOWN (no mark)."""
        market = self.get(instrument_id)
        return "UNKNOWN" if market is None else market.quality(now_ns)

    def take_distrusted(self) -> list[InstrumentId]:
        """Hand over the instruments whose book was found crossed: their protocol must resync."""
        distrusted, self._distrusted = self._distrusted, []
        return distrusted

    def _on_snapshot(self, market: InstrumentMarket, snapshot: BookSnapshot) -> None:
        market.book.apply_snapshot(snapshot)
        self._note_book(market, snapshot)

    def _on_delta(self, market: InstrumentMarket, delta: BookDelta) -> None:
        if market.book.synced:
            market.book.apply_delta(delta)
            self._note_book(market, delta)

    def _note_book(self, market: InstrumentMarket, message: BookSnapshot | BookDelta) -> None:
        if message.ts_venue_ms is not None:
            market.clock.observe(message.ts_recv_ns, message.ts_venue_ms)
        if not market.book.synced:
            self._distrusted.append(market.instrument.id)
        elif market.instrument.kind is Kind.SPOT:
            _chart_mark(market, market.mark_price, message.ts_recv_ns, message.ts_venue_ms)


def _on_lost(market: InstrumentMarket, lost: BookLost) -> None:
    market.gaps += lost.reason in _GAPS
    market.book.lose(lost.reason)


def _on_top(market: InstrumentMarket, top: BookTop) -> None:
    market.top = top


def _on_trade(market: InstrumentMarket, trade: Trade) -> None:
    market.last_trade = trade
    market.candles.add(trade.ts_venue_ms, trade.trade_id, trade.price, trade.quantity)
    if _is_plausible(market, trade.ts_recv_ns, trade.ts_venue_ms):
        market.series.set_last(trade.ts_venue_ms, market.instrument.price(trade.price))


def _on_mark(market: InstrumentMarket, mark: MarkPrice) -> None:
    before = market.mark
    if before is not None and abs(mark.mark - before.mark) > JUMP * before.mark:
        market.jumps += 1
    market.mark = mark
    if mark.ts_venue_ms is not None:
        market.clock.observe(mark.ts_recv_ns, mark.ts_venue_ms)
    _chart_mark(market, mark.mark, mark.ts_recv_ns, mark.ts_venue_ms)


def _on_open_interest(market: InstrumentMarket, interest: OpenInterest) -> None:
    market.open_interest = interest


def _on_liquidation(market: InstrumentMarket, liquidation: Liquidation) -> None:
    market.liquidation = liquidation


def _on_candle(market: InstrumentMarket, candle: VenueCandle) -> None:
    known = market.venue_candle
    if known is None or candle.start_ms >= known.start_ms:  # a late word on an older one
        market.venue_candle = candle


def _on_listed(market: InstrumentMarket, listed: InstrumentListed) -> None:
    """Take new terms; what was counted in other ticks and lots is void."""
    before, market.instrument = market.instrument, listed.terms
    if before.counts_like(listed.terms):
        return
    market.book.lose("listed anew")
    market.top = market.last_trade = market.venue_candle = None
    market.candles = MinuteCandles()


def _chart_mark(
    market: InstrumentMarket, mark: Decimal | None, ts_recv_ns: int, ts_venue_ms: int | None
) -> None:
    if mark is None or ts_venue_ms is None or not _is_plausible(market, ts_recv_ns, ts_venue_ms):
        return
    market.series.set_mark(ts_venue_ms, mark)
    market.volatility.add(ts_venue_ms, mark)


def _is_plausible(market: InstrumentMarket, ts_recv_ns: int, ts_venue_ms: int) -> bool:
    age = market.clock.age_ns(ts_recv_ns, ts_venue_ms)
    return age is not None and -LEAP_NS <= age < _LATE_NS


def _whole_ms(age: int | None) -> int | None:
    return None if age is None else age // 1_000_000
