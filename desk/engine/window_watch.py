"""A window that no longer answers: the desk takes no more risk for hands that are not there.

Everything a window sends shows that somebody is there; its heartbeats come four times a second.
"""

from __future__ import annotations

from desk.engine.change import Latch
from desk.engine.desk import Desk
from desk.engine.guarding import latch_desk, risk_adding_orders
from desk.engine.plan import Plan
from desk.model.events import Alerted

HEARTBEAT_LOST_NS = 3_000_000_000
"""A window silent for so long is not in anybody's hands."""

SLEPT_NS = 2_000_000_000
"""A desk that stood still for so long heard nobody meanwhile: what a window sent still waits to be
read, or it slept with the machine. After a shorter pause a living window has not been silent for
three seconds."""

WORD_NS = 1_500_000_000
"""How long after such a sleep a window may take to say a word: it beats four times a second, but
wakes with the desk when the whole machine slept."""


class WindowWatch:
    """Counts how long the window has been silent, and latches once when that is too long."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._heard_ns: int | None = None
        self._looked_ns = desk.now_ns
        self._excused = False
        """The desk has slept since the window was heard: that counts for it once, not for ever."""

    def changed(self, attached: bool) -> None:
        """Note that a window was attached (its heartbeats count from now) or is gone."""
        self._desk.window_attached = attached
        self._heard_ns = self._desk.now_ns if attached else None
        self._excused = False

    def heard(self) -> None:
        """Note that the window has sent something."""
        if self._desk.window_attached:
            self._heard_ns = self._desk.now_ns
            self._excused = False

    def look(self) -> Plan | None:
        """Return the latch once the window is lost; to be called whenever time passes."""
        now_ns = self._desk.now_ns
        slept, self._looked_ns = now_ns - self._looked_ns > SLEPT_NS, now_ns
        if self._heard_ns is None:
            return None
        if slept and not self._excused:
            self._heard_ns = max(self._heard_ns, now_ns - HEARTBEAT_LOST_NS + WORD_NS)
            self._excused = True
        if now_ns - self._heard_ns <= HEARTBEAT_LOST_NS:
            return None
        self._heard_ns = None
        return _lost(self._desk)


def _lost(desk: Desk) -> Plan:
    reason = "the window stopped answering for 3 s"
    plan = Plan(about="latch")
    latch = Latch(key="heartbeat", state="REDUCING", reason=reason, since_ms=desk.wall_ms)
    latch_desk(desk, plan, latch, risk_adding_orders(desk))
    plan.events.append(Alerted(severity="danger", code="HEARTBEAT", message=f"REDUCING: {reason}."))
    return plan
