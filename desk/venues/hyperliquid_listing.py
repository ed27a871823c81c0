"""Hyperliquid's listings: the answers to POST /info of type `meta` and `spotMeta`.

A price may have at most five significant figures and at most 6 − szDecimals decimals (8 −
szDecimals on spot); whole prices are always allowed. The finest grid that this permits, a tick of
one in the last decimal, represents every price that is published, at any height of the price. An
order must keep to the five figures as well. A lot is one in the last of szDecimals.

Fees are not in the listings: they are those of the venue's documentation, lowest tier, unless
`completed` finds a shipped row.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE
from desk.venues.hyperliquid import CONNECTION
from desk.venues.listing_figures import UNDERLYINGS, Listing, ListingSource
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable, reason_of

LISTING_PATH = "/info"
"""POST path, to be put behind the REST address."""
PERPETUALS, SPOT = "meta", "spotMeta"
"""Types of request."""

VENUE = "HYPERLIQUID"
USDC = "USDC"

MIN_NOTIONAL = Decimal(10)
"""Of an order, in USDC."""

_PERPETUAL_DECIMALS, _SPOT_DECIMALS = 6, 8
_PERPETUAL_FEES = (Decimal("0.00015"), Decimal("0.00045"))
_SPOT_FEES = (Decimal("0.0004"), Decimal("0.0007"))
"""Maker and taker."""

_BRIDGED = frozenset({"UBTC", "UETH"})
"""Claims on BTC and ETH that the venue trades on spot; the coins themselves it does not."""

_FUNDING_INTERVAL_H = 1


class _Perpetual(msgspec.Struct):
    name: str
    size_decimals: int = msgspec.field(name="szDecimals")
    is_delisted: bool | None = msgspec.field(name="isDelisted", default=None)


class _Meta(msgspec.Struct):
    universe: list[_Perpetual]


class _Token(msgspec.Struct):
    name: str
    index: int
    size_decimals: int = msgspec.field(name="szDecimals")


class _Pair(msgspec.Struct):
    name: str
    tokens: tuple[int, int]
    """Base and quote, by index."""


class _SpotMeta(msgspec.Struct):
    tokens: list[_Token]
    universe: list[_Pair]


_decode_meta = msgspec.json.Decoder(_Meta).decode
_decode_spot_meta = msgspec.json.Decoder(_SpotMeta).decode


def read_perpetuals(body: bytes) -> Listing:
    """Read the perpetuals of BTC and ETH.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    listed: list[Instrument] = []
    refused: dict[str, str] = {}
    for row in _decode_meta(body).universe:
        if row.name not in UNDERLYINGS:
            continue
        try:
            listed.append(_perpetual(row))
        except Unusable as error:
            refused[row.name] = reason_of(error)
    return Listing(listed, refused)


def read_spot(body: bytes) -> Listing:
    """Read the spot pairs of bridged BTC and ETH against USDC; see `read_perpetuals`."""
    meta = _decode_spot_meta(body)
    tokens = {token.index: token for token in meta.tokens}
    listed: list[Instrument] = []
    refused: dict[str, str] = {}
    for pair in meta.universe:
        base, quote = (tokens.get(index) for index in pair.tokens)
        if not (base and quote and base.name in _BRIDGED and quote.name == USDC):
            continue
        try:
            listed.append(_spot(pair, base))
        except Unusable as error:
            refused[pair.name] = reason_of(error)
    return Listing(listed, refused)


def read_listing(request: RestRequest, body: bytes) -> Listing:
    """Read the answer to one of the requests of `SOURCES`; see `read_perpetuals`."""
    return read_perpetuals(body) if request.key == PERPETUALS else read_spot(body)


def _request(type_: str) -> RestRequest:
    body = msgspec.json.encode({"type": type_})
    return RestRequest(CONNECTION, LISTING_PATH, type_, body=body)


SOURCES = {CONNECTION: ListingSource((_request(PERPETUALS), _request(SPOT)), read_listing)}
"""By connection."""


def _perpetual(row: _Perpetual) -> Instrument:
    if row.is_delisted:
        raise Unusable("delisted")
    maker, taker = _PERPETUAL_FEES
    tick, lot = _increments(row.size_decimals, _PERPETUAL_DECIMALS)
    return Instrument(
        id=InstrumentId(f"{row.name}-PERP.{VENUE}"),
        venue=VENUE,
        connection=CONNECTION,
        symbol=row.name,
        kind=Kind.PERPETUAL,
        contract=Contract.LINEAR,
        base=row.name,
        quote=USDC,
        settle=USDC,
        contract_size=ONE,
        tick_size=tick,
        lot_size=lot,
        min_quantity=lot,
        min_notional=MIN_NOTIONAL,
        maker_fee_rate=maker,
        taker_fee_rate=taker,
        funding_interval_h=_FUNDING_INTERVAL_H,
    )


def _spot(pair: _Pair, base: _Token) -> Instrument:
    maker, taker = _SPOT_FEES
    tick, lot = _increments(base.size_decimals, _SPOT_DECIMALS)
    return Instrument(
        id=InstrumentId(f"{base.name}/{USDC}.{VENUE}"),
        venue=VENUE,
        connection=CONNECTION,
        symbol=pair.name,
        kind=Kind.SPOT,
        contract=Contract.LINEAR,
        base=base.name,
        quote=USDC,
        settle=USDC,
        contract_size=ONE,
        tick_size=tick,
        lot_size=lot,
        min_quantity=lot,
        min_notional=MIN_NOTIONAL,
        maker_fee_rate=maker,
        taker_fee_rate=taker,
    )


def _increments(size_decimals: int, decimals: int) -> tuple[Decimal, Decimal]:
    """Return tick and lot; `decimals` is how many price and size have together."""
    if not 0 <= size_decimals <= decimals:
        raise Unusable("szDecimals out of range")
    return ONE.scaleb(size_decimals - decimals), ONE.scaleb(-size_decimals)
