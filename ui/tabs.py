"""Tabs in a dock's title: words, the chosen one underlined."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from ui.paint import Align, painting
from ui.theme import Theme


class Tab(QPushButton):
    """A word with a line under it when chosen, or above it where the tabs stand at the bottom."""

    around = (14, 10)
    """Pixels beside the word, large and compact."""
    line_above = False

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(text)
        self._theme = theme
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setFlat(True)

    def say(self, text: str) -> None:
        """Change the words, which may carry a count."""
        if text != self.text():
            self.setText(text)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        around = self.around[self._theme.compact]
        return QSize(int(self._theme.face(12, 600).width(self.text())) + around, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            on = self.isChecked()
            face = self._theme.face(12, 600 if on else 400)
            ink.text("text" if on else "text2", face, self.text(), box, Align.CENTER)
            if on:
                top = 0 if self.line_above else box.bottom() - 2
                ink.fill("accent", QRectF(box.left() + 4, top, box.width() - 8, 2))
            if self.hasFocus():
                ink.frame("accent", None, box.adjusted(1, 3, -1, -3))


class Tabs(QWidget):
    """Exclusive tabs in a row."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, words: list[str]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self.tabs = [Tab(theme, word) for word in words]
        for number, tab in enumerate(self.tabs):
            self._group.addButton(tab, number)
            row.addWidget(tab)
        self.tabs[0].setChecked(True)
        self._group.idToggled.connect(self._toggled)

    def _toggled(self, number: int, on: bool) -> None:
        if on:
            self.chosen.emit(number)
