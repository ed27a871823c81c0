"""Figures as venues write them, bounded: ids and times, prices, rates, quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from desk.model.numbers import parse_decimal
from desk.venues.unreadable import Unusable

_LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""

UpdateId: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]

TimeMs: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_LATEST_MS)]
"""Unix time."""

HOUR_MS = 3_600_000

_LONGEST_COUNT = 18
_LONGEST_INTERVAL_H = 24
_HIGHEST_PRICE = Decimal(10) ** 12
_HIGHEST_FUNDING_RATE = Decimal(1)
_HIGHEST_QUANTITY = Decimal(10) ** 15


def count_of(text: str) -> int:
    """Return a whole number written as text; raise Unusable for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise Unusable("not a whole number")
    return int(text)


def time_of(text: str) -> int:
    """Return a Unix time in ms written as text; raise Unusable for what is none."""
    time_ms = count_of(text)
    if time_ms > _LATEST_MS:
        raise Unusable("time out of range")
    return time_ms


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


def interval_of(text: str) -> int:
    """Return hours between two fundings; raise Unusable for what is no such number."""
    hours = count_of(text)
    if not 0 < hours <= _LONGEST_INTERVAL_H:
        raise Unusable("funding interval out of range")
    return hours


def open_interest_of(text: str) -> Decimal:
    """Return an open interest, which may be zero; raise Unusable for what is none."""
    interest = parse_decimal(text)
    if interest is None or not 0 <= interest < _HIGHEST_QUANTITY:
        raise Unusable("open interest out of range")
    return interest


def volume_of(text: str) -> Decimal:
    """Return a traded quantity, which may be zero; raise Unusable for what is none."""
    volume = parse_decimal(text)
    if volume is None or not 0 <= volume < _HIGHEST_QUANTITY:
        raise Unusable("quantity out of range")
    return volume


def quantity_of(text: str) -> Decimal:
    """Return a quantity that is not zero; raise Unusable for what is none."""
    quantity = volume_of(text)
    if not quantity:
        raise Unusable("quantity out of range")
    return quantity
