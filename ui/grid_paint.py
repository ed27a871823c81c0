"""How a table's rows are painted: column by column from finished cells, all texts in one call.

No cell passes through a delegate or a `data()` call, most not even through a step of Python of
their own: 50 rows of 15 columns, all changed, cost about a tenth of Qt's own painting of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QTableView

from ui.empty import Lesson, paint_lesson
from ui.grid_model import GridModel
from ui.grid_words import Look, Words, draw_words
from ui.paint import Ink, cut, painting
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.tone import Tone

UNIT_GAP = 4
"""Pixels between a figure and its unit."""
BASE = 5
"""Pixels from a row's middle to the base line of its texts."""


class Span(NamedTuple):
    """A column as it is painted."""

    number: int
    left: int
    width: int
    to_right: bool
    is_drawn: bool
    """By a subclass."""

    @property
    def edge(self) -> int:
        """Where texts begin or, to the right, end."""
        return self.left + self.width if self.to_right else self.left


class PaintedRows(QTableView):
    """The table's picture; what is in it and where is `Grid`'s."""

    drawn_columns: frozenset[str] = frozenset()
    """Columns that a subclass draws itself, in `paint_cell`."""

    def __init__(self, theme: Theme, columns: Sequence[Column], padding: int) -> None:
        super().__init__()
        self.theme = theme
        self.padding = padding
        self.grid = GridModel(columns, self)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.fixed_row_height: int | None = None
        self.dimmed = False
        self.lesson: Lesson | None = None
        self.is_told = False
        """Rows were shown, be it none: that there is nothing is known, not just not heard yet."""
        self.marked: frozenset[int] = frozenset()
        """Numbers of the selected rows."""
        self.tight: frozenset[int] = frozenset()
        """Numbers of columns whose texts may not fit."""

    def row_height(self) -> int:
        """Height of every row in pixels."""
        if self.fixed_row_height is not None:
            return self.fixed_row_height
        return 20 if self.theme.compact else 24

    def paintEvent(self, e: QPaintEvent) -> None:
        with painting(self.viewport(), self.theme) as ink:
            dirty = e.rect()
            ink.fill("panel", QRectF(dirty))
            rows, height = self.grid.rows, self.row_height()
            if rows:
                top = self.rowViewportPosition(0)
                first = max(0, (dirty.top() - top) // height)
                last = min(len(rows) - 1, (dirty.bottom() - top) // height)
                self._paint_rows(ink, range(first, last + 1), top)
            elif self.lesson is not None and self.is_told:
                paint_lesson(ink, self.lesson, QRectF(self.viewport().rect()))

    def _paint_rows(self, ink: Ink, numbers: range, top: int) -> None:
        height, width, line = self.row_height(), self.viewport().width(), self.theme.color("line")
        self._faces = (self.theme.face(12), self.theme.face(12, 600), self.theme.face(11))
        self._words = Words()
        framed: list[QRectF] = []
        lines: list[tuple[Row, int]] = []
        for number in numbers:
            row, y = self.grid.rows[number], top + number * height
            if row.heading:
                self.paint_heading(ink, row, QRectF(0, y, width, height))
                continue
            if number in self.marked:
                framed.append(QRectF(0, y, width, height))
                ink.fill("sel", framed[-1])
            ink.painter.fillRect(0, y + height - 1, width, 1, line)
            lines.append((row, y))
        if lines:
            bases = array("i", [y + (height - 1) // 2 + BASE for _, y in lines])
            columns = list(zip(*(row.cells for row, _ in lines), strict=True))
            for span in self._column_spans():
                self._paint_column(ink, span, columns[span.number], lines, bases)
        for box in framed if self.hasFocus() else ():
            ink.frame("accent", None, box, radius=0)
        draw_words(ink.painter, Look(self.theme, self._faces, self.dimmed), self._words)

    def _column_spans(self) -> list[Span]:
        spans: list[Span] = []
        for number, column in enumerate(self.grid.columns):
            if not self.isColumnHidden(number):
                left = self.columnViewportPosition(number) + self.padding
                width = self.columnWidth(number) - 2 * self.padding
                to_right = column.side is Side.RIGHT
                is_drawn = column.key in self.drawn_columns
                spans.append(Span(number, left, width, to_right, is_drawn))
        return spans

    def _paint_column(
        self,
        ink: Ink,
        span: Span,
        cells: tuple[Cell, ...],
        lines: list[tuple[Row, int]],
        bases: array[int],
    ) -> None:
        number, left, width, to_right, is_drawn = span
        may_be_plain = not is_drawn and number not in self.tight
        if may_be_plain and self._words.add_column(cells, span.edge, bases, to_right=to_right):
            return
        height = self.row_height()
        for (row, y), cell, base in zip(lines, cells, bases, strict=True):
            if is_drawn or cell.chip:
                inside = QRectF(left, y, width, height)
                if cell.chip:
                    self._paint_chip(ink, cell, inside, to_right)
                if is_drawn:
                    self.paint_cell(ink, row, number, cell, inside)
            if not is_drawn:
                self._place(cell, span, base)

    def _paint_chip(self, ink: Ink, cell: Cell, box: QRectF, to_right: bool) -> None:
        """A tinted box behind a text that must not be missed."""
        width = min(self._faces[cell.strong].width(cell.text), box.width()) + 8
        left = box.right() - width + 4 if to_right else box.left() - 4
        chip = QRectF(left, box.center().y() - 8, width, 16)
        if self.dimmed:
            ink.frame("stale", None, chip, radius=3)
        else:
            ink.frame(cell.tone.value, f"{cell.chip}_tint", chip, radius=3)

    def _place(self, cell: Cell, span: Span, base: int) -> None:
        """Lay a cell's words aside: in two lines, or a figure with its unit behind it; a text that
        does not fit is cut.
        """
        text, tone, strong, second, second_tone, unit, *_ = cell
        edge, to_right, add = span.edge, span.to_right, self._words.add
        if second:
            add(text, tone, strong, edge, base - 8, to_right=to_right)
            add(second, second_tone, 2, edge, base + 8, to_right=to_right)
            return
        face = self._faces[strong]
        room = self.unit_room(cell)
        if span.number in self.tight:
            text = cut(face, text, span.width - room)
        if unit:
            end = edge - room if to_right else edge + int(face.width(text))
            add(unit, Tone.MUTED, 2, end + UNIT_GAP, base, to_right=False)
        add(text, tone, strong, edge - room if to_right else edge, base, to_right=to_right)

    def unit_room(self, cell: Cell) -> int:
        """Width of a cell's unit and the gap before it."""
        return int(self.theme.face(11).width(cell.unit)) + UNIT_GAP if cell.unit else 0

    def paint_heading(self, ink: Ink, row: Row, box: QRectF) -> None:
        """Paint a heading row: its word, then the cells' texts as far as they fit whole."""
        ink.fill("raised", box)
        inner = box.adjusted(self.padding, 0, -self.padding, 0)
        words = (Cell(row.heading, strong=True, tone=Tone.TEXT), *row.cells)
        for cell in words:
            face = self.theme.face(12, 600) if cell.strong else self.theme.face(11)
            if face.width(cell.text) > inner.width():
                break
            token = "stale" if self.dimmed else cell.tone.value
            width = ink.text(token, face, cell.text, inner)
            inner.setLeft(inner.left() + width + 10)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """Paint a cell of `drawn_columns`, where a panel draws more than text."""
