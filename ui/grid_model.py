"""The rows of a painted table as Qt's model: what a screen reader and the keyboard go by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import QWidget

from ui.viewmodels.cells import Column, Row, in_words
from ui.viewmodels.names import word
from ui.viewmodels.table_look import Sorting
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

Index = QModelIndex | QPersistentModelIndex


class GridModel(QAbstractTableModel):
    """The rows as Qt's model: for accessibility, copying, tests and keyboard."""

    def __init__(self, columns: Sequence[Column], parent: QWidget) -> None:
        super().__init__(parent)
        self.columns = in_words(tuple(columns))
        self.rows: tuple[Row, ...] = ()
        self.sorting: Sorting | None = None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        """Number of rows, headings included."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        """Number of columns, hidden ones included."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text of a cell; the accessible text names the column too."""
        row = self.rows[index.row()]
        if row.heading:
            shown = " ".join((row.heading, *(cell.text for cell in row.cells)))
            return shown if index.column() == 0 and role == Qt.ItemDataRole.DisplayRole else None
        cell = row.cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(part for part in (cell.text, cell.unit, cell.second) if part)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            stale = word("stale") if cell.tone is Tone.STALE else ""
            words = (self.columns[index.column()].title, cell.text, cell.unit, cell.second, stale)
            return " ".join(text for text in words if text)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Titles and tips of the columns; to a reader also how they are sorted."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.sorted_words(column) or column.title
        return column.tip or None if role == Qt.ItemDataRole.ToolTipRole else None

    def sorted_words(self, column: Column) -> str:
        """How rows are sorted, if it is by this column."""
        if self.sorting is None or self.sorting.column != column.key:
            return ""
        title = column.title.removesuffix(" ↑")
        if self.sorting.descending:
            return tr("{column}, sorted, largest first", column=title)
        return tr("{column}, sorted, smallest first", column=title)

    def show_sorting(self, sorting: Sorting | None) -> None:
        """Say another order to whoever listens."""
        if sorting != self.sorting:
            self.sorting = sorting
            last = len(self.columns) - 1
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if self.rows[index.row()].heading:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def ranges(self, numbers: Sequence[int]) -> QItemSelection:
        """Rows, by rising numbers, to be selected at once: one by one thousands take seconds."""
        found, last = QItemSelection(), len(self.columns) - 1
        for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
            rows = [number for _, number in run]
            found.select(self.index(rows[0], 0), self.index(rows[-1], last))
        return found

    def numbers_in(self, selection: QItemSelection) -> frozenset[int]:
        """Numbers of the rows in a selection; Qt's own answer goes through all of it for each."""
        spans = [selection.at(number) for number in range(selection.count())]
        return frozenset(
            number
            for span in spans
            for number in range(span.top(), span.bottom() + 1)
            if not self.rows[number].heading
        )

    def take(self, rows: tuple[Row, ...]) -> None:
        """Replace the rows; rows are added and removed at the end only."""
        before, after = len(self.rows), len(rows)
        if after > before:
            self.beginInsertRows(QModelIndex(), before, after - 1)
            self.rows = rows
            self.endInsertRows()
        elif after < before:
            self.beginRemoveRows(QModelIndex(), after, before - 1)
            self.rows = rows
            self.endRemoveRows()
        else:
            self.rows = rows
