"""Which tier a position is in, and what initial margin is taken at there.

The tier is that of the position at the mark (Binance FAQ b3c689c1f50a44cabb3a84e663b81d93): its
notional in the settle asset, its contracts (OKX), or its worth in coin (Deribit). It decides the
initial rate; maintenance is the curve of `desk.margin.models`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from desk.margin.inputs import ContractTier, MarginTerms, Tier
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE

CAP_INSIDE = frozenset({"bybit-2025", "bybit-2026"})
"""Models in which a notional of exactly a tier's cap is still in that tier (Bybit
`riskLimitValue`); elsewhere floor ≤ notional < cap."""


class Size(NamedTuple):
    """How large a position is, in each measure that a venue has."""

    notional: Decimal
    contracts: Decimal
    coins: Decimal
    contract_size: Decimal


def size_of(instrument: Instrument, quantity: Decimal, price: Decimal) -> Size:
    """Return the size of a quantity at a price."""
    notional = instrument.notional(quantity, price)
    contracts = abs(quantity)
    inverse = instrument.contract is Contract.INVERSE
    coins = notional if inverse else contracts * instrument.contract_size
    return Size(notional, contracts, coins, instrument.contract_size)


def tier_at(terms: MarginTerms, notional: Decimal) -> Tier | None:
    """Return the tier that holds a notional.

    Beyond the last cap the last tier goes on; None without a table.
    """
    inside = terms.model in CAP_INSIDE
    for tier in terms.tiers:
        cap = tier.notional_cap
        if cap is None or notional < cap or (inside and notional == cap):
            return tier
    return terms.tiers[-1] if terms.tiers else None


def contract_tier(tiers: Sequence[ContractTier], contracts: Decimal) -> ContractTier | None:
    """Return the tier that holds a number of contracts; None beyond the last, which does not go on.

    A jump may follow it, and nobody says how far.
    """
    for tier in tiers:
        if tier.quantity_cap is None or contracts <= tier.quantity_cap:
            return tier
    return None


def counts_others(terms: MarginTerms, contract_size: Decimal) -> bool:
    """Say whether a table by contracts counts contracts of another size than an instrument's."""
    return terms.contract_size is not None and terms.contract_size != contract_size


def is_beyond(terms: MarginTerms, notional: Decimal) -> bool:
    """Say whether a notional lies past the end of the table: the venue would not allow it."""
    last = terms.tiers[-1].notional_cap if terms.tiers else None
    return last is not None and notional > last


def highest_leverage(terms: MarginTerms, size: Size) -> Decimal | None:
    """Return the most leverage that the venue allows at a size; None where it is unknown."""
    if terms.model == "deribit":
        if terms.max_leverage is None or terms.slope is None:
            return None
        return terms.max_leverage / (ONE + terms.max_leverage * terms.slope * size.coins)
    if terms.model == "okx":
        if counts_others(terms, size.contract_size):
            return None
        held = contract_tier(terms.contract_tiers, size.contracts)
        return None if held is None else held.max_leverage
    tier = tier_at(terms, size.notional)
    return None if tier is None else tier.max_leverage


def leverage_at(terms: MarginTerms, size: Size, setting: Decimal | None) -> Decimal | None:
    """Return the leverage that margin is taken at: the setting, or less where the tier says so.

    The initial rate is max(1 / setting, the tier's rate), and the tier's is 1 / max leverage.
    None where neither is known.
    """
    highest = highest_leverage(terms, size)
    if highest is None or setting is None:
        return setting if highest is None else highest
    return min(setting, highest)


def initial_margin(
    terms: MarginTerms, size: Size, setting: Decimal | None, notional: Decimal
) -> Decimal | None:
    """Return the initial margin of a notional at the rate of a whole size; None is unknown."""
    leverage = leverage_at(terms, size, setting)
    return None if leverage is None else notional / leverage
