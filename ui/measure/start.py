"""From the command to the screen: when the window is first painted, when it first shows a price.

Set `DESK_START_PROBE` to a path: the boot-time clock of both moments is written there as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject

from ui.clock import boot_ns
from ui.shell import Shell
from ui.window import DeskWindow


class StartProbe(QObject):
    """Writes its report when the first mark has been painted."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._window, self._path = window, Path(path)
        window.painted.connect(self._painted)

    def _painted(self) -> None:
        frame = self._window.pump.frame
        if frame is not None and any(market.mark is not None for market in frame.markets):
            self._window.painted.disconnect(self._painted)
            shell = self._window.window()
            assert isinstance(shell, Shell)
            report = {"window_ns": shell.first_painted_ns, "data_ns": boot_ns()}
            self._path.write_text(json.dumps(report))
