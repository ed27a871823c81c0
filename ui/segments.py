"""A few exclusive choices side by side: never a list that a wheel could turn."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from ui.controls import Button
from ui.theme import Theme


class Segments(QWidget):
    """A few exclusive choices side by side; arrows move within, one is always chosen."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, name: str, choices: list[tuple[str, str, str]], height: int = 28
    ) -> None:
        """`choices`: key, text, kind of button."""
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8 if height > 28 else 0)
        for key, text, kind in choices:
            button = Button(theme, text, kind, name=f"{name}: {text}")
            button.setCheckable(True)
            button.setFixedHeight(height)
            button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            button.toggled.connect(partial(self._toggled, key))
            self._group.addButton(button)
            row.addWidget(button, 1)
            self.buttons[key] = button
        next(iter(self.buttons.values())).setChecked(True)

    def _toggled(self, key: str, on: bool) -> None:
        # Tab stops at the chosen one, from which arrows reach the others.
        policy = Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus
        self.buttons[key].setFocusPolicy(policy)
        if on:
            self.chosen.emit(key)

    def choose(self, key: str) -> None:
        """Choose by key."""
        self.buttons[key].setChecked(True)

    def choice(self) -> str:
        """The chosen key."""
        return next(key for key, button in self.buttons.items() if button.isChecked())
