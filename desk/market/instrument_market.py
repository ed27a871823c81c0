"""One instrument as its venue tells it: what was said last, and how old it is.

Everything is written by `desk.market.state`; time comes in as `now_ns`, on the same clock as the
events' `ts_recv_ns`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.market.book import Book
from desk.market.candles import CandleStore
from desk.market.heat import DepthHeat
from desk.market.marks import Quality, VenueClock, age_ns, is_fresh
from desk.market.series import HourVolatility
from desk.market.settlements import Settlements
from desk.market.traded import TradedVolume
from desk.model.instrument import Instrument, Kind
from desk.model.market_data import (
    BookTop,
    FeedStatus,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)

_SPREAD_PARTS = 20
"""A book whose best prices lie more than one part in so many (5 %) of their middle apart has no
middle that anybody trades at."""


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
        "heat",
        "instrument",
        "jumps",
        "last_trade",
        "liquidation",
        "mark",
        "open_interest",
        "settlements",
        "top",
        "traded",
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
        self.candles = CandleStore()
        self.heat = DepthHeat()
        self.settlements = Settlements()
        self.volatility = HourVolatility()
        self.traded = TradedVolume()

    @property
    def mark_price(self) -> Decimal | None:
        """The price margin uses, however old; for spot the mid that its synced book has, if any."""
        if self.instrument.kind is not Kind.SPOT:
            return None if self.mark is None else self.mark.mark
        bid, ask = self.book.best_bid, self.book.best_ask
        if bid is None or ask is None:
            return None
        low, high = bid[0], ask[0]
        if 2 * _SPREAD_PARTS * (high - low) > high + low:
            return None
        return (low + high) * self.instrument.tick_size / 2

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
