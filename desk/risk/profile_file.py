"""Reading a rule profile: a TOML file whose every word is checked.

Numbers are text and become Decimal. A file may name a `base`: it then holds only the rules that
differ, each in full.

What is refused at load: an unknown key, a rule the desk does not know, a unit that is not the
rule's, a number that is none, a value outside its floor or ceiling, an override of anything but a
benchmark, and a profile of a regime that loosens that regime's own edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.errors import InputError
from desk.model.numbers import parse_decimal, plain
from desk.risk.profile import Action, Origin, Profile, Rule, Status, Value, out_of_range
from desk.risk.rule_units import MONEY_UNITS, TEXT_UNITS, UNITS

REGIME_FLOORS: Mapping[str, Mapping[str, Decimal]] = {
    "HK_SFC": {"vaf.haircut": Decimal("0.60")},
    "HKMA": {"vaf.haircut": Decimal("0.60")},
}
"""SFC circular 26EC5 (11 Feb 2026): a haircut of at least 60 % on virtual assets."""

REGIME_CEILINGS: Mapping[str, Mapping[str, Decimal]] = {
    "EU_RETAIL": {"perp.max_leverage": Decimal(2)},
}
"""ESMA's measures for retail contracts for difference: crypto-assets at 2:1 at most."""

Base: TypeAlias = Callable[[str], bytes | None]
"""The text of a profile that ships, by name; None when none of that name does."""


class ProfileRefused(InputError):
    """The file was read, but the desk does not take these rules."""


class _Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    value: str | bool | list[str]
    unit: str
    floor: str | None = None
    ceiling: str | None = None
    origin: Origin | None = None
    status: Status | None = None


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    value: str | bool | list[str]
    unit: str
    origin: Origin
    source: str
    as_of: date
    action: Action
    floor: str | None = None
    ceiling: str | None = None
    overridable: bool = False
    status: Status = "active"
    parameters: dict[str, _Parameter] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    regime: str
    title: str
    rules: dict[str, _Rule]
    base: str | None = None
    """The profile whose other rules hold too."""


def no_base(name: str) -> None:
    """Know no profile to build on."""
    del name


def load_profile(toml: bytes, source: str, base: Base = no_base) -> Profile:
    """Read a profile; raise InputError when it is no TOML, ProfileRefused when it is not taken."""
    file = _read(toml, source)
    written = file.rules
    if file.base is not None:
        below = base(file.base)
        known = None if below is None else _read(below, file.base)
        if known is None or known.base is not None:
            expected = "a shipped profile that stands on no other"
            raise ProfileRefused(source=source, field="base", expected=expected, found=file.base)
        written = {**known.rules, **file.rules}
    rules = {rule.rule: rule for rule in _rules(written, source)}
    _check_regime(file.regime, rules, source)
    return Profile(file.name, file.regime, file.title, rules)


def _read(toml: bytes, source: str) -> _File:
    try:
        tree = msgspec.toml.decode(toml)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(source=source, expected="TOML", found=str(error)) from None
    except RecursionError:
        raise InputError(source=source, expected="TOML", found="endless nesting") from None
    try:
        return msgspec.convert(tree, type=_File)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise ProfileRefused(
            source=source, field=place.strip("`$.") or None, expected="a rule profile", found=what
        ) from None


def _rules(written: Mapping[str, _Rule], source: str) -> Iterator[Rule]:
    for rule_id, rule in written.items():
        yield _rule(rule_id, rule, rule, source)
        for name, parameter in rule.parameters.items():
            yield _rule(f"{rule_id}.{name}", rule, parameter, source)


def _rule(rule_id: str, parent: _Rule, written: _Rule | _Parameter, source: str) -> Rule:
    if parent.overridable and parent.origin != "BENCHMARK":
        raise ProfileRefused(
            source=source,
            field=f"{rule_id}.overridable",
            expected=f"false: origin {parent.origin}, and only BENCHMARK is overridden",
            found="true",
        )
    unit = UNITS.get(rule_id)
    if unit is None:
        raise ProfileRefused(
            source=source, field=rule_id, expected="a rule the desk knows", found=rule_id
        )
    if written.unit != unit and not {written.unit, unit} <= MONEY_UNITS:
        raise ProfileRefused(
            source=source, field=f"{rule_id}.unit", expected=unit, found=written.unit
        )
    origin = written.origin or parent.origin
    rule = Rule(
        rule=rule_id,
        value=_value(rule_id, written, source),
        unit=written.unit,
        origin=origin,
        source=parent.source,
        as_of=parent.as_of,
        floor=_edge(rule_id, "floor", written.floor, source),
        ceiling=_edge(rule_id, "ceiling", written.ceiling, source),
        overridable=parent.overridable and origin == "BENCHMARK",
        action=parent.action,
        status=written.status or parent.status,
    )
    wrong = out_of_range(rule)
    if wrong is not None:
        field = f"{rule_id}.value"
        raise ProfileRefused(source=source, field=field, expected=wrong[0], found=wrong[1])
    return rule


def _value(rule_id: str, written: _Rule | _Parameter, source: str) -> Value:
    value, unit = written.value, written.unit
    wanted = {"list": list, "yes/no": bool}.get(unit, str)
    if type(value) is not wanted:
        expected = {"list": "a list of words", "yes/no": "true or false"}.get(unit, "text")
        raise ProfileRefused(
            source=source, field=f"{rule_id}.value", expected=expected, found=repr(value)
        )
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, bool) or unit in TEXT_UNITS:
        return value
    return _number(rule_id, "value", value, source)


def _edge(rule_id: str, name: str, text: str | None, source: str) -> Decimal | None:
    return None if text is None else _number(rule_id, name, text, source)


def _number(rule_id: str, name: str, text: str, source: str) -> Decimal:
    number = parse_decimal(text)
    if number is None:
        raise ProfileRefused(
            source=source,
            field=f"{rule_id}.{name}",
            expected="a number as text",
            found=repr(text),
        )
    return number


def _check_regime(regime: str, rules: Mapping[str, Rule], source: str) -> None:
    for rule_id, lowest in REGIME_FLOORS.get(regime, {}).items():
        edge = None if (rule := rules.get(rule_id)) is None else rule.floor
        if edge is None or edge < lowest:
            expected = f"a floor of at least {plain(lowest)} under {regime}"
            raise _loosened(rule, "floor", expected, edge, rule_id, source)
    for rule_id, highest in REGIME_CEILINGS.get(regime, {}).items():
        edge = None if (rule := rules.get(rule_id)) is None else rule.ceiling
        if edge is None or edge > highest:
            expected = f"a ceiling of at most {plain(highest)} under {regime}"
            raise _loosened(rule, "ceiling", expected, edge, rule_id, source)


def _loosened(
    rule: Rule | None,
    name: str,
    expected: str,
    edge: Decimal | None,
    rule_id: str,
    source: str,
) -> ProfileRefused:
    if rule is None:
        return ProfileRefused(source=source, field=rule_id, expected=expected, found="no rule")
    found = "none" if edge is None else plain(edge)
    return ProfileRefused(source=source, field=f"{rule_id}.{name}", expected=expected, found=found)
