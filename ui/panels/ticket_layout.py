"""The ticket's parts and their places; nothing here decides anything."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.controls import Button, Choice
from ui.panels.form_switch import FormSwitch
from ui.panels.ticket_fields import TicketFields
from ui.panels.ticket_head import TicketHead, TicketNeeds
from ui.panels.ticket_preview import DenialBlock, PreviewBlock
from ui.panels.ticket_sizes import TicketSizes
from ui.panels.ticket_terms import TicketTerms
from ui.panels.unit_switch import UnitSwitch
from ui.scroll import thin
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.translation import tr
from ui.words import PlainWords


class TicketLayout(QWidget):
    """Head, side, form, fields, terms; under them what it would do, and the button."""

    def __init__(self, theme: Theme, arm_key: str) -> None:
        super().__init__()
        self._theme, self._arm_key = theme, arm_key
        self._build()

    def _build(self) -> None:
        theme = self._theme
        self.head, self.needs = TicketHead(theme), TicketNeeds(theme)
        self.account = Choice(theme, tr("Account"), [])
        self.setting = Button(theme, UNKNOWN, "quiet", name=tr("Leverage and margin mode"))
        self.setting.setFixedHeight(20)
        self.setting.pixels = 11
        self.side = Segments(
            theme, tr("Side"), [("BUY", tr("BUY"), "buy"), ("SELL", tr("SELL"), "sell")], height=44
        )
        self.type = FormSwitch(theme)
        self.fields = TicketFields(theme)
        self.quantity, self.price = self.fields.quantity, self.fields.price
        self.units = UnitSwitch(theme)
        self.sizes = TicketSizes(theme)
        self.terms = TicketTerms(theme)
        self.tif, self.post_only = self.terms.tif, self.terms.post_only
        self.reduce_only = self.terms.reduce_only
        self.unknown = PlainWords(theme, "", "warning", 260)
        self.reason = PlainWords(theme, "", "text", 260)
        for words in (self.unknown, self.reason):
            words.hide()
        self.submit = Button(theme, "", "plain", name=tr("Submit"))
        self.submit.pixels = 13
        self.submit.setFixedHeight(40)
        self.arm = Button(theme, f"{tr('Arm')} {self._arm_key}", "accent", name=tr("Arm the desk"))
        self.arm.setFixedHeight(40)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(_row(self.head, self.account))
        column.addLayout(_row(self.needs, self.setting))
        for widget in (self.side, self.type, self.fields, self.units, self.sizes, self.terms):
            column.addWidget(widget)
        column.addWidget(self._make_body(), 1)
        column.addWidget(self.unknown)
        column.addWidget(self.reason)
        column.addLayout(_row(self.submit, self.arm))
        self.setMinimumWidth(284)

    def _make_body(self) -> QScrollArea:
        theme = self._theme
        self.preview, self.denials = PreviewBlock(theme), DenialBlock(theme)
        self._body = QWidget()
        body = self._body_column = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        body.addWidget(self.preview)
        body.addWidget(self.denials)
        self.sheet = Button(theme, tr("Read the disclosure sheet…"), "accent")
        self.sheet.hide()
        body.addWidget(self.sheet)
        body.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        thin(self._scroll, theme)
        self._scroll.setAccessibleName(tr("Preview and reasons"))
        return self._scroll

    def set_compact(self, compact: bool) -> None:
        """Smaller buttons and gaps on a small screen."""
        layout = self.layout()
        assert layout is not None
        for spaced in (layout, self.terms.column):
            spaced.setSpacing(4 if compact else 6)
        for button in self.side.buttons.values():
            button.setFixedHeight(36 if compact else 44)
        for button in (self.submit, self.arm):
            button.setFixedHeight(36 if compact else 40)
        self.sizes.set_compact(compact)
        self.units.set_compact(compact)
        self.arm.say(tr("Arm") if compact else f"{tr('Arm')} {self._arm_key}")
        # Where both do not fit, why it cannot be sent comes before what it would do.
        first, second = (self.denials, self.preview) if compact else (self.preview, self.denials)
        self._body_column.insertWidget(0, first)
        self._body_column.insertWidget(1, second)
        self._body_column.insertWidget(1 if compact else 2, self.sheet)
        self.preview.updateGeometry()

    def needed_height(self) -> int:
        """Height at which no reason has to be scrolled to."""
        fixed = self.height() - self._scroll.height()
        width = self._scroll.viewport().width()
        sheet = 36 if self.sheet.isVisibleTo(self) else 0
        reasons = self.denials.height_at(width)
        return fixed + self.preview.sizeHint().height() + (reasons and reasons + 32) + sheet


def _row(*widgets: QWidget) -> QHBoxLayout:
    """A row in which the first takes what is left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 0 if number else 1)
    return row
