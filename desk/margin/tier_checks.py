"""What a venue's tiers must be, whether they ship or stand in a portfolio document."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from desk.margin.inputs import ContractTier, Tier
from desk.model.errors import InputError
from desk.model.numbers import ONE, ZERO


def check_tiers(tiers: Sequence[Tier], source: str, field: str) -> None:
    """Raise InputError unless tiers rise without gaps, in floor, rate and leverage.

    What is not checked is continuity: maintenance is the envelope, which is safe without it.
    """
    for number, tier in enumerate(tiers, 1):
        _check_row(tier, tier.notional_floor, tier.notional_cap, _Place(source, field, number))
    for number, (before, tier) in enumerate(pairwise(tiers), 2):
        place = _Place(source, field, number)
        if before.notional_cap != tier.notional_floor:
            raise place.refusal(f"the floor {before.notional_cap}", tier.notional_floor)
        _check_rising(before, tier, place)


def check_contract_tiers(tiers: Sequence[ContractTier], source: str, field: str) -> None:
    """Raise InputError unless tiers by contracts rise, in size, rate and leverage.

    A floor is the cap before it, or in the venue's own spelling the next size that can be held,
    at most one contract above: a size between the two counts with the higher tier.
    """
    for number, tier in enumerate(tiers, 1):
        _check_row(tier, tier.quantity_floor, tier.quantity_cap, _Place(source, field, number))
    for number, (before, tier) in enumerate(pairwise(tiers), 2):
        place, cap = _Place(source, field, number), before.quantity_cap
        if cap is None or not cap <= tier.quantity_floor <= cap + ONE:
            raise place.refusal(f"the floor {cap}, or up to 1 above", tier.quantity_floor)
        _check_rising(before, tier, place)


class _Place(NamedTuple):
    source: str
    field: str
    number: int

    def refusal(self, expected: str, found: object) -> InputError:
        place = f"{self.field} tier {self.number}"
        return InputError(source=self.source, field=place, expected=expected, found=str(found))


def _check_row(
    tier: Tier | ContractTier, floor: Decimal, cap: Decimal | None, place: _Place
) -> None:
    if not ZERO <= tier.maintenance_rate <= 1:
        raise place.refusal("a maintenance rate from 0 to 1", tier.maintenance_rate)
    if tier.max_leverage <= 0:
        raise place.refusal("a max leverage above 0", tier.max_leverage)
    if cap is not None and cap <= floor:
        raise place.refusal(f"a cap above the floor {floor}", cap)


def _check_rising(before: Tier | ContractTier, tier: Tier | ContractTier, place: _Place) -> None:
    if tier.maintenance_rate < before.maintenance_rate:
        raise place.refusal("rates that do not fall", tier.maintenance_rate)
    if tier.max_leverage > before.max_leverage:
        raise place.refusal("leverages that do not rise", tier.max_leverage)
