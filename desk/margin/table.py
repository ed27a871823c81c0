"""A venue's margin table as it ships: dated, with its source, checked when it is read.

A file holds one venue's numbers of one date, and by which model they are read since when: formulas
change while the numbers stay. Several files of a venue may stand beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.margin.inputs import ContractTier, MarginTerms, Tier
from desk.margin.models import MODELS
from desk.margin.rule_sets import RuleSet
from desk.margin.tier_checks import check_contract_tiers, check_tiers
from desk.model.errors import InputError
from desk.model.numbers import ZERO, parse_decimal

NO_CAP = ""
"""What stands for the last cap of a table that has no end."""


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    effective_from: date = date.min


class _NotionalRow(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    notional_floor: str
    notional_cap: str
    maintenance_rate: str
    maintenance_amount: str
    max_leverage: str


class _ContractRow(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    quantity_floor: str
    quantity_cap: str
    maintenance_rate: str
    max_leverage: str


class _CoinRow(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    base_rate: str
    slope: str
    max_leverage: str


_Row: TypeAlias = _NotionalRow | _ContractRow | _CoinRow


class _File(msgspec.Struct, forbid_unknown_fields=True):
    venue: str
    as_of: date
    source: str
    rules: list[_Rules]
    partial: bool = False
    """Tiers by contracts that are known in part: beyond them nothing is."""
    tiers: dict[str, list[_NotionalRow]] = {}
    contract_tiers: dict[str, list[_ContractRow]] = {}
    coin_rates: dict[str, _CoinRow] = {}


def load_rules(toml: bytes, source: str) -> tuple[RuleSet, ...]:
    """Read a shipped file; raise InputError naming the symbol, tier and value that is wrong."""
    try:
        file = msgspec.toml.decode(toml, type=_File)
    except msgspec.DecodeError as error:
        raise InputError(source=source, expected="a margin table", found=str(error)) from None
    if not file.rules:
        raise InputError(source=source, field="rules", expected="at least one", found="none")
    if file.partial and not file.contract_tiers:
        expected = "false: only tiers by contracts end where they end"
        raise InputError(source=source, field="partial", expected=expected, found="true")
    return tuple(_rule_set(file, rules, source) for rules in file.rules)


def _rule_set(file: _File, rules: _Rules, source: str) -> RuleSet:
    if rules.model not in MODELS:
        expected = f"one of {', '.join(MODELS)}"
        raise InputError(source=source, field="model", expected=expected, found=rules.model)
    wanted, read = _READERS.get(rules.model, ("tiers", _by_notional))
    for name in ("tiers", "contract_tiers", "coin_rates"):
        if name != wanted and getattr(file, name):
            expected = f"{wanted} for model {rules.model}"
            raise InputError(source=source, field=name, expected=expected, found=name)
    fixed = MarginTerms(model=rules.model, as_of=file.as_of.isoformat(), partial=file.partial)
    return RuleSet(
        venue=file.venue,
        model=rules.model,
        effective_from=rules.effective_from,
        as_of=file.as_of,
        source=file.source,
        symbols=read(file, fixed, source),
    )


def _by_notional(file: _File, fixed: MarginTerms, source: str) -> dict[str, MarginTerms]:
    result: dict[str, MarginTerms] = {}
    for symbol, rows in file.tiers.items():
        tiers = tuple(Tier(**row) for row in _rows(rows, symbol, source))
        check_tiers(tiers, source, symbol)
        result[symbol] = msgspec.structs.replace(fixed, tiers=tiers)
    return result


def _by_contracts(file: _File, fixed: MarginTerms, source: str) -> dict[str, MarginTerms]:
    result: dict[str, MarginTerms] = {}
    for symbol, rows in file.contract_tiers.items():
        tiers = tuple(ContractTier(**row) for row in _rows(rows, symbol, source))
        check_contract_tiers(tiers, source, symbol)
        result[symbol] = msgspec.structs.replace(fixed, contract_tiers=tiers)
    return result


def _by_coins(file: _File, fixed: MarginTerms, source: str) -> dict[str, MarginTerms]:
    result: dict[str, MarginTerms] = {}
    for symbol, row in file.coin_rates.items():
        rates = _numbers(row, symbol, source)
        for name, rate in rates.items():
            if rate <= ZERO:
                place = f"{symbol} {name}"
                raise InputError(source=source, field=place, expected="above 0", found=str(rate))
        result[symbol] = msgspec.structs.replace(fixed, **rates)
    return result


def _rows(rows: Sequence[_Row], symbol: str, source: str) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        yield _numbers(row, f"{symbol} tier {number}", source)


def _numbers(row: _Row, place: str, source: str) -> dict[str, Any]:
    """Return the numbers of a row by name; a cap that is no end is None."""

    def read(name: str) -> Decimal | None:
        text: str = getattr(row, name)
        if text == NO_CAP and name.endswith("_cap"):
            return None
        value = parse_decimal(text)
        if value is None:
            field = f"{place} {name}"
            raise InputError(source=source, field=field, expected="a number", found=repr(text))
        return value

    return {name: read(name) for name in row.__struct_fields__}


_READERS: Mapping[str, tuple[str, Callable[[_File, MarginTerms, str], dict[str, MarginTerms]]]] = {
    "okx": ("contract_tiers", _by_contracts),
    "deribit": ("coin_rates", _by_coins),
}
"""Models that are not read by notional: the table they need, and how."""
