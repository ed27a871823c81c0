"""The top of the ticket: which instrument, and what the ticket stands on."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.paint import painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.ticket import needs_words
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr


class TicketHead(QWidget):
    """The instrument."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = (UNKNOWN, "")
        self.setFixedHeight(24)

    def show_market(self, name: str, venue: str) -> None:
        """Show the chosen instrument."""
        if (name, venue) != self._words:
            self._words = (name, venue)
            self.setAccessibleName(tr("Instrument {name} {venue}", name=name, venue=venue))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            name, venue = self._words
            box = QRectF(self.rect())
            used = ink.text("text", self._theme.face(13, 600), name, box)
            ink.text("muted", self._theme.face(11), venue, box.adjusted(used + 8, 0, 0, 0))


class TicketNeeds(QWidget):
    """What the ticket stands on, with its ages."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._needs: tuple[tuple[str, str, Tone], ...] = ()
        self.setFixedHeight(16)

    def show_needs(self, needs: tuple[tuple[str, str, Tone], ...]) -> None:
        """Show each need with its age: name, age, tone."""
        if needs != self._needs:
            self._needs = needs
            self.setAccessibleName(needs_words(needs))
            self.setToolTip(as_text(self.accessibleName()))
            self.update()

    def fitting(self, start: float) -> list[tuple[str, str, Tone]]:
        """Needs that can be read whole from a place on; those in trouble first."""
        face, left = self._theme.face(11), self.width() - start
        kept: set[tuple[str, str, Tone]] = set()
        for need in sorted(self._needs, key=lambda need: need[2] is Tone.TEXT2):
            wide = 11 + face.width(f"{need[0]} {need[1]}")
            if wide <= left:
                kept.add(need)
                left -= wide + 12
        return [need for need in self._needs if need in kept]

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            face = self._theme.face(11)
            box = QRectF(self.rect())
            narrow = self._theme.compact
            x = 0.0 if narrow else ink.text("muted", face, tr("Needs"), box) + 10
            shapes = {Tone.TEXT2: ("circle", "safe_fill"), Tone.WARNING: ("triangle", "warn_fill")}
            for name, age, tone in self.fitting(x):
                shape, fill = shapes.get(tone, ("square", "danger_fill"))
                ink.shape(shape, fill, QRectF(x, box.center().y() - 3, 7, 7))
                words = f"{name} {age}"
                x += 23 + ink.text(tone.value, face, words, box.adjusted(x + 11, 0, 0, 0))
