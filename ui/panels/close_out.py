"""Close-out: each account's plan as it stands, or as it runs; the trader's order of preference."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from desk.model.events import Acknowledged, Denied
from ui.controls import Button, Choice
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.grid import Grid
from ui.paint import painting
from ui.panels.ticket_preview import DenialBlock
from ui.seen import SeenPanel
from ui.theme import Theme
from ui.viewmodels.cells import Column, Side
from ui.viewmodels.close_out import STEP_COLUMNS, PlanView, Preference, plans
from ui.viewmodels.translation import tr
from ui.words import PlainWords

ORDER_COLUMNS = (
    Column("place", "#", "88"),
    Column("instrument", "Reduced first", "BTCUSDT-PERP", Side.LEFT, grow=True),
)


class CloseOutPanel(SeenPanel):
    """One account's plan at a time; the one that runs unless another was chosen."""

    prefer_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plans: tuple[PlanView, ...] = ()
        self._chosen = ""
        self.account = Choice(theme, tr("Account of the plan"), [])
        self.account.activated.connect(self._choose)
        self.phase = _Phase(theme)
        self.sentence = PlainWords(theme, "", "text2", 600)
        self.steps = Grid(theme, STEP_COLUMNS, tr("Steps of the close-out"), padding=6)
        self.steps.sorts = False  # one after the other is what they say
        self.preference = PlainWords(theme, "", "muted", 300, pixels=11)
        self.prefer = Button(theme, tr("Order of preference…"), "plain")
        self.prefer.pixels = 11
        self.prefer.setFixedHeight(22)
        self.prefer.clicked.connect(lambda: self.prefer_asked.emit(self._chosen))
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.account)
        head.addWidget(self.phase)
        head.addWidget(self.preference, 1)
        head.addWidget(self.prefer)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addWidget(self.steps, 1)
        self._show()

    def show_seen(self, frame: DeskFrame) -> None:
        """Show a frame's plans."""
        found = plans(frame)
        if found == self._plans:
            return
        self._plans = found
        names = [plan.account for plan in found]
        if [self.account.itemText(n) for n in range(self.account.count())] != names:
            self.account.clear()
            self.account.addItems(names)
            self.account.updateGeometry()
        urgent = found[0].account if found and found[0].phase in {"running", "confirming"} else ""
        if self._chosen not in names or urgent:
            self._chosen = names[0] if names else ""
        self.account.setCurrentIndex(max(0, self.account.findText(self._chosen)))
        self._show()

    def _choose(self) -> None:
        self._chosen = self.account.currentText()
        self._show()

    def _show(self) -> None:
        plan = next((one for one in self._plans if one.account == self._chosen), None)
        for widget in (self.account, self.phase, self.preference):
            widget.setVisible(plan is not None)
        self.prefer.setVisible(plan is not None and plan.can_prefer)
        if plan is None:
            self.sentence.say(
                tr("Nothing is held or owed: there is nothing to close out."), "muted"
            )
            self.steps.show_rows(())
            return
        self.phase.show_phase(plan.chip, plan.word)
        self.sentence.say(plan.sentence, plan.tone.value)
        self.preference.say(
            tr("First reduced: {order}", order=plan.preference) if plan.can_prefer else ""
        )
        self.steps.show_rows(plan.rows)


class _Phase(QWidget):
    """The phase as a chip: sign and word."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._chip, self._word = "NORMAL", ""

    def show_phase(self, chip: str, word: str) -> None:
        if (chip, word) != (self._chip, self._word):
            self._chip, self._word = chip, word
            self.setAccessibleName(tr("Close-out: {word}", word=word))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(self._theme.face(11, 600).width(self._word)) + 32, 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            ink.chip(self._chip, self._word, 0, self.height() / 2, left=True)


class PreferenceDialog(Dialog):
    """The trader's own order: earlier, later, or by most relief per cost again."""

    def __init__(
        self,
        theme: Theme,
        preference: Preference,
        exchange: Exchange,
        new_id: Callable[[], str],
        parent: QWidget,
    ) -> None:
        super().__init__(
            theme, tr("Close-out order of {account}", account=preference.account), parent, 480
        )
        self._preference, self._exchange, self._new_id = preference, exchange, new_id
        said = tr("Where the rules leave a choice, positions are reduced in this order.")
        self.body.addWidget(PlainWords(theme, said, "text2", 448))
        self.grid = Grid(theme, ORDER_COLUMNS, tr("Order of preference"), row_height=24)
        self.grid.sorts = False
        self.grid.setMinimumHeight(24 * 5)
        self.body.addWidget(self.grid)
        moves = QHBoxLayout()
        self.earlier, self.later, self.default = (
            Button(theme, text) for text in (tr("Earlier"), tr("Later"), tr("By most relief"))
        )
        self.earlier.clicked.connect(lambda: self._move(-1))
        self.later.clicked.connect(lambda: self._move(1))
        self.default.clicked.connect(self._forget)
        for button in (self.earlier, self.later, self.default):
            moves.addWidget(button)
        moves.addStretch(1)
        self.body.addLayout(moves)
        self.said = PlainWords(theme, "", "text2", 448)
        self.denials = DenialBlock(theme, tr("the desk does not take this order"))
        self.body.addWidget(self.said)
        self.body.addWidget(self.denials)
        self.save = self.add_button(tr("Set the order"), "accent")
        self.save.clicked.connect(self._save)
        self.add_close(tr("Back"))
        self._show()
        self.grid.select_key(next(iter(preference.instruments), ""))

    def _show(self) -> None:
        own = self._preference.is_own
        self.grid.show_rows(self._preference.rows())
        self.said.say("" if own else tr("No order of one's own: by most margin relief per cost."))

    def _move(self, by: int) -> None:
        key = self.grid.selected_key()
        if key:
            self._preference.move(key, by)
            self._show()
            self.grid.select_key(key)

    def _forget(self) -> None:
        self._preference.forget()
        self._show()

    def _save(self) -> None:
        if self._exchange.send(self._preference.command(self._new_id()), self._answered):
            self.save.setEnabled(False)
        else:
            self.said.say(self._exchange.why_unsent(), "warning")

    def _answered(self, answer: Answer) -> None:
        if self.is_gone:
            return
        if isinstance(answer, Acknowledged):
            self.close()
            return
        self.save.setEnabled(True)
        if isinstance(answer, Denied):
            self.denials.show_denials(tuple(answer.denials))
        elif answer is None:
            self.said.say(tr("The desk has gone before it answered."), "warning")
