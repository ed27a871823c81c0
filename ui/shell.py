"""The window's frame: on the screen at once, before the panels are even imported.

Whoever starts a desk sees where it will be while the rest is built, about a third of a second. The
frame is the top-level window; the desk's window lives in it and decides everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMoveEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.clock import boot_ns

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

    from ui.panes import Panes

FULL_SIZE, SMALL_SIZE = QSize(1920, 1080), QSize(1366, 768)
STATUS_BAR = 44
"""Height in which the status bar will stand."""


def fitting_size() -> QSize:
    """The larger of the two sizes that layouts are made for, where the screen has room for it."""
    room = QGuiApplication.primaryScreen().availableSize().width()
    return FULL_SIZE if room >= FULL_SIZE.width() else SMALL_SIZE


class Shell(QWidget):
    """An empty frame in the desk's colours, until it holds the desk."""

    def __init__(self, background: QColor, bar: QColor) -> None:
        super().__init__()
        self._background, self._bar = background, bar
        self._content: Panes | None = None
        self.first_painted_ns = 0
        """Boot-time clock of the first paint; 0: not yet."""
        self.setWindowTitle("Desk")
        self.resize(fitting_size())

    def hold(self, content: Panes) -> None:
        """Take the desk's window in: from now on it paints, and is asked before this closes."""
        self._content = content
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)
        content.windowTitleChanged.connect(self.setWindowTitle)
        content.show()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        if self._content is not None:
            self._content.placed.emit()

    def event(self, event: QEvent) -> bool:
        """Qt paints everything of this window inside UpdateRequest."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self.first_painted_ns = self.first_painted_ns or boot_ns()
            if self._content is not None:
                self._content.painted.emit()
        return done

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._content is not None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._background)
        painter.fillRect(0, 0, self.width(), STATUS_BAR, self._bar)
        painter.end()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leaving is the desk's question; before it is there, there is nobody to ask."""
        if self._content is not None and self._content.close():
            event.accept()
        else:
            event.ignore()
