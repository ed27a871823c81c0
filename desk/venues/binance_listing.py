"""Binance's listings of instruments: the answers to GET exchangeInfo of its three products.

Quantities are base coin, of coin-margined futures contracts of `contractSize` US dollars. Fees
are not listed, nor is the funding interval: GET fundingInfo tells it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE, ZERO
from desk.venues.listing_figures import (
    UNDERLYINGS,
    FeeRates,
    Listing,
    ListingSource,
    not_negative,
    positive,
)
from desk.venues.protocol import MAX_RESPONSE_BYTES, RestRequest
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.unreadable import Unusable, reason_of

VENUE = "BINANCE"
SPOT, USDM, COINM = "binance-spot", "binance-usdm", "binance-coinm"

SPOT_FEES = FeeRates(Decimal("0.001"), Decimal("0.001"))
FUTURES_FEES = FeeRates(Decimal("0.0002"), Decimal("0.0005"))
"""The venue's regular tier; the account's own are known to its owner only."""

_STABLECOINS = ("USDT", "USDC")
_QUOTES = {SPOT: {*_STABLECOINS}, USDM: {*_STABLECOINS}, COINM: {"USD"}}

_PAIRS = [f"{base}{quote}" for quote in _STABLECOINS for base in sorted(UNDERLYINGS)]

LISTING_PATHS = {
    # Of all pairs the answer would be more than ten megabytes. The brackets are those of JSON.
    SPOT: "/api/v3/exchangeInfo?symbols=%5B" + ",".join(f"%22{p}%22" for p in _PAIRS) + "%5D",
    USDM: "/fapi/v1/exchangeInfo",
    COINM: "/dapi/v1/exchangeInfo",
}
"""GET paths, to be put behind the REST address. That of futures cannot be narrowed."""


class _Filter(msgspec.Struct):
    """A rule for orders; which fields it has depends on its type."""

    type: str = msgspec.field(name="filterType")
    tick_size: str = msgspec.field(name="tickSize", default="")
    step_size: str = msgspec.field(name="stepSize", default="")
    min_quantity: str = msgspec.field(name="minQty", default="")
    min_notional: str = msgspec.field(name="minNotional", default="")
    notional: str = ""


class _Row(msgspec.Struct):
    symbol: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    filters: list[_Filter]
    status: str = ""
    contract_status: str = msgspec.field(name="contractStatus", default="")
    """The same, of coin-margined futures."""
    margin: str = msgspec.field(name="marginAsset", default="")
    contract_size: int = msgspec.field(name="contractSize", default=1)


class _Names(msgspec.Struct):
    """What tells whether a row is wanted."""

    symbol: str
    base: str = msgspec.field(name="baseAsset", default="")
    quote: str = msgspec.field(name="quoteAsset", default="")
    contract: str = msgspec.field(name="contractType", default="")


class _Answer(msgspec.Struct):
    rows: list[msgspec.Raw] = msgspec.field(name="symbols")


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_names = msgspec.json.Decoder(_Names).decode
_decode_row = msgspec.json.Decoder(_Row).decode

_ONCE = (*keys_of(_Row), b'"contractType"', b'"tickSize"', b'"PRICE_FILTER"', b'"LOT_SIZE"')


def read_listing(request: RestRequest, body: bytes) -> Listing:
    """Read perpetuals, or spot pairs, of BTC and ETH.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    if len(body) > MAX_RESPONSE_BYTES:
        raise Unusable("oversize")
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    seen: set[str] = set()
    for raw in _decode_answer(body).rows:
        names = _decode_names(raw)
        if not _is_wanted(names, request.connection):
            continue
        if names.symbol in seen:
            raise Unusable("a symbol twice")
        seen.add(names.symbol)
        try:
            refuse_repeated(bytes(raw), _ONCE)
            instruments.append(_instrument(_decode_row(raw), request.connection))
        except (Unusable, msgspec.ValidationError) as error:
            refused[names.symbol] = reason_of(error)
    return Listing(instruments, refused)


SOURCES = {
    connection: ListingSource((RestRequest(connection, path, path),), read_listing)
    for connection, path in LISTING_PATHS.items()
}
"""By connection."""


def _is_wanted(names: _Names, connection: str) -> bool:
    if names.base not in UNDERLYINGS or names.quote not in _QUOTES[connection]:
        return False
    return connection == SPOT or names.contract == "PERPETUAL"


def _instrument(row: _Row, connection: str) -> Instrument:
    if (row.contract_status if connection == COINM else row.status) != "TRADING":
        raise Unusable("not trading")
    spot, inverse = connection == SPOT, connection == COINM
    settle = row.base if inverse else row.quote
    if not spot and row.margin != settle:
        raise Unusable("unexpected margin asset")
    prices, lots = _filter(row, "PRICE_FILTER"), _filter(row, "LOT_SIZE")
    fees = SPOT_FEES if spot else FUTURES_FEES
    name = row.symbol if spot else f"{row.symbol.removesuffix('_PERP')}-PERP"
    return Instrument(
        id=InstrumentId(f"{name}.{VENUE}"),
        venue=VENUE,
        connection=connection,
        symbol=row.symbol,
        kind=Kind.SPOT if spot else Kind.PERPETUAL,
        contract=Contract.INVERSE if inverse else Contract.LINEAR,
        base=row.base,
        quote=row.quote,
        settle=settle,
        contract_size=positive(str(row.contract_size), "contract size") if inverse else ONE,
        tick_size=_plain(positive(prices.tick_size, "tick size")),
        lot_size=_plain(positive(lots.step_size, "lot size")),
        min_quantity=_plain(positive(lots.min_quantity, "smallest quantity")),
        min_notional=ZERO if inverse else _min_notional(row, spot=spot),
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
    )


def _min_notional(row: _Row, *, spot: bool) -> Decimal:
    rule = _filter(row, "NOTIONAL" if spot else "MIN_NOTIONAL")
    return _plain(not_negative(rule.min_notional or rule.notional, "smallest notional"))


def _filter(row: _Row, type_: str) -> _Filter:
    found = [rule for rule in row.filters if rule.type == type_]
    if len(found) != 1:
        raise Unusable(f"{len(found)} filters of the type {type_}")
    return found[0]


def _plain(value: Decimal) -> Decimal:
    """Return a figure without the zeros behind that the venue writes to every one."""
    short = value.normalize()
    return short if short % 1 else short.quantize(ONE)
