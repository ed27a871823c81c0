"""A thin scroll bar: a handle and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar, QWidget

from ui.paint import painting
from ui.theme import Theme

WIDTH = 8
LEAST_HANDLE = 24


class ThinBar(QScrollBar):
    """Vertical only; the wheel and the keys do most of the work."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._theme = theme

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 40)

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 20)

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            whole = self.maximum() - self.minimum() + self.pageStep()
            if whole <= self.pageStep():
                return
            height = max(LEAST_HANDLE, self.height() * self.pageStep() / whole)
            free = self.height() - height
            top = free * (self.value() - self.minimum()) / (whole - self.pageStep())
            token = "muted" if self.underMouse() or self.isSliderDown() else "edge"
            ink.fill(token, QRectF(2, top, WIDTH - 4, height))


def thin(area: QAbstractScrollArea, theme: Theme) -> None:
    """Give a scrolling area the thin bar."""
    area.setVerticalScrollBar(ThinBar(theme, area))
