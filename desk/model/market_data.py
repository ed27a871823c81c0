"""Market data messages: what a venue said, already in ticks and lots.

`ts_recv_ns` is the boot-time clock of this machine (ages are computed from it); `ts_venue_ms`
is the venue's own wall clock, or None where the venue stamps nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from desk.model.instrument import Instrument, InstrumentId, Lots, Ticks
from desk.model.orders import Side

Level: TypeAlias = tuple[Ticks, Lots]
"""A price and the whole quantity resting there; zero lots removes the level."""

StreamKind: TypeAlias = Literal[
    "book",
    "top",
    "trades",
    "mark",
    "index",
    "funding",
    "open_interest",
    "candles",
    "liquidations",
    "heartbeat",
]
"""What a venue's stream is about; one that carries several is named by the first of these."""


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The whole book, which replaces whatever was known."""

    instrument: InstrumentId
    last_id: int
    bids: list[Level]
    asks: list[Level]
    ts_recv_ns: int
    ts_venue_ms: int | None = None


class BookDelta(msgspec.Struct, frozen=True, gc=False):
    """Changed levels, proven by the venue's sequence to follow the last message."""

    instrument: InstrumentId
    first_id: int
    last_id: int
    bids: list[Level]
    asks: list[Level]
    ts_recv_ns: int
    ts_venue_ms: int | None = None


class BookTop(msgspec.Struct, frozen=True, gc=False):
    """The venue's own best bid and ask (book ticker)."""

    instrument: InstrumentId
    update_id: int
    bid: Ticks
    bid_lots: Lots
    ask: Ticks
    ask_lots: Lots
    ts_recv_ns: int
    ts_venue_ms: int | None = None


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print on the tape; `side` is the taker's."""

    instrument: InstrumentId
    trade_id: int
    price: Ticks
    quantity: Lots
    side: Side
    ts_recv_ns: int
    ts_venue_ms: int


class MarkPrice(msgspec.Struct, frozen=True, gc=False):
    """The price margin uses, with what came in the same message; absent parts are None."""

    instrument: InstrumentId
    mark: Decimal
    index: Decimal | None
    funding_rate: Decimal | None
    """Fraction of notional for the running interval; positive: longs pay."""
    next_funding_ms: int | None
    """None: not told, or funding is continuous and the rate is its 8 h equivalent."""
    ts_recv_ns: int
    ts_venue_ms: int | None = None
    funding_interval_h: int | None = None
    """What the rate is for; None: not told. A venue may change it at any time."""


class OpenInterest(msgspec.Struct, frozen=True, gc=False):
    """What is open in a perpetual, one side of it, in the unit of the instrument's quantities."""

    instrument: InstrumentId
    quantity: Decimal
    ts_recv_ns: int
    ts_venue_ms: int | None = None


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """A forced close that the venue published; `side` is that of the closing order.

    SELL closes a long. Venues that name the position's side instead are turned round.
    """

    instrument: InstrumentId
    side: Side
    price: Decimal
    """As published: an average, a limit or a bankruptcy price."""
    quantity: Decimal
    ts_recv_ns: int
    ts_venue_ms: int | None = None


class VenueCandle(msgspec.Struct, frozen=True, gc=False):
    """A minute as the venue itself draws it."""

    instrument: InstrumentId
    start_ms: int
    open: Ticks
    high: Ticks
    low: Ticks
    close: Ticks
    volume: Decimal
    """In the unit of the instrument's quantities."""
    closed: bool
    """The minute is over, so far as the venue says."""
    ts_recv_ns: int


class PastCandle(msgspec.Struct, frozen=True, gc=False):
    """A candle of any length out of a venue's own history: an answer, and no news."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """In base coins."""


class PastFunding(msgspec.Struct, frozen=True, gc=False):
    """A funding that a venue has settled."""

    time_ms: int
    rate: Decimal
    """Fraction of notional; positive: longs paid."""


class InstrumentListed(msgspec.Struct, frozen=True, gc=False):
    """The venue's listing has an instrument with other terms than those in use.

    What was known in other ticks and lots is void: a snapshot in the new ones follows.
    """

    instrument: InstrumentId
    terms: Instrument
    ts_recv_ns: int


class BookLost(msgspec.Struct, frozen=True, gc=False):
    """The book of an instrument can no longer be trusted; a new snapshot is on its way."""

    instrument: InstrumentId
    expected_id: int | None
    received_id: int | None
    reason: str
    """`gap`, `disconnected`, `snapshot older than stream`, …"""
    ts_recv_ns: int


class FeedStatus(msgspec.Struct, frozen=True, gc=False):
    """A connection came up, went down, or was refused."""

    connection: str
    up: bool
    reason: str
    ts_recv_ns: int


MarketEvent: TypeAlias = (
    BookSnapshot
    | BookDelta
    | BookTop
    | Trade
    | MarkPrice
    | OpenInterest
    | Liquidation
    | VenueCandle
    | InstrumentListed
    | BookLost
    | FeedStatus
)
