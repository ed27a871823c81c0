"""How old everything is that was shown by a desk that does not answer: said over the positions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer

from ui.clock import boot_ns
from ui.panes import Panes
from ui.pump import Pump
from ui.viewmodels.text import age
from ui.viewmodels.translation import tr

EVERY_MS = 500


class LastSeen(QTimer):
    """Counts on from the last frame for as long as no other comes."""

    def __init__(self, panes: Panes, pump: Pump, now_ns: Callable[[], int] = boot_ns) -> None:
        super().__init__(panes)
        self._panes = panes
        self._pump = pump
        self._now_ns = now_ns
        self.setInterval(EVERY_MS)
        self.timeout.connect(self._say)

    def show(self, gone: bool) -> None:
        """The desk is gone: begin; it is back: the next frame says something else there."""
        if gone:
            self._say()
            self.start()
        else:
            self.stop()

    def _say(self) -> None:
        frame = self._pump.frame
        if frame is not None:
            old = age((self._now_ns() - frame.ts_ns) // 1_000_000)
            self._panes.area.docks["positions"].bar.say(tr("NOT LIVE: {age} old", age=old))
