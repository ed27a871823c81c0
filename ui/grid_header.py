"""Column titles: a click sorts, a border is dragged, the column in hand is underlined."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from ui.paint import Align, Ink, painting
from ui.theme import Theme
from ui.viewmodels.cells import Column, Side
from ui.viewmodels.table_look import Sorting

OWN_ORDER = " ↑"
"""Behind the title of the column that the table's own order goes by."""
ARROW = 9
"""Room for the arrow of a sorted column."""


class GridHeader(QHeaderView):
    """Flat column titles."""

    sized = Signal()
    """A border was let go."""
    menu_asked = Signal(int, QPoint)
    """Number of the column, and where on the screen."""

    def __init__(
        self, theme: Theme, columns: tuple[Column, ...], padding: int, parent: QWidget
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._columns = columns
        self._padding = padding
        self.sorting: Sorting | None = None
        self.in_hand: Callable[[], int] = lambda: -1
        """Number of the column that keys act on; none without the focus."""
        self.dragged = False
        """A border is being moved by hand: its table says so."""
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setMinimumSectionSize(16)
        self.setSectionsClickable(True)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 20 if self._theme.compact else 24)

    def repaint_soon(self) -> None:
        """Another order, or another column in hand."""
        self.viewport().update()

    def mousePressEvent(self, e: QMouseEvent) -> None:
        self.dragged = False
        super().mousePressEvent(e)

    def mouseReleaseEvent(self, e: QMouseEvent) -> None:
        super().mouseReleaseEvent(e)
        if self.dragged:
            self.dragged = False
            self.sized.emit()

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        self.menu_asked.emit(self.logicalIndexAt(arg__1.pos()), arg__1.globalPos())

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        column = self._columns[logicalIndex]
        box = QRectF(rect)
        ink = Ink(painter, self._theme)
        ink.fill("panel", box)
        inner = box.adjusted(self._padding, 0, -self._padding, 0)
        align = Align.RIGHT if column.side is Side.RIGHT else Align.LEFT
        title, token = column.title, "muted"
        if self.sorting is not None:
            title = title.removesuffix(OWN_ORDER)
            if self.sorting.column == column.key:
                token = "text"
                inner = self._arrow(ink, inner, title, align)
        ink.text(token, self._theme.face(11), title, inner, align)
        ink.rule(box)
        if logicalIndex == self.in_hand():
            ink.fill("accent", QRectF(box.left() + 2, box.bottom() - 2, box.width() - 4, 2))

    def _arrow(self, ink: Ink, box: QRectF, title: str, align: Align) -> QRectF:
        """Draw the arrow before or behind the title; return where the title stands."""
        down = self.sorting is not None and self.sorting.descending
        if align is Align.RIGHT:
            place = box.adjusted(0, 0, -self._theme.face(11).width(title) - 3, 0)
        else:
            place = QRectF(box.left(), box.top(), ARROW - 3, box.height())
            box = box.adjusted(ARROW, 0, 0, 0)
        ink.text("text", self._theme.face(11), "↓" if down else "↑", place, align)
        return box

    def paintEvent(self, e: QPaintEvent) -> None:
        with painting(self.viewport(), self._theme) as ink:
            painter = ink.painter
            painter.fillRect(e.rect(), self._theme.color("panel"))
        super().paintEvent(e)
