"""What a listing with figures written as text comes to, and what such a listing leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import msgspec

from desk.model.instrument import Instrument, InstrumentId
from desk.model.numbers import ZERO, parse_decimal
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

UNDERLYINGS = frozenset({"BTC", "ETH"})
"""What the desk trades."""

_LOWEST, _HIGHEST = Decimal("1e-12"), Decimal(1_000_000)
"""Of increments and sizes: beyond, a price may be more of them than a Decimal has digits."""


class Listing(msgspec.Struct, frozen=True):
    """Instruments of BTC and ETH that a venue lists."""

    instruments: list[Instrument]
    refused: dict[str, str]
    """Rows that were wanted and cannot be used, by the venue's symbol, with the reason."""
    tells_fees: bool = False
    """The rates are the venue's answer; otherwise they are those of its published schedule."""


class ListingSource(msgspec.Struct, frozen=True):
    """Where the instruments of one connection are listed, and how the answers are read."""

    requests: tuple[RestRequest, ...]
    read: Callable[[RestRequest, bytes], Listing]
    """Raises one of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing."""


class FeeRates(msgspec.Struct, frozen=True):
    """Fees as fractions of notional, for venues whose listing has none."""

    maker: Decimal
    taker: Decimal


def source(
    connection: str, paths: Iterable[str], read: Callable[[bytes], Listing]
) -> ListingSource:
    """Return a source of GETs whose answers all read alike."""
    requests = tuple(RestRequest(connection, path, path) for path in paths)
    return ListingSource(requests, lambda _, body: read(body))


def completed(listing: Listing, shipped: Mapping[InstrumentId, Instrument]) -> list[Instrument]:
    """Return what is listed, with what a listing does not tell as the shipped rows have it.

    That is the age of a usable mark, the funding interval where it is None, and the fees where the
    venue tells none: a shipped row may know better than the schedule's one rate for all pairs.
    """
    return [
        _completed(listed, shipped.get(listed.id), tells_fees=listing.tells_fees)
        for listed in listing.instruments
    ]


def _completed(listed: Instrument, shipped: Instrument | None, *, tells_fees: bool) -> Instrument:
    if shipped is None:
        return listed
    interval_h = listed.funding_interval_h
    fees = listed if tells_fees else shipped
    return msgspec.structs.replace(
        listed,
        funding_interval_h=shipped.funding_interval_h if interval_h is None else interval_h,
        maker_fee_rate=fees.maker_fee_rate,
        taker_fee_rate=fees.taker_fee_rate,
        mark_limit_ms=shipped.mark_limit_ms,
    )


def positive(text: str, what: str) -> Decimal:
    """Return a positive increment or size; raise Unusable naming what it is not."""
    value = parse_decimal(text)
    if value is None or not _LOWEST <= value <= _HIGHEST:
        raise Unusable(f"{what} missing or out of range")
    return value


def not_negative(text: str, what: str) -> Decimal:
    """Return a size that may be zero; raise Unusable naming what it is not."""
    value = parse_decimal(text)
    if value is None or not ZERO <= value <= _HIGHEST:
        raise Unusable(f"{what} missing or out of range")
    return value
