"""Market watch and the depth of the chosen instrument."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent
from PySide6.QtWidgets import QMenu, QToolTip, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.grid import Grid
from ui.paint import Align, Ink
from ui.panels.explain import ExplainPopover
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.depth import DEPTH_COLUMNS, depth_rows
from ui.viewmodels.explain import explain_mark, mark_tip
from ui.viewmodels.text import tr
from ui.viewmodels.watch import COLUMNS, market_of, watch_rows, without_arrivals


class WatchPanel(QWidget):
    """Every instrument; the selected row is what ticket, chart and depth show."""

    chosen = Signal(str)
    disclosure_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._frame: DeskFrame | None = None
        self.grid = WatchGrid(theme)
        self.grid.row_selected.connect(self.chosen)
        self.grid.menu_asked.connect(self._offer)
        self.grid.tip_asked.connect(self._show_tip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """Show a frame; the selection is the window's; under the pointer no row moves."""
        self._frame = frame
        rows = watch_rows(frame, self.grid.unseen_rows(), short=self._theme.compact)
        if self.grid.underMouse():
            rows = without_arrivals(rows, {row.key for row in self.grid.grid.rows})
        self.grid.show_rows(rows)
        if selected and selected != self.grid.selected_key():
            self.grid.select_key(selected)

    def _offer(self, instrument: str, at: QPoint) -> None:
        """What can be asked about a row; the first entry is under the pointer."""
        if self._frame is None or market_of(self._frame, instrument) is None:
            return
        menu = QMenu(self)
        marks = menu.addAction(tr("Where this mark comes from"))
        marks.triggered.connect(lambda: self.explain(instrument, at))
        sheet = menu.addAction(tr("Disclosure sheet…"))
        sheet.triggered.connect(lambda: self.disclosure_asked.emit(instrument))
        menu.popup(at)

    def explain(self, instrument: str, at: QPoint) -> None:
        """Show where an instrument's mark comes from, beside a point of the screen."""
        said = None if self._frame is None else explain_mark(self._frame, instrument)
        if said is not None:
            ExplainPopover(self._theme, said, self).show_at(at)

    def _show_tip(self, instrument: str, at: QPoint) -> None:
        if self._frame is not None:
            QToolTip.showText(at, mark_tip(self._frame, instrument), self.grid)

    def step(self, direction: int) -> None:
        """Choose the next or previous instrument."""
        rows = [row.key for row in self.grid.grid.rows if not row.heading]
        if rows:
            present = self.grid.selected_key()
            place = rows.index(present) if present in rows else -direction
            self.chosen.emit(rows[(place + direction) % len(rows)])


class WatchGrid(Grid):
    """A row tells the pointer what is wrong with it; asked, it offers what is known of it."""

    menu_asked = Signal(str, QPoint)
    tip_asked = Signal(str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, COLUMNS, tr("Market watch"), padding=5)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        """By mouse the row under it, by the menu key the selected one."""
        by_key = arg__1.reason() is QContextMenuEvent.Reason.Keyboard
        key = self.selected_key() if by_key else self.key_at(arg__1.pos())
        if key:
            self.menu_asked.emit(key, arg__1.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (key := self.key_at(event.pos())):
            self.tip_asked.emit(key, event.globalPos())
            return True
        return super().viewportEvent(event)


class DepthPanel(QWidget):
    """The best levels of both sides with bars; a click hands a price to the ticket."""

    priced = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.grid = DepthGrid(theme)
        self.grid.row_selected.connect(self._hand_price)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)

    def _hand_price(self, key: str) -> None:
        self.priced.emit(key.partition(" ")[2])

    def show_frame(self, frame: DeskFrame, selected: str | None) -> None:
        """Show the chosen instrument's book."""
        self.grid.show_rows(
            depth_rows(frame.book, market_of(frame, selected), self.grid.levels_that_fit())
        )


class DepthGrid(Grid):
    """Two columns: quantity with its bar, price."""

    drawn_columns = frozenset({"quantity"})

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, DEPTH_COLUMNS, tr("Depth"), row_height=18)

    def levels_that_fit(self) -> int:
        """Levels of each side that the height holds."""
        return max(1, min(20, self.viewport().height() // self.row_height() // 2))

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The bar grows from the price outward; its hue is the side's, never a warning's."""
        if cell.value:
            whole = box.adjusted(-8, 1, 8, -1)
            length = whole.width() * cell.value
            fill = "bid_fill" if row.key.startswith("bid") else "ask_fill"
            ink.fill(fill, QRectF(whole.right() - length, whole.top(), length, whole.height() - 1))
        token = "stale" if self.dimmed else cell.tone.value
        ink.text(token, self.theme.face(12), cell.text, box, Align.RIGHT)
