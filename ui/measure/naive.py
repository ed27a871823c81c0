"""The control: a QTableView over a Python model, one signal a tick, nothing conflated.

This is how such a screen is usually written. It reads ticks from its pipe as they come, in the
same number of columns and rows as the market watch, and is measured by the same probe.
"""

from __future__ import annotations

import struct
import sys
from multiprocessing.connection import Connection
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QTableView

from ui.measure.probe import Probe
from ui.theme import dress
from ui.wire import wire_for

TICK = struct.Struct("!qqid")
"""Clock of the data, messages so far, row, price."""
COLUMNS = 13


class PriceModel(QAbstractTableModel):
    """Rows of figures about a price each, written when Qt asks for them."""

    def __init__(self, symbols: int, columns: int = COLUMNS) -> None:
        super().__init__()
        self.prices = [0.0] * symbols
        self._columns = columns

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.prices)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else self._columns

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self.prices[index.row()] + index.column() / 10:,.1f}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight
        return None

    def take(self, row: int, price: float) -> None:
        """One row has changed."""
        self.prices[row] = price
        self.dataChanged.emit(self.index(row, 0), self.index(row, self._columns - 1))

    def take_all(self, price: float) -> None:
        """Every row has changed."""
        self.prices = [price + row for row in range(len(self.prices))]
        last = self.index(len(self.prices) - 1, self._columns - 1)
        self.dataChanged.emit(self.index(0, 0), last)


class _Feed(QObject):
    ticked = Signal(int, float)


class _Table(QTableView):
    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self._probe = probe
        self.data_ns = 0
        self.messages = 0

    def paintEvent(self, e: QPaintEvent) -> None:
        super().paintEvent(e)
        self._probe.painted(self.data_ns, self.messages)


def run_control(connection: Connection, symbols: int, report: str) -> None:
    """Show ticks until the pipe ends, then write the report."""
    app = QApplication(sys.argv[:1])
    dress(app)
    probe = Probe(report)
    feed, model, table = _Feed(), PriceModel(symbols), _Table(probe)
    feed.ticked.connect(model.take)
    table.setModel(model)
    table.resize(1160, 480)
    table.show()
    wire = wire_for(connection)

    def read() -> None:
        for message in wire.receive():
            table.data_ns, table.messages, row, price = TICK.unpack(message)
            feed.ticked.emit(row, price)
        if wire.ended:
            probe.finish()

    wire.readable.connect(read)
    app.exec()
