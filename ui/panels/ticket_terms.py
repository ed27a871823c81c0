"""What stands behind an order and for how long: target, stop, time in force, flags; what of it."""

from __future__ import annotations

from functools import partial

import msgspec
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desk.model.orders import TimeInForce
from ui.controls import Check, Choice, Field
from ui.figure_field import FigureField
from ui.paint import painting
from ui.panels.ticket_fields import HINTS
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.draft import BRACKETED, POSTED, TIMED, Form, Problem
from ui.viewmodels.ticket import Said
from ui.viewmodels.translation import tr


class SaidLine(QWidget):
    """One thing about the order; not there while there is nothing to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._said, self._dimmed = Said(), False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(16)
        self.hide()

    def say(self, said: Said, *, dimmed: bool) -> None:
        """Show it; dimmed while it is about an older draft."""
        if (said, dimmed) != (self._said, self._dimmed):
            self._said, self._dimmed = said, dimmed
            self.setVisible(bool(said.strong))
            self.setAccessibleName(" ".join(filter(None, (said.what, said.strong, said.more))))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            figure = "stale" if self._dimmed else "text2"
            face, (what, strong, more) = self._theme.face(11), msgspec.structs.astuple(self._said)
            x = ink.text("muted", face, what, box) + 6
            x += ink.text(figure, self._theme.face(11, 600), strong, box.adjusted(x, 0, 0, 0)) + 6
            if x + face.width(more) <= box.width():
                ink.text("muted", face, more, box.adjusted(x, 0, 0, 0))


class TicketTerms(QWidget):
    """Three rows."""

    edited = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._refused: dict[str, str] = {}
        self.take_profit = FigureField(theme, tr("TP"))
        self.stop_loss = FigureField(theme, tr("SL"))
        self.tif = Choice(theme, tr("Time in force"), [tif.value for tif in TimeInForce])
        self.expiry = Field(theme, "", figure=False)
        self.expiry.setAccessibleName(tr("Good till"))
        self.expiry.setPlaceholderText("15:30, 90m")
        self.expiry.setFixedHeight(24)
        self.post_only = Check(theme, tr("Post-only"))
        self.reduce_only = Check(theme, tr("Reduce-only"))
        self.loss, self.held = SaidLine(theme), SaidLine(theme)
        self._legs = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.column = column
        column.setSpacing(8)
        _row(self._legs, self.take_profit, self.stop_loss, grow=2)
        flags = QWidget()
        _row(flags, self.tif, self.expiry, self.post_only, self.reduce_only)
        for widget in (self._legs, flags, self.held, self.loss):
            column.addWidget(widget)
        self._wire()
        self.show_form(Form.LIMIT, TimeInForce.GTC)

    def _wire(self) -> None:
        for name, field in (
            ("take_profit", self.take_profit),
            ("stop_loss", self.stop_loss),
            ("expiry", self.expiry),
        ):
            field.setPlaceholderText(HINTS.get(name, field.placeholderText()))
            field.textChanged.connect(partial(self.edited.emit, name))
        self.tif.currentTextChanged.connect(self._time)
        self.post_only.toggled.connect(partial(self.edited.emit, "post_only"))
        self.reduce_only.toggled.connect(partial(self.edited.emit, "reduce_only"))

    def _time(self, text: str) -> None:
        self.edited.emit("tif", TimeInForce(text))

    def show_form(self, form: Form, tif: TimeInForce) -> None:
        """What a form can carry."""
        bracketed = form in BRACKETED
        self._legs.setVisible(bracketed)
        has_trigger = form.type is not None and form.type.has_trigger
        self.tif.setEnabled(form in TIMED or has_trigger)
        self.expiry.setVisible(tif is TimeInForce.GTD and self.tif.isEnabled())
        self.post_only.setEnabled(form in POSTED and not self._refused.get("post_only"))

    def allow(self, tifs: dict[str, str], flags: dict[str, str]) -> None:
        """Disable what the venue cannot do, with the reason."""
        model = self.tif.model()
        for number in range(self.tif.count()):
            reason = tifs.get(self.tif.itemText(number), "")
            index = model.index(number, 0)
            # Role and value by which a combo box takes an item out of the choice.
            model.setData(index, 0 if reason else 33, Qt.ItemDataRole.UserRole - 1)
            model.setData(index, reason, Qt.ItemDataRole.ToolTipRole)
        for name, check in (("post_only", self.post_only), ("reduce_only", self.reduce_only)):
            self._refused[name] = flags.get(name, "")
            check.setToolTip(as_text(self._refused[name]))
        self.reduce_only.setEnabled(not self._refused["reduce_only"])

    def show_levels(self, take_profit: str, stop_loss: str, until: str) -> None:
        """The prices that distances come to, and until when it works."""
        self.take_profit.set_unit(take_profit)
        self.stop_loss.set_unit(stop_loss)
        self.expiry.setToolTip(as_text(until))
        self.expiry.setAccessibleDescription(until)

    def mark(self, problems: list[Problem]) -> None:
        """Outline what is unreadable."""
        blamed = {problem.field for problem in problems}
        for name in ("take_profit", "stop_loss", "expiry"):
            field: Field = getattr(self, name)
            field.mark_wrong(name in blamed and bool(field.text().strip()))

    def clear(self) -> None:
        """No words of another instrument."""
        for field in (self.take_profit, self.stop_loss, self.expiry):
            field.clear()


def _row(parent: QWidget, *widgets: QWidget, grow: int = 0) -> None:
    """A row in which the first `grow` widgets share the width; none: the end is left free."""
    row = QHBoxLayout(parent)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if number < grow else 0)
    if not grow:
        row.addStretch(1)
