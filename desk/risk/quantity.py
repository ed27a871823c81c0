"""From a quantity as written to a quantity in the instrument's own units."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.command import Quantity, QuantityUnit
from desk.model.events import Denial
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO, plain, round_down
from desk.model.orders import Side

HUNDRED = Decimal(100)


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """What a quantity may refer to: prices, the position, and what is free."""

    price: Decimal | None
    """The limit price, else the mark."""
    position: Decimal
    free: Decimal | None
    """Available margin (perpetual), or the balance that pays (spot: quote to buy, base to sell)."""
    leverage: Decimal
    """1 for spot."""
    fee_rate: Decimal
    """Of a fill that takes."""
    entry_fee_rate: Decimal = ZERO
    """Of the fill of this order."""
    stop: Decimal | None = None
    """The protective stop behind it."""


def resolve(
    quantity: Quantity, instrument: Instrument, side: Side, scale: Scale
) -> Decimal | Denial:
    """Return the quantity in the instrument's units, rounded down to the lot where computed.

    A bare number and a number of contracts are taken as they are: the constraint check, not
    rounding, decides about a quantity that a person wrote in full.
    """
    one_coin = instrument.contract is Contract.LINEAR and instrument.contract_size == ONE
    if quantity.value <= 0:
        return _unclear(f"A quantity must be above zero; {plain(quantity.value)} is not.")
    if quantity.asset and quantity.asset not in {instrument.base, instrument.quote, "USD"}:
        return _unclear(f"{instrument.id} is not counted in {quantity.asset}.")
    match quantity.unit:
        case QuantityUnit.CONTRACTS:
            return quantity.value
        case QuantityUnit.BARE:
            return quantity.value if one_coin else _bare(quantity, instrument)
        case QuantityUnit.BASE if one_coin:
            return quantity.value
        case QuantityUnit.PERCENT:
            return _share(quantity.value / HUNDRED, instrument, side, scale)
        case QuantityUnit.RISK:
            return _at_risk(quantity, instrument, side, scale)
        case QuantityUnit.BASE | QuantityUnit.NOTIONAL:
            return _converted(quantity, instrument, scale)


def _converted(quantity: Quantity, instrument: Instrument, scale: Scale) -> Decimal | Denial:
    if quantity.unit is QuantityUnit.BASE and instrument.contract is Contract.LINEAR:
        return round_down(quantity.value / instrument.contract_size, instrument.lot_size)
    if scale.price is None:
        return _no_price(instrument)
    inverse = instrument.contract is Contract.INVERSE
    base_coin = quantity.unit is QuantityUnit.BASE
    value = quantity.value * scale.price if base_coin else quantity.value
    per_contract = instrument.contract_size * (ONE if inverse else scale.price)
    return round_down(value / per_contract, instrument.lot_size)


def _share(fraction: Decimal, instrument: Instrument, side: Side, scale: Scale) -> Decimal | Denial:
    if scale.position * side.sign < 0:
        return round_down(abs(scale.position) * fraction, instrument.lot_size)
    if scale.price is None:
        return _no_price(instrument)
    if scale.free is None:
        return Denial(
            code="MARGIN_UNKNOWN",
            rule="perp.margin_first",
            message="What is free is unknown, so a share of it cannot be worked out.",
        )
    one = instrument.notional(ONE, scale.price)
    cost = one / scale.leverage + one * scale.fee_rate
    return round_down(max(ZERO, scale.free) * fraction / cost, instrument.lot_size)


def _at_risk(
    quantity: Quantity, instrument: Instrument, side: Side, scale: Scale
) -> Decimal | Denial:
    """Return the quantity that loses so much between entry and stop, both fees included."""
    entry, stop = scale.price, scale.stop
    if stop is None or stop <= 0:
        return _unclear("A quantity from risk is worked out from the stop: write sl PRICE.")
    if entry is None:
        return _no_price(instrument)
    if (entry - stop) * side.sign <= 0:
        return _unclear(
            f"Between {plain(entry)} and a stop at {plain(stop)} a {side.value.lower()} loses "
            f"nothing to size by."
        )
    loss = -instrument.pnl(Decimal(side.sign), entry, stop)
    loss += instrument.notional(ONE, entry) * scale.entry_fee_rate
    loss += instrument.notional(ONE, stop) * scale.fee_rate
    if quantity.asset not in {instrument.settle, ""} and instrument.settle == instrument.base:
        loss *= stop  # told in the currency of the price: what the coin is worth by then
    return round_down(quantity.value / loss, instrument.lot_size)


def _bare(quantity: Quantity, instrument: Instrument) -> Denial:
    text = plain(quantity.value)
    coin = text + instrument.base.lower()
    return _unclear(
        f"{text} of what? One contract of {instrument.id} is "
        f"{plain(instrument.contract_size)} {instrument.quote}. Write {text}ct for contracts, "
        f"{coin} for coin, or {text}usd for value."
    )


def _no_price(instrument: Instrument) -> Denial:
    return Denial(
        code="NO_PRICE",
        rule="price.mark_sources",
        message=f"{instrument.id} has no fresh mark, so this quantity cannot be worked out.",
    )


def _unclear(message: str) -> Denial:
    return Denial(code="QUANTITY_UNIT", rule="ord.no_limit_no_trade", message=message)
