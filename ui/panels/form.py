"""A form in a dialog: fields, what is wrong with them, the desk's answer; it sends once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desk.model.command import Command
from desk.model.events import Acknowledged, Denied
from ui.controls import Check, Choice, Field
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.panels.ticket_preview import DenialBlock
from ui.theme import Theme
from ui.viewmodels.forms import Entry, Form, read_form
from ui.viewmodels.names import word
from ui.viewmodels.translation import tr
from ui.words import PlainWords

Control = Field | Choice | Check


class FormDialog(Dialog):
    """Stays until the desk has agreed, and shows every reason if it does not."""

    def __init__(
        self,
        theme: Theme,
        form: Form,
        exchange: Exchange,
        new_id: Callable[[], str],
        parent: QWidget,
        obstacle: Callable[[], str] = str,
    ) -> None:
        """`obstacle` says why nothing may be sent now, whatever is written; empty: it may."""
        super().__init__(theme, form.title, parent)
        self._form, self._exchange, self._new_id = form, exchange, new_id
        self._obstacle, self._blocked = obstacle, ""
        self._id = new_id()
        self._waits = False
        self.controls: dict[str, Control] = {}
        self.about = PlainWords(theme, form.about, "text2", 448)
        self.body.addWidget(self.about)
        for entry in form.entries:
            self.controls[entry.key] = control = self._control(entry)
            self.body.addWidget(control)
        self.problem = PlainWords(theme, "", "warning", 448)
        self.denials = DenialBlock(theme, tr("the desk does not do this"))
        self.body.addWidget(self.problem)
        self.body.addWidget(self.denials)
        self.body.addStretch(1)
        self.send = self.add_button(form.send, "danger" if form.is_danger else "accent")
        self.send.clicked.connect(self._send)
        self.add_close(tr("Back"))
        self._look()

    def _control(self, entry: Entry) -> Control:
        if entry.is_tick:
            tick = Check(self.theme, entry.label)
            tick.setChecked(bool(entry.value))
            tick.toggled.connect(self._look)
            return tick
        if entry.choices:
            choice = Choice(self.theme, entry.label, list(entry.choices), word)
            choice.label = entry.label
            choice.setFixedHeight(28)
            choice.setCurrentIndex(max(0, choice.findData(entry.value)))
            choice.currentTextChanged.connect(self._look)
            return choice
        field = Field(self.theme, entry.label, entry.unit, figure=entry.is_figure)
        field.setMaxLength(400)
        field.setText(entry.value)
        field.setReadOnly(entry.locked)
        field.textChanged.connect(self._look)
        return field

    def values(self) -> dict[str, str]:
        """What is written now."""
        return {key: _written(control) for key, control in self.controls.items()}

    def command(self) -> Command | None:
        """What would be sent now."""
        return read_form(self._form, self.values(), self._id)[0]

    def _look(self) -> None:
        """Say what is wrong with what is written; an empty field is not shouted at."""
        command, wrong = read_form(self._form, self.values(), self._id)
        for key, control in self.controls.items():
            if isinstance(control, Field):
                blamed = wrong is not None and wrong.field == key
                control.mark_wrong(blamed and bool(control.text().strip()))
        self._blocked = self._obstacle()
        self.problem.say(self._blocked or ("" if wrong is None else wrong.text))
        self.send.setEnabled(command is not None and not self._waits and not self._blocked)

    def renew(self, form: Form) -> None:
        """The same question of what is so by now: what was not written over follows."""
        before, self._form = self._form, form
        for old, new in zip(before.entries, form.entries, strict=True):
            control = self.controls[old.key]
            if isinstance(control, Field) and control.text() == old.value:
                control.setText(new.value)
        self.about.say(form.about)
        self._look()

    def look_again(self) -> None:
        """Something has come into its way, or has left it."""
        if self._obstacle() != self._blocked:
            self._look()

    def _send(self) -> None:
        command = self.command()
        if command is None or self._waits or self._obstacle():
            return
        self._waits = self._exchange.send(command, self._answered)
        if not self._waits:
            self.problem.say(self._exchange.why_unsent())
            return
        self.denials.show_denials(())
        self.send.say(tr("Sent, waiting for the desk"))
        self.send.setEnabled(False)

    def _answered(self, answer: Answer) -> None:
        """Close when it is done; else show why not, under a new id for the next try."""
        if self.is_gone:
            return
        self._waits = False
        self.send.say(self._form.send)
        if isinstance(answer, Acknowledged):
            self.close()
            return
        if isinstance(answer, Denied):
            self._id = self._new_id()
            self.denials.show_denials(tuple(answer.denials))
        self._look()
        if answer is None:
            self.problem.say(tr("The desk has gone before it answered."))


def _written(control: Control) -> str:
    if isinstance(control, Check):
        return "yes" if control.isChecked() else ""
    return control.value() if isinstance(control, Choice) else control.text()
