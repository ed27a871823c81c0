"""Hyperliquid's messages as they are on the wire; what is not used is passed over.

Prices and sizes are text there, and stay text here. Field names: px price, sz size, n orders.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from desk.venues.figures import TimeMs, UpdateId
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.unreadable import Unusable


class Envelope(msgspec.Struct, gc=False):
    """The outside of anything the venue sends."""

    channel: str
    data: msgspec.Raw = msgspec.Raw()


class Coin(msgspec.Struct, gc=False):
    """What tells whom data is about."""

    coin: str


class CandleCoin(msgspec.Struct, gc=False):
    """The same of a candle."""

    coin: str = msgspec.field(name="s")


class Level(msgspec.Struct, gc=False):
    """A price and the whole size resting there."""

    price: str = msgspec.field(name="px")
    size: str = msgspec.field(name="sz")


class Book(msgspec.Struct, gc=False):
    """`l2Book`: bids and asks, up to 20 of each, complete in every message."""

    coin: str
    time_ms: TimeMs = msgspec.field(name="time")
    levels: tuple[list[Level], list[Level]]


class Trade(msgspec.Struct, gc=False):
    """One element of `trades`."""

    coin: str
    side: Literal["A", "B"]
    """The taker's: B bought, A sold."""
    price: str = msgspec.field(name="px")
    size: str = msgspec.field(name="sz")
    time_ms: TimeMs = msgspec.field(name="time")
    trade_id: UpdateId = msgspec.field(name="tid")
    """Unique, and in no order."""


class Best(msgspec.Struct, gc=False):
    """`bbo`: best bid and ask, of which either may be missing."""

    coin: str
    time_ms: TimeMs = msgspec.field(name="time")
    best: list[Level | None] = msgspec.field(name="bbo")


class Marks(msgspec.Struct, gc=False):
    """The inside of `activeAssetCtx`: no time stands in it."""

    mark: str = msgspec.field(name="markPx")
    oracle: str | None = msgspec.field(name="oraclePx", default=None)
    """The venue's index."""
    funding: str | None = None
    """The rate of an hour, paid each hour."""
    open_interest: str | None = msgspec.field(name="openInterest", default=None)
    """In base coin."""


class Candle(msgspec.Struct, gc=False):
    """`candle` of a minute."""

    coin: str = msgspec.field(name="s")
    start_ms: TimeMs = msgspec.field(name="t")
    interval: Literal["1m"] = msgspec.field(name="i")
    open: str = msgspec.field(name="o")
    high: str = msgspec.field(name="h")
    low: str = msgspec.field(name="l")
    close: str = msgspec.field(name="c")
    volume: str = msgspec.field(name="v")
    """In base coin."""


class Context(msgspec.Struct, gc=False):
    """`activeAssetCtx`."""

    coin: str
    marks: Marks = msgspec.field(name="ctx")


class Subscription(msgspec.Struct, omit_defaults=True):
    """What is subscribed to."""

    type: str
    coin: str
    interval: str | None = None
    """Of candles."""


class Acknowledgement(msgspec.Struct):
    """`subscriptionResponse`: what was asked for, repeated."""

    method: Literal["subscribe", "unsubscribe"]
    subscription: Subscription


class Request(msgspec.Struct):
    """What the desk sends about a subscription."""

    method: Literal["subscribe", "unsubscribe"]
    subscription: Subscription


_OUTSIDE = (b'"channel"', b'"data"')
_LEVEL, _TRADE = keys_of(Level), keys_of(Trade)
_BOOK, _BEST, _CONTEXT = keys_of(Book), keys_of(Best), keys_of(Context, Marks)
_CANDLE = keys_of(Candle)

decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_acknowledgement = msgspec.json.Decoder(Acknowledgement).decode
decode_text = msgspec.json.Decoder(str).decode
_decode_coin = msgspec.json.Decoder(Coin).decode
_decode_candle_coin = msgspec.json.Decoder(CandleCoin).decode
_decode_coins = msgspec.json.Decoder(list[Coin]).decode
_decode_book = msgspec.json.Decoder(Book).decode
_decode_best = msgspec.json.Decoder(Best).decode
_decode_context = msgspec.json.Decoder(Context).decode
_decode_trades = msgspec.json.Decoder(list[Trade]).decode
_decode_candle = msgspec.json.Decoder(Candle).decode


def check_outside(frame: bytes) -> None:
    """Raise Unusable for a message that names a key twice."""
    refuse_repeated(frame, _OUTSIDE)


def coin_of(kind: str, data: bytes) -> str | None:
    """Return whom data is about; None for no trades at all. Raises one of UNREADABLE."""
    if kind == "candle":
        return _decode_candle_coin(data).coin
    if kind != "trades":
        return _decode_coin(data).coin
    coins = {trade.coin for trade in _decode_coins(data)}
    if len(coins) > 1:
        raise Unusable("trades of several coins")
    return coins.pop() if coins else None


def read_book(data: bytes) -> Book:
    """Read a book; raise one of UNREADABLE."""
    book = _decode_book(data)
    refuse_repeated(data, _BOOK)
    refuse_repeated(data, _LEVEL, sum(map(len, book.levels)))
    return book


def read_best(data: bytes) -> Best:
    """Read the best bid and ask; raise one of UNREADABLE."""
    best = _decode_best(data)
    refuse_repeated(data, _BEST)
    refuse_repeated(data, _LEVEL, len(best.best))
    return best


def read_context(data: bytes) -> Context:
    """Read marks and funding; raise one of UNREADABLE."""
    refuse_repeated(data, _CONTEXT)
    return _decode_context(data)


def read_trades(data: bytes) -> list[Trade]:
    """Read trades; raise one of UNREADABLE."""
    trades = _decode_trades(data)
    refuse_repeated(data, _TRADE, len(trades))
    return trades


def read_candle(data: bytes) -> Candle:
    """Read a minute; raise one of UNREADABLE."""
    refuse_repeated(data, _CANDLE)
    return _decode_candle(data)
