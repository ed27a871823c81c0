"""Rule profiles: every number the desk enforces, with its origin, as data.

A profile is a TOML file. Each rule carries value, unit, origin, source, date, floor, ceiling,
whether it may be overridden, and the action on breach; a rule may carry further parameters,
which are addressed as `rule.parameter`. Numbers are text and become Decimal.

What is refused at load: an unknown key, a number that is none, a value outside its floor or
ceiling, an override of law or of the SFC, and a profile of a regime that lowers that regime's own
floor. A limit that is missing is 0: it refuses everything, never nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from desk.model.errors import InputError
from desk.model.numbers import ZERO, parse_decimal, plain
from desk.risk.json_place import FieldError

Origin: TypeAlias = Literal["LAW", "SFC", "BENCHMARK", "FOREIGN", "HOUSE"]
Action: TypeAlias = Literal["REFUSE", "WARN", "CALL", "CLOSE", "LOCK", "LOG"]
Status: TypeAlias = Literal["active", "later", "off"]
Value: TypeAlias = Decimal | bool | str | tuple[str, ...]

TEXT_UNITS = frozenset({"list", "text"})

MONEY_UNITS = frozenset({"HKD", "USD"})

HKD_PER_USD_STRICT = Decimal("7.85")
"""The weak edge of the peg band 7.75-7.85: a limit in HKD is smallest in USD there."""

REGIME_FLOORS: Mapping[str, Mapping[str, Decimal]] = {
    "HK_SFC": {"vaf.haircut": Decimal("0.60")},
    "HKMA": {"vaf.haircut": Decimal("0.60")},
}
"""SFC circular 26EC5 (11 Feb 2026): a haircut of at least 60 % on virtual assets."""


class ProfileRefused(InputError):
    """The file was read, but the desk does not take these rules."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule or one parameter of a rule."""

    rule: str
    value: Value
    unit: str
    origin: Origin
    source: str
    as_of: date
    floor: Decimal | None
    ceiling: Decimal | None
    overridable: bool
    action: Action
    status: Status
    """`later`: the subsystem that enforces it is not in this version; `off`: not set."""


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that replaces a HOUSE number for one document."""

    value: Decimal
    unit: str


class _Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    value: str | bool | list[str]
    unit: str
    floor: str | None = None
    ceiling: str | None = None
    origin: Origin | None = None


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


class Profile:
    """A checked set of rules."""

    def __init__(self, name: str, regime: str, title: str, rules: Mapping[str, Rule]) -> None:
        self.name = name
        self.regime = regime
        self.title = title
        self._rules = dict(rules)
        self.hash = _hash(name, regime, self._rules)
        """SHA-256 over names, values and limits, hex: equal hashes are equal rules."""

    def rules(self) -> list[Rule]:
        """Return every rule and parameter, in the order of the file."""
        return list(self._rules.values())

    def get(self, rule: str, parameter: str | None = None) -> Rule | None:
        """Return a rule, or one of its parameters; None when the profile has none."""
        return self._rules.get(rule if parameter is None else f"{rule}.{parameter}")

    def number(self, rule: str, parameter: str | None = None) -> Decimal:
        """Return a limit; 0 when it is missing, off, or no number."""
        found = self.get(rule, parameter)
        if found is None or found.status == "off" or not isinstance(found.value, Decimal):
            return ZERO
        return found.value

    def usd(self, rule: str, parameter: str | None = None) -> Decimal:
        """Return a money limit in USD; HKD is converted at the stricter edge of the peg band.

        A limit in any other unit is 0.
        """
        found = self.get(rule, parameter)
        if found is None or found.unit not in MONEY_UNITS:
            return ZERO
        limit = self.number(rule, parameter)
        return limit / HKD_PER_USD_STRICT if found.unit == "HKD" else limit

    def flag(self, rule: str, parameter: str | None = None) -> bool:
        """Return a yes or no; no when it is missing."""
        found = self.get(rule, parameter)
        return found is not None and found.value is True

    def words(self, rule: str, parameter: str | None = None) -> tuple[str, ...]:
        """Return a list; empty when it is missing."""
        found = self.get(rule, parameter)
        return found.value if found is not None and isinstance(found.value, tuple) else ()

    def with_limits(self, limits: Mapping[str, Limit]) -> Profile:
        """Return the profile with HOUSE numbers replaced; raise FieldError for any other rule."""
        changed = dict(self._rules)
        for rule_id, limit in limits.items():
            place = ("limits", rule_id)
            rule = changed.get(rule_id)
            if rule is None or not isinstance(rule.value, Decimal):
                raise FieldError(place, "a numeric rule of the profile", rule_id)
            if rule.origin != "HOUSE":
                raise FieldError(place, "a HOUSE rule", f"a rule of origin {rule.origin}")
            if limit.unit != rule.unit and not {limit.unit, rule.unit} <= MONEY_UNITS:
                raise FieldError((*place, "unit"), rule.unit, limit.unit)
            changed[rule_id] = msgspec.structs.replace(
                rule, value=limit.value, unit=limit.unit, status="active"
            )
            wrong = _out_of_range(changed[rule_id])
            if wrong is not None:
                raise FieldError((*place, "value"), *wrong)
        return Profile(self.name, self.regime, self.title, changed)


def load_profile(toml: bytes, source: str) -> Profile:
    """Read a profile; raise InputError when it is no TOML, ProfileRefused when it is not taken."""
    try:
        tree = msgspec.toml.decode(toml)
    except msgspec.DecodeError as error:
        raise InputError(source=source, expected="TOML", found=str(error)) from None
    try:
        file = msgspec.convert(tree, type=_File)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise ProfileRefused(
            source=source, field=place.strip("`$.") or None, expected="a rule profile", found=what
        ) from None
    rules: dict[str, Rule] = {}
    for rule_id, written in file.rules.items():
        rules[rule_id] = _rule(rule_id, written, written, source)
        for name, parameter in written.parameters.items():
            rules[f"{rule_id}.{name}"] = _rule(f"{rule_id}.{name}", written, parameter, source)
    _check_regime(file.regime, rules, source)
    return Profile(file.name, file.regime, file.title, rules)


def _rule(rule_id: str, parent: _Rule, written: _Rule | _Parameter, source: str) -> Rule:
    origin = written.origin or parent.origin
    if parent.overridable and origin in {"LAW", "SFC"}:
        raise ProfileRefused(
            source=source,
            field=f"{rule_id}.overridable",
            expected=f"false: origin {origin}",
            found="true",
        )
    rule = Rule(
        rule=rule_id,
        value=_value(rule_id, written, source),
        unit=written.unit,
        origin=origin,
        source=parent.source,
        as_of=parent.as_of,
        floor=_edge(rule_id, "floor", written.floor, source),
        ceiling=_edge(rule_id, "ceiling", written.ceiling, source),
        overridable=parent.overridable,
        action=parent.action,
        status=parent.status,
    )
    wrong = _out_of_range(rule)
    if wrong is not None:
        field = f"{rule_id}.value"
        raise ProfileRefused(source=source, field=field, expected=wrong[0], found=wrong[1])
    return rule


def _value(rule_id: str, written: _Rule | _Parameter, source: str) -> Value:
    value = written.value
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, bool) or written.unit in TEXT_UNITS:
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


def _out_of_range(rule: Rule) -> tuple[str, str] | None:
    """Return what was expected and found, if a rule's value is not between floor and ceiling."""
    value = rule.value
    if not isinstance(value, Decimal):
        return None
    if not value.is_finite() or value < 0:
        return "0 or more", str(value)
    said = f"({rule.origin}, {rule.source})"
    if rule.floor is not None and value < rule.floor:
        return f"at least {plain(rule.floor)} {said}", plain(value)
    if rule.ceiling is not None and value > rule.ceiling:
        return f"at most {plain(rule.ceiling)} {said}", plain(value)
    return None


def _check_regime(regime: str, rules: Mapping[str, Rule], source: str) -> None:
    for rule_id, lowest in REGIME_FLOORS.get(regime, {}).items():
        rule = rules.get(rule_id)
        expected = f"a floor of at least {plain(lowest)} under {regime}"
        if rule is None:
            raise ProfileRefused(source=source, field=rule_id, expected=expected, found="no rule")
        if rule.floor is None or rule.floor < lowest:
            found = "none" if rule.floor is None else plain(rule.floor)
            raise ProfileRefused(
                source=source, field=f"{rule_id}.floor", expected=expected, found=found
            )


def _hash(name: str, regime: str, rules: Mapping[str, Rule]) -> str:
    """Hash what decides, by rule id; numbers in plain form, so that 0.6 and 0.60 are one."""

    def canonical(value: Value | None) -> object:
        return plain(value.normalize()) if isinstance(value, Decimal) else value

    content = {
        rule_id: {
            **msgspec.structs.asdict(rule),
            "value": canonical(rule.value),
            "floor": canonical(rule.floor),
            "ceiling": canonical(rule.ceiling),
        }
        for rule_id, rule in rules.items()
    }
    document = {"name": name, "regime": regime, "rules": content}
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
