"""How a table's rows are painted: text by text from finished cells, all of one colour together.

No cell passes through a delegate or a `data()` call: 50 rows of 15 columns, all changed, cost
about a tenth of Qt's own painting of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView

from ui.empty import Lesson, paint_lesson
from ui.grid_model import GridModel
from ui.paint import Ink, cut, painting
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.tone import Tone

UNIT_GAP = 4
"""Pixels between a figure and its unit."""


class PaintedRows(QTableView):
    """The table's picture; what is in it and where is `Grid`'s."""

    drawn_columns: frozenset[str] = frozenset()
    """Columns that a subclass draws itself, in `paint_cell`."""

    def __init__(self, theme: Theme, columns: Sequence[Column], padding: int) -> None:
        super().__init__()
        self.theme = theme
        self.padding = padding
        self.grid = GridModel(columns, self)
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
            painter = ink.painter
            dirty = e.rect()
            ink.fill("panel", QRectF(dirty))
            rows, height = self.grid.rows, self.row_height()
            if rows:
                top = self.rowViewportPosition(0)
                first = max(0, (dirty.top() - top) // height)
                last = min(len(rows) - 1, (dirty.bottom() - top) // height)
                self._words: defaultdict[tuple[Tone, int], list[tuple[int, int, str]]]
                self._words = defaultdict(list)
                self._faces = (self.theme.face(12), self.theme.face(12, 600), self.theme.face(11))
                self._spans = self._column_spans()
                for number in range(first, last + 1):
                    box = QRect(0, top + number * height, self.viewport().width(), height)
                    self._paint_row(ink, rows[number], box, number in self.marked)
                self._paint_words(painter)
            elif self.lesson is not None and self.is_told:
                paint_lesson(ink, self.lesson, QRectF(self.viewport().rect()))

    def _column_spans(self) -> list[tuple[int, int, int, bool]]:
        return [
            (
                number,
                self.columnViewportPosition(number) + self.padding,
                self.columnWidth(number) - 2 * self.padding,
                column.side is Side.RIGHT,
            )
            for number, column in enumerate(self.grid.columns)
            if not self.isColumnHidden(number)
        ]

    def _paint_row(self, ink: Ink, row: Row, box: QRect, selected: bool) -> None:
        if row.heading:
            self.paint_heading(ink, row, QRectF(box))
            return
        if selected:
            ink.fill("sel", QRectF(box))
        ink.painter.fillRect(0, box.bottom(), box.width(), 1, self.theme.color("line"))
        middle = box.center().y()
        for number, left, width, to_right in self._spans:
            cell = row.cells[number]
            if cell.chip:
                inside = QRectF(left, box.top(), width, box.height())
                self._paint_chip(ink, cell, inside, to_right)
            if self.grid.columns[number].key in self.drawn_columns:
                self.paint_cell(
                    ink, row, number, cell, QRectF(left, box.top(), width, box.height())
                )
            elif cell.second:
                self._place(cell.text, cell.tone, cell.strong, left, width, middle - 3, to_right)
                self._place(cell.second, cell.second_tone, 2, left, width, middle + 13, to_right)
            elif cell.unit or number in self.tight:
                self._place_with_unit(cell, left, width, middle + 5, to_right, number)
            elif cell.text:
                self._place(cell.text, cell.tone, cell.strong, left, width, middle + 5, to_right)
        if selected and self.hasFocus():
            ink.frame("accent", None, QRectF(box), radius=0)

    def _paint_chip(self, ink: Ink, cell: Cell, box: QRectF, to_right: bool) -> None:
        """A tinted box behind a text that must not be missed."""
        width = self._faces[cell.strong].width(cell.text) + 8
        left = box.right() - width + 4 if to_right else box.left() - 4
        chip = QRectF(left, box.center().y() - 8, width, 16)
        if self.dimmed:
            ink.frame("stale", None, chip, radius=3)
        else:
            ink.frame(cell.tone.value, f"{cell.chip}_tint", chip, radius=3)

    def _place_with_unit(
        self, cell: Cell, left: int, width: int, base: int, to_right: bool, number: int
    ) -> None:
        """A figure with its unit behind it; a text that does not fit is cut."""
        face, text = self._faces[cell.strong], cell.text
        unit = int(self._faces[2].width(cell.unit)) + UNIT_GAP if cell.unit else 0
        if number in self.tight:
            text = cut(face, text, width - unit)
        if unit:
            start = left + width - unit if to_right else left + int(face.width(text))
            self._place(cell.unit, Tone.MUTED, 2, start + UNIT_GAP, width, base, False)
        self._place(text, cell.tone, cell.strong, left, width - unit, base, to_right)

    def _place(
        self, text: str, tone: Tone, kind: int, left: int, width: int, base: int, to_right: bool
    ) -> None:
        """Lay one word aside for `_paint_words`; kind 0 plain, 1 strong, 2 second line."""
        if to_right:
            left += width - int(self._faces[kind].width(text))
        self._words[tone, kind].append((left, base, text))

    def _paint_words(self, painter: QPainter) -> None:
        """Draw all words of one colour and face together: pens and fonts are dear."""
        draw = painter.drawText
        for (tone, kind), words in self._words.items():
            painter.setPen(self.theme.color("stale" if self.dimmed else tone.value))
            painter.setFont(self._faces[kind].font)
            for x, y, text in words:
                draw(x, y, text)

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
