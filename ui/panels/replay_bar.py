"""The bar of a replay: broad, across the window, and nothing else is so yellow.

It says that what is below is the past, from when, and how to come back; what happens on the live
desk meanwhile comes up in it at once.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.controls import Button, Choice
from ui.paint import painting
from ui.panels.timeline import Timeline
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.playback import SPEEDS
from ui.viewmodels.translation import tr

BAND, NEWS = 48, 36


class ReplayBar(QWidget):
    """Band, timeline, and the news of the live desk while there are any."""

    back = Signal()
    play = Signal()
    stepped = Signal(int)
    speed_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.words = _Words(theme, 22)
        self.previous = Button(theme, "◀", "plain", name=tr("Previous moment"))
        self.playing = Button(theme, tr("Play"), "plain")
        self.next = Button(theme, "▶", "plain", name=tr("Next moment"))
        self.speed = Choice(theme, tr("Speed"), [f"{speed}×" for speed in SPEEDS])
        self.live = Button(theme, tr("Back to live  Esc"), "armed")
        self.timeline = Timeline(theme)
        self.news = _News(theme)
        self.news.back.connect(self.back)
        for button, tip in (
            (self.previous, tr("Previous denial, fill or level (←)")),
            (self.next, tr("Next denial, fill or level (→)")),
            (self.playing, tr("Play or pause (Space)")),
        ):
            button.setToolTip(as_text(tip))
        self._arrange()
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.playing.clicked.connect(self.play)
        self.live.clicked.connect(self.back)
        self.speed.activated.connect(self._choose_speed)
        self.timeline.stepped.connect(self.stepped)

    def _arrange(self) -> None:
        band = _Band(self._theme)
        row = QHBoxLayout(band)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(6)
        row.addWidget(self.words, 1)
        for widget in (self.previous, self.playing, self.next, self.speed, self.live):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.news, band, self.timeline):
            column.addWidget(widget)

    def _choose_speed(self, number: int) -> None:
        self.speed_chosen.emit(SPEEDS[number])

    def show_state(self, time: str, sentence: str, *, playing: bool) -> None:
        """Say what is shown and whether it runs."""
        self.words.say(f"{tr('REPLAY')}  {time}", sentence)
        self.playing.say(tr("Pause") if playing else tr("Play"))
        self.setAccessibleName(f"{tr('REPLAY')} {time}. {sentence}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        else:
            super().keyPressEvent(event)


class _Band(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(BAND)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("warn_tint", box)
            ink.fill("warn_fill", QRectF(0, 0, box.width(), 4))
            ink.fill("warn_fill", QRectF(0, 0, 10, box.height()))
            ink.rule(box)


class _Words(QWidget):
    """The time, big, and under nothing: the sentence goes beside it as far as there is room."""

    def __init__(self, theme: Theme, pixels: int) -> None:
        super().__init__()
        self._theme, self._pixels = theme, pixels
        self._words = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def say(self, head: str, sentence: str) -> None:
        if (head, sentence) != self._words:
            self._words = (head, sentence)
            self.setToolTip(as_text(sentence))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            head, sentence = self._words
            used = ink.text("warning", self._theme.face(self._pixels, 600), head, box) + 20
            face = self._theme.face(12, 500)
            text = QFontMetricsF(face.font).elidedText(
                sentence, Qt.TextElideMode.ElideRight, max(0.0, box.width() - used)
            )
            ink.text("text", face, text, box.adjusted(used, 0, 0, 0))


class _News(QWidget):
    """What has happened on the live desk: in its own colour, with the way back."""

    back = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.text = ""
        self.live = Button(theme, tr("Back to live"), "armed")
        self.live.setFixedHeight(24)
        self.live.clicked.connect(self.back)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.addStretch(1)
        row.addWidget(self.live)
        self.setFixedHeight(NEWS)
        self.hide()

    def say(self, text: str) -> None:
        """Show a sentence; empty takes the line away."""
        self.text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("danger_fill", box)
            face = self._theme.face(13, 600)
            ink.text("on_danger", face, self.text, box.adjusted(16, 0, -160, 0))
