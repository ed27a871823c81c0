"""Presets under the quantity: steps that add (with Shift: take away), and shares."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from desk.model.numbers import plain
from ui.controls import Button
from ui.theme import Theme
from ui.viewmodels.translation import tr

PERCENTS = ("25", "50", "75", "100")


class TicketSizes(QWidget):
    """Eight small buttons; two of them go on a small screen."""

    added = Signal(object)
    """A step, negative with Shift."""
    shared = Signal(str)
    """A percentage, as it is written."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._steps: tuple[Decimal, ...] = ()
        self.adders = [Button(theme, "", "quiet") for _ in range(4)]
        self.percents = [Button(theme, f"{percent}%", "quiet") for percent in PERCENTS]
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for number, button in enumerate(self.adders):
            button.clicked.connect(partial(self._add, number))
        for percent, button in zip(PERCENTS, self.percents, strict=True):
            button.clicked.connect(partial(self._share, percent))
            button.setAccessibleName(
                tr("{percent} % of available, or of what is reduced", percent=percent)
            )
        for button in (*self.adders, *self.percents):
            button.setFixedHeight(22)
            button.pixels = 11
            row.addWidget(button, 1)

    def _add(self, number: int) -> None:
        shift = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.added.emit(-self._steps[number] if shift else self._steps[number])

    def _share(self, percent: str) -> None:
        self.shared.emit(f"{percent}%")

    def show_steps(self, steps: tuple[Decimal, ...]) -> None:
        """What the presets add, in the unit that is written."""
        if steps == self._steps:
            return
        self._steps = steps
        for button, step in zip(self.adders, steps, strict=True):
            button.say(f"+{_short(step)}")
            button.setAccessibleName(
                tr("Add {step} to the quantity; Shift takes it away", step=plain(step))
            )

    def set_compact(self, compact: bool) -> None:
        """Six of them on a small screen."""
        self._row.setSpacing(2 if compact else 4)
        for button in (self.adders[3], self.percents[2]):
            button.setVisible(not compact)

    def allow_shares(self, allowed: bool) -> None:
        """A share of what is available is no risk."""
        for button in self.percents:
            button.setEnabled(allowed)


def _short(step: Decimal) -> str:
    return f"{plain(step / 1_000)}k" if step >= 1_000 else plain(step)
