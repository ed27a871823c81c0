"""The smallest cures of an account, asked of the desk; one is prepared, never sent from here."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.dialog import Dialog
from ui.grid import Grid
from ui.theme import Theme
from ui.viewmodels.cures import CURE_COLUMNS, PREPARED, Cure, cure_rows, empty_words
from ui.viewmodels.translation import tr
from ui.words import PlainWords

MOST_ROWS = 8


class CuresDialog(Dialog):
    """The list, and a button that fills in what the chosen row needs."""

    prepare_asked = Signal(object)
    """The cure that ticket or form shall be filled in with."""

    def __init__(
        self, theme: Theme, account: str, cures: tuple[Cure, ...], as_of: str, parent: QWidget
    ) -> None:
        super().__init__(theme, tr("Smallest cures of {account}", account=account), parent, 680)
        self._cures = cures
        said = tr(
            "Each alone; costs by the book of now, fees included. Worked out at {time}.", time=as_of
        )
        words = said if cures else empty_words(account)
        self.body.addWidget(PlainWords(theme, words, "text2", 640))
        self.grid = Grid(theme, CURE_COLUMNS, tr("Cures"), row_height=26, padding=6)
        self.grid.show_rows(cure_rows(cures))
        self.grid.setFixedHeight(26 + 26 * max(1, min(len(cures), MOST_ROWS)))
        self.grid.setVisible(bool(cures))
        self.grid.row_selected.connect(self._look)
        self.body.addWidget(self.grid)
        self.body.addStretch(1)
        self.prepare = self.add_button(tr("Prepare"), "accent")
        self.prepare.clicked.connect(self._prepare)
        self.prepare.setVisible(bool(cures))
        self.add_close()
        self.grid.select_key("0")
        self._look()
        self.grid.setFocus()

    def chosen(self) -> Cure | None:
        """The cure of the selected row."""
        key = self.grid.selected_key()
        return self._cures[int(key)] if key else None

    def _look(self) -> None:
        cure = self.chosen()
        words = {"reduce": tr("Stage in the ticket"), "": tr("Prepare")}
        kind = "" if cure is None else cure.kind
        self.prepare.say(words.get(kind, tr("Fill in the form…")))
        self.prepare.setEnabled(kind in PREPARED)

    def _prepare(self) -> None:
        if (cure := self.chosen()) is not None:
            self.prepare_asked.emit(cure)
            self.close()
