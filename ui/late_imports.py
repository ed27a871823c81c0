"""What takes long to import comes in beside the window's thread, which goes on meanwhile.

numpy and pyqtgraph take a quarter of a second from a warm disk and seconds from a cold one or
before their bytecode is written; a window that stands still for three counts as lost, and the
desk would turn to reducing only.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from threading import Thread

from PySide6.QtCore import QObject, QTimer, Signal

MODULES = (
    "ui.panels.chart_moves",
    "ui.panels.rehearsal",
    "ui.panels.stress",
    "ui.plotting",
    "ui.viewmodels.candles",
)
LOOK_MS = 10


class LateImports(QObject):
    """Imports once; what fails does so again where it is used, and is reported from there."""

    done = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = Thread(target=_bring_in, name="late imports")
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def begin(self) -> None:
        """Begin, unless it has begun."""
        if self._thread.ident is None:
            self._thread.start()
            self._timer.start()

    def _look(self) -> None:
        if not self._thread.is_alive():
            self._timer.stop()
            self.done.emit()


def _bring_in() -> None:
    for name in MODULES:
        with suppress(Exception):
            import_module(name)
