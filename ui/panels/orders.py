"""Orders, fills, the blotter, alerts, events: tables behind tabs."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui import icons
from ui.grid import Grid
from ui.paint import Ink
from ui.panels.alerts import AlertsPage
from ui.panels.blotter import BlotterPage
from ui.tabs import Tabs
from ui.theme import Theme
from ui.under_pointer import NOT_AIMED_AT
from ui.viewmodels.alerts import unseen
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.events import EVENT_COLUMNS, EventLog
from ui.viewmodels.orders import (
    FILL_COLUMNS,
    ORDER_COLUMNS,
    fill_rows,
    order_rows,
    working_count,
)
from ui.viewmodels.translation import tr
from ui.words import WordsGrid


class OrdersPanel(QWidget):
    """What works, what filled, what happened."""

    cancel_asked = Signal(str)
    refused = Signal(str)
    """Why a cross did nothing, in words."""
    orders_shown = Signal(bool)
    """Whether the orders are in front: what acts on them belongs there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.log = EventLog()
        self._frame: DeskFrame | None = None
        self._theme = theme
        self.tabs = Tabs(
            theme, [tr("Orders 0"), tr("Fills"), tr("Blotter"), tr("Alerts"), tr("Log")]
        )
        self.orders = OrdersGrid(theme)
        self.orders.cancel_asked.connect(self.cancel_asked)
        self.orders.refused.connect(self.refused)
        self.fills = Grid(theme, FILL_COLUMNS, tr("Fills"), padding=5)
        self.blotter = BlotterPage(theme)
        self.alerts = AlertsPage(theme)
        self.events = WordsGrid(theme, EVENT_COLUMNS, tr("Events"))
        self._lent = QWidget(self)
        """In the alerts' place while they stand elsewhere."""
        self._pages = QStackedLayout()
        for page in (self.orders, self.fills, self.blotter, self.alerts, self.events):
            self._pages.addWidget(page)
        self.tabs.chosen.connect(self._pages.setCurrentIndex)
        self.tabs.chosen.connect(self._tell_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._pages)

    def show_frame(self, frame: DeskFrame) -> None:
        """Show a frame's orders and fills."""
        self.tabs.tabs[0].say(tr("Orders {working}", working=working_count(frame)))
        self._frame = frame
        self._show_orders()
        # On a small screen fills are found in the blotter alone.
        self.tabs.tabs[1].setVisible(not self._theme.compact)
        waiting = len(unseen(frame))
        self.tabs.tabs[3].say(tr("Alerts {waiting}", waiting=waiting) if waiting else tr("Alerts"))
        if self.fills.isVisible():
            self.fills.show_rows(fill_rows(frame))
        self.blotter.show_journal(frame.journal_seq, frame.wall_ms)

    def _show_orders(self) -> None:
        """Where they are in front: there may be thousands."""
        if self._frame is not None and self.orders.isVisible():
            self.orders.show_rows(order_rows(self._frame))

    def _tell_page(self, number: int) -> None:
        self._show_orders()
        self.orders_shown.emit(number == 0)
        self.show_log()

    def open_page(self, page: QWidget) -> None:
        """Bring a page forward, as its tab does; one that is lent is in front where it is."""
        if (number := self._pages.indexOf(page)) >= 0:
            self.tabs.tabs[number].setChecked(True)

    def lend_alerts(self) -> None:
        """The alerts stand elsewhere: their tab goes until they are back."""
        number = self._pages.indexOf(self.alerts)
        self._pages.removeWidget(self.alerts)
        self._pages.insertWidget(number, self._lent)
        self.tabs.tabs[number].hide()
        if self.tabs.tabs[number].isChecked():
            self.tabs.tabs[0].setChecked(True)

    def take_alerts_back(self) -> None:
        """They stand behind their tab again."""
        number = self._pages.indexOf(self._lent)
        self._pages.removeWidget(self._lent)
        self._pages.insertWidget(number, self.alerts)
        self.tabs.tabs[number].show()

    def show_log(self) -> None:
        """Show the log after events came, where it is in front: it is five hundred rows."""
        if self.events.isVisible():
            self.events.show_rows(self.log.rows())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_orders()
        self.show_log()

    def cancel_selected(self) -> None:
        """Cancel the selected order, if it still works."""
        key = self.orders.selected_key()
        if key and self.orders.is_working(key):
            self.cancel_asked.emit(key)


class OrdersGrid(Grid):
    """Working orders end in a cross that cancels; cancelling needs no arming."""

    cancel_asked = Signal(str)
    refused = Signal(str)
    menu_asked = Signal(QPoint)
    drawn_columns = frozenset({"cancel"})
    several = False

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, ORDER_COLUMNS, tr("Orders"), padding=5)
        self._pressed = ""
        self.setMouseTracking(True)

    def row_height(self) -> int:
        return 22 if self.theme.compact else 28

    def is_working(self, key: str) -> bool:
        """Whether the order of a row can still be cancelled."""
        return any(row.key == key and row.cells[-1].text for row in self.grid.rows)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The cross."""
        if cell.text:
            square = QRectF(box.center().x() - 6, box.center().y() - 6, 12, 12)
            token = "stale" if self.dimmed else "text2"
            icons.draw(ink.painter, "close", self.theme.color(token).name(), square)

    def cross_rect(self, key: str) -> QRectF:
        """Where a row's cross is, in the viewport."""
        number = next(n for n, row in enumerate(self.grid.rows) if row.key == key)
        column = len(self.grid.columns) - 1
        return QRectF(
            self.columnViewportPosition(column),
            self.rowViewportPosition(number),
            self.columnWidth(column),
            self.row_height(),
        )

    def _cross_at(self, point: QPoint) -> str:
        if self.columnAt(point.x()) != len(self.grid.columns) - 1:
            return ""  # asked for every move: there may be thousands of rows
        key = self.key_at(point)
        inside = key and self.is_working(key) and self.cross_rect(key).contains(point)
        return key if inside else ""

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        """What can be done with more than one order, or with the one under the mouse.

        By the menu key it is the selected one, wherever Qt takes the pointer to be.
        """
        by_key = arg__1.reason() is QContextMenuEvent.Reason.Keyboard
        if not by_key and (key := self.key_at(arg__1.pos())):
            self.select_key(key)
        self.menu_asked.emit(arg__1.globalPos())

    def pressable_at(self, point: QPoint) -> object:
        return self._cross_at(point)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            pressed = self._cross_at(event.position().toPoint())
            if pressed and self.has_come(pressed, event):
                self.refused.emit(NOT_AIMED_AT)
                return
            self._pressed = pressed
            if pressed:
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click cancels once, at its first release."""
        if not self._cross_at(event.position().toPoint()):
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, ""
        if pressed and pressed == self._cross_at(event.position().toPoint()):
            self.cancel_asked.emit(pressed)
        elif not pressed:
            super().mouseReleaseEvent(event)
