"""Market watch: every instrument, and what can be asked about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.grid import Grid
from ui.menus import passing_menu
from ui.panels.explain import ExplainPopover
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.explain import explain_mark, mark_tip
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import COLUMNS, market_of, watch_rows, without_arrivals


class WatchPanel(QWidget):
    """Every instrument; the selected row is what ticket, chart and ladder show."""

    chosen = Signal(str)
    disclosure_asked = Signal(str)
    alert_asked = Signal(str)

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
        menu = passing_menu(self)
        marks = menu.addAction(tr("Where this mark comes from"))
        marks.triggered.connect(lambda: self.explain(instrument, at))
        sheet = menu.addAction(tr("Disclosure sheet…"))
        sheet.triggered.connect(lambda: self.disclosure_asked.emit(instrument))
        alert = menu.addAction(tr("Set an alert…"))
        alert.triggered.connect(lambda: self.alert_asked.emit(instrument))
        menu.addSeparator()
        self.grid.hands.add_copy(menu, at)
        menu.popup(at)

    def explain(self, instrument: str, at: QPoint) -> None:
        """Show where an instrument's mark comes from, beside a point of the screen."""
        said = None if self._frame is None else explain_mark(self._frame, instrument)
        if said is not None:
            ExplainPopover(self._theme, said, self).show_at(at)

    def _show_tip(self, instrument: str, at: QPoint) -> None:
        if self._frame is not None:
            cell = self.grid.tip_at(self.grid.viewport().mapFromGlobal(at))
            lines = filter(None, (cell, mark_tip(self._frame, instrument)))
            QToolTip.showText(at, as_text("\n".join(lines)), self.grid)

    def step(self, direction: int) -> None:
        """Choose the next or previous instrument."""
        rows = [row.key for row in self.grid.grid.rows if not row.heading]
        if rows:
            present = self.grid.selected_key()
            place = rows.index(present) if present in rows else -direction
            self.chosen.emit(rows[(place + direction) % len(rows)])


class WatchGrid(Grid):
    """A row tells the pointer what is wrong with it; asked, it offers what is known of it."""

    several = False
    menu_asked = Signal(str, QPoint)
    tip_asked = Signal(str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, COLUMNS, tr("Market watch"), padding=4)

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
