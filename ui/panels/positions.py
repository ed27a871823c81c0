"""Positions by danger, with distance bars and buttons: close a part, reverse, set a stop."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui import icons
from ui.grid import Grid
from ui.menus import passing_menu
from ui.paint import Align, Ink
from ui.panels.positions_foot import PositionsFoot
from ui.theme import Theme
from ui.under_pointer import NOT_AIMED_AT
from ui.viewmodels.cells import Cell, Column, Row, keep_order
from ui.viewmodels.position_totals import position_totals
from ui.viewmodels.positions import (
    COLUMNS,
    FIGURES,
    WATCHED,
    is_stale,
    position_key,
    position_rows,
    position_tip,
    split_key,
)
from ui.viewmodels.text import UNKNOWN, symbol
from ui.viewmodels.translation import tr

PERCENTS = (25, 50, 75, 100)
BAR_WIDTH, SHORT_BAR, BAR_HEIGHT = 80, 40, 8
REVERSE, SET_STOP = "reverse", "stop"
Deed: TypeAlias = int | str
"""What a row's button does: close so many percent, or one of the two words."""
ICONS = {REVERSE: "reverse", SET_STOP: "shield"}
WIDE_PITCH, PITCH = 34, 26
WIDE_DISTANCE = 236
"""Room for σ and minutes beside both distances."""


class PositionsPanel(QWidget):
    """The table with its empty state."""

    close_asked = Signal(str, str, int)
    """Account, instrument, percent."""
    reverse_asked = Signal(str, str)
    stop_asked = Signal(str, str)
    alert_asked = Signal(str)
    refused = Signal(str)
    """Why a button did nothing, in words."""
    chosen = Signal(str)
    explain_asked = Signal(str, str, str, QPoint)
    """Figure, its label, its value as shown, and where on the screen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.grid = PositionsGrid(theme)
        self.grid.close_asked.connect(self.close_asked)
        self.grid.reverse_asked.connect(self.reverse_asked)
        self.grid.stop_asked.connect(self.stop_asked)
        self.grid.alert_asked.connect(self.alert_asked)
        self.grid.refused.connect(self.refused)
        self.grid.explain_asked.connect(self.explain_asked)
        self.grid.row_selected.connect(self._choose)
        self.foot = PositionsFoot(theme)
        self.grid.look_changed.connect(self._sum_up)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.grid, 1)
        column.addWidget(self.foot)

    def show_frame(self, frame: DeskFrame) -> None:
        """Show a frame's positions; under the pointer nothing moves."""
        self.grid.frame = frame
        rows = position_rows(frame, short=self._theme.compact)
        if self.grid.underMouse() or self.grid.button_down:
            rows = keep_order(rows, [row.key for row in self.grid.grid.rows])
        self.grid.show_rows(rows)
        self.grid.fit_distance()
        self._sum_up()

    def _sum_up(self) -> None:
        if self.grid.frame is not None:
            self.foot.show_totals(position_totals(self.grid.frame), self._sorted_words())

    def _sorted_words(self) -> str:
        sorting = self.grid.look.sorting
        if sorting is None:
            return tr("Sorted by danger · frozen while pointing")
        title = next(c.title for c in self.grid.grid.columns if c.key == sorting.column)
        return tr("Sorted by {column} · frozen while pointing", column=title.rstrip(" ↑"))

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: every figure is old."""
        self.grid.dimmed = dimmed
        self.grid.viewport().update()
        self.foot.set_dimmed(dimmed)

    def _choose(self, key: str) -> None:
        self.chosen.emit(split_key(key)[1])

    def set_armed(self, armed: bool) -> None:
        """Closing sends orders, so it needs an armed surface."""
        self.grid.set_armed(armed)

    def do_selected(self, deed: Deed) -> None:
        """What a button of the selected row would do."""
        key = self.grid.selected_key()
        if key and self.grid.can_close(key):
            self.grid.do(key, deed)


class PositionsGrid(Grid):
    """Rows of two lines; the distance bar and the buttons are drawn."""

    close_asked = Signal(str, str, int)
    reverse_asked = Signal(str, str)
    stop_asked = Signal(str, str)
    alert_asked = Signal(str)
    refused = Signal(str)
    explain_asked = Signal(str, str, str, QPoint)
    drawn_columns = frozenset({"distance", "close"})
    several = False

    def __init__(self, theme: Theme) -> None:
        self._says_sigma = False
        super().__init__(theme, COLUMNS, tr("Positions"), row_height=40, padding=5)
        self.armed = False
        self.frame: DeskFrame | None = None
        self.button_down: tuple[str, Deed] | None = None
        self.menu: QMenu | None = None
        self.setMouseTracking(True)

    def set_armed(self, armed: bool) -> None:
        """Show the close buttons as live or not."""
        if armed != self.armed:
            self.armed = armed
            self.viewport().update()

    def drawn_width(self, column: Column) -> int:
        """Two buttons on a small screen, six elsewhere."""
        if column.key == "close":
            return len(self.deeds()) * self._pitch()
        if column.key != "distance":
            return column.width
        if self.theme.compact:
            return column.width - BAR_WIDTH + SHORT_BAR
        return WIDE_DISTANCE if self._says_sigma else column.width

    def fit_distance(self) -> None:
        """Give σ and minutes their room once there is history to work them out from."""
        says = any("σ" in cell.second for row in self.grid.rows for cell in row.cells)
        if says != self._says_sigma:
            self._says_sigma = says
            self.refit()

    def can_close(self, key: str) -> bool:
        """Whether a row's position is this desk's to close."""
        return any(row.key == key and row.cells[-1].text != WATCHED for row in self.grid.rows)

    def deeds(self) -> tuple[Deed, ...]:
        """Which buttons there is room for; the menu and the keys have all."""
        return (50, 100) if self.theme.compact else (*PERCENTS, REVERSE, SET_STOP)

    def _only_closes(self, key: str) -> bool:
        held = [] if self.frame is None else self.frame.positions
        return any(is_stale(p) for p in held if position_key(p.account, p.instrument) == key)

    def _is_live(self, key: str, deed: Deed) -> bool:
        """Whether a button would do something; a stop is only written, and closing never ends."""
        return deed == SET_STOP or (self.armed and (deed != REVERSE or not self._only_closes(key)))

    def do(self, key: str, deed: Deed) -> None:
        """Ask for it, if the surface is armed; a stop is only written, in the ticket."""
        where = split_key(key)
        if deed == SET_STOP:
            self.stop_asked.emit(*where)
        elif self.armed and deed == REVERSE and self._only_closes(key):
            self.refused.emit(
                tr("{where}: its mark is stale, only closing is left.", where=symbol(where[1]))
            )
        elif self.armed and deed == REVERSE:
            self.reverse_asked.emit(*where)
        elif self.armed:
            self.close_asked.emit(*where, deed)

    # ---- painting ---------------------------------------------------------------------------

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The thermometer with both distances, or the close buttons."""
        if self.grid.columns[number].key == "distance":
            self._paint_distance(ink, cell, box)
            return
        if cell.text == WATCHED:
            ink.text("muted", self.theme.face(11), tr("watched only"), box, Align.RIGHT)
            return
        for deed in self.deeds():
            self._paint_button(ink, row.key, deed, self._button_box(deed, box))

    def _paint_distance(self, ink: Ink, cell: Cell, box: QRectF) -> None:
        width = SHORT_BAR if self.theme.compact else BAR_WIDTH
        bar = QRectF(box.left(), round(box.center().y()) - 4, width, BAR_HEIGHT)
        ink.fill("field", bar)
        dim = self.dimmed or cell.tone.value == "stale"
        if cell.value is None:
            if cell.text == UNKNOWN:
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
        words = box.adjusted(width + 10, 0, 0, 0)
        token = "stale" if self.dimmed else cell.tone.value
        number, _, which = cell.text.partition(" ")
        upper = QRectF(words.left(), box.top() + 5, words.width(), 16)
        if not cell.second:
            upper = words
        strong = self.theme.face(12, 600)
        used = ink.text(token, strong, number, upper)
        ink.text("muted", self.theme.face(11), which, upper.adjusted(used + 5, 0, 0, 0))
        lower = QRectF(words.left(), box.top() + 21, words.width(), 14)
        ink.text("muted", self.theme.face(11), cell.second, lower)

    def _button_box(self, deed: Deed, cell_box: QRectF) -> QRectF:
        deeds = self.deeds()
        pitch, top = self._pitch(), round(cell_box.center().y()) - 11
        left = cell_box.right() - (len(deeds) - deeds.index(deed)) * pitch + 2
        return QRectF(left, top, pitch - 2, 22)

    def _pitch(self) -> int:
        return WIDE_PITCH if self.theme.compact else PITCH

    def _paint_button(self, ink: Ink, key: str, deed: Deed, box: QRectF) -> None:
        live = self._is_live(key, deed) and not self.dimmed
        down = self.button_down == (key, deed)
        ink.frame("edge" if live else "line", "sel" if down else None, box, radius=4)
        token = "text" if live else "muted"
        if isinstance(deed, int):
            ink.text(token, self.theme.face(11, 500), str(deed), box, Align.CENTER)
            return
        square = QRectF(round(box.center().x()) - 6, round(box.center().y()) - 6, 12, 12)
        icons.draw(ink.painter, ICONS[deed], self.theme.color(token).name(), square)

    # ---- hands ------------------------------------------------------------------------------

    def button_rect(self, key: str, deed: Deed) -> QRectF:
        """Where a row's button is, in the viewport."""
        number = next(n for n, row in enumerate(self.grid.rows) if row.key == key)
        column = next(n for n, c in enumerate(self.grid.columns) if c.key == "close")
        left = self.columnViewportPosition(column) + self.padding
        top = self.rowViewportPosition(number)
        box = QRectF(left, top, self.columnWidth(column) - 2 * self.padding, self.row_height())
        return self._button_box(deed, box)

    def _button_at(self, point: QPoint) -> tuple[str, Deed] | None:
        key = self.key_at(point)
        if not key or not self.can_close(key):
            return None
        return next(
            ((key, deed) for deed in self.deeds() if self.button_rect(key, deed).contains(point)),
            None,
        )

    def pressable_at(self, point: QPoint) -> object:
        return self._button_at(point)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            pressed = self._button_at(event.position().toPoint())
            if pressed and self.has_come(pressed, event):
                self.refused.emit(NOT_AIMED_AT)
                return
            self.button_down = pressed
            if pressed:
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
        if pressed == self._button_at(event.position().toPoint()):
            self.do(*pressed)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        """Explain the figure under the pointer; beside one, or by the menu key, offer it all."""
        key = self.selected_key()
        if arg__1.reason() is not QContextMenuEvent.Reason.Keyboard:
            key, column = self.key_at(arg__1.pos()), self.columnAt(arg__1.pos().x())
            if key and column >= 0 and self.grid.columns[column].key in FIGURES:
                self._explain(key, column, arg__1.globalPos())
                return
        if key:
            self._offer(key, arg__1.globalPos())

    def _offer(self, key: str, at: QPoint) -> None:
        instrument = split_key(key)[1]
        menu = self.menu = passing_menu(self)
        for deed in (*PERCENTS, REVERSE, SET_STOP) if self.can_close(key) else ():
            action = menu.addAction(deed_words(deed, symbol(instrument)))
            action.setEnabled(self._is_live(key, deed))
            action.triggered.connect(partial(self._do_later, key, deed))
        alert = menu.addAction(tr("Set an alert…"))
        alert.triggered.connect(lambda: self.alert_asked.emit(instrument))
        menu.addSeparator()
        for number, column in enumerate(self.grid.columns):
            if column.key in FIGURES:
                action = menu.addAction(
                    tr("How {figure} came about", figure=column.title.rstrip(" ↑"))
                )
                action.triggered.connect(partial(self._explain_later, key, number, at))
        menu.addSeparator()
        self.hands.add_copy(menu, at)
        menu.popup(at)

    def _do_later(self, key: str, deed: Deed, _: bool = False) -> None:
        self.do(key, deed)

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

    def tip_at(self, point: QPoint) -> str:
        """How sure a row's figures are, or what its button does."""
        button = self._button_at(point)
        if button is None:
            key = self.key_at(point)
            tip = position_tip(self.frame, key) if key and self.frame is not None else ""
            return f"{tip}\n{tr('Right-click: how this came about')}" if tip else ""
        text = deed_words(button[1], symbol(split_key(button[0])[1]))
        return text if self.armed or button[1] == SET_STOP else tr("{deed} (arm first)", deed=text)


def deed_words(deed: Deed, what: str) -> str:
    """What a button or an entry of the menu says it does."""
    if deed == REVERSE:
        return tr("Reverse {what} at market…", what=what)
    if deed == SET_STOP:
        return tr("Write a stop for {what} into the ticket…", what=what)
    return tr("Close {deed} % of {what} at market, reduce-only", deed=deed, what=what)
