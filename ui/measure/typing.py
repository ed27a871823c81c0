"""From key to figures: the window types into its own ticket and waits until the answer is painted.

Set `DESK_TICKET_PROBE` to a path: once a preview has come at all, so many keys are typed, and the
milliseconds of each are written there as JSON; then the window ends.
"""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from ui.clock import boot_ns
from ui.window import DeskWindow

ENVIRONMENT = "DESK_TICKET_PROBE"
KEYS = 200
PAUSE_MS = 70
"""Between an answer that is painted and the next key: a quick hand's pace."""
LOST_MS = 2_000


class TypingProbe(QObject):
    """Types 1, 2, 3, … one digit a time, each a new draft."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._window, self._path = window, Path(path)
        self._pressed_ns = 0
        self._times_ms: list[float] = []
        self._lost = 0
        window.painted.connect(self._painted)
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._press)
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.timeout.connect(self._lose)
        self._begin = QTimer(self)
        self._begin.timeout.connect(self._try)
        self._begin.start(500)

    def _try(self) -> None:
        """Wait for an instrument and a first preview, so that nothing is imported on the way."""
        ticket = self._window.ticket
        market = ticket.state.market
        if market is None or market.mark is None:
            return
        ticket.price.setText(str(market.mark // 1))
        ticket.quantity.setText("0.1")
        if ticket.state.is_preview_current:
            self._begin.stop()
            self._next.start(PAUSE_MS)

    def _press(self) -> None:
        field = self._window.ticket.quantity
        self._overdue.start(LOST_MS)
        self._pressed_ns = boot_ns()
        if len(field.text()) >= 6:
            field.setText("0.")  # begins anew; the key that follows is what is measured
        digit = str(1 + (len(self._times_ms) + self._lost) % 9)
        key = Qt.Key(Qt.Key.Key_0.value + int(digit))
        nothing = Qt.KeyboardModifier.NoModifier
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.postEvent(field, QKeyEvent(kind, key, nothing, digit))

    def _painted(self) -> None:
        if self._pressed_ns and self._window.ticket.state.is_preview_current:
            self._times_ms.append((boot_ns() - self._pressed_ns) / 1e6)
            self._go_on()

    def _lose(self) -> None:
        self._lost += 1
        self._go_on()

    def _go_on(self) -> None:
        self._overdue.stop()
        self._pressed_ns = 0
        if len(self._times_ms) + self._lost < KEYS:
            self._next.start(PAUSE_MS)
            return
        self._path.write_text(json.dumps({"keys_ms": self._times_ms, "lost": self._lost}))
        self._window.close()  # asks first, and with nothing at work the desk ends too
