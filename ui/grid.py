"""A table that paints itself: rows of finished text, repainted only where they changed.

It is a QTableView for what Qt does in C++ (keyboard, selection, scrolling, header, accessibility
by the model behind it), but no cell passes through a delegate or a `data()` call to be painted:
50 rows of 15 columns, all changed, cost about a tenth of the plain view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

from ui.empty import Lesson, paint_lesson
from ui.grid_model import GridHeader, GridModel
from ui.paint import Ink, painting
from ui.scroll import thin
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.tone import Tone

PADDING = 8
WIDEST = 13
"""Pixels that no character of a table is wider than."""


class Grid(QTableView):
    """The painted table."""

    row_selected = Signal(str)
    """Key of the row that the trader chose."""

    drawn_columns: frozenset[str] = frozenset()
    """Columns that a subclass draws itself, in `paint_cell`."""

    def __init__(
        self,
        theme: Theme,
        columns: Sequence[Column],
        name: str,
        row_height: int | None = None,
        padding: int = PADDING,
    ) -> None:
        super().__init__()
        self.theme = theme
        self.grid = GridModel(columns, self)
        self.fixed_row_height = row_height
        self.dimmed = False
        self.setModel(self.grid)
        self.setAccessibleName(name)
        self.setHorizontalHeader(GridHeader(theme, self.grid.columns, padding, self))
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        thin(self, theme)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        self._telling = True
        self._selected = -1
        self.lesson: Lesson | None = None
        self._is_told = False
        """Rows were shown, be it none: that there is nothing is known, not just not heard yet."""
        self.padding = padding
        face, label = theme.face(12, 600), theme.face(11)
        self._needed = [
            max(column.width, int(max(face.width(column.sample), label.width(column.title))) + 1)
            for column in self.grid.columns
        ]
        self.refit()

    # ---- rows -------------------------------------------------------------------------------

    def teach(self, title: str, words: str) -> None:
        """What is said in the table's place once it is known to have no rows."""
        self.lesson = Lesson(title, words)
        self.say_lesson()

    def say_lesson(self) -> None:
        """Say it to a reader too, or not any more."""
        empty = self.lesson is not None and self._is_told and not self.grid.rows
        self.setAccessibleDescription(self.lesson.said if self.lesson and empty else "")
        self.viewport().update()

    def note_rows(self) -> None:
        """Rows have come, be it none."""
        if not self._is_told:
            self._is_told = True
            self.say_lesson()

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        """Show these rows; only what differs is repainted, the selected key stays selected."""
        before = self.grid.rows
        self.note_rows()
        if rows == before:
            return
        selected = self.selected_key()
        self._telling = False  # rows that go may move Qt's selection: no hand did that
        self.grid.take(rows)
        self._telling = True
        self._widen(before, rows)
        self._repaint_changes(before, rows)
        if selected != self.selected_key():
            self.select_key(selected)
        if not before:
            self._select_first()
        if bool(before) != bool(rows):
            self.say_lesson()

    def _select_first(self) -> None:
        """Whoever is here by key finds a row selected: the keys that act on one need it."""
        if self._selected < 0 and self.hasFocus():
            self.select_key(next((row.key for row in self.grid.rows if not row.heading), ""))

    def _widen(self, before: tuple[Row, ...], rows: tuple[Row, ...]) -> None:
        """Give a column the room its longest text needs: no figure is ever cut."""
        narrow = False
        strong, small = self.theme.face(12, 600), self.theme.face(11)
        for number, row in enumerate(rows):
            if row.heading or (number < len(before) and row == before[number]):
                continue
            for column, cell in enumerate(row.cells):
                # More than any character needs, a Chinese one too: most cells are not measured.
                longest = max(len(cell.text) + len(cell.unit) + 1, len(cell.second))
                if longest * WIDEST <= self._needed[column] or self.grid.columns[column].width:
                    continue
                unit = small.width(cell.unit) + 5 if cell.unit else 0.0
                width = int(max(strong.width(cell.text) + unit, small.width(cell.second))) + 1
                if width > self._needed[column]:
                    self._needed[column] = width
                    narrow = True
        if narrow:
            self.refit()

    def _repaint_changes(self, before: tuple[Row, ...], rows: tuple[Row, ...]) -> None:
        changed = [
            number
            for number, row in enumerate(rows)
            if number >= len(before) or row != before[number]
        ]
        if not changed:
            return
        height, top = self.row_height(), self.rowViewportPosition(0)
        first, last = changed[0], changed[-1]
        width = self.viewport().width()
        self.viewport().update(0, top + first * height, width, (last - first + 1) * height)

    def unseen_rows(self) -> dict[str, Row]:
        """Rows that are scrolled out of sight, by key."""
        rows, height = self.grid.rows, self.row_height()
        first = -self.rowViewportPosition(0) // height if rows else 0
        last = first + self.viewport().height() // height + 1
        return {row.key: row for row in (*rows[: max(0, first)], *rows[last + 1 :])}

    def selected_key(self) -> str:
        """Key of the selected row, or empty."""
        row = self._selected
        return self.grid.rows[row].key if 0 <= row < len(self.grid.rows) else ""

    def select_key(self, key: str) -> None:
        """Select the row with this key without telling anybody."""
        self._telling = False
        for number, row in enumerate(self.grid.rows):
            if key and row.key == key:
                self.setCurrentIndex(self.grid.index(number, 0))
                self.selectRow(number)
                break
        else:
            self.clearSelection()
        self._telling = True

    def _tell_selection(self) -> None:
        # Asking the selection model costs a call for every row: once a change is enough.
        rows = self.selectionModel().selectedRows()
        self._selected = rows[0].row() if rows else -1
        if self._telling and (key := self.selected_key()):
            self.row_selected.emit(key)

    # ---- measures ---------------------------------------------------------------------------

    def row_height(self) -> int:
        """Height of every row in pixels."""
        if self.fixed_row_height is not None:
            return self.fixed_row_height
        return 20 if self.theme.compact else 24

    def refit(self) -> None:
        """Give columns their widths: samples fit in full, unimportant columns go first."""
        self.verticalHeader().setDefaultSectionSize(self.row_height())
        columns = self.grid.columns
        pad = 2 * self.padding
        wanted = [
            (self.drawn_width(column) if column.width else width) + pad
            for column, width in zip(columns, self._needed, strict=True)
        ]
        room = self.viewport().width()
        kept = set(range(len(columns)))
        for number in sorted(range(len(columns)), key=lambda n: (columns[n].keep, -n)):
            if sum(wanted[n] for n in kept) <= room or columns[number].keep >= 9:
                break
            kept.discard(number)
        spare = max(0, room - sum(wanted[n] for n in kept))
        growing = [number for number in kept if columns[number].grow]
        share, rest = (0, 0) if growing else divmod(spare, max(1, len(kept)))
        for number in range(len(columns)):
            self.setColumnHidden(number, number not in kept)
            extra = share + (rest if number == 0 else 0)
            if number in growing:
                extra = spare // len(growing)
            self.setColumnWidth(number, wanted[number] + extra)

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._select_first()

    def sizeHint(self) -> QSize:
        return QSize(240, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40)

    # ---- painting ---------------------------------------------------------------------------

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
                    self._paint_row(ink, rows[number], box, number == self._selected)
                self._paint_words(painter)
            elif self.lesson is not None and self._is_told:
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
            elif cell.text:
                self._place(cell.text, cell.tone, cell.strong, left, width, middle + 5, to_right)
                if cell.unit:
                    after = left + int(self._faces[cell.strong].width(cell.text)) + 5
                    self._place(cell.unit, Tone.MUTED, 2, after, width, middle + 5, False)
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

    def key_at(self, point: QPoint) -> str:
        """Key of the row under a point of the viewport, or empty."""
        number = self.rowAt(point.y())
        return self.grid.rows[number].key if number >= 0 else ""
