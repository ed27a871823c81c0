"""What kind of desk this is and what it may do: tag, line across the top, state."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.paint import Align, Ink, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.names import word
from ui.viewmodels.translation import tr

DASH = 20
HATCHED = 12
"""Pixels hatched at each end of the tag of a replay."""


class ModeLine(QWidget):
    """Three pixels across the window in the mode's colour; dashes for what is not now."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._token = "line"
        self._is_replay = False
        self.setFixedHeight(3)

    def set_token(self, token: str, *, is_replay: bool = False) -> None:
        """Take the colour of a mode."""
        if (token, is_replay) != (self._token, self._is_replay):
            self._token, self._is_replay = token, is_replay
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            step = DASH if self._is_replay else self.width()
            for left in range(0, self.width(), step):
                ink.fill(self._token, QRectF(left, 0, step * (0.6 if self._is_replay else 1), 3))


class ModeTag(QWidget):
    """SIMULATED, PAPER, REPLAY or the live venue, white on a colour used nowhere else.

    REPLAY is hatched beside its word: nothing that the window shows then is of now.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._text, self._token, self._is_replay = "", "line", False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def show_mode(self, text: str, token: str, *, is_replay: bool = False) -> None:
        """Say the mode."""
        if (text, token, is_replay) != (self._text, self._token, self._is_replay):
            self._text, self._token, self._is_replay = text, token, is_replay
            self.setAccessibleName(tr("Mode: {what}", what=text))
            self.setToolTip(
                as_text(tr("A recording: no price here is of now") if is_replay else "")
            )
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = int(self._theme.face(12, 700).width(self._text)) + 32
        return QSize(width + (2 * HATCHED if self._is_replay else 0), 41)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill(self._token, box)
            if self._is_replay:
                ink.hatch("on_mode", box.adjusted(0, 0, HATCHED - box.width(), 0))
                ink.hatch("on_mode", box.adjusted(box.width() - HATCHED, 0, 0, 0))
            ink.text("on_mode", self._theme.face(12, 700), self._text, box, Align.CENTER)


STATES = ("ACTIVE", "REDUCING", "HALTED")


class StateChip(QWidget):
    """ACTIVE, REDUCING or HALTED, with room for any: Kill, beside it, moves away from no hand."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._state = ""
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def show_state(self, state: str, why: str) -> None:
        """Say the state; why it is so in the tool tip."""
        if state != self._state:
            self._state = state
            self.update()
        self.setAccessibleName(tr("Desk state: {state}. {why}", state=word(state), why=why))
        self.setToolTip(as_text(why))

    def set_dimmed(self, dimmed: bool) -> None:
        """The state is an old one."""
        self._dimmed = dimmed
        self.update()

    def sizeHint(self) -> QSize:
        face = self._theme.face(11, 600)
        return QSize(int(max(face.width(word(state)) for state in STATES)) + 32, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._state:
            return
        with painting(self, self._theme) as ink:
            painter = ink.painter
            kind = "UNKNOWN" if self._dimmed else self._state
            Ink(painter, self._theme).chip(kind, word(self._state), 1, self.height() / 2, left=True)
