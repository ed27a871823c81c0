"""OKX's listing of instruments: the answer to `/api/v5/public/instruments`.

Quantities of swaps are contracts of `ctVal` × `ctMult`: base coin a contract (linear) or USD a
contract (inverse); `lotSz` and `minSz` are contracts too, and may be fractions of one. Quantities
of spot are base coin. The listing says nothing about fees and the funding interval: `completed`
takes them from the shipped rows.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE, ZERO
from desk.venues.listing_figures import UNDERLYINGS, FeeRates, Listing, positive, source
from desk.venues.okx import CONNECTION
from desk.venues.repeated_keys import refuse_any_repeated
from desk.venues.unreadable import Unusable, reason_of

LISTING_PATHS = (
    "/api/v5/public/instruments?instType=SWAP",
    "/api/v5/public/instruments?instType=SPOT",
)
"""GET paths, to be put behind the REST address."""

VENUE = "OKX"

SPOT_FEES = FeeRates(Decimal("0.0008"), Decimal("0.001"))
SWAP_FEES = FeeRates(Decimal("0.0002"), Decimal("0.0005"))
"""The venue's regular tier; the account's own are known to its owner only."""

_QUOTES = frozenset({"USD", "USDC", "USDT"})


class _Row(msgspec.Struct):
    symbol: str = msgspec.field(name="instId")
    type: str = msgspec.field(name="instType")
    state: str
    tick_size: str = msgspec.field(name="tickSz")
    lot_size: str = msgspec.field(name="lotSz")
    min_quantity: str = msgspec.field(name="minSz")
    base: str = msgspec.field(name="baseCcy", default="")
    quote: str = msgspec.field(name="quoteCcy", default="")
    settle: str = msgspec.field(name="settleCcy", default="")
    underlying: str = msgspec.field(name="uly", default="")
    contract: str = msgspec.field(name="ctType", default="")
    value: str = msgspec.field(name="ctVal", default="")
    value_currency: str = msgspec.field(name="ctValCcy", default="")
    multiplier: str = msgspec.field(name="ctMult", default="")


class _Names(msgspec.Struct):
    """What tells whether a row is wanted."""

    symbol: str = msgspec.field(name="instId")
    type: str = msgspec.field(name="instType")


class _Answer(msgspec.Struct):
    code: str
    data: list[msgspec.Raw]


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_names = msgspec.json.Decoder(_Names).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def read_listing(body: bytes, spot: FeeRates = SPOT_FEES, swap: FeeRates = SWAP_FEES) -> Listing:
    """Read perpetual swaps and spot pairs of BTC and ETH.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    answer = _decode_answer(body)
    if answer.code != "0":
        raise Unusable("refused by the venue")
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for raw in answer.data:
        names = _decode_names(raw)
        if not _is_wanted(names):
            continue
        try:
            refuse_any_repeated(bytes(raw))
            row = _decode_row(raw)
            if row.state != "live":
                raise Unusable("not live")
            instruments.append(_pair(row, spot) if row.type == "SPOT" else _swap(row, swap))
        except (Unusable, msgspec.ValidationError) as error:
            refused[names.symbol] = reason_of(error)
    return Listing(instruments, refused)


SOURCES = {CONNECTION: source(CONNECTION, LISTING_PATHS, read_listing)}
"""By connection."""


def _is_wanted(names: _Names) -> bool:
    """Whether a row is `BTC-USDT` or `BTC-USDT-SWAP` or their like."""
    parts = names.symbol.split("-")
    if len(parts) < 2 or parts[0] not in UNDERLYINGS or parts[1] not in _QUOTES:
        return False
    return (names.type, parts[2:]) in (("SPOT", []), ("SWAP", ["SWAP"]))


def _pair(row: _Row, fees: FeeRates) -> Instrument:
    if f"{row.base}-{row.quote}" != row.symbol:
        raise Unusable("another pair than its symbol")
    return _instrument(row, Kind.SPOT, Contract.LINEAR, (row.base, row.quote, row.quote), ONE, fees)


def _swap(row: _Row, fees: FeeRates) -> Instrument:
    base, _, quote = row.underlying.partition("-")
    if f"{row.underlying}-SWAP" != row.symbol:
        raise Unusable("another underlying than its symbol")
    if (row.contract, row.settle, row.value_currency) == ("linear", quote, base):
        contract = Contract.LINEAR
    elif (row.contract, row.settle, row.value_currency) == ("inverse", base, quote):
        contract = Contract.INVERSE
    else:
        raise Unusable("neither inverse nor linear")
    size = positive(row.value, "contract size") * positive(row.multiplier, "contract multiplier")
    return _instrument(row, Kind.PERPETUAL, contract, (base, quote, row.settle), size, fees)


def _instrument(
    row: _Row,
    kind: Kind,
    contract: Contract,
    assets: tuple[str, str, str],
    contract_size: Decimal,
    fees: FeeRates,
) -> Instrument:
    base, quote, settle = assets
    return Instrument(
        id=InstrumentId(f"{row.symbol}.{VENUE}"),
        venue=VENUE,
        connection=CONNECTION,
        symbol=row.symbol,
        kind=kind,
        contract=contract,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=contract_size,
        tick_size=positive(row.tick_size, "tick size"),
        lot_size=positive(row.lot_size, "lot size"),
        min_quantity=positive(row.min_quantity, "smallest quantity"),
        min_notional=ZERO,
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
        funding_interval_h=None,
    )
