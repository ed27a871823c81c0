"""Whether somebody may still sit there: screen locked, machine asleep, session ending.

The system says it over D-Bus (systemd's login manager, the desktops' screen savers). Where nobody
speaks D-Bus, sleep still shows: the clock that runs on asleep has then gone further than the one
that stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtCore import SLOT, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from ui.viewmodels.translation import tr

LOOK_MS = 500
SLEPT_NS = 1_000_000_000
"""The two clocks part by less than this only by being read one after the other."""

LOGIN = "org.freedesktop.login1"
_SYSTEM = (
    (f"{LOGIN}.Session", "Lock", "locked()"),
    (f"{LOGIN}.Manager", "PrepareForSleep", "slept(bool)"),
)
_DESKTOP = (
    ("org.freedesktop.ScreenSaver", "ActiveChanged", "covered(bool)"),
    ("org.gnome.ScreenSaver", "ActiveChanged", "covered(bool)"),
)


def asleep_ns() -> int:
    """How long the machine has slept since it was started, nearly; 0 where it is not told."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    awake_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - awake_ns


class Away(QObject):
    """Says that the trader may have left, and why."""

    left = Signal(str)

    def __init__(self, parent: QObject, asleep: Callable[[], int] = asleep_ns) -> None:
        super().__init__(parent)
        self._asleep = asleep
        self._slept_ns = asleep()
        self.heard = 0
        """How many signals are listened to."""
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK_MS)
        self._watch.timeout.connect(self.look)
        self._watch.start()
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.commitDataRequest.connect(self._end)
            app.applicationStateChanged.connect(self._change)

    def listen(self, system: str | None = None, session: str | None = None) -> None:
        """Call the system's and the desktop's bus; the one that answers is listened to."""
        from ui.bus import BusCall, session_address, system_address  # after the first paint

        for address, wanted in (
            (system_address() if system is None else system, _SYSTEM),
            (session_address() if session is None else session, _DESKTOP),
        ):
            if address:
                BusCall(self, address, partial(self._join, address, wanted))

    def _join(self, address: str, wanted: tuple[tuple[str, str, str], ...]) -> None:
        from PySide6.QtDBus import QDBusConnection  # after the first paint

        bus = QDBusConnection.connectToBus(address, f"desk-{wanted[0][0]}")
        for interface, name, slot in wanted if bus.isConnected() else ():
            # From whichever service and path: a screen saver has one of several. The stubs want
            # bytes for the slot, and bytes are refused.
            self.heard += bus.connect("", "", interface, name, self, cast("bytes", SLOT(slot)))

    def look(self) -> None:
        """Compare the clocks."""
        before, self._slept_ns = self._slept_ns, self._asleep()
        if self._slept_ns - before > SLEPT_NS:
            self.left.emit(tr("the machine was asleep"))

    @Slot()
    def locked(self) -> None:
        """The session was locked."""
        self.left.emit(tr("the screen was locked"))

    @Slot(bool)
    def slept(self, begins: bool) -> None:
        """The machine goes to sleep, or wakes."""
        self.left.emit(tr("the machine goes to sleep") if begins else tr("the machine was asleep"))

    @Slot(bool)
    def covered(self, active: bool) -> None:
        """The screen saver came, or went."""
        if active:
            self.left.emit(tr("the screen was locked"))

    def _end(self) -> None:
        self.left.emit(tr("the session ends"))

    def _change(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationSuspended:
            self.left.emit(tr("the window was suspended"))
