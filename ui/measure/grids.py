"""Our painted table and a QTableView over a Python model, each with every cell another one.

Told through a pipe which of them to show and how often; answers with the milliseconds of processor
time that one picture took, from figures to paint event.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication, QTableView

from ui.grid import Grid
from ui.measure.naive import PriceModel
from ui.theme import dress
from ui.viewmodels.cells import Cell, Column, Row
from ui.viewmodels.text import number
from ui.viewmodels.tone import Tone

ROWS, COLUMNS_SHOWN = 50, 15
COLUMN_WIDTH, ROW_HEIGHT = 84, 24
TONES = (Tone.BID, Tone.ASK)
COLORS = ("#2ebd85", "#f6465d")
"""Half of the cells have another colour than their neighbours."""


class LookedModel(PriceModel):
    """The usual model of such a table: its text, where it stands, its colour, its font."""

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(COLORS[(index.row() + index.column()) % 2])
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(index.column() == 0)
            return font
        return super().data(index, role)


class Painted(QObject):
    """Counts the paint events of a table's rows."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self.times = 0
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


def run_grids(connection: Connection) -> None:
    """Answer until the pipe ends."""
    app = QApplication(sys.argv[:1])
    theme = dress(app)
    columns = [Column(f"c{n}", f"Column {n}", "88,888.8") for n in range(COLUMNS_SHOWN)]
    grid = Grid(theme, columns, "Benchmark", row_height=ROW_HEIGHT)
    model = LookedModel(ROWS, COLUMNS_SHOWN)
    usual = QTableView()
    usual.setModel(model)
    usual.horizontalHeader().setDefaultSectionSize(COLUMN_WIDTH)
    usual.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    usual.verticalHeader().hide()
    pictures = {"ours": _pictures(app, grid, lambda at: grid.show_rows(_rows(at))),
                "usual": _pictures(app, usual, model.take_all)}  # fmt: skip
    try:
        while True:
            which, times = _told(connection)
            connection.send(pictures[which](times))
    except EOFError:
        return


def _told(connection: Connection) -> tuple[str, int]:
    told: Any = connection.recv()
    which, times = told
    return str(which), int(times)


def _pictures(
    app: QApplication, table: QTableView, show: Callable[[float], None]
) -> Callable[[int], float]:
    painted = Painted(table)
    table.resize((COLUMNS_SHOWN + 1) * COLUMN_WIDTH, (ROWS + 2) * ROW_HEIGHT)  # all in sight
    table.show()
    app.processEvents()
    shown = 0

    def take(times: int) -> float:
        nonlocal shown
        before = time.process_time_ns()
        for _ in range(times):
            shown += 1
            done = painted.times
            show(60_000 + shown * 0.7 % 997)
            while painted.times == done:
                app.processEvents()
        return (time.process_time_ns() - before) / 1e6 / times

    return take


def _rows(at: float) -> tuple[Row, ...]:
    return tuple(
        Row(
            f"row {row}",
            tuple(
                [
                    Cell(number(at + row + column / 10, 1), TONES[(row + column) % 2], not column)
                    for column in range(COLUMNS_SHOWN)
                ]
            ),
        )
        for row in range(ROWS)
    )
