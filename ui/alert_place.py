"""The alerts: behind a tab of the orders, or in a dock of their own where a layout has that."""

from __future__ import annotations

from PySide6.QtCore import QObject

from ui.dock import Dock
from ui.docks import DockArea
from ui.panels.orders import OrdersPanel


class AlertPlace(QObject):
    """One page of alerts, where the layout wants it."""

    def __init__(self, area: DockArea, orders: OrdersPanel, dock: Dock) -> None:
        super().__init__(area)
        self._orders, self._dock = orders, dock
        area.turned.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        lent = not self._dock.isHidden()
        if lent and not self._dock.isAncestorOf(self._orders.alerts):
            self._orders.lend_alerts()
            self._dock.fill(self._orders.alerts)
            self._orders.alerts.show()
        elif not lent and self._dock.isAncestorOf(self._orders.alerts):
            self._orders.take_alerts_back()
