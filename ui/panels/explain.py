"""Popovers that explain a mark or a figure: rows, Copy, and gone with Esc or a click elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QPolygon,
)
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

WIDTH, FIGURE_WIDTH, MOST_WIDTH = 800, 456, 760
TITLE, FOOT, ROW, HEAD = 32, 40, 20, 24
MOST_ROWS = 14
TIP = 8
"""Height of the point with which a popover shows what it is about."""
TIP_LEFT = 28


class Popover(QWidget):
    """Shows what was true when it was asked for, and says when that was."""

    def __init__(self, theme: Theme, title: str, as_of: str, text: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # beside the point
        self.setAccessibleName(f"{title}, {as_of}")
        self._theme = theme
        self._title, self._as_of, self._text = title, as_of, text
        self.copy = Button(theme, tr("Copy"), "plain")
        self.copy.clicked.connect(self._copy)
        close = Button(theme, tr("Close"), "quiet")
        close.clicked.connect(self.close)
        self.pin = Button(theme, tr("Pin"), "plain")
        self.pin.clicked.connect(self._pin)
        self._tip = QPoint()
        """Where the point is, of this widget; null: it has none."""
        self._drag = QPoint()
        foot = QHBoxLayout()
        foot.addStretch(1)
        for button in (self.copy, self.pin, close):
            button.setFixedHeight(24)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, TITLE + TIP, 8, 8 + TIP)
        self.body = QVBoxLayout()
        column.addLayout(self.body)
        column.addLayout(foot)

    def show_at(self, point: QPoint) -> None:
        """Show under a point of the screen and point at it; over it where there is no room."""
        screen = QGuiApplication.screenAt(point) or QGuiApplication.primaryScreen()
        room: QRect = screen.availableGeometry()
        over = point.y() + self.height() > room.bottom() and point.y() - self.height() > room.top()
        left = max(room.left(), min(point.x() - TIP_LEFT, room.right() - self.width()))
        wanted = point.y() - self.height() if over else point.y()
        top = max(room.top(), min(wanted, room.bottom() - self.height()))
        self._tip = QPoint(point.x() - left, self.height() if over else 0)
        points_at_it = wanted == top and TIP <= self._tip.x() <= self.width() - TIP
        self._tip = self._tip if points_at_it else QPoint()
        self.move(left, top)
        self.show()
        self.copy.setFocus()

    def _outline(self) -> QPolygon:
        """The box with its point; Qt draws a polygon's last pixel row too."""
        right, bottom, x = self.width() - 1, self.height() - 1, self._tip.x()
        low = bottom - TIP
        upper = [QPoint(x - TIP, TIP), QPoint(x, 0), QPoint(x + TIP, TIP)]
        lower = [QPoint(x + TIP, low), QPoint(x, bottom), QPoint(x - TIP, low)]
        has_tip = not self._tip.isNull()
        return QPolygon([
            QPoint(0, TIP), *(upper if has_tip and not self._tip.y() else []), QPoint(right, TIP),
            QPoint(right, low), *(lower if has_tip and self._tip.y() else []), QPoint(0, low),
        ])  # fmt: skip

    def _pin(self) -> None:
        """Stay on the screen until it is closed; by its title it can be moved."""
        place = self.pos()
        self.setWindowFlags(Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint)
        self._tip = QPoint()
        self.pin.setEnabled(False)
        self.pin.say(tr("Pinned"))
        self.move(place)
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it, pinned or not."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.pin.isEnabled() and self._drag.y() < TITLE + TIP:
            self.move(event.globalPosition().toPoint() - self._drag)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self.copy.say(tr("Copied"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.painter.setPen(self._theme.color("accent"))
            ink.painter.setBrush(self._theme.color("panel"))
            ink.painter.drawPolygon(self._outline())
            title = QRectF(14, TIP, self.width() - 28, TITLE)
            ink.text("text", self._theme.face(12, 600), self._title, title)
            ink.text("muted", self._theme.face(11), self._as_of, title, Align.RIGHT)


class ExplainPopover(Popover):
    """What one mark is made of."""

    def __init__(self, theme: Theme, said: Explanation, parent: QWidget) -> None:
        super().__init__(theme, said.title, said.as_of, said.text(), parent)
        self.grid = Grid(theme, SOURCE_COLUMNS, said.title, row_height=ROW, padding=6)
        self.grid.show_rows(said.rows)
        self.body.addWidget(self.grid)
        self.resize(WIDTH, TITLE + HEAD + ROW * len(said.rows) + FOOT + 8 + 2 * TIP)


class FigurePopover(Popover):
    """How a figure came about, as the engine tells it."""

    def __init__(self, theme: Theme, said: FigureExplained, parent: QWidget) -> None:
        title = f"{said.title}  {said.value}"
        super().__init__(theme, title, said.as_of, said.text(), parent)
        width = _wide_enough(theme, said)
        inside = width - 32
        self.formula = PlainWords(theme, said.formula, "text2", inside, code=True)
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
        self.setFixedWidth(width)
        self.adjustSize()


def _wide_enough(theme: Theme, said: FigureExplained) -> int:
    """The usual width; more where an input would be cut, up to a limit."""
    face = theme.face(12, 600)
    columns = zip(*(row.cells for row in said.rows), strict=True) if said.rows else ()
    needed = sum(max(face.width(cell.text) for cell in column) + 14 for column in columns)
    return int(min(MOST_WIDTH, max(FIGURE_WIDTH, needed + 48)))
