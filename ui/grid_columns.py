"""The columns of a painted table: as wide as their texts need, or as the trader made them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent

from ui.grid_header import ARROW, GridHeader
from ui.grid_paint import UNIT_GAP, PaintedRows
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row
from ui.viewmodels.table_look import (
    TableLook,
    can_be_cut,
    column_widths,
    kept_columns,
    least_width,
)


class FittedColumns(PaintedRows):
    """A painted table with its titles."""

    def __init__(self, theme: Theme, columns: Sequence[Column], padding: int) -> None:
        super().__init__(theme, columns, padding)
        self.setModel(self.grid)
        self.look = TableLook()
        self._fitting = False
        self.titles = GridHeader(theme, self.grid.columns, padding, self)
        self.setHorizontalHeader(self.titles)
        self.titles.sectionResized.connect(self._resized)
        self._needed = self._needed_at_least()

    def shown_columns(self) -> list[int]:
        """Numbers of the columns there is room for."""
        return [n for n in range(len(self.grid.columns)) if not self.isColumnHidden(n)]

    def shown_widths(self) -> dict[str, int]:
        """Their widths by id."""
        return {self.grid.columns[n].key: self.columnWidth(n) for n in self.shown_columns()}

    def _needed_at_least(self) -> list[int]:
        """Widths for the samples and titles alone."""
        face, label = self.theme.face(12, 600), self.theme.face(11)
        return [
            max(column.width, int(max(face.width(column.sample), label.width(column.title))) + 1)
            for column in self.grid.columns
        ]

    def widen_for(self, before: tuple[Row, ...], rows: tuple[Row, ...]) -> None:
        """Give a column the room its longest text needs: no figure is ever cut.

        It keeps that room, lest columns move all the time, unless texts are cut for it.
        """
        changed = _differing(rows, before)
        narrow = bool(self.tight) and self._held_most(_differing(before, rows))
        if narrow:
            self._needed = self._needed_at_least()
            changed = _differing(rows, ())
        for number, cells in enumerate(zip(*changed, strict=True)):
            if not self.grid.columns[number].width:
                width = int(self._width_of(cells)) + 1
                if width > self._needed[number]:
                    self._needed[number] = width
                    narrow = True
        if narrow:
            self.refit()

    def _held_most(self, gone: list[tuple[Cell, ...]]) -> bool:
        """Whether a column that is shown was as wide as it is for one of these."""
        columns = list(zip(*gone, strict=True))
        return any(
            int(self._width_of(columns[number])) + 1 >= self._needed[number]
            for number in (self.shown_columns() if columns else ())
            if not self.grid.columns[number].width
        )

    def _width_of(self, cells: tuple[Cell, ...]) -> float:
        """Width that the longest of these needs."""
        strong, small = self.theme.face(12, 600).width, self.theme.face(11).width
        texts, _, _, seconds, _, units, *_ = zip(*cells, strict=True)
        width = max(map(strong, texts))
        if any(units):
            units = [strong(cell.text) + small(cell.unit) + UNIT_GAP for cell in cells if cell.unit]
            width = max(width, *units)
        return max(width, *map(small, seconds)) if any(seconds) else width

    def _wanted(self, number: int) -> int:
        """Width that a column needs now."""
        column, sorting = self.grid.columns[number], self.look.sorting
        needed = self.drawn_width(column) if column.width else self._needed[number]
        if sorting is not None and sorting.column == column.key:
            needed = max(needed, int(self.theme.face(11).width(column.title)) + ARROW + 1)
        return needed + 2 * self.padding

    def refit(self) -> None:
        """Give columns their widths: samples fit in full, unimportant columns go first."""
        if self.titles.dragged:
            return
        self.verticalHeader().setDefaultSectionSize(self.row_height())
        columns, room = self.grid.columns, self.viewport().width()
        wanted = [self._wanted(number) for number in range(len(columns))]
        kept = kept_columns(columns, wanted, room, self.look)
        widths = column_widths(columns, wanted, kept, room, self.look)
        self._fitting = True
        for number in range(len(columns)):
            self.setColumnHidden(number, number not in widths)
            self.setColumnWidth(number, widths.get(number, wanted[number]))
        self._fitting = False
        self._note_tight()

    def _note_tight(self) -> None:
        self.tight = frozenset(
            number
            for number in self.shown_columns()
            if can_be_cut(self.grid.columns[number])
            and self.columnWidth(number) < self._wanted(number)
        )

    def _resized(self, number: int, _: int, width: int) -> None:
        """A border moves under a hand: no further than the figures let it."""
        if self._fitting:
            return
        self.titles.dragged = True
        least = least_width(self.grid.columns[number], self._wanted(number))
        if width < least:
            self._fitting = True
            self.setColumnWidth(number, least)
            self._fitting = False
        self._note_tight()
        self.viewport().update()

    def drawn_width(self, column: Column) -> int:
        """Width that a drawn column needs now."""
        return column.width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.refit()


def _differing(rows: tuple[Row, ...], others: tuple[Row, ...]) -> list[tuple[Cell, ...]]:
    """Cells of the rows that are not among the others.

    By key: a row that comes in front moves all others, and changes none of them.
    """
    known = {row.key: row for row in others}
    return [row.cells for row in rows if not row.heading and row != known.get(row.key)]
