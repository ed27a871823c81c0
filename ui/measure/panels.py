"""What each panel of the real window costs: milliseconds of every paint, and of taking a frame in.

Set `DESK_PANELS_PROBE` to a path, `DESK_PANELS_SECONDS` to how long: once a position and its chart
are on the screen, every paint is timed by the dock it belongs to, beside the heartbeat of
`ui.measure.probe`. The program is ended by whoever asked.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from desk.engine.snapshot import DeskFrame
from ui import paint
from ui.clock import boot_ns
from ui.measure.probe import HEARTBEAT_MS, resident_mb
from ui.window import DeskWindow

ENVIRONMENT = "DESK_PANELS_PROBE"
SECONDS = "DESK_PANELS_SECONDS"
SETTLE_MS = 4_000
"""From the first position on the screen until the figures count: imports, first pictures."""


class PanelsProbe(QObject):
    """Times paints by dock, whole window paints, frames taken in, and the heartbeat."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._window, self._path = window, Path(path)
        self._panels: defaultdict[str, list[float]] = defaultdict(list)
        self._frames: list[float] = []
        self._taken: list[float] = []
        self._stalls: list[float] = []
        self._worked: list[float] = []
        """Processor time from beat to beat: a beat that is late beyond it waited for a core."""
        self._counting = False
        self._began_ns = self._beat_ns = self._worked_ns = 0
        self._cpu_s = 0.0
        self._update_ns = 0
        self._time_paints()
        self._time_frames()
        window.painted.connect(self._painted)
        self._heart = QTimer(self)
        self._heart.setTimerType(Qt.TimerType.PreciseTimer)
        self._heart.setInterval(HEARTBEAT_MS)
        self._heart.timeout.connect(self._beat)
        self._look = QTimer(self)
        self._look.timeout.connect(self._try)
        self._look.start(250)

    def _time_paints(self) -> None:
        """Wrap the one way in which our widgets paint."""
        enter, leave = paint.painting.__enter__, paint.painting.__exit__
        begun: list[tuple[Any, int]] = []

        def entered(self: paint.painting) -> paint.Ink:
            ink = enter(self)
            begun.append((ink.painter.device(), boot_ns()))
            return ink

        def left(
            self: paint.painting,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            leave(self, kind, error, trace)
            device, since_ns = begun.pop()
            note(device, since_ns)

        note = self._note
        paint.painting.__enter__ = entered
        paint.painting.__exit__ = left

    def _time_frames(self) -> None:
        """A frame on its way into the panels."""
        pump, show = self._window.pump, self._window.display.show_frame

        def shown(frame: DeskFrame) -> None:
            since_ns = boot_ns()
            show(frame)
            if self._counting:
                self._taken.append((boot_ns() - since_ns) / 1e6)

        pump.framed.disconnect(self._window.display.show_frame)
        pump.framed.connect(shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The update of the frame around the window begins here and ends with `painted`."""
        if event.type() == QEvent.Type.UpdateRequest:
            self._update_ns = boot_ns()
        return False

    def _painted(self) -> None:
        if self._counting and self._update_ns:
            self._frames.append((boot_ns() - self._update_ns) / 1e6)

    def _note(self, device: Any, since_ns: int) -> None:
        if self._counting and isinstance(device, QWidget):
            self._panels[place_of(device)].append((boot_ns() - since_ns) / 1e6)

    def _try(self) -> None:
        frame = self._window.pump.frame
        if frame is None or not frame.positions or "pyqtgraph" not in sys.modules:
            return
        self._look.stop()
        QTimer.singleShot(SETTLE_MS, self, self._begin)
        seconds = float(os.environ.get(SECONDS, "20"))
        QTimer.singleShot(SETTLE_MS + round(seconds * 1_000), self, self._finish)

    def _begin(self) -> None:
        self._window.window().installEventFilter(self)
        self._counting = True
        self._began_ns = self._beat_ns = boot_ns()
        self._worked_ns = time.thread_time_ns()
        self._cpu_s = time.process_time()
        self._heart.start()

    def _beat(self) -> None:
        now_ns, worked_ns = boot_ns(), time.thread_time_ns()
        self._stalls.append(max(0.0, (now_ns - self._beat_ns) / 1e6 - HEARTBEAT_MS))
        self._worked.append((worked_ns - self._worked_ns) / 1e6)
        self._beat_ns, self._worked_ns = now_ns, worked_ns

    def _finish(self) -> None:
        self._counting = False
        report = {
            "panels": self._panels,
            "frames_ms": self._frames,
            "taken_ms": self._taken,
            "stalls_ms": self._stalls,
            "worked_ms": self._worked,
            "seconds": (boot_ns() - self._began_ns) / 1e9,
            "cpu_s": time.process_time() - self._cpu_s,
            "rss_mb": resident_mb(),
        }
        self._path.write_text(json.dumps(report))


def place_of(widget: QWidget) -> str:
    """The dock that a widget belongs to; outside of them, its own class."""
    at: QWidget | None = widget
    while at is not None:
        if isinstance(at, QDockWidget):
            return at.objectName()
        at = at.parentWidget()
    return type(widget).__name__.lstrip("_")
