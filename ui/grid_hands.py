"""What hands do to a table besides choosing a row: sort, size and choose columns, copy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from ui.menus import passing_menu
from ui.viewmodels.table_look import TableLook, is_fixed
from ui.viewmodels.table_order import cell_text, table_text
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.grid import Grid

STEP = 8
"""Pixels by which a key makes a column wider or narrower."""


class GridHands(QObject):
    """The hands of one table; mouse and keys do the same."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self._grid = grid
        self.menu: QMenu | None = None
        header = grid.titles
        header.sectionClicked.connect(self.sort)
        header.sized.connect(self._keep_widths)
        header.sectionHandleDoubleClicked.connect(self.fit)
        header.menu_asked.connect(self.offer_columns)
        header.in_hand = lambda: self.column if grid.hasFocus() else -1

    @property
    def column(self) -> int:
        """Number of the column in hand: Left and Right move it."""
        return self._grid.currentIndex().column()

    # ---- order ------------------------------------------------------------------------------

    def sort(self, number: int) -> None:
        """Sort by a column, then the other way, then as the table orders its rows itself."""
        grid = self._grid
        if grid.sorts and 0 <= number < len(grid.grid.columns):
            column = grid.grid.columns[number]
            if column.title and not column.acts:
                grid.choose(grid.look.sorted_by(column))

    def unsort(self) -> None:
        """Back to the table's own order."""
        self._grid.choose(msgspec.structs.replace(self._grid.look, sorting=None))

    # ---- columns ----------------------------------------------------------------------------

    def _keep_widths(self) -> None:
        """A border was moved: every column keeps its place and width from now on."""
        self._grid.choose(self._grid.look.with_widths(self._grid.shown_widths()))

    def fit(self, number: int) -> None:
        """As wide as its texts need."""
        self._grid.choose(self._grid.look.with_widths({self._grid.grid.columns[number].key: 0}))

    def widen(self, direction: int) -> None:
        """Make the column in hand wider or narrower by a step."""
        if self.column >= 0:
            key = self._grid.grid.columns[self.column].key
            widths = self._grid.shown_widths()
            widths[key] = max(STEP, widths.get(key, 0) + direction * STEP)
            self._grid.choose(self._grid.look.with_widths(widths))

    def reset(self) -> None:
        """As it ships."""
        self._grid.choose(TableLook())

    def offer_columns(self, number: int, at: QPoint) -> None:
        """The menu of the titles: order, width, which columns, and all as it ships."""
        grid, menu = self._grid, self._new_menu()
        if 0 <= number < len(grid.grid.columns) and not grid.grid.columns[number].acts:
            title = _title(grid.grid.columns[number].title)
            if grid.sorts:
                self._add(menu, tr("Sort by {column}", column=title), partial(self.sort, number))
            self._add(menu, tr("As wide as needed"), partial(self.fit, number))
        own = self._add(menu, tr("The table's own order"), self.unsort)
        own.setEnabled(grid.look.sorting is not None)
        menu.addSeparator()
        for place, column in enumerate(grid.grid.columns):
            if column.title:
                action = menu.addAction(_title(column.title))
                action.setCheckable(True)
                action.setChecked(not grid.isColumnHidden(place))
                action.setEnabled(not is_fixed(column, grid.grid.columns))
                action.toggled.connect(partial(self._show_column, column.key))
        menu.addSeparator()
        self._add(menu, tr("Columns and order as they ship"), self.reset)
        menu.popup(at)

    def _show_column(self, key: str, shown: bool) -> None:
        self._grid.choose(self._grid.look.with_column(key, shown=shown))

    # ---- copying ----------------------------------------------------------------------------

    def copy_rows(self) -> None:
        """The selected rows with their head, as a spreadsheet takes them."""
        grid = self._grid
        if rows := grid.selected_rows():
            _put_on_clipboard(table_text(grid.grid.columns, rows, grid.shown_columns()))

    def add_copy(self, menu: QMenu, at: QPoint) -> None:
        """Add copying to a menu that was asked for at a point of the screen."""
        grid = self._grid
        point = grid.viewport().mapFromGlobal(at)
        row, number = grid.rowAt(point.y()), grid.columnAt(point.x())
        if rows := grid.selected_rows():
            copy = tr("Copy row") if len(rows) == 1 else tr("Copy {rows} rows", rows=len(rows))
            self._add(menu, f"{copy}\tCtrl+C", self.copy_rows)
        if row >= 0 and number >= 0 and not grid.grid.rows[row].heading:
            text = cell_text(grid.grid.rows[row].cells[number])
            if text and not grid.grid.columns[number].acts:
                copy = tr("Copy {text}", text=text)
                self._add(menu, copy, partial(_put_on_clipboard, text))

    def offer_all(self, at: QPoint) -> None:
        """Copying alone: what a table offers that has nothing else to."""
        menu = self._new_menu()
        self.add_copy(menu, at)
        if menu.actions():
            menu.popup(at)

    def open_menu(self) -> None:
        """By key: the menu of the column in hand, under its title."""
        grid = self._grid
        left = max(0, grid.columnViewportPosition(max(0, self.column)))
        self.offer_columns(self.column, grid.viewport().mapToGlobal(QPoint(left, 0)))

    def _new_menu(self) -> QMenu:
        self.menu = passing_menu(self._grid)
        return self.menu

    @staticmethod
    def _add(menu: QMenu, text: str, do: Callable[[], None]) -> QAction:
        action = menu.addAction(text.replace("&", "&&"))
        action.triggered.connect(lambda _=False: do())
        return action


def _title(title: str) -> str:
    return title.removesuffix(" ↑")


def _put_on_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
