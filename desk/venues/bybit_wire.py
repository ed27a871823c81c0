"""Bybit's messages as they are on the wire; every field that is not used is passed over.

Prices and quantities are text, ids and times numbers. Field names of books and trades: s symbol,
b/a bids and asks, u update id, T time, S taker's side, v quantity, p price, i trade id.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec

from desk.venues.figures import TimeMs, UpdateId
from desk.venues.in_band_book import WireLevel
from desk.venues.repeated_keys import keys_of, refuse_repeated

_TradeId: TypeAlias = Annotated[str, msgspec.Meta(max_length=64)]
"""Thousands are remembered: none may be a megabyte long."""


class Frame(msgspec.Struct):
    """The outside of anything the venue sends: data have a topic, answers an `op`."""

    topic: str = ""
    op: str = ""
    success: bool | None = None
    ret_msg: str = ""
    req_id: str = ""


class Book(msgspec.Struct, gc=False):
    """The inside of `orderbook.N`."""

    symbol: str = msgspec.field(name="s")
    bids: list[WireLevel] = msgspec.field(name="b")
    asks: list[WireLevel] = msgspec.field(name="a")
    update_id: UpdateId = msgspec.field(name="u")


class BookFrame(msgspec.Struct, gc=False):
    """A whole frame of `orderbook.N`."""

    type: Literal["snapshot", "delta"]
    time_ms: TimeMs = msgspec.field(name="ts")
    data: Book


class Ticker(msgspec.Struct, gc=False):
    """The inside of `tickers`: all of it in a snapshot, what changed in a delta.

    Funding is empty for contracts without. Open interest is of one side: `openInterest`, which
    counts both, is not used.
    """

    symbol: str
    mark: str | None = msgspec.field(name="markPrice", default=None)
    index: str | None = msgspec.field(name="indexPrice", default=None)
    funding_rate: str | None = msgspec.field(name="fundingRate", default=None)
    next_funding: str | None = msgspec.field(name="nextFundingTime", default=None)
    interval_h: str | None = msgspec.field(name="fundingIntervalHour", default=None)
    open_interest: str | None = msgspec.field(name="singleOpenInterest", default=None)


class TickerFrame(msgspec.Struct, gc=False):
    """A whole frame of `tickers`."""

    type: Literal["snapshot", "delta"]
    time_ms: TimeMs = msgspec.field(name="ts")
    data: Ticker
    sequence: UpdateId | None = msgspec.field(name="cs", default=None)
    """Never smaller than before, but with holes: it orders, and proves nothing missing."""


class Trade(msgspec.Struct, gc=False):
    """One print of `publicTrade`."""

    symbol: str = msgspec.field(name="s")
    trade_id: _TradeId = msgspec.field(name="i")
    """A UUID, on spot a number."""
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="v")
    side: Literal["Buy", "Sell"] = msgspec.field(name="S")
    time_ms: TimeMs = msgspec.field(name="T")
    is_block: bool = msgspec.field(name="BT", default=False)
    """Agreed on elsewhere than in the book."""


class TradeFrame(msgspec.Struct, gc=False):
    """A whole frame of `publicTrade`: up to 1,024 prints."""

    data: list[Trade]


class Candle(msgspec.Struct, gc=False):
    """One element of `kline.1`."""

    start_ms: TimeMs = msgspec.field(name="start")
    interval: Literal["1"]
    open: str
    high: str
    low: str
    close: str
    volume: str
    """Base coin, of inverse contracts USD."""
    is_over: bool = msgspec.field(name="confirm")


class CandleFrame(msgspec.Struct, gc=False):
    """A whole frame of `kline.1`."""

    data: list[Candle]


class Forced(msgspec.Struct, gc=False):
    """One position that `allLiquidation` tells of."""

    symbol: str = msgspec.field(name="s")
    position: Literal["Buy", "Sell"] = msgspec.field(name="S")
    """What was closed: `Buy` is a long one."""
    quantity: str = msgspec.field(name="v")
    price: str = msgspec.field(name="p")
    """At which the position was worth nothing."""
    time_ms: TimeMs = msgspec.field(name="T")


class ForcedFrame(msgspec.Struct, gc=False):
    """A whole frame of `allLiquidation`: those of half a second."""

    data: list[Forced]


class Request(msgspec.Struct, omit_defaults=True):
    """What the desk sends."""

    op: Literal["subscribe", "unsubscribe", "ping"]
    req_id: str = ""
    args: list[str] = []


RowT = TypeVar("RowT", Trade, Candle, Forced)

_OUTSIDE = (b'"topic"', b'"type"', b'"ts"', b'"data"')
_BOOK, _TRADE = keys_of(Book), keys_of(Trade)
_CANDLE, _FORCED = keys_of(Candle), keys_of(Forced)
_TICKER = (*keys_of(Ticker), b'"cs"')

decode_frame = msgspec.json.Decoder(Frame).decode
_decode_book = msgspec.json.Decoder(BookFrame).decode
_decode_ticker = msgspec.json.Decoder(TickerFrame).decode
_decode_trades = msgspec.json.Decoder(TradeFrame).decode
_decode_candles = msgspec.json.Decoder(CandleFrame).decode
_decode_forced = msgspec.json.Decoder(ForcedFrame).decode


def read_book(frame: bytes) -> BookFrame:
    """Read a frame of `orderbook.N`; raise one of UNREADABLE."""
    refuse_repeated(frame, _OUTSIDE + _BOOK)
    return _decode_book(frame)


def read_ticker(frame: bytes) -> TickerFrame:
    """Read a frame of `tickers`; raise one of UNREADABLE."""
    refuse_repeated(frame, _OUTSIDE + _TICKER)
    return _decode_ticker(frame)


def read_trades(frame: bytes) -> list[Trade]:
    """Read a frame of `publicTrade`; raise one of UNREADABLE."""
    return _checked(frame, _decode_trades(frame).data, _TRADE)


def read_candles(frame: bytes) -> list[Candle]:
    """Read a frame of `kline.1`; raise one of UNREADABLE."""
    return _checked(frame, _decode_candles(frame).data, _CANDLE)


def read_forced(frame: bytes) -> list[Forced]:
    """Read a frame of `allLiquidation`; raise one of UNREADABLE."""
    return _checked(frame, _decode_forced(frame).data, _FORCED)


def _checked(frame: bytes, rows: list[RowT], keys: tuple[bytes, ...]) -> list[RowT]:
    refuse_repeated(frame, _OUTSIDE)
    refuse_repeated(frame, keys, len(rows))
    return rows
