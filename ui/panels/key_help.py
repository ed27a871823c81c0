"""F1: every key of the map in a window that blocks nothing; from here the panic drill begins."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.controls import Button
from ui.keys import Key, chord
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.translation import tr

ROW = 22
COLUMNS = 3
COLUMN = 452
"""Three fit on a screen of 1366; the map is longer than it is high."""
FOOT = 44


class KeyHelp(QWidget):
    """Panic keys first; Escape closes."""

    drill_asked = Signal()

    def __init__(self, theme: Theme, keys: Mapping[str, Key], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self._theme = theme
        self._keys = sorted(keys.values(), key=lambda key: not key.panic)
        self._score = ""
        self.setWindowTitle(tr("Keys"))
        self.setAccessibleName(tr("Keys"))
        self.setAccessibleDescription(", ".join(f"{k.key}: {tr(k.text)}" for k in self._keys))
        self.drill = Button(theme, f"{tr('Panic drill')} {chord(keys['drill'])}", "plain", icon="")
        self.drill.setParent(self)
        self.drill.setToolTip(tr("Rehearse kill, cancel-all and flatten: nothing is sent"))
        self.drill.clicked.connect(self._begin)
        self.setFixedSize(self.sizeHint())
        size = self.drill.sizeHint()
        self.drill.setGeometry(16, self.height() - FOOT + 8, size.width(), size.height())

    def _lines(self) -> list[Key | str]:
        """Headings and keys, from the top."""
        panic = sum(key.panic for key in self._keys)
        words = tr("Always, armed or not"), tr("Everywhere else")
        return [words[0], *self._keys[:panic], words[1], *self._keys[panic:]]

    def sizeHint(self) -> QSize:
        return QSize(COLUMN * COLUMNS, ROW * self._rows() + 24 + FOOT)

    def _rows(self) -> int:
        return -(-len(self._lines()) // COLUMNS)

    def crowded(self) -> list[str]:
        """Lines whose words would run into their key."""
        theme, room = self._theme, COLUMN - 32 - 12
        words, keys = theme.face(12), theme.face(12, 600)
        return [k.text for k in self._keys if words.width(tr(k.text)) + keys.width(chord(k)) > room]

    def show_score(self, words: str) -> None:
        """What the drills have taken."""
        self._score = words
        self.drill.setAccessibleDescription(words)
        self.update()

    def _begin(self) -> None:
        self.close()
        self.drill_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            theme = self._theme
            ink.fill("panel", QRectF(self.rect()))
            rows = self._rows()
            for number, line in enumerate(self._lines()):
                column, row = divmod(number, rows)
                box = QRectF(column * COLUMN + 16, 12 + row * ROW, COLUMN - 32, ROW)
                if isinstance(line, str):
                    ink.text("muted", theme.face(11, 600), line, box)
                    continue
                ink.text("text", theme.face(12), tr(line.text), box)
                ink.text("accent", theme.face(12, 600), chord(line), box, Align.RIGHT)
            at = self.drill.geometry()
            beside = QRectF(at.right() + 14, at.top(), self.width() - at.right() - 30, at.height())
            ink.text("muted", theme.face(11), self._score, beside)
