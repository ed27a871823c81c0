"""Bybit's listing of instruments: the answer to `/v5/market/instruments-info`.

Quantities are base coin, of inverse contracts USD: a contract is 1 USD. The funding interval is
listed in minutes. The listing says nothing about fees: `completed` takes them from the shipped
rows.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE
from desk.venues.listing_figures import (
    UNDERLYINGS,
    FeeRates,
    Listing,
    not_negative,
    positive,
    source,
)
from desk.venues.repeated_keys import refuse_any_repeated
from desk.venues.unreadable import Unusable, reason_of

_PATH = "/v5/market/instruments-info?category="

LISTING_PATHS = {
    "bybit-spot": (f"{_PATH}spot",),
    "bybit-linear": (f"{_PATH}linear&baseCoin=BTC", f"{_PATH}linear&baseCoin=ETH"),
    "bybit-inverse": (f"{_PATH}inverse",),
}
"""GET paths by connection, to be put behind the REST address; each answer fits one page."""

VENUE = "BYBIT"

SPOT_FEES = FeeRates(Decimal("0.001"), Decimal("0.001"))
PERPETUAL_FEES = FeeRates(Decimal("0.0002"), Decimal("0.00055"))
"""The venue's regular tier; the account's own are known to its owner only."""

_QUOTES = frozenset({"USD", "USDC", "USDT"})
_CONTRACTS = {"LinearPerpetual": Contract.LINEAR, "InversePerpetual": Contract.INVERSE}
_HOUR_MIN, _DAY_H = 60, 24


class _Prices(msgspec.Struct):
    tick_size: str = msgspec.field(name="tickSize")


class _Quantities(msgspec.Struct):
    """Contracts have a step and a smallest quantity; spot has a precision and a least amount."""

    step: str = msgspec.field(name="qtyStep", default="")
    smallest: str = msgspec.field(name="minOrderQty", default="")
    least_notional: str = msgspec.field(name="minNotionalValue", default="0")
    precision: str = msgspec.field(name="basePrecision", default="")
    least_amount: str = msgspec.field(name="minOrderAmt", default="")


class _Row(msgspec.Struct):
    symbol: str
    status: str
    prices: _Prices = msgspec.field(name="priceFilter")
    quantities: _Quantities = msgspec.field(name="lotSizeFilter")
    base: str = msgspec.field(name="baseCoin")
    quote: str = msgspec.field(name="quoteCoin")
    settle: str = msgspec.field(name="settleCoin", default="")
    contract: str = msgspec.field(name="contractType", default="")
    funding_interval_min: int = msgspec.field(name="fundingInterval", default=0)


class _Names(msgspec.Struct):
    """What tells whether a row is wanted."""

    symbol: str
    base: str = msgspec.field(name="baseCoin", default="")
    quote: str = msgspec.field(name="quoteCoin", default="")
    contract: str = msgspec.field(name="contractType", default="")


class _Result(msgspec.Struct):
    category: str
    rows: list[msgspec.Raw] = msgspec.field(name="list")


class _Answer(msgspec.Struct):
    code: int = msgspec.field(name="retCode")
    result: msgspec.Raw


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_result = msgspec.json.Decoder(_Result).decode
_decode_names = msgspec.json.Decoder(_Names).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def read_listing(
    body: bytes, spot: FeeRates = SPOT_FEES, perpetual: FeeRates = PERPETUAL_FEES
) -> Listing:
    """Read perpetuals and spot pairs of BTC and ETH.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    answer = _decode_answer(body)
    if answer.code != 0:
        raise Unusable("refused by the venue")
    result = _decode_result(answer.result)
    if result.category not in {"spot", "linear", "inverse"}:
        raise Unusable("unknown category")
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for raw in result.rows:
        names = _decode_names(raw)
        if not _is_wanted(names, result.category):
            continue
        try:
            refuse_any_repeated(bytes(raw))
            row = _decode_row(raw)
            if row.status != "Trading":
                raise Unusable("not trading")
            if result.category == "spot":
                instruments.append(_pair(row, spot))
            else:
                instruments.append(_perpetual(row, result.category, perpetual))
        except (Unusable, msgspec.ValidationError) as error:
            refused[names.symbol] = reason_of(error)
    return Listing(instruments, refused)


SOURCES = {name: source(name, paths, read_listing) for name, paths in LISTING_PATHS.items()}
"""By connection."""


def _is_wanted(names: _Names, category: str) -> bool:
    if names.base not in UNDERLYINGS or names.quote not in _QUOTES:
        return False
    return category == "spot" or names.contract in _CONTRACTS


def _pair(row: _Row, fees: FeeRates) -> Instrument:
    lot = positive(row.quantities.precision, "quantity precision")
    return Instrument(
        id=InstrumentId(f"{row.symbol}.{VENUE}"),
        venue=VENUE,
        connection="bybit-spot",
        symbol=row.symbol,
        kind=Kind.SPOT,
        contract=Contract.LINEAR,
        base=row.base,
        quote=row.quote,
        settle=row.quote,
        contract_size=ONE,
        tick_size=positive(row.prices.tick_size, "tick size"),
        lot_size=lot,
        min_quantity=lot,  # the listed minOrderQty is out of use: minOrderAmt is what is checked
        min_notional=not_negative(row.quantities.least_amount, "smallest amount"),
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
    )


def _perpetual(row: _Row, category: str, fees: FeeRates) -> Instrument:
    contract = _CONTRACTS[row.contract]
    if contract.value != category:
        raise Unusable("another category than its contract")
    if row.settle != (row.base if contract is Contract.INVERSE else row.quote):
        raise Unusable("unexpected settle coin")
    hours, rest = divmod(row.funding_interval_min, _HOUR_MIN)
    return Instrument(
        id=InstrumentId(f"{row.symbol}-PERP.{VENUE}"),
        venue=VENUE,
        connection=f"bybit-{category}",
        symbol=row.symbol,
        kind=Kind.PERPETUAL,
        contract=contract,
        base=row.base,
        quote=row.quote,
        settle=row.settle,
        contract_size=ONE,
        tick_size=positive(row.prices.tick_size, "tick size"),
        lot_size=positive(row.quantities.step, "lot size"),
        min_quantity=positive(row.quantities.smallest, "smallest quantity"),
        min_notional=not_negative(row.quantities.least_notional, "smallest notional"),
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
        funding_interval_h=hours if 0 < hours <= _DAY_H and not rest else None,
    )
