"""The map of stress as a widget: a cell under the pointer or the arrow keys is explained beside."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from ui.paint import Align, Ink, painting
from ui.panels.stress_paint import (
    CARD_WIDTH,
    Places,
    draw_axes,
    draw_card,
    draw_cells,
    draw_legend,
    draw_legend_line,
    draw_now,
    draw_outline,
    draw_strip,
)
from ui.theme import Theme
from ui.viewmodels.stress import HeatView
from ui.viewmodels.stress_cell import CellView
from ui.viewmodels.translation import tr

WIDE = 700
"""Width from which the explained cell and the legend stand beside the map."""
AXIS_LEFT, AXIS_BELOW = 70, 40

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class StressMap(QWidget):
    """Cells are drawn once an answer and kept; the pointer moves over the kept picture."""

    cell_chosen = Signal(int, int)
    """Places on the answer's axis, of BTC and of ETH."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.view: HeatView | None = None
        self.cell: CellView | None = None
        self.selected = (0, 0)
        """Row from the top, and column."""
        self._by_key = False
        self._kept: tuple[object, QPixmap] | None = None
        self._dimmed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Stress map"))
        self.setAccessibleDescription(tr("Arrow keys choose a cell; Home is where prices are now"))

    # ---- what is shown ----------------------------------------------------------------------

    def show_map(self, view: HeatView | None) -> None:
        """Show an answer, the same cell selected."""
        if view == self.view:
            return
        if view is not None and (self.view is None or len(view.moves) != len(self.view.moves)):
            self.selected = _cell_of_now(view)
        self.view = view
        self.update()

    def show_cell(self, cell: CellView | None) -> None:
        """Explain a cell."""
        if cell != self.cell:
            self.cell = cell
            self.setAccessibleName(tr("Stress map") if cell is None else cell.spoken())
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: every figure is old."""
        self._dimmed = dimmed
        self.update()

    def chosen(self) -> tuple[int, int] | None:
        """Places of the selected cell on the answer's axis: BTC, ETH."""
        view = self.view
        if view is None:
            return None
        row, column = self.selected
        return view.first + column, view.first + len(view.moves) - 1 - row

    def sizeHint(self) -> QSize:
        return QSize(780, 580)

    def minimumSizeHint(self) -> QSize:
        return QSize(380, 260)

    # ---- hands ------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.view is not None:
            at = event.position()
            found = Places(self.view, self._map_box()).at(at.x(), at.y())
            if found is not None:
                self._by_key = False
                self._choose(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk over the map."""
        view, key = self.view, Qt.Key(event.key())
        if view is not None and key in _ARROWS:
            last = len(view.moves) - 1
            row, column = (
                min(last, max(0, old + step))
                for old, step in zip(self.selected, _ARROWS[key], strict=True)
            )
            self._by_key = True
            self._choose((row, column))
        elif view is not None and key == Qt.Key.Key_Home:
            self._by_key = True
            self._choose(_cell_of_now(view))
        else:
            super().keyPressEvent(event)

    def _choose(self, selected: tuple[int, int]) -> None:
        if selected != self.selected:
            self.selected = selected
            if (chosen := self.chosen()) is not None:
                self.cell_chosen.emit(*chosen)
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._by_key = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._by_key = self.hasFocus()
        self.update()

    # ---- painting ---------------------------------------------------------------------------

    @property
    def _is_wide(self) -> bool:
        return self.width() >= WIDE

    def _map_box(self) -> QRectF:
        """Where the cells are."""
        top, right = (34, CARD_WIDTH + 36) if self._is_wide else (66, 12)
        below = AXIS_BELOW + (0 if self._is_wide else 18)
        width, height = self.width() - AXIS_LEFT - right, self.height() - top - below
        return QRectF(AXIS_LEFT, top, max(40, width), max(40, height))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            view = self.view
            if view is None:
                return
            box = self._map_box()
            ink.painter.drawPixmap(0, 0, self._picture(view, box))
            places = Places(view, box)
            draw_outline(ink, places.cell(*self.selected), focused=self.hasFocus() and self._by_key)
            draw_now(ink, view, places, dim=self._dimmed)
            self._paint_words(ink, view, box)

    def _paint_words(self, ink: Ink, view: HeatView, box: QRectF) -> None:
        """Beside the map, or above and below it."""
        face = self._theme.face(11)
        if self._is_wide:
            head = QRectF(box.left(), 8, box.width(), 18)
            ink.text("text2", face, view.title, head)
            ink.text("muted", face, view.span, head, Align.RIGHT)
            left = box.right() + 20
            bottom = box.top()
            if self.cell is not None:
                card = QRectF(left, box.top(), CARD_WIDTH, 0)
                pointed = self.underMouse() and not self._by_key
                title = tr("Cell under pointer") if pointed else tr("Selected cell")
                bottom = draw_card(ink, self.cell, title, card, dim=self._dimmed)
            room = QRectF(left, bottom + 16, CARD_WIDTH, self.height() - bottom - 20)
            draw_legend(ink, view.legend, room)
            return
        if self.cell is not None:
            draw_strip(ink, self.cell, QRectF(12, 4, self.width() - 24, 58), dim=self._dimmed)
        draw_legend_line(ink, view.legend, QRectF(12, self.height() - 18, self.width() - 24, 16))

    def _picture(self, view: HeatView, box: QRectF) -> QPixmap:
        """Cells, lines and axes as a kept picture; drawn again when any of them differs."""
        scale = self.devicePixelRatioF()
        drawn = (view.rows, view.close_out, view.call, view.ellipse, view.x_title, view.y_title,
                 self.size(), scale, self._theme.scheme, self._dimmed)  # fmt: skip
        if self._kept is None or self._kept[0] != drawn:
            picture = QPixmap(self.size() * scale)
            picture.setDevicePixelRatio(scale)
            picture.fill(self._theme.color("panel"))
            with painting(picture, self._theme) as ink:
                draw_cells(ink, view, Places(view, box), dim=self._dimmed)
                draw_axes(ink, view, box)
            self._kept = (drawn, picture)
        return self._kept[1]


def _cell_of_now(view: HeatView) -> tuple[int, int]:
    column = min(range(len(view.moves)), key=lambda n: abs(view.moves[n]))
    return len(view.moves) - 1 - column, column
