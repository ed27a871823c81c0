"""Coinbase Advanced Trade's websocket messages as they are on the wire.

Numbers are text; what is not used is passed over, `event_time` too, which in a snapshot may be
the beginning of 1970.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from desk.venues.figures import UpdateId
from desk.venues.venue_time import VenueTime

TradeId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,18}\Z")]


class Envelope(msgspec.Struct):
    """The outside of any frame."""

    channel: str = ""
    sequence_num: UpdateId | None = None
    """Counts every frame of the connection, of all channels, from 0; refusals have none."""
    timestamp: VenueTime | None = None
    events: msgspec.Raw = msgspec.Raw()
    type: str = ""
    message: str = ""


class Update(msgspec.Struct, gc=False):
    """One price of a book with the whole quantity there; zero removes it."""

    side: Literal["bid", "offer"]
    price_level: str
    new_quantity: str


class BookEvent(msgspec.Struct, gc=False):
    """`l2_data`."""

    type: Literal["snapshot", "update"]
    product_id: str
    updates: list[Update]


class Print(msgspec.Struct, gc=False):
    """A trade; the side is the maker's (docs.cdp.coinbase.com, market_trades, 2026-11).

    Prints of 250 ms come together, so the best prices of the moment cannot tell.
    """

    trade_id: TradeId
    product_id: str
    price: str
    size: str
    side: Literal["BUY", "SELL"]
    time: VenueTime


class TradeEvent(msgspec.Struct, gc=False):
    """`market_trades`; a snapshot lists what was printed before, newest first."""

    type: Literal["snapshot", "update"]
    trades: list[Print]


class Ticker(msgspec.Struct, gc=False):
    """The best bid and ask; the day's figures are passed over."""

    product_id: str
    best_bid: str
    best_bid_quantity: str
    best_ask: str
    best_ask_quantity: str


class TickerEvent(msgspec.Struct, gc=False):
    """`ticker`."""

    tickers: list[Ticker]


class SubscriptionsEvent(msgspec.Struct):
    """`subscriptions`: all that is subscribed to now, products by channel."""

    subscriptions: dict[str, list[str]]


class Request(msgspec.Struct, omit_defaults=True):
    """A message to the venue: one channel each."""

    type: str
    channel: str
    product_ids: list[str] = []
