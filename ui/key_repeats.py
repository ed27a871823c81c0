"""Repeats of a key held down that the platform takes for presses of their own.

On X11 a repeat comes as a release and a press, and Qt knows them by the press that already waits
behind the release. Where it comes a moment later, about one time in ten, both are told as if a hand
had made them: a shortcut fires again, what has to be held falls back. The X server stamps both
alike, and no hand lets a key go and presses it in the same millisecond.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent

PRESS_COMES_WITHIN_MS = 20
"""Half the time between two repeats; a release is told that much later. A press that comes later
still is known for a repeat all the same."""


class KeyRepeats(QObject):
    """Asked for each event of a key before all others see it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._released = (0, 0)
        """The last release: when, and the key's own number."""
        self._kept: tuple[QObject, QKeyEvent] | None = None
        """A release that may be half of a repeat, and the window it is for."""
        self._passing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._pass_on)

    def swallows(self, watched: QObject, event: QKeyEvent) -> bool:
        """Return whether nobody is to see an event: it is a repeat, or a release told later."""
        if not watched.isWindowType():
            return False  # seen on its way to the window of the system
        if self._passing:
            self._passing = False
            return False
        stroke, released = (event.timestamp(), event.nativeScanCode()), self._released
        is_release = event.type() is QEvent.Type.KeyRelease
        if not is_release and stroke == released and all(stroke):
            self._kept = None
            event.accept()  # asked whose key it is: of no shortcut
            return True
        self._pass_on()
        if not is_release or event.isAutoRepeat() or not all(stroke):
            return False
        self._released, self._kept = stroke, (watched, event.clone())
        self._timer.start(PRESS_COMES_WITHIN_MS)
        return True

    def _pass_on(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None and shiboken6.isValid(kept[0]):
            self._passing = True
            QCoreApplication.sendEvent(*kept)
            self._passing = False
