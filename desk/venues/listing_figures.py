"""What a listing with figures written as text comes to, and what such a listing leaves out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from desk.model.instrument import Instrument
from desk.model.numbers import ZERO, parse_decimal
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

UNDERLYINGS = frozenset({"BTC", "ETH"})
"""What the desk trades."""

_HIGHEST = Decimal(1_000_000)


class Listing(msgspec.Struct, frozen=True):
    """Instruments of BTC and ETH that a venue lists."""

    instruments: list[Instrument]
    refused: dict[str, str]
    """Rows that were wanted and cannot be used, by the venue's symbol, with the reason."""


class ListingSource(msgspec.Struct, frozen=True):
    """Where the instruments of one connection are listed, and how the answers are read."""

    requests: tuple[RestRequest, ...]
    read: Callable[[RestRequest, bytes], Listing]
    """Raises one of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing."""


class FeeRates(msgspec.Struct, frozen=True):
    """Fees as fractions of notional, for venues whose listing has none."""

    maker: Decimal
    taker: Decimal


def positive(text: str, what: str) -> Decimal:
    """Return a positive increment or size; raise Unusable naming what it is not."""
    value = parse_decimal(text)
    if value is None or not 0 < value <= _HIGHEST:
        raise Unusable(f"{what} missing or out of range")
    return value


def not_negative(text: str, what: str) -> Decimal:
    """Return a size that may be zero; raise Unusable naming what it is not."""
    value = parse_decimal(text)
    if value is None or not ZERO <= value <= _HIGHEST:
        raise Unusable(f"{what} missing or out of range")
    return value
