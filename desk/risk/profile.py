"""Rule profiles: every number the desk enforces, with its origin, as data.

Each rule carries value, unit, origin, source, date, floor, ceiling, whether it may be overridden,
and the action on breach; a rule may carry further parameters, which are addressed as
`rule.parameter`. A limit that is missing is 0: it refuses everything, never nothing.
`desk.risk.profile_file` reads profiles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from desk.model.numbers import ZERO, plain
from desk.risk.json_place import FieldError
from desk.risk.rule_units import MONEY_UNITS

Origin: TypeAlias = Literal["LAW", "SFC", "BENCHMARK", "FOREIGN", "HOUSE"]
Action: TypeAlias = Literal["REFUSE", "WARN", "CALL", "CLOSE", "LOCK", "LOG"]
Status: TypeAlias = Literal["active", "later", "off"]
Value: TypeAlias = Decimal | bool | str | tuple[str, ...]

HKD_PER_USD_STRICT = Decimal("7.85")
"""The weak edge of the peg band 7.75-7.85: a limit in HKD is smallest in USD there."""


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

    def waived(self, rule: str) -> bool:
        """Whether a yes-or-no rule is there and says no; a missing rule is not waived."""
        found = self.get(rule)
        return found is not None and found.value is False

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
            wrong = out_of_range(changed[rule_id])
            if wrong is not None:
                raise FieldError((*place, "value"), *wrong)
        return Profile(self.name, self.regime, self.title, changed)


def out_of_range(rule: Rule) -> tuple[str, str] | None:
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
