"""The ladder's words: what the pointer would do, and what was refused, beside its row."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.paint import painting, wrap
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.translation import tr

SAID_MS = 8_000
LINE = 16


class AimWords(QWidget):
    """Two lines in a place of their own: the order, and what the desk would say to it.

    While the pointer is elsewhere they teach what it could do.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(2 * LINE + 4)

    def say(self, *lines: tuple[str, str]) -> None:
        """Show words, each with its token."""
        if lines != self._lines:
            self._lines = lines
            self.setAccessibleName(" ".join(words for words, _ in lines))
            self.setToolTip(as_text("\n".join(words for words, _ in lines)))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 2 * LINE + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            width = self.width() - 16
            y = 1.0
            if not self._lines:
                lesson = tr("Click a bid or ask to place, drag to amend, right-click to cancel.")
                for line in wrap(self._theme.face(11), lesson, width)[:2]:
                    ink.text("muted", self._theme.face(11), line, QRectF(8, y, width, LINE))
                    y += LINE
            for number, (words, token) in enumerate(self._lines):
                face = self._theme.face(11, 600 if number == 0 else 400)
                for line in wrap(face, words, width)[: 2 - number]:
                    ink.text(token, face, line, QRectF(8, y, width, LINE))
                    y += LINE


class Said(QWidget):
    """A sentence near the row that it is about; a press on it takes it away, and does no more."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self._theme = theme
        self._text = ""
        self._lines: list[str] = []
        self._over = over
        self._gone = QTimer(self)
        self._gone.setSingleShot(True)
        self._gone.setInterval(SAID_MS)
        self._gone.timeout.connect(self.hide)
        self.hide()

    def say(self, text: str, below: int, above: int) -> None:
        """Show a sentence below one height, or where there is no room, above another."""
        width = self._over.width() - 8
        self._text, self._lines = text, wrap(self._theme.face(11, 500), text, width - 16)
        height = LINE * len(self._lines) + 10
        top = below if below + height <= self._over.height() else max(0, above - height)
        self.setGeometry(4, top, width, height)
        self.setAccessibleName(text)
        self.show()
        self.raise_()
        self.update()
        self._gone.start()

    def text(self) -> str:
        """What is said now; empty when nothing is."""
        return self._text if self.isVisible() else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.frame("warning", "warn_tint", box)
            for number, line in enumerate(self._lines):
                place = QRectF(8, 5 + number * LINE, box.width() - 16, LINE)
                ink.text("warning", self._theme.face(11, 500), line, place)
