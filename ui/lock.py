"""The lock of one trading surface: closed, it previews; open, it sends."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton

from ui import icons
from ui.paint import Ink, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.translation import tr


class LockButton(QPushButton):
    """22 × 22, in a dock's title or the footer; Space presses it, Return does not."""

    def __init__(self, theme: Theme, surface: str, name: str, key: str) -> None:
        super().__init__()
        self._theme = theme
        self._name, self._key = name, key
        self.surface = surface
        self.armed = False
        self.setFixedSize(22, 22)
        self.setFlat(True)
        self.setAutoDefault(False)
        self._say()

    def set_armed(self, armed: bool) -> None:
        """Open or closed."""
        if armed != self.armed:
            self.armed = armed
            self._say()
            self.update()

    def _say(self) -> None:
        said = tr("{surface}: armed, disarm {key}") if self.armed else ""
        said = said or tr("{surface}: disarmed, arm {key}")
        self.setAccessibleName(said.format(surface=self._name, key=self._key))
        tip = tr("{surface}: armed. Disarm: {key}") if self.armed else ""
        tip = tip or tr("{surface}: disarmed. Arm: {key}")
        self.setToolTip(as_text(tip.format(surface=self._name, key=self._key)))

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter, box = ink.painter, QRectF(self.rect())
            icon, token = ("unlock", "accent") if self.armed else ("lock", "muted")
            if self.underMouse() and not self.armed:
                token = "text"
            icons.draw(painter, icon, self._theme.color(token).name(), QRectF(5, 5, 12, 12))
            if self.hasFocus():
                Ink(painter, self._theme).frame("accent", None, box)
