"""Instruments of a portfolio document: given in full, or as differences from the catalogue."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.instrument import Contract, Instrument, Kind
from desk.model.numbers import ZERO
from desk.risk.json_place import FieldError, Path
from desk.risk.portfolio import InstrumentRow

ASSUMED_FEE_RATE = Decimal("0.001")
"""Of an instrument given without fees: the dearest regular fee of the shipped venues."""

_NEEDED = ("kind", "contract", "base", "quote", "settle", "contract_size", "tick_size", "lot_size")


def instrument_of(
    instrument_id: str, row: InstrumentRow | None, shipped: Instrument | None, mentioned: Path
) -> Instrument:
    """Return an instrument; a field given wins over the catalogue. Raises FieldError."""
    if row is None and shipped is None:
        raise FieldError(
            mentioned,
            "an instrument of the catalogue, or one given in `instruments`",
            instrument_id,
        )
    symbol, dot, venue = instrument_id.rpartition(".")
    if not dot or not symbol or not venue:
        raise FieldError(mentioned, "an id as SYMBOL-PERP.VENUE or SYMBOL.VENUE", instrument_id)
    if row is None:
        assert shipped is not None
        return shipped
    given = {
        name: value
        for name in InstrumentRow.__struct_fields__
        if name != "margin" and (value := getattr(row, name)) is not None
    }
    if row.margin is not None and row.margin.taker_fee_rate is not None:
        given["taker_fee_rate"] = row.margin.taker_fee_rate
    instrument = (
        _in_full(instrument_id, symbol, venue, given)
        if shipped is None
        else msgspec.structs.replace(shipped, **given)
    )
    inverse = instrument.contract is Contract.INVERSE
    if inverse != (instrument.settle == instrument.base):
        expected = "its base coin: inverse" if inverse else "another asset than its base: linear"
        raise FieldError(("instruments", instrument_id, "settle"), expected, instrument.settle)
    return instrument


def _in_full(instrument_id: str, symbol: str, venue: str, given: dict[str, object]) -> Instrument:
    for name in _NEEDED:
        if name not in given:
            raise FieldError(
                ("instruments", instrument_id, name),
                "a value: the catalogue does not know this instrument",
                "nothing",
            )
    perpetual = given["kind"] is Kind.PERPETUAL
    fields: dict[str, object] = {
        "id": instrument_id,
        "venue": venue,
        "connection": venue.lower(),
        "symbol": symbol.removesuffix("-PERP") if perpetual else symbol,
        "min_quantity": given["lot_size"],
        "min_notional": ZERO,
        "maker_fee_rate": given.get("taker_fee_rate", ASSUMED_FEE_RATE),
        "taker_fee_rate": ASSUMED_FEE_RATE,
    }
    return msgspec.convert(fields | given, type=Instrument, from_attributes=True)
