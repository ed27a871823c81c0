"""Kraken's websocket messages (version 2) as they are on the wire.

Prices and quantities are JSON numbers, and stay the text that they were written as: through
binary floating point a checksum over their digits would not hold.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from desk.venues.figures import UpdateId
from desk.venues.venue_time import VenueTime

_Crc: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 32) - 1)]


class Envelope(msgspec.Struct):
    """The outside of any frame."""

    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw()
    method: str = ""
    success: bool | None = None
    error: str | None = None
    result: msgspec.Raw = msgspec.Raw()


class Level(msgspec.Struct, gc=False):
    """One price of a book."""

    price: msgspec.Raw
    qty: msgspec.Raw


class Book(msgspec.Struct, gc=False):
    """A snapshot of a book, or the levels that changed."""

    symbol: str
    bids: list[Level]
    asks: list[Level]
    checksum: _Crc
    timestamp: VenueTime | None = None


class Print(msgspec.Struct, gc=False):
    """A trade; `side` is the taker's."""

    symbol: str
    side: Literal["buy", "sell"]
    price: msgspec.Raw
    qty: msgspec.Raw
    trade_id: UpdateId
    timestamp: VenueTime


class Ticker(msgspec.Struct, gc=False):
    """The best bid and ask; the day's figures are passed over."""

    symbol: str
    bid: msgspec.Raw
    bid_qty: msgspec.Raw
    ask: msgspec.Raw
    ask_qty: msgspec.Raw
    timestamp: VenueTime | None = None


class Candle(msgspec.Struct, gc=False):
    """`ohlc`; its `timestamp`, the end of it, is deprecated."""

    symbol: str
    open: msgspec.Raw
    high: msgspec.Raw
    low: msgspec.Raw
    close: msgspec.Raw
    volume: msgspec.Raw
    """In base coin."""
    interval_begin: VenueTime
    interval: int
    """Minutes."""


class Status(msgspec.Struct):
    """The state of the trading system."""

    system: str


class Subscribed(msgspec.Struct):
    """The `result` of an accepted subscription: one answer a symbol."""

    channel: str = ""
    symbol: str = ""


class Params(msgspec.Struct, omit_defaults=True):
    """What is subscribed to."""

    channel: str
    symbol: list[str]
    depth: int | None = None
    event_trigger: str | None = None
    interval: int | None = None
    """Minutes of a candle."""


class Request(msgspec.Struct, omit_defaults=True):
    """A message to the venue."""

    method: str
    params: Params | None = None
    req_id: int = 0
