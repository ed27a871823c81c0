"""A probe in the window's own loop: lateness of a 5 ms heartbeat, age of painted data, CPU, memory.

Set `DESK_WINDOW_PROBE` to a path: the figures are written there as JSON when the pipe ends, and
the window ends with it. The first seconds, in which everything is imported, do not count.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer

from ui.clock import boot_ns

HEARTBEAT_MS = 5
WARM_UP_MS = 1_500
ENVIRONMENT = "DESK_WINDOW_PROBE"


class Probe(QObject):
    """Collects, and writes its report when told to."""

    def __init__(self, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = Path(path)
        self._stalls_ms: list[float] = []
        self._ages_ms: list[float] = []
        self._updates = 0
        self._messages = 0
        self._first_messages: int | None = None
        self._beat_ns = 0
        self._began_ns = 0
        self._cpu_s = 0.0
        self._heart = QTimer(self)
        self._heart.setTimerType(Qt.TimerType.PreciseTimer)
        self._heart.setInterval(HEARTBEAT_MS)
        self._heart.timeout.connect(self._beat)
        QTimer.singleShot(WARM_UP_MS, self, self._begin)

    def _begin(self) -> None:
        self._began_ns = self._beat_ns = boot_ns()
        self._cpu_s = time.process_time()
        self._heart.start()

    def _beat(self) -> None:
        now_ns = boot_ns()
        late_ms = (now_ns - self._beat_ns) / 1e6 - HEARTBEAT_MS
        self._stalls_ms.append(max(0.0, late_ms))
        self._beat_ns = now_ns

    def painted(self, data_ns: int, messages: int) -> None:
        """Data of this moment is on the screen now; `messages` were behind it since the start."""
        if not self._began_ns:
            return
        if self._first_messages is None:
            self._first_messages = messages
        self._messages = messages
        self._updates += 1
        if data_ns:
            self._ages_ms.append((boot_ns() - data_ns) / 1e6)

    def finish(self) -> None:
        """Write the report and end the application."""
        self._heart.stop()
        seconds = (boot_ns() - self._began_ns) / 1e9 if self._began_ns else 0.0
        report = {
            "seconds": seconds,
            "cpu_s": time.process_time() - self._cpu_s,
            "updates": self._updates,
            "messages": self._messages - (self._first_messages or 0),
            "stalls_ms": self._stalls_ms,
            "ages_ms": self._ages_ms,
            "rss_mb": resident_mb(),
        }
        self._path.write_text(json.dumps(report))
        QCoreApplication.quit()


def resident_mb() -> float:
    """Resident memory now where the system tells it, else the most there was."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6
