"""Market data messages: what a venue said, already in ticks and lots.

`ts_recv_ns` is the boot-time clock of this machine (ages are computed from it); `ts_venue_ms`
is the venue's own wall clock, or None where the venue stamps nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.instrument import InstrumentId, Lots, Ticks
from desk.model.orders import Side

Level: TypeAlias = tuple[Ticks, Lots]
"""A price and the whole quantity resting there; zero lots removes the level."""


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
    ts_recv_ns: int
    ts_venue_ms: int | None = None


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
    BookSnapshot | BookDelta | BookTop | Trade | MarkPrice | BookLost | FeedStatus
)
