"""A field for a quantity or a price: text, stepped by the arrow keys in whole increments."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from desk.model.numbers import plain
from ui.controls import Field
from ui.viewmodels.written import read_number


class FigureField(Field):
    """Up and Down step by one increment, with Shift by ten; a held key does not run away."""

    step = Decimal(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step on the arrows; anything else is text."""
        direction = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if not direction:
            super().keyPressEvent(event)
            return
        value = read_number(self.text())
        if value is None or not self.step or event.isAutoRepeat():
            return
        times = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.setText(plain(max(self.step, value + direction * times * self.step)))
