"""Positions by danger, with distance bars and buttons that close a part."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolTip, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.grid import Grid
from ui.paint import Align, Ink, painting
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row, keep_order
from ui.viewmodels.positions import (
    COLUMNS,
    FIGURES,
    WATCHED,
    position_rows,
    position_tip,
    split_key,
)
from ui.viewmodels.text import symbol, tr

PERCENTS = (25, 50, 75, 100)
BAR_WIDTH, BAR_HEIGHT = 80, 8
BUTTON_PITCH = 34
WIDE_DISTANCE = 236
"""Room for σ and minutes beside both distances."""


class PositionsPanel(QWidget):
    """The table with its empty state."""

    close_asked = Signal(str, str, int)
    """Account, instrument, percent."""
    chosen = Signal(str)
    explain_asked = Signal(str, str, str, QPoint)
    """Figure, its label, its value as shown, and where on the screen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.grid = PositionsGrid(theme)
        self.grid.close_asked.connect(self.close_asked)
        self.grid.explain_asked.connect(self.explain_asked)
        self.grid.row_selected.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)

    def show_frame(self, frame: DeskFrame) -> None:
        """Show a frame's positions; under the pointer nothing moves."""
        self.grid.frame = frame
        rows = position_rows(frame, short=self._theme.compact)
        if self.grid.underMouse() or self.grid.button_down:
            rows = keep_order(rows, [row.key for row in self.grid.grid.rows])
        self.grid.show_rows(rows)
        self.grid.fit_distance()

    def _choose(self, key: str) -> None:
        self.chosen.emit(split_key(key)[1])

    def set_armed(self, armed: bool) -> None:
        """Closing sends orders, so it needs an armed surface."""
        self.grid.set_armed(armed)

    def close_selected(self, percent: int) -> None:
        """Close part of the selected row, if the surface is armed."""
        key = self.grid.selected_key()
        if key and self.grid.armed and self.grid.can_close(key):
            self.close_asked.emit(*split_key(key), percent)


class PositionsGrid(Grid):
    """Rows of two lines; the distance bar and the close buttons are drawn."""

    close_asked = Signal(str, str, int)
    explain_asked = Signal(str, str, str, QPoint)
    drawn_columns = frozenset({"distance", "close"})

    def __init__(self, theme: Theme) -> None:
        self._says_sigma = False
        super().__init__(theme, COLUMNS, tr("Positions"), row_height=40, padding=6)
        self.armed = False
        self.frame: DeskFrame | None = None
        self.button_down: tuple[str, int] | None = None
        self.setMouseTracking(True)

    def set_armed(self, armed: bool) -> None:
        """Show the close buttons as live or not."""
        if armed != self.armed:
            self.armed = armed
            self.viewport().update()

    def drawn_width(self, column: Column) -> int:
        """Two buttons on a small screen, four elsewhere."""
        if column.key == "close":
            return len(self.percents()) * BUTTON_PITCH
        wide = column.key == "distance" and self._says_sigma and not self.theme.compact
        return WIDE_DISTANCE if wide else column.width

    def fit_distance(self) -> None:
        """Give σ and minutes their room once there is history to work them out from."""
        says = any("σ" in cell.second for row in self.grid.rows for cell in row.cells)
        if says != self._says_sigma:
            self._says_sigma = says
            self.refit()

    def can_close(self, key: str) -> bool:
        """Whether a row's position is this desk's to close."""
        return any(row.key == key and row.cells[-1].text != WATCHED for row in self.grid.rows)

    def percents(self) -> tuple[int, ...]:
        """Which buttons there is room for."""
        return (50, 100) if self.theme.compact else PERCENTS

    # ---- painting ---------------------------------------------------------------------------

    def paintEvent(self, e: QPaintEvent) -> None:
        super().paintEvent(e)
        if self.grid.rows:
            return
        with painting(self.viewport(), self.theme) as ink:
            box = QRectF(self.viewport().rect())
            upper = box.adjusted(0, 0, 0, -box.height() / 2 + 4)
            lower = box.adjusted(0, box.height() / 2 - 12, 0, -box.height() / 2 + 20)
            ink.text("text2", self.theme.face(12, 600), tr("No positions"), upper, Align.CENTER)
            words = tr(
                "Choose an instrument, write a quantity in the ticket: the preview shows where it "
                "would be liquidated before anything is sent."
            )
            ink.text("muted", self.theme.face(11), words, lower, Align.CENTER)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The thermometer with both distances, or the close buttons."""
        if self.grid.columns[number].key == "distance":
            self._paint_distance(ink, cell, box)
            return
        if cell.text == WATCHED:
            ink.text("muted", self.theme.face(11), tr("watched only"), box, Align.RIGHT)
            return
        for percent in self.percents():
            self._paint_button(ink, row.key, percent, self._button_box(percent, box))

    def _paint_distance(self, ink: Ink, cell: Cell, box: QRectF) -> None:
        bar = QRectF(box.left(), round(box.center().y()) - 4, BAR_WIDTH, BAR_HEIGHT)
        ink.fill("field", bar)
        dim = self.dimmed or cell.tone.value == "stale"
        if cell.value is None:
            if cell.text != "none":
                ink.hatch("line", bar)
            ink.frame("line", None, bar, radius=0)
        else:
            fill = {"danger": "danger_fill", "warning": "warn_fill"}.get(
                cell.tone.value, "safe_fill"
            )
            ink.fill(
                "line" if dim else fill,
                QRectF(bar.topLeft(), bar.size()).adjusted(
                    0, 0, -bar.width() * (1 - cell.value), 0
                ),
            )
            ink.frame("line", None, bar, radius=0)
            for left, token in ((0.8, "warn_fill"), (0.9, "danger_fill")):
                x = round(bar.left() + bar.width() * left)
                ink.fill(token, QRectF(x, bar.top() - 2, 1.5, bar.height() + 4))
        words = box.adjusted(BAR_WIDTH + 10, 0, 0, 0)
        token = "stale" if self.dimmed else cell.tone.value
        number, _, which = cell.text.partition(" ")
        upper = QRectF(words.left(), box.top() + 5, words.width(), 16)
        if not cell.second:
            upper = words
        strong = self.theme.face(12, 600)
        width = ink.text(token, strong, number, upper)
        ink.text("muted", self.theme.face(11), which, upper.adjusted(width + 5, 0, 0, 0))
        lower = QRectF(words.left(), box.top() + 21, words.width(), 14)
        ink.text("muted", self.theme.face(11), cell.second, lower)

    def _button_box(self, percent: int, cell_box: QRectF) -> QRectF:
        percents = self.percents()
        place = len(percents) - percents.index(percent)
        right = cell_box.right()
        return QRectF(right - place * BUTTON_PITCH + 4, round(cell_box.center().y()) - 11, 30, 22)

    def _paint_button(self, ink: Ink, key: str, percent: int, box: QRectF) -> None:
        live = self.armed and not self.dimmed
        down = self.button_down == (key, percent)
        ink.frame("edge" if live else "line", "sel" if down else None, box, radius=4)
        token = "text" if live else "muted"
        ink.text(token, self.theme.face(11, 500), str(percent), box, Align.CENTER)

    # ---- hands ------------------------------------------------------------------------------

    def button_rect(self, key: str, percent: int) -> QRectF:
        """Where a row's button is, in the viewport."""
        number = next(n for n, row in enumerate(self.grid.rows) if row.key == key)
        column = next(n for n, c in enumerate(self.grid.columns) if c.key == "close")
        left = self.columnViewportPosition(column) + self.padding
        top = self.rowViewportPosition(number)
        box = QRectF(left, top, self.columnWidth(column) - 2 * self.padding, self.row_height())
        return self._button_box(percent, box)

    def _button_at(self, point: QPoint) -> tuple[str, int] | None:
        key = self.key_at(point)
        if not key or not self.can_close(key):
            return None
        return next(
            (
                (key, percent)
                for percent in self.percents()
                if self.button_rect(key, percent).contains(point)
            ),
            None,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.button_down = self._button_at(event.position().toPoint())
            if self.button_down:
                self.viewport().update()
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of a double click presses no button: one gesture, one order."""
        if self._button_at(event.position().toPoint()) is None:
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self.button_down = self.button_down, None
        if pressed is None:
            super().mouseReleaseEvent(event)
            return
        self.viewport().update()
        if self.armed and pressed == self._button_at(event.position().toPoint()):
            self.close_asked.emit(*split_key(pressed[0]), pressed[1])

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        """Explain the figure under the pointer; by the menu key close a part, or explain any."""
        if arg__1.reason() is not QContextMenuEvent.Reason.Keyboard:
            key, column = self.key_at(arg__1.pos()), self.columnAt(arg__1.pos().x())
            if key and column >= 0 and self.grid.columns[column].key in FIGURES:
                self._explain(key, column, arg__1.globalPos())
                return
        if key := self.selected_key():
            self._offer(key, arg__1.globalPos())

    def _offer(self, key: str, at: QPoint) -> None:
        account, instrument = split_key(key)
        menu = QMenu(self)
        for percent in PERCENTS if self.can_close(key) else ():
            action = menu.addAction(tr(f"Close {percent} % of {symbol(instrument)} at market"))
            action.setEnabled(self.armed)
            action.triggered.connect(
                lambda _=False, percent=percent: self.close_asked.emit(account, instrument, percent)
            )
        menu.addSeparator()
        for number, column in enumerate(self.grid.columns):
            if column.key in FIGURES:
                action = menu.addAction(tr(f"How {column.title.rstrip(' ↑')} came about"))
                action.triggered.connect(partial(self._explain_later, key, number, at))
        menu.popup(at)

    def _explain_later(self, key: str, column: int, at: QPoint, _: bool = False) -> None:
        self._explain(key, column, at)

    def _explain(self, key: str, number: int, at: QPoint) -> None:
        """Ask how the figure of a cell came about."""
        account, instrument = split_key(key)
        column = self.grid.columns[number]
        row = next((row for row in self.grid.rows if row.key == key), None)
        if row is not None:
            figure = f"{account}.{instrument}.{FIGURES[column.key]}"
            label = f"{symbol(instrument)} {column.title.rstrip(' ↑')}"
            self.explain_asked.emit(figure, label, row.cells[number].text, at)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
            return True
        return super().viewportEvent(event)

    def _tip(self, point: QPoint) -> str:
        button = self._button_at(point)
        if button is None:
            key = self.key_at(point)
            tip = position_tip(self.frame, key) if key and self.frame is not None else ""
            return f"{tip}\n{tr('Right-click: how this came about')}" if tip else ""
        what = symbol(split_key(button[0])[1])
        text = tr(f"Close {button[1]} % of {what} at market, reduce-only")
        return text if self.armed else text + tr(" (arm first)")
