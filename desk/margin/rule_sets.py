"""Which margin rules of a venue are in force on a day: formulas and tables are dated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from desk.margin.inputs import MarginTerms

OLD_AFTER_DAYS = 90
"""Venues change their tables without notice: an older one is flagged, not refused."""


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """How one venue margins its instruments since one day, with the numbers of another."""

    venue: str
    model: str
    effective_from: date
    """`date.min`: nothing earlier is known here."""
    as_of: date
    source: str
    symbols: Mapping[str, MarginTerms]
    """By symbol, in the venue's spelling."""


class RuleBook:
    """All rule sets that ship."""

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        self._by_venue: dict[str, list[RuleSet]] = {}
        for one in rule_sets:
            self._by_venue.setdefault(one.venue, []).append(one)

    def terms(self, venue: str, symbol: str, on: date) -> MarginTerms | None:
        """Return how a venue margins a symbol by the rules in force on a day.

        Those are the sets of the latest effective date; of two that have the symbol, the one with
        the newer numbers. A symbol that none of them has gets the venue's model without numbers;
        None where no rules of the venue are in force.
        """
        begun = [one for one in self._by_venue.get(venue, ()) if one.effective_from <= on]
        if not begun:
            return None
        since = max(one.effective_from for one in begun)
        in_force = [one for one in begun if one.effective_from == since]
        known = [one for one in in_force if symbol in one.symbols]
        if not known:
            return MarginTerms(model=in_force[0].model)
        return max(known, key=lambda one: one.as_of).symbols[symbol]
