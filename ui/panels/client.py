"""The client's gates and record, and the disclosure sheets, in dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desk.engine.risk_snapshot import ClientView
from desk.model.commands import AcknowledgeDisclosure
from desk.model.events import Acknowledged, Denied
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.panels.ticket_preview import DenialBlock
from ui.scroll import thin
from ui.theme import Theme
from ui.viewmodels.client import GATE_COLUMNS, SheetView, client_words, gate_rows, sheet_words
from ui.viewmodels.translation import tr
from ui.words import PlainWords, WordsGrid


class ClientDialog(Dialog):
    """Each gate, met or not; editing and clearing are asked of the window."""

    edit_asked = Signal()
    clear_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, tr("Client"), parent, 900)
        self.who = PlainWords(theme, "", "text", 860)
        self.gates = WordsGrid(theme, GATE_COLUMNS, tr("Gates"))
        self.gates.setFixedHeight(24 + 3 * 38 + 4)
        self.sheets = PlainWords(theme, "", "muted", 860)
        for widget in (self.who, self.gates, self.sheets):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.clear = self.add_button(tr("Clear the record…"), "danger")
        self.clear.clicked.connect(self._clear)
        self.edit = self.add_button(tr("Edit…"), "accent")
        self.edit.clicked.connect(self.edit_asked)
        self.add_close()

    def show_client(self, client: ClientView | None) -> None:
        """Show the client as he is known now."""
        sample = client is not None and client.sample
        self.who.say(client_words(client), "warning" if sample or client is None else "text")
        self.gates.show_rows(gate_rows(client))
        self.sheets.say(sheet_words(client))

    def _clear(self) -> None:
        """First press asks, the second clears: nobody is known after it."""
        if self.clear.kind == "solid":
            self.clear_asked.emit()
            self.clear.say(tr("Clear the record…"), kind="danger")
        else:
            self.clear.say(tr("Clear it: every gate closes"), kind="solid")


class SheetDialog(Dialog):
    """What the client is told of an instrument; `I have read this` is sent as the client's word."""

    def __init__(
        self,
        theme: Theme,
        sheet: SheetView,
        exchange: Exchange,
        new_id: Callable[[], str],
        parent: QWidget,
    ) -> None:
        super().__init__(theme, sheet.title, parent, 640)
        self._sheet, self._exchange, self._new_id = sheet, exchange, new_id
        self._id = new_id()
        self.body.addWidget(_sections(theme, sheet))
        self.said = PlainWords(theme, "", "warning", 600)
        self.denials = DenialBlock(theme, tr("the desk does not take this"))
        self.body.addWidget(PlainWords(theme, sheet.proof, "muted", 600, code=True, pixels=11))
        self.body.addWidget(self.said)
        self.body.addWidget(self.denials)
        self.read = self.add_button(tr("I have read this"), "accent")
        self.read.clicked.connect(self._acknowledge)
        self.add_close()
        if sheet.acknowledged:
            self._settle(tr("Acknowledged already."))
        self.resize(640, 620)

    def _settle(self, text: str) -> None:
        self.said.say(text, "text2")
        self.read.setEnabled(False)

    def _acknowledge(self) -> None:
        command = AcknowledgeDisclosure(id=self._id, disclosure=self._sheet.name)
        if self._exchange.send(command, self._answered):
            self.read.setEnabled(False)
        else:
            self.said.say(self._exchange.why_unsent(), "warning")

    def _answered(self, answer: Answer) -> None:
        if self.is_gone:
            return
        if isinstance(answer, Acknowledged):
            self.close()
            return
        self._id = self._new_id()
        self.read.setEnabled(True)
        if isinstance(answer, Denied):
            self.denials.show_denials(tuple(answer.denials))
        elif answer is None:
            self.said.say(tr("The desk has gone before it answered."), "warning")


def _sections(theme: Theme, sheet: SheetView) -> QScrollArea:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 12, 0)
    column.setSpacing(4)
    for title, text in sheet.sections:
        column.addWidget(PlainWords(theme, title, "text", 580, pixels=13))
        column.addWidget(PlainWords(theme, text, "text2", 580))
        column.addSpacing(8)
    column.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidget(holder)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setAccessibleName(sheet.title)
    thin(scroll, theme)
    return scroll
