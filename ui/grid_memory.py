"""What a trader has made of each table, kept in `window.ini` by the table's and columns' ids."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ui.grid import Grid
from ui.viewmodels.table_look import TableLook
from ui.window_file import FILE, WindowFile

GROUP = "tables"
MOST_CHARACTERS = 4_096


class GridMemory(QObject):
    """Gives tables their looks back and keeps what is changed; one object a window."""

    changed = Signal()
    """Something is to be written."""

    def __init__(self, parent: QWidget, file: WindowFile) -> None:
        super().__init__(parent)
        self._file = file
        self._kept = file.group(GROUP)
        self.complaints: list[str] = []
        self.adopt(parent)

    def adopt(self, root: QWidget) -> None:
        """Take care of every table in a widget that has an id and has none yet."""
        for grid in root.findChildren(Grid):
            if grid.table_id and not grid.is_kept:
                grid.is_kept = True
                if (written := self._kept.get(grid.table_id)) is not None:
                    self._give_back(grid, written)
                grid.look_changed.connect(self._keep)

    def _give_back(self, grid: Grid, written: str) -> None:
        try:
            if len(written) > MOST_CHARACTERS:
                raise ValueError(f"expected at most {MOST_CHARACTERS} characters")
            look = msgspec.json.decode(written, type=TableLook)
        except ValueError as error:
            self.complaints.append(f"{FILE}: {GROUP}/{grid.table_id}: {error}")
            return
        grid.take_look(look)

    def _keep(self, table_id: str, look: TableLook) -> None:
        if look == TableLook():
            self._kept.pop(table_id, None)
        else:
            self._kept[table_id] = msgspec.json.encode(look).decode()
        self._file.put(GROUP, self._kept)
        self.changed.emit()
