"""Deribit's listing of instruments: the answer to `public/get_instruments`.

Increments: prices by `tick_size`, and above a price by the coarser ones of `tick_size_steps`;
the finest, of which all others are multiples, represents every price. Amounts of futures are
multiples of `contract_size`: USD for inverse contracts (a lot is one contract), base coin for
linear ones (a lot is that much coin). Amounts of spot are multiples of `qty_tick_size`. Fees are
listed; funding is continuous.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE, ZERO
from desk.venues.deribit import CONNECTION
from desk.venues.json_numbers import plain_text
from desk.venues.listing_figures import UNDERLYINGS, Listing, source
from desk.venues.repeated_keys import refuse_any_repeated
from desk.venues.unreadable import Unusable, reason_of

LISTING_PATHS = (
    "/api/v2/public/get_instruments?currency=any&kind=future",
    "/api/v2/public/get_instruments?currency=any&kind=spot",
)
"""GET paths, to be put behind the REST address."""

VENUE = "DERIBIT"

_QUOTES = frozenset({"USD", "USDC", "USDT"})
_HIGHEST_FEE_RATE = Decimal("0.01")
_LOWEST_INCREMENT, _HIGHEST_INCREMENT = Decimal("1e-18"), Decimal(1_000_000)
"""Their ratio stays within the 28 digits that a division is exact to, or fails."""


class _Step(msgspec.Struct):
    tick_size: msgspec.Raw


class _Row(msgspec.Struct):
    symbol: str = msgspec.field(name="instrument_name")
    kind: str
    base: str = msgspec.field(name="base_currency")
    quote: str = msgspec.field(name="quote_currency")
    tick_size: msgspec.Raw
    min_amount: msgspec.Raw = msgspec.field(name="min_trade_amount")
    maker_fee: msgspec.Raw = msgspec.field(name="maker_commission")
    taker_fee: msgspec.Raw = msgspec.field(name="taker_commission")
    contract_size: msgspec.Raw = msgspec.Raw()
    quantity_step: msgspec.Raw = msgspec.field(name="qty_tick_size", default=msgspec.Raw())
    tick_size_steps: list[_Step] = []
    period: str = msgspec.field(name="settlement_period", default="")
    type: str = msgspec.field(name="instrument_type", default="")
    settle: str = msgspec.field(name="settlement_currency", default="")
    is_active: bool = True


class _Names(msgspec.Struct):
    """What tells whether a row is wanted, in rows of every kind."""

    symbol: str = msgspec.field(name="instrument_name")
    kind: str = ""
    base: str = msgspec.field(name="base_currency", default="")
    quote: str = msgspec.field(name="quote_currency", default="")
    period: str = msgspec.field(name="settlement_period", default="")


class _Answer(msgspec.Struct):
    result: list[msgspec.Raw]


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_names = msgspec.json.Decoder(_Names).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def read_listing(body: bytes) -> Listing:
    """Read perpetuals and spot pairs of BTC and ETH.

    A row that is wanted and cannot be used is named with the reason; the others stand. Raises one
    of `desk.venues.unreadable.UNREADABLE` for an answer that is no listing.
    """
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for raw in _decode_answer(body).result:
        names = _decode_names(raw)
        if not _is_wanted(names):
            continue
        try:
            refuse_any_repeated(bytes(raw))
            instruments.append(_instrument(_decode_row(raw)))
        except (Unusable, msgspec.ValidationError) as error:
            refused[names.symbol] = reason_of(error)
    return Listing(instruments, refused, tells_fees=True)


SOURCES = {CONNECTION: source(CONNECTION, LISTING_PATHS, read_listing)}
"""By connection."""


def _is_wanted(names: _Names) -> bool:
    if names.base not in UNDERLYINGS or names.quote not in _QUOTES:
        return False
    return names.kind == "spot" or (names.kind == "future" and names.period == "perpetual")


def _instrument(row: _Row) -> Instrument:
    if not row.is_active:
        raise Unusable("not active")
    is_spot = row.kind == "spot"
    inverse = _is_inverse(row, is_spot=is_spot)
    size = _positive(row.quantity_step if is_spot else row.contract_size, "quantity increment")
    unit = size if inverse else ONE
    return Instrument(
        id=InstrumentId(f"{row.symbol}.{VENUE}"),
        venue=VENUE,
        connection=CONNECTION,
        symbol=row.symbol,
        kind=Kind.SPOT if is_spot else Kind.PERPETUAL,
        contract=Contract.INVERSE if inverse else Contract.LINEAR,
        base=row.base,
        quote=row.quote,
        settle=row.quote if is_spot else row.settle,
        contract_size=unit,
        tick_size=_tick(row),
        lot_size=size / unit,
        min_quantity=_positive(row.min_amount, "smallest amount") / unit,
        min_notional=ZERO,
        maker_fee_rate=_fee(row.maker_fee),
        taker_fee_rate=_fee(row.taker_fee),
        funding_interval_h=None,
    )


def _is_inverse(row: _Row, *, is_spot: bool) -> bool:
    if is_spot:
        return False
    if row.type == "reversed" and row.settle == row.base:
        return True
    if row.type == "linear" and row.settle == row.quote:
        return False
    raise Unusable("neither inverse nor linear")


def _tick(row: _Row) -> Decimal:
    ticks = [row.tick_size, *(step.tick_size for step in row.tick_size_steps)]
    sizes = [_positive(tick, "tick size") for tick in ticks]
    finest = min(sizes)
    if any(size % finest for size in sizes):
        raise Unusable("tick sizes that do not divide each other")
    return finest


def _positive(number: msgspec.Raw, what: str) -> Decimal:
    text = bytes(number)
    if not text:
        raise Unusable(f"no {what}")
    value = Decimal(plain_text(text))
    if not _LOWEST_INCREMENT <= value <= _HIGHEST_INCREMENT:
        raise Unusable(f"{what} out of range")
    return value


def _fee(number: msgspec.Raw) -> Decimal:
    """Return a fee rate; negative: a rebate."""
    rate = Decimal(plain_text(bytes(number)))
    if abs(rate) > _HIGHEST_FEE_RATE:
        raise Unusable("fee rate out of range")
    return rate
