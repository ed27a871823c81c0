"""Binance's messages as they are on the wire; every field that is not used is passed over.

Numbers that matter are text there, and stay text here. Field names: b/B bid price and quantity,
a/A ask, p price, q quantity, E event time, T trade or funding time, u update id, m buyer is maker.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec

_Id: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]

_TimeMs: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Up to the end of the year 9999."""

WireLevel: TypeAlias = tuple[str, str]

EventT = TypeVar("EventT")


class Envelope(msgspec.Struct, gc=False):
    """The outside of any frame: combined streams wrap events in it, raw ones lack it."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()


class Wrapped(msgspec.Struct, Generic[EventT], gc=False):
    """A frame of a combined stream whose event's kind is known already."""

    data: EventT


class Head(msgspec.Struct):
    """What tells the kind of an event, or the answer to a subscription."""

    e: str = ""
    s: str = ""
    A: msgspec.Raw = msgspec.Raw()
    """The ask quantity: spot's book ticker has no `e` to know it by."""
    result: msgspec.Raw = msgspec.Raw()
    code: msgspec.Raw = msgspec.Raw()
    msg: str = ""
    error: msgspec.Raw = msgspec.Raw()


class Diff(msgspec.Struct, gc=False):
    """`depthUpdate` of spot: ids run without holes."""

    symbol: str = msgspec.field(name="s")
    first_id: _Id = msgspec.field(name="U")
    last_id: _Id = msgspec.field(name="u")
    bids: list[WireLevel] = msgspec.field(name="b")
    asks: list[WireLevel] = msgspec.field(name="a")
    time_ms: _TimeMs | None = msgspec.field(name="E", default=None)
    previous_id: int = -1
    """Of futures only."""


class FuturesDiff(Diff, gc=False, kw_only=True):
    """`depthUpdate` of futures: ids have holes, and each names the one before."""

    previous_id: _Id = msgspec.field(name="pu")


class Snapshot(msgspec.Struct):
    """The answer to GET depth."""

    last_id: _Id = msgspec.field(name="lastUpdateId")
    bids: list[WireLevel]
    asks: list[WireLevel]
    symbol: str = ""
    """Of coin-margined futures only."""


class Ticker(msgspec.Struct, gc=False):
    """`bookTicker`; on spot without times."""

    symbol: str = msgspec.field(name="s")
    update_id: _Id = msgspec.field(name="u")
    bid: str = msgspec.field(name="b")
    bid_quantity: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_quantity: str = msgspec.field(name="A")
    time_ms: _TimeMs | None = msgspec.field(name="E", default=None)


class Print(msgspec.Struct, gc=False):
    """`trade`."""

    symbol: str = msgspec.field(name="s")
    trade_id: _Id = msgspec.field(name="t")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    time_ms: _TimeMs = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    kind: str = msgspec.field(name="X", default="MARKET")
    """Futures: MARKET, or what is no market trade (insurance fund, auto-deleveraging)."""


class Aggregate(msgspec.Struct, gc=False):
    """`aggTrade`: the prints of one taker order at one price."""

    symbol: str = msgspec.field(name="s")
    trade_id: _Id = msgspec.field(name="a")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    time_ms: _TimeMs = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    kind: str = msgspec.field(name="X", default="MARKET")


class Mark(msgspec.Struct, gc=False):
    """`markPriceUpdate`."""

    symbol: str = msgspec.field(name="s")
    mark: str = msgspec.field(name="p")
    time_ms: _TimeMs | None = msgspec.field(name="E", default=None)
    index: str = msgspec.field(name="i", default="")
    funding_rate: str = msgspec.field(name="r", default="")
    """Empty for contracts without funding."""
    next_funding_ms: _TimeMs = msgspec.field(name="T", default=0)


AnyEvent: TypeAlias = Diff | Ticker | Print | Aggregate | Mark


class Subscribe(msgspec.Struct):
    """A request for streams."""

    method: str
    params: list[str]
    id: int
