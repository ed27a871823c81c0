"""The fields of the ticket: which of them a form asks for, where they stand, what is wrong."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desk.model.order_commands import LadderWeight
from ui.controls import Choice, Field
from ui.figure_field import FigureField
from ui.theme import Theme
from ui.viewmodels.draft import FIELDS, Form, Problem
from ui.viewmodels.names import word
from ui.viewmodels.translation import tr

LABELS = {
    "trigger": tr("Trigger"),
    "trail": tr("Trail"),
    "first": tr("First"),
    "last": tr("Last¦price of a ladder"),
    "count": tr("Orders¦how many"),
    "over": tr("Over"),
    "every": tr("Every"),
    "limit": tr("Limit¦order type"),
}
PLAIN = frozenset({"trail", "count", "over", "every"})
"""Fields that the arrow keys do not step by ticks."""
HINTS = {
    "trail": tr("500 or 1%"),
    "over": "90m",
    "every": "5m",
    "limit": tr("none"),
    "take_profit": "1%, 500",
    "stop_loss": "1%, 500",
}


class TicketFields(QWidget):
    """Two columns: quantity first, then what the form asks for."""

    edited = Signal(str, object)
    """Field of the draft, and what it is now."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.quantity = FigureField(theme, tr("Quantity"))
        self.price = FigureField(theme, tr("Price"))
        self.all: dict[str, Field] = {"quantity": self.quantity, "price": self.price}
        for name, label in LABELS.items():
            made = Field if name in PLAIN else FigureField
            self.all[name] = made(theme, label)
        self.weight = Choice(theme, tr("Weight"), [one.value for one in LadderWeight], word)
        self.weight.label = tr("Weight")
        self.weight.setFixedHeight(28)
        for name, field in self.all.items():
            field.setPlaceholderText(HINTS.get(name, ""))
            field.textChanged.connect(partial(self.edited.emit, name))
        self.weight.currentTextChanged.connect(self._weigh)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        for column in (0, 1):
            self._grid.setColumnStretch(column, 1)
            self._grid.setColumnMinimumWidth(column, 100)
        self._form: Form | None = None
        self.show_form(Form.LIMIT)

    def _weigh(self, _: str) -> None:
        self.edited.emit("weight", LadderWeight(self.weight.value()))

    def show_form(self, form: Form) -> None:
        """Arrange what a form asks for; a market order keeps the price's place, without a use."""
        if form is self._form:
            return
        self._form = form
        shown: list[QWidget] = [self.quantity]
        shown += [self.all[name] for name in FIELDS[form] or ("price",)]
        if form is Form.LADDER:
            shown.insert(1, self.weight)
        for widget in (*self.all.values(), self.weight):
            self._grid.removeWidget(widget)
            if widget not in shown:
                widget.hide()
        before = self.quantity
        for number, widget in enumerate(shown):
            self._grid.addWidget(widget, number // 2, number % 2)
            widget.show()  # now it has a parent: before, it would be a window for a moment
            if number:
                QWidget.setTabOrder(before, widget)
            before = widget
        self.price.setEnabled("price" in FIELDS[form])

    def stepped(self) -> list[FigureField]:
        """Fields whose arrows step by ticks."""
        fields = (field for name, field in self.all.items() if name != "quantity")
        return [field for field in fields if isinstance(field, FigureField)]

    def mark(self, problems: list[Problem]) -> None:
        """Outline the fields that are to blame; an empty one is not shouted at."""
        blamed = {problem.field for problem in problems}
        for name, field in self.all.items():
            field.mark_wrong(name in blamed and bool(field.text().strip()))
