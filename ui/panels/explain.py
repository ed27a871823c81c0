"""Popovers that explain a mark or a figure: rows, Copy, and gone with Esc or a click elsewhere."""

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
from ui.viewmodels.figure_explained import INPUT_COLUMNS, FigureExplained
from ui.viewmodels.translation import tr
from ui.words import PlainWords

WIDTH, FIGURE_WIDTH = 800, 560
TITLE, FOOT, ROW, HEAD = 32, 40, 20, 24
MOST_ROWS = 14
KEPT_OFF = 8
"""Pixels between the pointer and the popover."""


class Popover(QWidget):
    """Shows what was true when it was asked for, and says when that was."""

    def __init__(self, theme: Theme, title: str, as_of: str, text: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(f"{title}, {as_of}")
        self._theme = theme
        self._title, self._as_of, self._text = title, as_of, text
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
        self.body = QVBoxLayout()
        column.addLayout(self.body)
        column.addLayout(foot)

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
        QGuiApplication.clipboard().setText(self._text)
        self.copy.say(tr("Copied"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("panel", box)
            ink.frame("accent", None, box, radius=0)
            title = QRectF(14, 0, box.width() - 28, TITLE)
            ink.text("text", self._theme.face(12, 600), self._title, title)
            ink.text("muted", self._theme.face(11), self._as_of, title, Align.RIGHT)


class ExplainPopover(Popover):
    """What one mark is made of."""

    def __init__(self, theme: Theme, said: Explanation, parent: QWidget) -> None:
        super().__init__(theme, said.title, said.as_of, said.text(), parent)
        self.grid = Grid(theme, SOURCE_COLUMNS, said.title, row_height=ROW, padding=6)
        self.grid.show_rows(said.rows)
        self.body.addWidget(self.grid)
        self.resize(WIDTH, TITLE + HEAD + ROW * len(said.rows) + FOOT + 8)


class FigurePopover(Popover):
    """How a figure came about, as the engine tells it."""

    def __init__(self, theme: Theme, said: FigureExplained, parent: QWidget) -> None:
        title = f"{said.title}  {said.value}"
        super().__init__(theme, title, said.as_of, said.text(), parent)
        inside = FIGURE_WIDTH - 32
        self.formula = PlainWords(theme, said.formula, "text2", inside)
        self.filled = PlainWords(theme, f"= {said.filled}", "text", inside, code=True)
        self.grid = Grid(theme, INPUT_COLUMNS, tr("Inputs"), row_height=ROW, padding=6)
        self.grid.show_rows(said.rows)
        rows = min(len(said.rows), MOST_ROWS)
        self.grid.setFixedHeight(HEAD + ROW * rows + 2)
        self.grid.setVisible(bool(said.rows))
        words = [self.formula, self.filled]
        told = [PlainWords(theme, note, "muted", inside) for note in (*said.notes, said.proof)]
        self.body.setSpacing(6)
        self.body.setContentsMargins(6, 0, 6, 0)
        for widget in (*words, self.grid, *told):
            self.body.addWidget(widget)
        self.setFixedWidth(FIGURE_WIDTH)
        self.adjustSize()
