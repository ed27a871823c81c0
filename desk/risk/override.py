"""Setting a benchmark aside: by two named people, with a reason, until a moment.

What a law or the SFC asks is never set aside, and a HOUSE number is changed in the house's profile
and not here (risk model, section 7). RTS 6 article 15(6) asks that an override be temporary and
authorised by named people; how long it may last at most is the profile's `rule.override`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from desk.model.commands import OverrideRule
from desk.model.events import Denial
from desk.model.numbers import plain
from desk.risk.denial import deny
from desk.risk.people import reasoned, two_people
from desk.risk.profile import Profile

RULE = "rule.override"

LEAST_REASON = 10
"""Characters, whatever a profile says or leaves out."""

HOUR_MS = 3_600_000


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A number that holds in a benchmark's place for a time."""

    rule: str
    value: Decimal
    reason: str
    names: tuple[str, str]
    since_ms: int
    expires_ms: int
    """It holds before this moment of the wall clock, and not at it."""


def objections(
    wish: OverrideRule, profile: Profile, now_ms: int, *, in_force: bool
) -> list[Denial]:
    """Return every reason why an override is not set, or not taken back."""
    least = max(LEAST_REASON, int(profile.number(RULE, "min_reason")))
    found = [
        *_of_rule(wish.rule, profile),
        *two_people(wish.first_name, wish.second_name, RULE),
        *reasoned(wish.reason, least, RULE),
    ]
    if wish.value is not None:
        return [*found, *_of_value(wish.value), *_of_expiry(wish, profile, now_ms)]
    if not in_force:
        found.append(deny("NOT_OVERRIDDEN", RULE, f"No override of {wish.rule} is in force."))
    return found


def _of_rule(name: str, profile: Profile) -> Iterator[Denial]:
    rule = profile.get(name)
    if rule is None:
        yield deny("OVERRIDE_RULE", RULE, f"{profile.name} has no rule {name}.")
    elif not rule.overridable:
        said = f"{name} is of origin {rule.origin}: only a BENCHMARK is set aside."
        yield deny("OVERRIDE_ORIGIN", name, said)
    elif not isinstance(rule.value, Decimal):
        yield deny("OVERRIDE_RULE", name, f"{name} is no number that another could stand for.")


def _of_value(value: Decimal) -> Iterator[Denial]:
    if not value.is_finite() or value <= 0:
        yield deny("OVERRIDE_VALUE", RULE, "What holds instead is a number above 0.")


def _of_expiry(wish: OverrideRule, profile: Profile, now_ms: int) -> Iterator[Denial]:
    left_ms = wish.expires_ms - now_ms
    longest_h = profile.number(RULE)
    if left_ms <= 0:
        yield deny("EXPIRY", RULE, "An override ends later than now.")
    elif left_ms > longest_h * HOUR_MS:
        asked_h = Decimal(left_ms) / HOUR_MS
        yield deny(
            "EXPIRY",
            RULE,
            f"An override lasts {plain(longest_h)} h at most; this one would last {asked_h:.2f} h.",
            limit=longest_h,
            actual=asked_h,
        )
