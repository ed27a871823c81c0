"""OKX's messages as they are on the wire; every field that is not used is passed over.

Everything is text there but sequence ids. Field names: px price, sz quantity (contracts for
swaps), ts Unix time in ms. The `checksum` of books has been 0 since 2026 and is not looked at.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import msgspec

from desk.venues.figures import UpdateId
from desk.venues.in_band_book import WireLevel
from desk.venues.repeated_keys import keys_of, refuse_repeated

PING, PONG = b"ping", b"pong"
"""Not JSON."""

_PreviousId: TypeAlias = Annotated[int, msgspec.Meta(ge=-1, le=(1 << 63) - 1)]
"""−1: of a snapshot."""


class Arg(msgspec.Struct, omit_defaults=True):
    """A channel of an instrument or index, or of a type of instruments."""

    channel: str = ""
    symbol: str = msgspec.field(name="instId", default="")
    type: str = msgspec.field(name="instType", default="")


class Frame(msgspec.Struct):
    """The outside of anything the venue sends."""

    arg: Arg | None = None
    event: str = ""
    """Of answers and notices; data have none."""
    code: str = ""
    msg: str = ""


class Level(WireLevel, array_like=True, forbid_unknown_fields=True, gc=False):
    """A level has four elements."""

    unused: str
    """Was the number of liquidated orders once."""
    orders: str


class Book(msgspec.Struct, gc=False):
    """`books`: 400 levels at most, each 100 ms."""

    bids: list[Level]
    asks: list[Level]
    time: str = msgspec.field(name="ts")
    last_id: UpdateId = msgspec.field(name="seqId")
    previous_id: _PreviousId = msgspec.field(name="prevSeqId")


class BookFrame(msgspec.Struct, gc=False):
    """A whole frame of `books`."""

    action: Literal["snapshot", "update"]
    data: tuple[Book]


class Top(msgspec.Struct, gc=False):
    """`bbo-tbt`: a side without orders is empty."""

    bids: list[Level]
    asks: list[Level]
    time: str = msgspec.field(name="ts")
    update_id: UpdateId | None = msgspec.field(name="seqId", default=None)
    """In the order of the book's ids; recordings of 2022 lack it."""


class Trade(msgspec.Struct, gc=False):
    """`trades`: the prints of one taker order at one price."""

    symbol: str = msgspec.field(name="instId")
    trade_id: str = msgspec.field(name="tradeId")
    price: str = msgspec.field(name="px")
    quantity: str = msgspec.field(name="sz")
    side: Literal["buy", "sell"]
    """The taker's."""
    time: str = msgspec.field(name="ts")


class Mark(msgspec.Struct, gc=False):
    """`mark-price`."""

    symbol: str = msgspec.field(name="instId")
    mark: str = msgspec.field(name="markPx")
    time: str = msgspec.field(name="ts")


class Index(msgspec.Struct, gc=False):
    """`index-tickers`; the symbol is the index's, `BTC-USDT`."""

    symbol: str = msgspec.field(name="instId")
    index: str = msgspec.field(name="idxPx")


class Funding(msgspec.Struct, gc=False):
    """`funding-rate`: the rate is paid at `time`."""

    symbol: str = msgspec.field(name="instId")
    time: str = msgspec.field(name="fundingTime")
    rate: str = msgspec.field(name="fundingRate", default="")
    following_time: str = msgspec.field(name="nextFundingTime", default="")
    """Of the funding after it: the distance of the two is the interval."""


class OpenInterest(msgspec.Struct, gc=False):
    """`open-interest`, in contracts."""

    symbol: str = msgspec.field(name="instId")
    contracts: str = msgspec.field(name="oi")
    time: str = msgspec.field(name="ts")


class Candle(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """An element of `candle1m`."""

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    """Contracts of swaps, base coin of spot."""
    base_volume: str
    turnover: str
    confirm: Literal["0", "1"]
    """1: the minute is over."""


class Forced(msgspec.Struct, gc=False):
    """An order by which positions were closed, of which a second has one at most a contract."""

    side: Literal["buy", "sell"]
    """The order's."""
    price: str = msgspec.field(name="bkPx")
    """At which the position was worth nothing."""
    quantity: str = msgspec.field(name="sz")
    time: str = msgspec.field(name="ts")
    position: str = msgspec.field(name="posSide", default="")
    """`long` or `short`: what was closed; anything else tells nothing."""


class Liquidations(msgspec.Struct, gc=False):
    """An element of `liquidation-orders`, which is about every swap of the venue."""

    symbol: str = msgspec.field(name="instId")
    orders: list[Forced] = msgspec.field(name="details")


class Request(msgspec.Struct):
    """A request for channels."""

    op: Literal["subscribe", "unsubscribe"]
    args: list[Arg]


ItemT = TypeVar("ItemT", Top, Mark, Index, Funding, OpenInterest)


class _One(msgspec.Struct, Generic[ItemT], gc=False):
    data: tuple[ItemT]


class _Trades(msgspec.Struct, gc=False):
    data: list[Trade]


class _Candles(msgspec.Struct, gc=False):
    data: list[Candle]


class _Liquidations(msgspec.Struct, gc=False):
    data: list[Liquidations]


_OUTSIDE = (b'"arg"', b'"channel"', b'"action"', b'"data"', b'"event"')
_SYMBOL = (b'"instId"',)
_BOOK, _TOP, _TRADE = keys_of(Book), keys_of(Top), keys_of(Trade)

decode_frame = msgspec.json.Decoder(Frame).decode
_decode_book = msgspec.json.Decoder(BookFrame).decode
_decode_top = msgspec.json.Decoder(_One[Top]).decode
_decode_trades = msgspec.json.Decoder(_Trades).decode
_decode_candles = msgspec.json.Decoder(_Candles).decode
_decode_liquidations = msgspec.json.Decoder(_Liquidations).decode


def read_book(frame: bytes) -> BookFrame:
    """Read a frame of `books`; raise one of UNREADABLE."""
    refuse_repeated(frame, _OUTSIDE + _SYMBOL + _BOOK)
    return _decode_book(frame)


def read_top(frame: bytes) -> Top:
    """Read a frame of `bbo-tbt`; raise one of UNREADABLE."""
    refuse_repeated(frame, _OUTSIDE + _SYMBOL + _TOP)
    return _decode_top(frame).data[0]


def read_trades(frame: bytes) -> list[Trade]:
    """Read a frame of `trades`; raise one of UNREADABLE."""
    trades = _decode_trades(frame).data
    refuse_repeated(frame, _OUTSIDE)
    refuse_repeated(frame, _SYMBOL, len(trades) + 1)
    refuse_repeated(frame, tuple(key for key in _TRADE if key not in _SYMBOL), len(trades))
    return trades


def read_candles(frame: bytes) -> list[Candle]:
    """Read a frame of `candle1m`; raise one of UNREADABLE."""
    refuse_repeated(frame, _OUTSIDE + _SYMBOL)
    return _decode_candles(frame).data


def read_liquidations(frame: bytes) -> list[Liquidations]:
    """Read a frame of `liquidation-orders`; raise one of UNREADABLE."""
    told = _decode_liquidations(frame).data
    refuse_repeated(frame, _OUTSIDE)
    refuse_repeated(frame, (*_SYMBOL, b'"details"'), len(told))
    refuse_repeated(frame, keys_of(Forced), sum(len(one.orders) for one in told))
    return told


class Reader(Generic[ItemT]):
    """Reads frames of a channel whose data are one item with a symbol."""

    def __init__(self, item: type[ItemT]) -> None:
        self._decode = msgspec.json.Decoder(_One[item]).decode
        self._keys = tuple(key for key in keys_of(item) if key not in _SYMBOL)

    def read(self, frame: bytes) -> ItemT:
        """Read a frame; raise one of UNREADABLE."""
        refuse_repeated(frame, _OUTSIDE + self._keys)
        refuse_repeated(frame, _SYMBOL, 2)
        return self._decode(frame).data[0]


read_mark = Reader(Mark).read
read_index = Reader(Index).read
read_funding = Reader(Funding).read
read_open_interest = Reader(OpenInterest).read
