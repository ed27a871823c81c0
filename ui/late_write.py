"""The window's file written beside the window's thread.

A sync takes as long as the disk is busy with others, and a window that stands still meanwhile
shows no price. What has to hold at once is written at once all the same, by `WindowFile.write`.
"""

from __future__ import annotations

from threading import Thread

from PySide6.QtCore import QObject, QTimer, Signal

from ui.window_file import WindowFile

LOOK_MS = 10


class LateWrite(QObject):
    """One write at a time; what was put meanwhile is written when it is over."""

    done = Signal(str)
    """Why it could not be written, or nothing."""

    def __init__(self, file: WindowFile, parent: QObject) -> None:
        super().__init__(parent)
        self._file = file
        self._thread: Thread | None = None
        self._again = False
        self._why = ""
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_on(self) -> bool:
        """Whether something is being written."""
        return self._thread is not None

    def begin(self) -> None:
        """Write what has been put until now."""
        if self._thread is not None:
            self._again = True
            return
        self._again = False
        self._thread = Thread(target=self._write, name="window file")
        self._thread.start()
        self._timer.start()

    def finish(self) -> None:
        """Wait for what is being written; what was put meanwhile is the caller's to write."""
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _write(self) -> None:
        self._why = self._file.write()

    def _look(self) -> None:
        if self._thread is None or self._thread.is_alive():
            return
        self.finish()
        self.done.emit(self._why)
        if self._again:
            self.begin()
