"""Arming: nothing is sent by a surface until a hand has armed it, and it does not stay so.

Disarmed at start, after five idle minutes, when the profile changes, when the engine is silent or
gone; one surface alone when its instrument has gone stale. Kill, cancel and flatten never ask.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

from ui.clock import boot_ns
from ui.viewmodels.translation import tr

IDLE_LIMIT_S = 300
SURFACES = ("ticket", "positions", "ladder", "chart", "command")
"""Where an order can be made; `command` is the line that is typed."""

_HANDS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TabletPress,
        QEvent.Type.TouchBegin,
    }
)


class Arming(QObject):
    """Which surfaces may send, and for how long still."""

    changed = Signal()
    disarmed = Signal(str)
    """Why, when it was not the trader's own hand."""

    def __init__(self, parent: QObject | None = None, now_ns: Callable[[], int] = boot_ns) -> None:
        super().__init__(parent)
        self._now_ns = now_ns
        self.armed: frozenset[str] = frozenset()
        self._touched_ns = 0
        self._profile: str | None = None
        self.allowed = False
        """Set while the engine is live."""
        self._held = False
        """The window shows what is not live: nothing may be armed, whoever allows it."""
        self._watch = QTimer(self)
        self._watch.setInterval(500)
        self._watch.timeout.connect(self.check)

    def is_armed(self, surface: str = "") -> bool:
        """Whether a surface (or any) may send."""
        return surface in self.armed if surface else bool(self.armed)

    def seconds_left(self) -> int:
        """Seconds until the idle limit."""
        idle_s = (self._now_ns() - self._touched_ns) // 1_000_000_000
        return max(0, IDLE_LIMIT_S - idle_s)

    def toggle(self, surface: str = "") -> None:
        """The trader's hand on a lock: one surface's, or that of all.

        What only a part is armed of becomes whole first.
        """
        wanted = frozenset({surface} if surface else SURFACES)
        if wanted <= self.armed:
            self._set(self.armed - wanted)
        elif self.allowed and not self._held:
            self._touched_ns = self._now_ns()
            self._set(self.armed | wanted)

    def disarm(self, why: str, surface: str = "") -> None:
        """Disarm everything, or one surface, and say why."""
        remaining = self.armed - {surface} if surface else frozenset[str]()
        if remaining != self.armed:
            self._set(remaining)
            self.disarmed.emit(why)

    def allow(self, allowed: bool, why: str = "") -> None:
        """The engine answers, or does not."""
        self.allowed = allowed
        if not allowed:
            self.disarm(why)

    def hold(self, held: bool, why: str = "") -> None:
        """Keep everything disarmed until it is let go."""
        self._held = held
        if held:
            self.disarm(why)

    def see_profile(self, profile_hash: str) -> None:
        """A changed rule profile disarms."""
        if self._profile is not None and profile_hash != self._profile:
            self.disarm(tr("the rule profile changed"))
        self._profile = profile_hash

    def check(self) -> None:
        """Disarm when nobody has touched anything for the idle limit; tick the countdown."""
        if self.armed and self.seconds_left() <= 0:
            self.disarm(tr("idle for 5 min"))
        elif self.armed:
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Every touch of keyboard or mouse puts the idle limit off."""
        if event.type() in _HANDS:
            self._touched_ns = self._now_ns()
        return False

    def _set(self, armed: frozenset[str]) -> None:
        app = QCoreApplication.instance()
        if app is not None and bool(armed) != bool(self.armed):
            # Filtering costs a Python call for every event, so only while it matters.
            (app.installEventFilter if armed else app.removeEventFilter)(self)
            (self._watch.start if armed else self._watch.stop)()
        self.armed = armed
        self.changed.emit()
