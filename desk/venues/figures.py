"""Figures as in-band venues write them: bounded types, marks and rates, keys that stand once.

A JSON object that names a key twice has no agreed meaning: one reader takes the first, another
the last. Such a message is refused. The decoder keeps the last without a word, so the names are
counted in the text; a text with escapes, which could spell a name differently, is refused too:
no venue writes market data with any.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from desk.model.numbers import parse_decimal
from desk.venues.unreadable import Unusable

UpdateId: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]

TimeMs: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Unix time up to the end of the year 9999."""

_HIGHEST_PRICE = Decimal(10) ** 12
_HIGHEST_FUNDING_RATE = Decimal(1)
_HIGHEST_OPEN_INTEREST = Decimal(10) ** 15


def price_of(text: str) -> Decimal:
    """Return a price that lies on no grid (mark, index); raise Unusable for what is none."""
    price = parse_decimal(text)
    if price is None or not 0 < price < _HIGHEST_PRICE:
        raise Unusable("price out of range")
    return price


def funding_rate_of(text: str) -> Decimal:
    """Return a funding rate as a fraction; raise Unusable for what is none."""
    rate = parse_decimal(text)
    if rate is None or abs(rate) > _HIGHEST_FUNDING_RATE:
        raise Unusable("funding rate out of range")
    return rate


def open_interest_of(text: str) -> Decimal:
    """Return an open interest, which may be zero; raise Unusable for what is none."""
    interest = parse_decimal(text)
    if interest is None or not 0 <= interest < _HIGHEST_OPEN_INTEREST:
        raise Unusable("open interest out of range")
    return interest


def keys_of(*structs: type[msgspec.Struct]) -> tuple[bytes, ...]:
    """Return the names that the fields of wire structs have in JSON, in their quotes."""
    fields = [field for struct in structs for field in msgspec.structs.fields(struct)]
    return tuple(f'"{field.encode_name}"'.encode() for field in fields)


def refuse_repeated(payload: bytes, keys: tuple[bytes, ...], objects: int = 1) -> None:
    """Raise Unusable where a key stands more often than there are objects to hold it."""
    if b"\\" in payload:
        raise Unusable("escaped text")
    for key in keys:
        if payload.count(key) > objects:
            raise Unusable("a key twice")
