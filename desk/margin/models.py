"""The margin models: maintenance of a position as a curve over its notional, venue by venue.

Formulas are dated (bybit-2025, bybit-2026); which one holds is a matter of the rule sets that
ship (`desk.margin.table`) or of the portfolio document. A position's own rate and amount replace
the venue's numbers in every model, to check a figure that the venue itself shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from desk.margin.curve import Curve, constant, maintenance_at, parabola, raised, upper_envelope
from desk.margin.inputs import PositionInput
from desk.margin.tiers import contract_tier, counts_others
from desk.margin.wallet import closing_fee, entry_notional, taker_fee_rate
from desk.model.instrument import Contract
from desk.model.numbers import ZERO

Lack: TypeAlias = str
"""What a position is without, as the end of a sentence about it."""

NO_TIERS: Lack = "has no margin tiers"
NO_RATES: Lack = "has no margin rates"
NO_FEE: Lack = "has no taker fee rate from 0 to below 1, which its margin needs"
NO_CLOSING_FEE: Lack = "has neither a leverage nor margin tiers to take its fee to close from"
NO_MODEL: Lack = "has a margin model that this desk does not know"


def curve_of(position: PositionInput) -> Curve | Lack:
    """Return the maintenance curve of an open position, or what is missing for it."""
    model = MODELS.get(position.terms.model)
    return NO_MODEL if model is None else model(position)


def convex(position: PositionInput) -> Curve | Lack:
    """binance, hyperliquid, house: max over tiers of notional × rate − amount, at the mark."""
    if position.maintenance_rate is not None:
        return _own(position.maintenance_rate, position)
    return position.terms.envelope or NO_TIERS


def bybit_2025(position: PositionInput) -> Curve | Lack:
    """The same of the entry value, whatever the price: Bybit until 2026-05-27."""
    tiers = convex(position)
    if isinstance(tiers, Lack):
        return tiers
    return constant(maintenance_at(tiers, entry_notional(position)))


def bybit_2026(position: PositionInput) -> Curve | Lack:
    """Of the mark value, and the fee to close on top: Bybit since 2026-05-27."""
    tiers = convex(position)
    if isinstance(tiers, Lack):
        return tiers
    if taker_fee_rate(position) is None:
        return NO_FEE
    fee = closing_fee(position)
    return NO_CLOSING_FEE if fee is None else raised(tiers, fee)


def okx(position: PositionInput) -> Curve | Lack:
    """(rate + taker fee) × notional at the one tier that holds the contracts; also Gate."""
    fee_rate = taker_fee_rate(position)
    if fee_rate is None:
        return NO_FEE
    if position.maintenance_rate is not None:
        return _own(position.maintenance_rate + fee_rate, position)
    terms, size = position.terms, position.instrument.contract_size
    if counts_others(terms, size):
        return f"has margin tiers that count contracts of {terms.contract_size}, not of {size}"
    tiers = terms.contract_tiers
    tier = contract_tier(tiers, abs(position.quantity))
    if tier is not None:
        return _line(tier.maintenance_rate + fee_rate)
    if not tiers:
        return NO_TIERS
    return f"is larger than its margin tiers reach, which end at {tiers[-1].quantity_cap} contracts"


def deribit(position: PositionInput) -> Curve | Lack:
    """(base rate + slope × coins) × notional, where an inverse position's notional is its coins."""
    terms = position.terms
    if position.maintenance_rate is not None:
        return _own(position.maintenance_rate, position)
    if terms.base_rate is None or terms.slope is None:
        return NO_RATES
    if position.instrument.contract is Contract.INVERSE:
        return parabola(terms.base_rate, terms.slope)
    coins = abs(position.quantity) * position.instrument.contract_size
    return _line(terms.base_rate + terms.slope * coins)


def _own(rate: Decimal, position: PositionInput) -> Curve:
    """Return the line of a position's own rate, less its own amount."""
    return _line(rate, position.maintenance_amount or ZERO)


def _line(rate: Decimal, amount: Decimal = ZERO) -> Curve:
    return upper_envelope([(rate, amount)])


MODELS: Mapping[str, Callable[[PositionInput], Curve | Lack]] = {
    "binance": convex,
    "bybit-2025": bybit_2025,
    "bybit-2026": bybit_2026,
    "okx": okx,
    "hyperliquid": convex,
    "deribit": deribit,
    "house": convex,
}
