"""A machine's clock that was set while the desk runs: said once, and again when it is right."""

from __future__ import annotations

from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.model.events import Alerted


class ClockWatch:
    """Says what the desk does about a clock that it does not believe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said_ms = 0

    def look(self) -> Plan | None:
        """Return the next thing to say, or None."""
        set_by_ms = self._desk.clock.set_by_ms
        if bool(set_by_ms) == bool(self._said_ms):
            return None
        self._said_ms = set_by_ms
        return Plan(about="alert", events=[_said(set_by_ms)])


def _said(set_by_ms: int) -> Alerted:
    if not set_by_ms:
        message = "The machine's clock is right again."
        return Alerted(severity="info", code="CLOCK_RIGHT", message=message)
    way = "ahead" if set_by_ms > 0 else "back"
    message = (
        f"The machine's clock was set {way} by {abs(set_by_ms) / 1000:,.0f} s: the desk goes on by "
        "the time that has passed, until it is started anew."
    )
    return Alerted(severity="danger", code="CLOCK_SET", message=message)
