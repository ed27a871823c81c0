"""A popover that explains one mark: rows, Copy, and gone with Esc or a click elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button
from ui.grid import Grid
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.consensus import SOURCE_COLUMNS
from ui.viewmodels.explain import Explanation
from ui.viewmodels.text import tr

WIDTH = 800
TITLE, FOOT, ROW, HEAD = 32, 40, 20, 24
KEPT_OFF = 8
"""Pixels between the pointer and the popover."""


class ExplainPopover(QWidget):
    """Shows what was true when it was asked for, and says when that was."""

    def __init__(self, theme: Theme, said: Explanation, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(f"{said.title}, {said.as_of}")
        self._theme = theme
        self._said = said
        self.grid = Grid(theme, SOURCE_COLUMNS, said.title, row_height=ROW, padding=6)
        self.grid.show_rows(said.rows)
        self.copy = Button(theme, tr("Copy"), "plain")
        self.copy.clicked.connect(self._copy)
        close = Button(theme, tr("Close"), "quiet")
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addStretch(1)
        for button in (self.copy, close):
            button.setFixedHeight(24)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, TITLE, 8, 8)
        column.addWidget(self.grid)
        column.addLayout(foot)
        self.resize(WIDTH, TITLE + HEAD + ROW * len(said.rows) + FOOT + 8)

    def show_at(self, point: QPoint) -> None:
        """Show beside a point of the screen, all of it on that screen."""
        screen = QGuiApplication.screenAt(point) or QGuiApplication.primaryScreen()
        room: QRect = screen.availableGeometry()
        left = max(room.left(), min(point.x() + KEPT_OFF, room.right() - self.width()))
        top = max(room.top(), min(point.y() + KEPT_OFF, room.bottom() - self.height()))
        self.move(left, top)
        self.show()
        self.copy.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._said.text())
        self.copy.say(tr("Copied"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("panel", box)
            ink.frame("accent", None, box, radius=0)
            title = QRectF(14, 0, box.width() - 28, TITLE)
            ink.text("text", self._theme.face(12, 600), self._said.title, title)
            ink.text("muted", self._theme.face(11), self._said.as_of, title, Align.RIGHT)
