"""What a ticket makes: four forms in a row, the others folded under it; never a menu, which would
swallow the panic keys while it is open."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button, Check
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.draft import FORM_WORDS, Form
from ui.viewmodels.translation import tr

FIRST = (Form.LIMIT, Form.MARKET, Form.STOP, Form.STOP_LIMIT)
SHORT = {Form.TAKE_PROFIT: tr("Target"), Form.TRAILING_STOP: tr("Trailing")}


class FormSwitch(QWidget):
    """One form is always chosen; the fold opens by its button, or by choosing what is in it."""

    chosen = Signal(str)
    folded = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(tr("Order type"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, Button] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(0)
        for form in FIRST:
            row.addWidget(self._button(theme, form), 1)
        self.more = Button(theme, "▾", "quiet", name=tr("More order types"))
        self.more.setCheckable(True)
        self.more.setFixedSize(28, 28)
        self.more.toggled.connect(self._fold)
        row.addWidget(self.more)
        column.addLayout(row)
        self.fold = QWidget()
        under = QVBoxLayout(self.fold)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(4)
        others = QHBoxLayout()
        others.setSpacing(0)
        for form in Form:
            if form not in FIRST:
                others.addWidget(self._button(theme, form), 1)
        under.addLayout(others)
        self.keep = Check(theme, tr("Keep the quantity after sending"))
        under.addWidget(self.keep)
        self.fold.hide()
        column.addWidget(self.fold)
        self.buttons[Form.LIMIT.name].setChecked(True)

    def _button(self, theme: Theme, form: Form) -> Button:
        words = FORM_WORDS[form]
        button = Button(theme, SHORT.get(form, words), "quiet", name=f"{tr('Order type')}: {words}")
        button.setCheckable(True)
        button.pixels = 11 if form not in FIRST else 12
        button.setFixedHeight(28)
        button.toggled.connect(partial(self._toggled, form.name))
        self._group.addButton(button)
        self.buttons[form.name] = button
        return button

    def _toggled(self, name: str, on: bool) -> None:
        if on:
            if Form[name] not in FIRST:
                self.more.setChecked(True)
            self.chosen.emit(name)

    def _fold(self, open_: bool) -> None:
        if not open_ and Form[self.choice()] not in FIRST:
            self.more.setChecked(True)  # what is chosen stays to be seen
            return
        self.fold.setVisible(open_)
        self.more.say("▴" if open_ else "▾")
        self.more.setAccessibleName(tr("Fewer order types") if open_ else tr("More order types"))
        self.folded.emit()

    def choose(self, name: str) -> None:
        """Choose by the form's name, if the venue can do it."""
        if self.buttons[name].isEnabled():
            self.buttons[name].setChecked(True)

    def choice(self) -> str:
        """The chosen form's name."""
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def allow(self, reasons: dict[str, str]) -> None:
        """Disable what the venue cannot do; `reasons` says why, by form."""
        for name, button in self.buttons.items():
            reason = reasons.get(name, "")
            button.setEnabled(not reason)
            button.setToolTip(as_text(reason))
