"""The rows of a painted table as Qt's model, and its flat header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from ui.paint import Align, Ink, painting
from ui.theme import Theme
from ui.viewmodels.cells import Column, Row, Side, in_words
from ui.viewmodels.names import word
from ui.viewmodels.tone import Tone

Index = QModelIndex | QPersistentModelIndex


class GridModel(QAbstractTableModel):
    """The rows as Qt's model: for accessibility, copying, tests and keyboard."""

    def __init__(self, columns: Sequence[Column], parent: QWidget) -> None:
        super().__init__(parent)
        self.columns = in_words(tuple(columns))
        self.rows: tuple[Row, ...] = ()

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
        """Titles and tips of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        return column.tip or None if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if self.rows[index.row()].heading:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

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


class GridHeader(QHeaderView):
    """Flat column titles."""

    def __init__(
        self, theme: Theme, columns: tuple[Column, ...], padding: int, parent: QWidget
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._columns = columns
        self._padding = padding
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(16)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 20 if self._theme.compact else 24)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        column = self._columns[logicalIndex]
        box = QRectF(rect)
        ink = Ink(painter, self._theme)
        ink.fill("panel", box)
        inner = box.adjusted(self._padding, 0, -self._padding, 0)
        align = Align.RIGHT if column.side is Side.RIGHT else Align.LEFT
        ink.text("muted", self._theme.face(11), column.title, inner, align)
        ink.rule(box)

    def paintEvent(self, e: QPaintEvent) -> None:
        with painting(self.viewport(), self._theme) as ink:
            painter = ink.painter
            painter.fillRect(e.rect(), self._theme.color("panel"))
        super().paintEvent(e)
