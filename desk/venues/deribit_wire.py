"""Deribit's JSON-RPC messages as they are on the wire; what is not used is passed over.

Prices and amounts are JSON numbers there and stay undecoded here: see `json_numbers`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from desk.venues.figures import TimeMs, UpdateId
from desk.venues.repeated_keys import keys_of, refuse_repeated

WireNumber = msgspec.Raw
"""A JSON number, undecoded."""

_ABSENT = msgspec.Raw()


class Params(msgspec.Struct, gc=False):
    """The inside of a notification; `type` is a heartbeat's."""

    channel: str = ""
    data: msgspec.Raw = _ABSENT
    type: str = ""


class RpcError(msgspec.Struct):
    """Why a request was refused."""

    code: int = 0
    message: str = ""


class Frame(msgspec.Struct):
    """The outside of anything the venue sends: a notification, or the answer to a request."""

    method: str = ""
    params: Params | None = None
    id: int | None = None
    result: msgspec.Raw = _ABSENT
    error: RpcError | None = None


class Level(msgspec.Struct, array_like=True, gc=False):
    """One change of the book; a deletion may come without amount."""

    action: Literal["new", "change", "delete"]
    price: WireNumber
    amount: WireNumber = msgspec.Raw(b"0")


class Book(msgspec.Struct, gc=False):
    """`book.….100ms`: first a snapshot, then changes that each name the one before."""

    kind: Literal["snapshot", "change"] = msgspec.field(name="type")
    symbol: str = msgspec.field(name="instrument_name")
    change_id: UpdateId
    bids: list[Level]
    asks: list[Level]
    time_ms: TimeMs = msgspec.field(name="timestamp")
    """Of the book's last change, which for a snapshot may be long ago."""
    previous_id: UpdateId | None = msgspec.field(name="prev_change_id", default=None)


class Trade(msgspec.Struct, gc=False):
    """One element of `trades.….100ms`; an inverse amount is in USD."""

    symbol: str = msgspec.field(name="instrument_name")
    seq: UpdateId = msgspec.field(name="trade_seq")
    """Runs without holes, per instrument; `trade_id` is text and not always a number."""
    price: WireNumber
    amount: WireNumber
    direction: Literal["buy", "sell"]
    """The taker's."""
    time_ms: TimeMs = msgspec.field(name="timestamp")
    block_trade_id: str | int | None = None
    """A trade that was agreed outside the book."""
    combo_trade_id: str | int | None = None
    """A leg of a combination, priced in the combination's own book."""
    combo_id: str | int | None = None
    liquidation: str | None = None
    """Whose order closed a position by force: `M` the maker's, `T` the taker's, `MT` both."""


class Candle(msgspec.Struct, gc=False):
    """`chart.trades.….1`; a minute without trades is filled with the last price."""

    start_ms: TimeMs = msgspec.field(name="tick")
    open: WireNumber
    high: WireNumber
    low: WireNumber
    close: WireNumber
    volume: WireNumber
    """Base coin, of inverse contracts too."""
    cost: WireNumber
    """Quote currency."""


class Ticker(msgspec.Struct, gc=False):
    """`ticker.….100ms`: marks, funding, and the best of the book."""

    symbol: str = msgspec.field(name="instrument_name")
    state: str
    mark: WireNumber = msgspec.field(name="mark_price")
    time_ms: TimeMs = msgspec.field(name="timestamp")
    index: WireNumber = msgspec.field(name="index_price", default=_ABSENT)
    funding: WireNumber = msgspec.field(name="current_funding", default=_ABSENT)
    """What accrues now, as a fraction for 8 hours; of perpetuals only."""
    open_interest: WireNumber = _ABSENT
    """USD of inverse contracts, base coin of linear ones."""
    bid: WireNumber = msgspec.field(name="best_bid_price", default=_ABSENT)
    bid_amount: WireNumber = msgspec.field(name="best_bid_amount", default=_ABSENT)
    ask: WireNumber = msgspec.field(name="best_ask_price", default=_ABSENT)
    ask_amount: WireNumber = msgspec.field(name="best_ask_amount", default=_ABSENT)


class Subscription(msgspec.Struct):
    """Parameters of a subscription."""

    channels: list[str]


class Heartbeat(msgspec.Struct):
    """Parameters of `public/set_heartbeat`."""

    interval: int
    """Seconds, at least 10."""


class Request(msgspec.Struct):
    """What the desk sends."""

    id: int
    method: str
    params: Subscription | Heartbeat | dict[str, str]
    jsonrpc: str = "2.0"


_OUTSIDE = (b'"method"', b'"params"', b'"channel"', b'"data"')
_BOOK, _TRADE, _TICKER = keys_of(Book), keys_of(Trade), keys_of(Ticker)
_CANDLE = keys_of(Candle)

decode_frame = msgspec.json.Decoder(Frame).decode
decode_accepted = msgspec.json.Decoder(list[str]).decode
_decode_book = msgspec.json.Decoder(Book).decode
_decode_trades = msgspec.json.Decoder(list[Trade]).decode
_decode_ticker = msgspec.json.Decoder(Ticker).decode
_decode_candle = msgspec.json.Decoder(Candle).decode


def check_outside(frame: bytes) -> None:
    """Raise Unusable for a notification that names a key twice."""
    refuse_repeated(frame, _OUTSIDE)


def read_book(data: bytes) -> Book:
    """Read a book message; raise one of UNREADABLE."""
    refuse_repeated(data, _BOOK)
    return _decode_book(data)


def read_trades(data: bytes) -> list[Trade]:
    """Read trades; raise one of UNREADABLE."""
    trades = _decode_trades(data)
    refuse_repeated(data, _TRADE, len(trades))
    return trades


def read_ticker(data: bytes) -> Ticker:
    """Read a ticker; raise one of UNREADABLE."""
    refuse_repeated(data, _TICKER)
    return _decode_ticker(data)


def read_candle(data: bytes) -> Candle:
    """Read a minute; raise one of UNREADABLE."""
    refuse_repeated(data, _CANDLE)
    return _decode_candle(data)
