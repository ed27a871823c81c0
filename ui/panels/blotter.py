"""The blotter: a filter, a table that grows by pages as it is scrolled, and an export."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.model.blotter import AskBlotter, BlotterFilter, BlotterRow, ExportBlotter
from desk.model.events import Answered, Denied
from ui.actions import new_id
from ui.controls import Button, Choice, Field
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.grid import Grid
from ui.paint import Ink
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.blotter import COLUMNS, BlotterPages, details, read_filter
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.names import word
from ui.viewmodels.translation import tr
from ui.words import PlainWords

SETTLE_MS = 250
"""A filter is asked for when nobody has typed for so long."""

NEAR_END_ROWS = 30
LOST = -1
"""No row of the journal: what was asked for is to be asked for again."""
KIND_CHOICES = ("all", "order", "fill", "denial", "cancel", "rejection", "close_out", "funding")


class BlotterGrid(Grid):
    """A table to which pages are added without looking at what stands there already."""

    opened = Signal()
    """A row is to be read whole."""
    drawn_columns = frozenset({"text"})
    sorts = False  # of what is not asked for yet nothing is known

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, COLUMNS, tr("Blotter"), padding=5)
        self.doubleClicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return reads a row, as a double click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The sentence, as far as it goes; its row opens all of it."""
        face = self.theme.face(12)
        text = QFontMetricsF(face.font).elidedText(
            cell.text, Qt.TextElideMode.ElideRight, box.width()
        )
        ink.text("stale" if self.dimmed else cell.tone.value, face, text, box)

    def add_rows(self, rows: tuple[Row, ...], *, in_front: int) -> None:
        """Show these rows, `in_front` of them new at the top: what is in view stays in view."""
        bar, place = self.verticalScrollBar(), self.verticalScrollBar().value()
        selected, current = self.selected_keys(), self.selected_key()
        self._given = rows
        self.grid.take(rows)
        if selected != self.selected_keys():
            self.select_keys(selected, current)
        if in_front:
            bar.setValue(place + in_front * self.row_height() if place else 0)
        self.viewport().update()


class BlotterPage(QWidget):
    """Asks for nothing while nobody looks."""

    said = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._exchange: Exchange | None = None
        self._pages = BlotterPages()
        self._waits = False
        self._seq = self._asked_seq = 0
        self._wall_ms = 0
        self.filter = Field(theme, tr("Filter"), figure=False)
        self.filter.setMaxLength(200)
        self.filter.setPlaceholderText(tr("text side:buy in:… account:… from:09:30"))
        self.kind = Choice(theme, tr("Kind"), list(KIND_CHOICES), _kind_word)
        self.export = Button(theme, "CSV", "plain", name=tr("Export what is filtered as CSV"))
        self.grid = BlotterGrid(theme)
        self.details: Dialog | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.begin)
        self._arrange()
        self.filter.textChanged.connect(self._typed)
        self.kind.currentTextChanged.connect(self.begin)
        self.export.clicked.connect(self._export)
        self.grid.verticalScrollBar().valueChanged.connect(self._ask_older)
        self.grid.opened.connect(self.open_details)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(6, 4, 6, 4)
        head.setSpacing(4)
        head.addWidget(self.filter, 1)
        self.kind.setFixedHeight(28)
        head.addWidget(self.kind)
        head.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.grid, 1)

    def connect_to(self, exchange: Exchange) -> None:
        """Ask this way from now on."""
        self._exchange = exchange

    def _typed(self, *_: object) -> None:
        self._settle.start()

    # ---- asking -----------------------------------------------------------------------------

    def show_journal(self, seq: int, wall_ms: int) -> None:
        """The journal has come so far: what is new is asked for while it is in view."""
        self._seq, self._wall_ms = seq, wall_ms
        at_top = self.grid.verticalScrollBar().value() == 0
        if not self.isVisible() or self._waits or seq == self._asked_seq or not at_top:
            return
        if not self._asked_seq:
            self.begin()
        elif not self.grid.underMouse():  # rows hold still under the pointer
            self._asked_seq = seq
            self._ask(*self._pages.newer())

    def wanted(self) -> tuple[BlotterFilter, str]:
        """Return the filter as it is written, and what is wrong with it."""
        found, wrong = read_filter(self.filter.text(), self._wall_ms)
        kind = self.kind.value()
        if kind != "all" and not found.kinds:
            found = msgspec.structs.replace(found, kinds=(kind,))
        return found, wrong

    def begin(self, *_: object) -> None:
        """Ask anew for what is wanted now."""
        wanted, wrong = self.wanted()
        self.filter.mark_wrong(bool(wrong))
        self.filter.setToolTip(as_text(wrong))
        if wrong or not self.isVisible():
            return
        self._asked_seq = max(1, self._seq)
        self._waits = False
        asked = self._pages.begin(wanted)
        self.grid.add_rows((), in_front=0)
        self._ask(*asked)

    def _ask_older(self, *_: object) -> None:
        bar = self.grid.verticalScrollBar()
        near = bar.maximum() - bar.value() < NEAR_END_ROWS * self.grid.row_height()
        asked = self._pages.older()
        if near and asked is not None and not self._waits and self.isVisible():
            self._ask(*asked)

    def _ask(self, asked: AskBlotter, generation: int) -> None:
        def answered(answer: Answer) -> None:
            self._waits = False
            if isinstance(answer, Answered):
                self._take(answer, asked, generation)
            elif isinstance(answer, Denied):
                self.said.emit(" ".join(map(denial_sentence, answer.denials)))
            else:
                self._asked_seq = LOST

        if self._exchange is not None:
            self._waits = self._exchange.send(asked, answered)

    def _take(self, answer: Answered, asked: AskBlotter, generation: int) -> None:
        before = len(self._pages.rows)
        self.grid.note_rows()
        if not self._pages.take(answer.data, generation, asked):
            return
        new = len(self._pages.rows) - before
        if asked.after_seq and self.grid.verticalScrollBar().value() == 0:
            self._pages.forget_oldest()
        self.grid.add_rows(self._pages.rows, in_front=new if asked.after_seq and before else 0)
        self._ask_older()  # a page of which little passed the filter does not fill the view

    # ---- a row, a file ----------------------------------------------------------------------

    def open_details(self, *_: object) -> None:
        """All that the journal says of the selected row."""
        one = self._pages.found.get(self.grid.selected_key())
        if one is None:
            return
        if self.details is not None and not self.details.is_gone:
            self.details.close()
        self.details = DetailsDialog(self._theme, one, self)
        self.details.present()

    def _export(self) -> None:
        wanted, wrong = self.wanted()
        if wrong or self._exchange is None:
            self.said.emit(wrong)
            return
        self.export.setEnabled(False)
        sent = self._exchange.send(ExportBlotter(id=new_id(), wanted=wanted), self._exported)
        self.export.setEnabled(not sent)

    def _exported(self, answer: Answer) -> None:
        self.export.setEnabled(True)
        if isinstance(answer, Answered):
            rows, path = answer.data.get("rows"), answer.data.get("path")
            self.said.emit(tr("{rows} rows written to {path}", rows=rows, path=path))
        elif isinstance(answer, Denied):
            self.said.emit(" ".join(map(denial_sentence, answer.denials)))
        else:
            self.said.emit(tr("The desk has gone before the export was finished."))


def _kind_word(kind: str) -> str:
    return word(kind.replace("_", "-"))


class DetailsDialog(Dialog):
    """One row of the blotter, with what its decision was taken on."""

    def __init__(self, theme: Theme, one: BlotterRow, parent: QWidget) -> None:
        super().__init__(theme, f"{_kind_word(one.kind)} #{one.seq}", parent, 520)
        for label, value in details(one):
            self.body.addWidget(PlainWords(theme, f"{label}: {value}", "text2", 488))
        self.body.addStretch(1)
        self.add_close()
