"""A venue's margin table as it ships: dated, with its source, checked when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import msgspec

from desk.margin.inputs import ContractTier, MarginTerms, Tier
from desk.model.errors import InputError
from desk.model.numbers import ONE, ZERO, parse_decimal

OLD_AFTER_DAYS = 90
"""Venues change their tables without notice: an older one is flagged, not refused."""


class _Row(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    notional_floor: str
    notional_cap: str
    maintenance_rate: str
    maintenance_amount: str
    max_leverage: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    as_of: date
    source: str
    symbols: dict[str, list[_Row]]


class TierTable:
    """The margin terms of one venue's symbols, all of one date."""

    def __init__(self, terms: dict[str, MarginTerms], as_of: date, source: str) -> None:
        self._terms = terms
        self.as_of = as_of
        self.source = source

    def terms(self, symbol: str) -> MarginTerms | None:
        """Return the terms of a symbol in the venue's spelling; None when it is not here."""
        return self._terms.get(symbol)

    def symbols(self) -> list[str]:
        """Return every symbol of the table."""
        return list(self._terms)

    def old(self, on: date) -> bool:
        """Say whether the table is more than 90 days old on a day."""
        return (on - self.as_of).days > OLD_AFTER_DAYS


def load_tiers(toml: bytes, source: str) -> TierTable:
    """Read a shipped table; raise InputError naming the symbol, tier and value that is wrong."""
    try:
        file = msgspec.toml.decode(toml, type=_File)
    except msgspec.DecodeError as error:
        raise InputError(source=source, expected="a margin table", found=str(error)) from None
    terms = {
        symbol: MarginTerms(
            model=file.model,
            tiers=tuple(_tier(row, symbol, number, source) for number, row in enumerate(rows, 1)),
            as_of=file.as_of.isoformat(),
        )
        for symbol, rows in file.symbols.items()
    }
    for symbol, one in terms.items():
        check_tiers(one.tiers, source, symbol)
    return TierTable(terms, file.as_of, file.source)


def _tier(row: _Row, symbol: str, number: int, source: str) -> Tier:
    def read(name: str) -> Decimal:
        text: str = getattr(row, name)
        value = parse_decimal(text)
        if value is None:
            field = f"{symbol} tier {number} {name}"
            raise InputError(source=source, field=field, expected="a number", found=repr(text))
        return value

    return Tier(**{name: read(name) for name in _Row.__struct_fields__})


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
