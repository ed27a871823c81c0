"""One line of the rules a portfolio is held against, and how lines are made."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from desk.margin.rounding import written
from desk.model.numbers import ZERO, plain
from desk.risk.profile import Rule

OK, WARN, BREACH, UNKNOWN = "OK", "WARN", "BREACH", "UNKNOWN"

_SEVERITY = (OK, UNKNOWN, WARN, BREACH)
"""A breach that is known is worse than one that may be."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How one case stands against a rule."""

    status: str
    message: str
    value: str | None = None
    limit: str | None = None
    strain: Decimal = ZERO
    """How near or far beyond the limit: of equal cases the one with more is shown."""


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with what was found."""

    rule: str
    status: str
    value: str | None
    limit: str | None
    origin: str
    message: str

    def row(self) -> dict[str, Any]:
        """Return the line as the report writes it."""
        return msgspec.structs.asdict(self)


def fine(message: str) -> Finding:
    """Return that nothing is wrong."""
    return Finding(status=OK, message=message)


def unknown(message: str, rule: Rule | None = None) -> Finding:
    """Return that it cannot be said."""
    limit = None if rule is None else rule_limit(rule)
    return Finding(status=UNKNOWN, message=message, limit=limit)


def rule_limit(rule: Rule) -> str | None:
    """Write a rule's own number; null for a rule that is a yes or a list."""
    return plain(rule.value) if isinstance(rule.value, Decimal) else None


def limit_of(rule: Rule) -> Decimal:
    """Return a rule's number; 0, which nothing meets, where it has none."""
    return rule.value if isinstance(rule.value, Decimal) else ZERO


def number(value: Decimal) -> str:
    """Write a figure in a line."""
    return plain(written(value))


def at_most(value: Decimal | None, limit: Decimal, what: str) -> Finding:
    """Judge a figure that may not exceed a limit; `what` begins the sentence."""
    if value is None:
        return Finding(status=UNKNOWN, message=f"{what}: unknown.", limit=plain(limit))
    over = value > limit
    return Finding(
        status=BREACH if over else OK,
        message=f"{what}: {'over' if over else 'within'} the limit.",
        value=number(value),
        limit=plain(limit),
        strain=value / limit if limit else value,
    )


def at_least(value: Decimal | None, limit: Decimal, what: str) -> Finding:
    """Judge a figure that may not fall below a limit."""
    if value is None:
        return Finding(status=UNKNOWN, message=f"{what}: unknown.", limit=plain(limit))
    under = value < limit
    return Finding(
        status=BREACH if under else OK,
        message=f"{what}: {'below' if under else 'not below'} the limit.",
        value=number(value),
        limit=plain(limit),
        strain=-(value / limit if limit else value),
    )


def worst(findings: Iterable[Finding], otherwise: str) -> Finding:
    """Return the worst of several cases; `otherwise` if there is none."""
    return max(findings, key=_weight, default=fine(otherwise))


def _weight(finding: Finding) -> tuple[int, Decimal]:
    return _SEVERITY.index(finding.status), finding.strain
