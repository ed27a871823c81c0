"""The smallest cure of the worst account, at hand: what, what it leaves, two buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button
from ui.paint import Align, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.cures import SmallestCure
from ui.viewmodels.translation import tr

WORDS = 50
"""Height of the two painted lines."""


def _offer(account: str, *, calm: bool) -> str:
    if account:
        return tr("Compare cures")
    return tr("No cure needed") if calm else tr("Smallest cure")


class CureCard(QWidget):
    """Fills in a ticket or a form; it never sends. Calm, it says so and offers the rehearsal."""

    stage_asked = Signal(object)
    """The cure that shall be filled in."""
    compare_asked = Signal(str)
    """The account whose cures shall be listed."""
    rehearse_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._called = ""
        self._offered = ""
        self._shown: SmallestCure | None = None
        self.stage = Button(theme, tr("Stage in ticket"), "accent")
        self.compare = Button(theme, tr("Compare cures"))
        self.rehearse = Button(theme, tr("Rehearse close-out"))
        self.stage.clicked.connect(self._stage)
        self.compare.clicked.connect(lambda: self.compare_asked.emit(self._called))
        self.rehearse.clicked.connect(self.rehearse_asked)
        self._words = QWidget()
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.stage, self.compare, self.rehearse):
            row.addWidget(button, 1)
        self._column = column = QVBoxLayout(self)
        column.setSpacing(0)
        self._words.setFixedHeight(WORDS)
        column.addWidget(self._words)
        column.addLayout(row)
        self.call("")

    def call(self, account: str, *, calm: bool = False) -> None:
        """The account that needs a cure, or none; calm: it is known that none does."""
        offered = _offer(account, calm=calm)
        if (account, offered) == (self._called, self._offered):
            return  # to be dressed is to have the whole window laid out anew
        if account != self._called:
            self._shown = None
        self._called, self._offered = account, offered
        side = 24 if account else 12
        self._column.setContentsMargins(side, 6, side, 14)
        self._words.setVisible(bool(account))
        self.rehearse.setVisible(not account)
        self.compare.say(offered)
        self.compare.setEnabled(bool(account))
        self._dress()

    def show_cure(self, shown: SmallestCure | None) -> None:
        """Show the desk's answer, if it is about the account that needs it."""
        if shown != self._shown and (shown is None or shown.account == self._called):
            self._shown = shown
            self._dress()

    def _dress(self) -> None:
        shown = self._shown
        cure = None if shown is None else shown.cure
        self.stage.setVisible(bool(self._called))
        self.stage.setEnabled(cure is not None)
        is_order = cure is None or cure.kind == "reduce"
        self.stage.say(tr("Stage in ticket") if is_order else tr("Fill in the form…"))
        told = "" if shown is None else f"{shown.head}: {shown.what}, {shown.cost}"
        self.setAccessibleName(told)
        self.compare.setToolTip(as_text("" if shown is None else shown.options))
        self.updateGeometry()
        self.update()

    def _stage(self) -> None:
        if self._shown is not None and self._shown.cure is not None:
            self.stage_asked.emit(self._shown.cure)

    def sizeHint(self) -> QSize:
        return QSize(280, 48 + (WORDS if self._called else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            if not self._called:
                return
            box = QRectF(self.rect()).adjusted(12, 0, -12, -6)
            ink.frame("accent", "accent_tint", box, radius=4)
            row = QRectF(box.left() + 12, box.top() + 6, box.width() - 24, 18)
            label, theme = self._theme.face(11), self._theme
            shown = self._shown
            if shown is None:
                said = tr("Smallest cure of {account}", account=self._called)
                ink.text("text2", label, said, row)
                return
            used = ink.text("text2", label, shown.head, row)
            if used + label.width(shown.options) + 12 <= row.width():
                ink.text("accent", label, shown.options, row, Align.RIGHT)
            row.translate(0, 21)
            used = ink.text("text", theme.face(13, 600), shown.what, row)
            if used + label.width(shown.cost) + 12 <= row.width():
                ink.text("text2", label, shown.cost, row, Align.RIGHT)
