"""What time does to the rules: overrides end, and prices run away."""

from __future__ import annotations

from desk.engine import anomalies, overriding
from desk.engine.desk import Desk
from desk.engine.plan import Plan


class RuleWatch:
    """Looks at the rules whenever time passes; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self) -> Plan | None:
        """Return the next thing to record, or None."""
        return overriding.ended(self._desk) or anomalies.noticed(self._desk)
