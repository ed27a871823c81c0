"""Binance's messages as they are on the wire; every field that is not used is passed over.

Numbers that matter are text there, and stay text here. Field names: b/B bid price and quantity,
a/A ask, p price, q quantity, E event time, T trade or funding time, u update id, m buyer is maker.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

from desk.venues.figures import TimeMs, UpdateId

WireLevel: TypeAlias = tuple[str, str]

EventT = TypeVar("EventT")
LevelT = TypeVar("LevelT")
PriceT = TypeVar("PriceT")
SizeT = TypeVar("SizeT")


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
    id: int | str | None = None
    """Of the request that is answered."""
    code: msgspec.Raw = msgspec.Raw()
    msg: str = ""
    error: msgspec.Raw = msgspec.Raw()


class Diff(msgspec.Struct, Generic[LevelT], gc=False):
    """`depthUpdate` of spot: ids run without holes."""

    symbol: str = msgspec.field(name="s")
    first_id: UpdateId = msgspec.field(name="U")
    last_id: UpdateId = msgspec.field(name="u")
    bids: list[LevelT] = msgspec.field(name="b")
    asks: list[LevelT] = msgspec.field(name="a")
    time_ms: TimeMs | None = msgspec.field(name="E", default=None)
    previous_id: int = -1
    """Of futures only."""


class FuturesDiff(Diff[LevelT], Generic[LevelT], gc=False, kw_only=True):
    """`depthUpdate` of futures: ids have holes, and each names the one before."""

    previous_id: UpdateId = msgspec.field(name="pu")


class Snapshot(msgspec.Struct):
    """The answer to GET depth."""

    last_id: UpdateId = msgspec.field(name="lastUpdateId")
    bids: list[WireLevel]
    asks: list[WireLevel]
    symbol: str = ""
    """Of coin-margined futures only."""


class Ticker(msgspec.Struct, Generic[PriceT, SizeT], gc=False):
    """`bookTicker`; on spot without times."""

    symbol: str = msgspec.field(name="s")
    update_id: UpdateId = msgspec.field(name="u")
    bid: PriceT = msgspec.field(name="b")
    bid_quantity: SizeT = msgspec.field(name="B")
    ask: PriceT = msgspec.field(name="a")
    ask_quantity: SizeT = msgspec.field(name="A")
    time_ms: TimeMs | None = msgspec.field(name="E", default=None)


class Print(msgspec.Struct, gc=False):
    """`trade`."""

    symbol: str = msgspec.field(name="s")
    trade_id: UpdateId = msgspec.field(name="t")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    time_ms: TimeMs = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    kind: str = msgspec.field(name="X", default="MARKET")
    """Futures: MARKET, or what is no market trade (insurance fund, auto-deleveraging)."""


class Aggregate(msgspec.Struct, gc=False):
    """`aggTrade`: the prints of one taker order at one price."""

    symbol: str = msgspec.field(name="s")
    trade_id: UpdateId = msgspec.field(name="a")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    time_ms: TimeMs = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    kind: str = msgspec.field(name="X", default="MARKET")


class Mark(msgspec.Struct, gc=False):
    """`markPriceUpdate`."""

    symbol: str = msgspec.field(name="s")
    mark: str = msgspec.field(name="p")
    time_ms: TimeMs | None = msgspec.field(name="E", default=None)
    index: str = msgspec.field(name="i", default="")
    funding_rate: str = msgspec.field(name="r", default="")
    """Empty for contracts without funding."""
    next_funding_ms: TimeMs = msgspec.field(name="T", default=0)


class Minute(msgspec.Struct, gc=False):
    """The candle in a `kline`."""

    start_ms: TimeMs = msgspec.field(name="t")
    interval: str = msgspec.field(name="i")
    open: str = msgspec.field(name="o")
    high: str = msgspec.field(name="h")
    low: str = msgspec.field(name="l")
    close: str = msgspec.field(name="c")
    volume: str = msgspec.field(name="v")
    closed: bool = msgspec.field(name="x")


class Candle(msgspec.Struct, gc=False):
    """`kline`."""

    symbol: str = msgspec.field(name="s")
    minute: Minute = msgspec.field(name="k")


class ForcedOrder(msgspec.Struct, gc=False):
    """The order in a `forceOrder`."""

    symbol: str = msgspec.field(name="s")
    side: Literal["BUY", "SELL"] = msgspec.field(name="S")
    """Of the order: SELL closes a long position."""
    status: str = msgspec.field(name="X")
    average: str = msgspec.field(name="ap")
    filled: str = msgspec.field(name="z")
    time_ms: TimeMs | None = msgspec.field(name="T", default=None)


class Forced(msgspec.Struct, gc=False):
    """`forceOrder`: an order by which the venue closes a position; one a second at most."""

    order: ForcedOrder = msgspec.field(name="o")
    time_ms: TimeMs | None = msgspec.field(name="E", default=None)

    @property
    def symbol(self) -> str:
        """Of the instrument, which is named inside only."""
        return self.order.symbol


WireTicker: TypeAlias = Ticker[str, str]

AnyEvent: TypeAlias = Diff[WireLevel] | WireTicker | Print | Aggregate | Mark | Candle | Forced


class Interest(msgspec.Struct):
    """The answer to GET openInterest; contracts of coin-margined futures, else base coin."""

    symbol: str
    quantity: str = msgspec.field(name="openInterest")
    time_ms: TimeMs | None = msgspec.field(name="time", default=None)


class FundingTerms(msgspec.Struct):
    """A row of the answer to GET fundingInfo."""

    symbol: str
    interval_h: int = msgspec.field(name="fundingIntervalHours")


class FundingSymbol(msgspec.Struct):
    """Which symbol such a row is about."""

    symbol: str = ""


class Command(msgspec.Struct):
    """A request about the streams of a socket."""

    method: str
    params: list[str]
    id: int
