"""The market as the venues tell it: per instrument its book, mark, trades, and their ages.

`MarketState.apply` takes every market event; everything else only reads. Time comes in as
`now_ns`, on the same clock as the events' `ts_recv_ns`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from desk.market.book import Book
from desk.market.consensus import JUMP
from desk.market.instrument_market import ConnectionState, InstrumentMarket
from desk.market.marks import LEAP_NS, Quality, VenueClock
from desk.market.traded import TradedVolume
from desk.model.catalogue import Catalogue
from desk.model.instrument import InstrumentId, Kind
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

SPOT = Kind.SPOT
"""A member of an enum costs a look-up in its class: too dear for every message."""

_GAPS = frozenset({"gap", "checksum"})

_LATE_MARK_MS = 10_000
"""A mark stamped up to that much before the last one came late, or twice. Farther back the venue
has set its clock back: then the mark is taken, with the age that its stamp gives it."""

_LATE_NS = 60_000_000_000
"""A stamp that old on arrival tells nothing about when its price was seen: not for a chart."""


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
        now_ns = event.ts_recv_ns
        if now_ns > self.last_message_ns:
            self.last_message_ns = now_ns
        self.events += 1
        if isinstance(event, FeedStatus):
            self.connection(event.connection).status = event
            return
        market = self._markets.get(event.instrument)
        if market is not None:
            market.connection.last_message_ns = now_ns
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
        book = market.book
        if book.synced:
            book.apply_delta(delta)
            self._note_book(market, delta)

    def _note_book(self, market: InstrumentMarket, message: BookSnapshot | BookDelta) -> None:
        stamp_ms = message.ts_venue_ms
        if stamp_ms is not None:
            market.clock.observe(message.ts_recv_ns, stamp_ms)
        if not market.book.synced:
            self._distrusted.append(market.instrument.id)
        elif market.instrument.kind is SPOT:
            _chart_mark(market, market.mark_price, message.ts_recv_ns, stamp_ms)


def _on_lost(market: InstrumentMarket, lost: BookLost) -> None:
    market.gaps += lost.reason in _GAPS
    market.book.lose(lost.reason)


def _on_top(market: InstrumentMarket, top: BookTop) -> None:
    market.top = top


def _on_trade(market: InstrumentMarket, trade: Trade) -> None:
    market.last_trade = trade
    market.traded.add(trade.price, trade.quantity)
    if _is_plausible(market, trade.ts_recv_ns, trade.ts_venue_ms):
        market.candles.hear_trade(market.instrument, trade)


def _on_mark(market: InstrumentMarket, mark: MarkPrice) -> None:
    if mark.ts_venue_ms is not None:
        market.clock.observe(mark.ts_recv_ns, mark.ts_venue_ms)
    before = market.mark
    if before is not None and _is_late(market, before, mark):
        return
    if before is not None and before.next_funding_ms != mark.next_funding_ms:
        market.settlements.heard(before, mark)
    if before is not None and abs(mark.mark - before.mark) > JUMP * before.mark:
        market.jumps += 1
    market.mark = mark
    _chart_mark(market, mark.mark, mark.ts_recv_ns, mark.ts_venue_ms, mark.index)


def _is_late(market: InstrumentMarket, before: MarkPrice, mark: MarkPrice) -> bool:
    """Whether a mark was made before the last one.

    Not by a stamp that lies ahead of now: after it good ones would look late. Of equal stamps
    none shows to be the older, and the venue's last word holds.
    """
    last_ms, stamp_ms = before.ts_venue_ms, mark.ts_venue_ms
    if last_ms is None or stamp_ms is None or not 0 < last_ms - stamp_ms <= _LATE_MARK_MS:
        return False
    age = market.clock.age_ns(mark.ts_recv_ns, last_ms)
    return age is not None and age >= 0


def _on_open_interest(market: InstrumentMarket, interest: OpenInterest) -> None:
    market.open_interest = interest


def _on_liquidation(market: InstrumentMarket, liquidation: Liquidation) -> None:
    market.liquidation = liquidation


def _on_candle(market: InstrumentMarket, candle: VenueCandle) -> None:
    known = market.venue_candle
    if known is None or candle.start_ms >= known.start_ms:  # a late word on an older one
        market.venue_candle = candle
    market.candles.hear_minute(market.instrument, candle)


def _on_listed(market: InstrumentMarket, listed: InstrumentListed) -> None:
    """Take new terms; what was counted in other ticks, lots or contracts is void."""
    before, market.instrument = market.instrument, listed.terms
    if before.counts_like(listed.terms):
        return
    market.book.lose("listed anew")
    market.top = market.last_trade = market.venue_candle = None
    market.open_interest = market.liquidation = None
    market.traded = TradedVolume()


def _chart_mark(
    market: InstrumentMarket,
    mark: Decimal | None,
    ts_recv_ns: int,
    ts_venue_ms: int | None,
    index: Decimal | None = None,
) -> None:
    if mark is None or ts_venue_ms is None or not _is_plausible(market, ts_recv_ns, ts_venue_ms):
        return
    market.candles.hear_mark(ts_venue_ms, mark, index)
    market.volatility.add(ts_venue_ms, mark)


def _is_plausible(market: InstrumentMarket, ts_recv_ns: int, ts_venue_ms: int) -> bool:
    age = market.clock.age_ns(ts_recv_ns, ts_venue_ms)
    return age is not None and -LEAP_NS <= age < _LATE_NS


def _whole_ms(age: int | None) -> int | None:
    return None if age is None else age // 1_000_000
