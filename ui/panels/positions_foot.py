"""The line under the positions: what they come to, and how the rows are sorted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from ui.paint import Align, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.figure import Figure

HEIGHT = 26
PAD, GAP = 12, 24


class PositionsFoot(QWidget):
    """Absent while there is nothing to sum up; what does not fit whole is left out."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._figures: tuple[Figure, ...] = ()
        self._note = ""
        self._dimmed = False
        self._tips: list[tuple[QRectF, str]] = []
        self.setFixedHeight(HEIGHT)
        self.hide()

    def show_totals(self, figures: tuple[Figure, ...], note: str) -> None:
        """Show the sums, and how rows are sorted."""
        if (figures, note) != (self._figures, self._note):
            self._figures, self._note = figures, note
            told = [f"{figure.label} {figure.value}" for figure in figures]
            self.setAccessibleName(", ".join([*told, note]))
            self.setVisible(bool(figures))
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self._dimmed = dimmed
        self.update()

    def event(self, e: QEvent) -> bool:
        if isinstance(e, QHelpEvent):
            tip = next((tip for box, tip in self._tips if box.contains(e.pos())), "")
            QToolTip.showText(e.globalPos(), as_text(tip), self)
            return True
        return super().event(e)

    def paintEvent(self, event: QPaintEvent) -> None:
        label, strong = self._theme.face(11), self._theme.face(12, 500)
        self._tips = []
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("panel", box)
            ink.fill("line", QRectF(0, 0, box.width(), 1))
            inner = box.adjusted(PAD, 0, -PAD, 0)
            for figure in self._figures:
                width = label.width(figure.label) + 6 + strong.width(figure.value)
                if width > inner.width():
                    break
                token = "stale" if self._dimmed else figure.tone.value
                x = ink.text("muted", label, figure.label, inner) + 6
                ink.text(token, strong, figure.value, inner.adjusted(x, 0, 0, 0))
                self._tips.append((QRectF(inner.left(), 0, width, HEIGHT), figure.tip))
                inner.setLeft(inner.left() + width + GAP)
            if label.width(self._note) <= inner.width():
                ink.text("muted", label, self._note, inner, Align.RIGHT)
