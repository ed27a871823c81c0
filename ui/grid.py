"""A table that paints itself: rows of finished text, repainted only where they changed.

It is a QTableView for what Qt does in C++ (keyboard, selection, scrolling, header, accessibility
by the model behind it). `ui.grid_paint` paints it, `ui.grid_columns` fits its columns,
`ui.grid_hands` is what hands do to it besides choosing a row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QToolTip

from ui.empty import Lesson
from ui.grid_columns import FittedColumns
from ui.grid_hands import GridHands
from ui.plain import as_text
from ui.scroll import thin
from ui.theme import Theme
from ui.under_pointer import UnderPointer
from ui.viewmodels.cells import Column, Row
from ui.viewmodels.table_look import TableLook
from ui.viewmodels.table_order import held, in_order

PADDING = 8
_TAKE = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
_ADD = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class Grid(FittedColumns):
    """The painted table."""

    row_selected = Signal(str)
    """Key of the row that the trader chose."""
    look_changed = Signal(str, object)
    """The table's id and its `TableLook`: a hand has changed it."""

    several = True
    """Shift and Ctrl select more rows than one; not where a row is what the keys act on."""
    sorts = True
    """Rows may be sorted; not where their order is what they say."""
    table_id = ""
    """By which its look is kept; empty: it is not."""

    def __init__(
        self,
        theme: Theme,
        columns: Sequence[Column],
        name: str,
        row_height: int | None = None,
        padding: int = PADDING,
    ) -> None:
        super().__init__(theme, columns, padding)
        self.fixed_row_height = row_height
        self.setAccessibleName(name)
        self._dress()
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        self.selectionModel().currentColumnChanged.connect(self.titles.repaint_soon)
        self._telling = True
        self._under = UnderPointer[object]()
        """What could be pressed where the pointer was brought to."""
        self.is_kept = False
        self._given: tuple[Row, ...] = ()
        """Rows in the table's own order."""
        self.hands = GridHands(self)
        self.refit()

    def _dress(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if self.several else modes.SingleSelection)
        thin(self, self.theme)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    # ---- rows -------------------------------------------------------------------------------

    def teach(self, title: str, words: str) -> None:
        """What is said in the table's place once it is known to have no rows."""
        self.lesson = Lesson(title, words)
        self.say_lesson()

    def say_lesson(self) -> None:
        """Say it to a reader too, or not any more; else how the rows are sorted."""
        empty = self.lesson is not None and self.is_told and not self.grid.rows
        sorting = (self.grid.sorted_words(column) for column in self.grid.columns)
        said = self.lesson.said if self.lesson and empty else next(filter(None, sorting), "")
        self.setAccessibleDescription(said)
        self.viewport().update()

    def note_rows(self) -> None:
        """Rows have come, be it none."""
        if not self.is_told:
            self.is_told = True
            self.say_lesson()

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        """Show these rows; only what differs is repainted, the selected keys stay selected."""
        self.note_rows()
        self._given = rows
        self._put(self._ordered(rows))

    def _ordered(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """As the trader sorts them; under the pointer they hold still."""
        sorting = self.look.sorting
        if sorting is None:
            return rows
        if self.is_pointed_at():
            return held(rows, [row.key for row in self.grid.rows])
        key, columns = sorting.column, self.grid.columns
        return in_order(rows, columns, key, descending=sorting.descending)

    def is_pointed_at(self) -> bool:
        """Whether the pointer is over the rows."""
        return self.viewport().underMouse()

    def _put(self, rows: tuple[Row, ...]) -> None:
        before = self.grid.rows
        if rows == before:
            return
        selected, current = self.selected_keys(), self.selected_key()
        self._telling = False  # rows that go may move Qt's selection: no hand did that
        self.grid.take(rows)
        self._telling = True
        self.widen_for(before, rows)
        self._repaint_changes(before, rows)
        if selected != self.selected_keys():
            self.select_keys(selected, current)
        if not before:
            self._select_first()
        if bool(before) != bool(rows):
            self.say_lesson()

    def _select_first(self) -> None:
        """Whoever is here by key finds a row selected: the keys that act on one need it."""
        if not self.marked and self.hasFocus():
            self.select_key(next((row.key for row in self.grid.rows if not row.heading), ""))

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
        """Rows that are scrolled out of sight, by key; a sort needs all of them as they are."""
        if self.look.sorting is not None:
            return {}
        rows, height = self.grid.rows, self.row_height()
        first = -self.rowViewportPosition(0) // height if rows else 0
        last = first + self.viewport().height() // height + 1
        return {row.key: row for row in (*rows[: max(0, first)], *rows[last + 1 :])}

    def key_at(self, point: QPoint) -> str:
        """Key of the row under a point of the viewport, or empty."""
        number = self.rowAt(point.y())
        return self.grid.rows[number].key if number >= 0 else ""

    def pressable_at(self, point: QPoint) -> object:
        """What a press at a point of the viewport would act on beside choosing a row, or None."""
        return None

    def has_come(self, what: object, event: QMouseEvent) -> bool:
        """Whether it has come under a pointer that rests."""
        return self._under.aimed(event.globalPosition(), what) != what

    # ---- selection --------------------------------------------------------------------------

    def selected_rows(self) -> list[Row]:
        """The selected rows as they stand."""
        rows = self.grid.rows
        return [rows[number] for number in sorted(self.marked) if number < len(rows)]

    def selected_keys(self) -> tuple[str, ...]:
        """Keys of the selected rows, from above."""
        return tuple(row.key for row in self.selected_rows())

    def selected_key(self) -> str:
        """Key of the row that keys act on, or empty: of several the one that was last chosen."""
        rows, current = self.grid.rows, self.currentIndex().row()
        number = current if current in self.marked else min(self.marked, default=-1)
        return rows[number].key if 0 <= number < len(rows) else ""

    def select_key(self, key: str) -> None:
        """Select the row with this key without telling anybody."""
        self.select_keys((key,) if key else ())

    def select_keys(self, keys: Collection[str], current: str = "") -> None:
        """Select the rows with these keys, and no other, without telling anybody; keys act on
        `current`, or on the first.
        """
        self._telling = False
        wanted, rows = frozenset(keys), self.grid.rows
        found = [n for n, row in enumerate(rows) if row.key in wanted]
        if found:
            number = next((n for n in found if rows[n].key == current), found[0])
            index = self.grid.index(number, max(0, self.currentIndex().column()))
            self.selectionModel().setCurrentIndex(index, _TAKE)
        else:
            self.clearSelection()
        if len(found) > 1:
            self.selectionModel().select(self.grid.ranges(found), _ADD)
        self._telling = True

    def _tell_selection(self) -> None:
        self.marked = self.grid.numbers_in(self.selectionModel().selection())
        if self._telling and (key := self.selected_key()):
            self.row_selected.emit(key)

    # ---- what the trader has made of it --------------------------------------------------------

    def choose(self, look: TableLook) -> None:
        """Another look, by hand: shown and kept."""
        self.take_look(look)
        self.look_changed.emit(self.table_id, self.look)

    def take_look(self, look: TableLook) -> None:
        """Show the rows as a look has it, as far as this table has such columns."""
        self.look = look.of(self.grid.columns)
        self.grid.show_sorting(self.look.sorting)
        self.titles.sorting = self.look.sorting
        self.refit()
        self._put(self._ordered(self._given))
        self.say_lesson()
        self.titles.repaint_soon()

    def sizeHint(self) -> QSize:
        return QSize(240, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40)

    # ---- hands ------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            self._select_first()  # by mouse it would scroll what is about to be pressed away
        self.titles.repaint_soon()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.titles.repaint_soon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C takes the selected rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.hands.copy_rows()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        self.hands.offer_all(arg__1.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), as_text(self.tip_at(event.pos())), self)
            return True
        done = super().viewportEvent(event)
        if isinstance(event, QWheelEvent):
            here = self.pressable_at(event.position().toPoint())
            self._under.bring(event.globalPosition(), here)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            here = self.pressable_at(event.position().toPoint())
            self._under.moved(event.globalPosition(), here)
        if event.type() == QEvent.Type.Leave and self.look.sorting is not None:
            self._put(self._ordered(self._given))
        return done

    def tip_at(self, point: QPoint) -> str:
        """What a cell says when it is pointed at: its story, the whole of a text that is cut."""
        row, number = self.rowAt(point.y()), self.columnAt(point.x())
        if row < 0 or number < 0 or self.grid.rows[row].heading:
            return ""
        cell = self.grid.rows[row].cells[number]
        room = self.columnWidth(number) - 2 * self.padding - self.unit_room(cell)
        is_cut = (
            number in self.tight
            and self.theme.face(12, 600 if cell.strong else 400).width(cell.text) > room
        )
        return "\n".join(part for part in (cell.text if is_cut else "", cell.tip) if part)
