"""Which tier a position is in, and what leverage margin is taken at there.

The tier is that of the notional at the mark (Binance FAQ b3c689c1f50a44cabb3a84e663b81d93), in
the settle asset. It decides the initial rate; maintenance is the envelope of all tiers.
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.envelope import Envelope, upper_envelope
from desk.margin.inputs import MarginTerms, PositionInput, Tier
from desk.model.numbers import ZERO


def envelope_of(position: PositionInput) -> Envelope | None:
    """Return the maintenance envelope that holds for a position; None where it is unknown.

    A position's own rate and amount replace the table.
    """
    if position.maintenance_rate is None:
        return position.terms.envelope
    return upper_envelope([(position.maintenance_rate, position.maintenance_amount or ZERO)])


def tier_at(terms: MarginTerms, notional: Decimal) -> Tier | None:
    """Return the tier that holds a notional (floor ≤ notional < cap).

    Beyond the last cap the last tier goes on; None without a table.
    """
    for tier in terms.tiers:
        if tier.notional_cap is None or notional < tier.notional_cap:
            return tier
    return terms.tiers[-1] if terms.tiers else None


def is_beyond(terms: MarginTerms, notional: Decimal) -> bool:
    """Say whether a notional lies past the end of the table: the venue would not allow it."""
    last = terms.tiers[-1].notional_cap if terms.tiers else None
    return last is not None and notional > last


def leverage_at(terms: MarginTerms, notional: Decimal, setting: Decimal | None) -> Decimal | None:
    """Return the leverage that margin is taken at: the setting, or less where the tier says so.

    The initial rate is max(1 / setting, the tier's rate), and the tier's is 1 / max leverage.
    None where neither is known.
    """
    tier = tier_at(terms, notional)
    if tier is None:
        return setting
    return tier.max_leverage if setting is None else min(setting, tier.max_leverage)
