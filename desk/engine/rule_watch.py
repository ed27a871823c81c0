"""What time does to the rules: overrides end, prices run away, a day begins or has lost enough."""

from __future__ import annotations

from desk.engine import anomalies, day_watch, overriding
from desk.engine.desk import Desk
from desk.engine.plan import Plan


class RuleWatch:
    """Looks at the rules whenever time passes; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self) -> Plan | None:
        """Return the next thing to record, or None."""
        looks = (
            overriding.ended,
            anomalies.noticed,
            day_watch.passed,
            day_watch.begun,
            day_watch.reached,
        )
        return next((plan for look in looks if (plan := look(self._desk)) is not None), None)
