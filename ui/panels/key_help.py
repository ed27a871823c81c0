"""F1: every key of the map in a window that blocks nothing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.keys import Key, chord
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.text import tr

ROW = 24


class KeyHelp(QWidget):
    """Panic keys first; Escape closes."""

    def __init__(self, theme: Theme, keys: Mapping[str, Key], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self._theme = theme
        self._keys = sorted(keys.values(), key=lambda key: not key.panic)
        self.setWindowTitle(tr("Keys"))
        self.setAccessibleName(tr("Keys"))
        self.setAccessibleDescription(", ".join(f"{k.key}: {k.text}" for k in self._keys))
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(560, ROW * (len(self._keys) + 2) + 24)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            y, panic = 12.0, None
            for key in self._keys:
                if key.panic != panic:
                    panic = key.panic
                    words = tr("Always, armed or not") if panic else tr("Everywhere else")
                    head = QRectF(16, y, self.width() - 32, ROW)
                    ink.text("muted", self._theme.face(11, 600), words, head)
                    y += ROW
                box = QRectF(16, y, self.width() - 32, ROW)
                ink.text("text", self._theme.face(12), key.text, box)
                ink.text("accent", self._theme.face(12, 600), chord(key), box, Align.RIGHT)
                y += ROW
