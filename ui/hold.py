"""A button that acts once it has been held: let go early, nothing happens.

A key's own repeat does not count as holding, and neither does time in which the window hung: only
what was looked at is counted, so that a release that waits in the queue is not overtaken.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton

from ui.clock import boot_ns
from ui.controls import Button
from ui.paint import painting
from ui.theme import Theme
from ui.viewmodels.translation import tr

LOOK_MS = 16
MOST_COUNTED_NS = 50_000_000
"""Of one look: the rest the window did not see."""


class HoldButton(Button):
    """Held by the mouse, by Space, or by a key that was pressed elsewhere."""

    held = Signal(int)
    """Held long enough; milliseconds."""
    let_go = Signal(int)
    """Let go early; milliseconds."""

    def __init__(self, theme: Theme, text: str, hold_ms: int, kind: str = "plain") -> None:
        super().__init__(theme, text, kind)
        self.setAccessibleDescription(tr("Hold for {hold_ms} s", hold_ms=f"{hold_ms / 1000:g}"))
        self.hold_ms = hold_ms
        self.by = ""
        """What holds it: `mouse`, `space`, `key`; empty while nothing does."""
        self._held_ns = self._looked_ns = 0
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK_MS)
        self._watch.timeout.connect(self._look)

    @property
    def share(self) -> float:
        """How much of the time has been held, 0 to 1."""
        return min(1.0, self._held_ns / (self.hold_ms * 1_000_000)) if self.by else 0.0

    def begin(self, by: str) -> None:
        """A hand takes hold."""
        if self.isEnabled() and not self.by:
            self.by, self._held_ns, self._looked_ns = by, 0, boot_ns()
            self._watch.start()
            self._show()

    def end(self, by: str) -> None:
        """The hand lets go."""
        if by and by == self.by:
            self._stop()
            self.let_go.emit(self._held_ns // 1_000_000)

    def _look(self) -> None:
        now_ns = boot_ns()
        self._held_ns += min(now_ns - self._looked_ns, MOST_COUNTED_NS)
        self._looked_ns = now_ns
        if self._held_ns >= self.hold_ms * 1_000_000:
            self._stop()
            self.held.emit(self._held_ns // 1_000_000)
        else:
            self._show()

    def _stop(self) -> None:
        self.by = ""
        self._watch.stop()
        self._show()

    def _show(self) -> None:
        self.update()
        if (parent := self.parentWidget()) is not None:
            parent.update()  # a strip shows the share across its whole width

    # ---- hands ------------------------------------------------------------------------------

    def mousePressEvent(self, e: QMouseEvent) -> None:
        super().mousePressEvent(e)
        if e.button() is Qt.MouseButton.LeftButton:
            self.begin("mouse")

    def mouseMoveEvent(self, arg__1: QMouseEvent) -> None:
        super().mouseMoveEvent(arg__1)
        if not self.rect().contains(arg__1.position().toPoint()):
            self.end("mouse")

    def mouseReleaseEvent(self, e: QMouseEvent) -> None:
        super().mouseReleaseEvent(e)
        self.end("mouse")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space holds; its repeats are no second time."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.begin("space")

    def keyReleaseEvent(self, e: QKeyEvent) -> None:
        if e.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(e)
        elif not e.isAutoRepeat():
            self.end("space")

    def focusOutEvent(self, arg__1: QFocusEvent) -> None:
        """Whoever looks elsewhere does not hold any more; a key of the window still does."""
        super().focusOutEvent(arg__1)
        self.end("space")
        self.end("mouse")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.end(self.by)

    def changeEvent(self, e: QEvent) -> None:
        super().changeEvent(e)
        if e.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.end(self.by)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.by:
            with painting(self, self.theme) as ink:
                done = QRectF(0, 0, self.width() * self.share, self.height())
                shade = QColor(self.theme.color("text"))
                shade.setAlpha(90)
                ink.painter.fillRect(done, shade)


def press(button: QAbstractButton) -> None:
    """What a key of the window does to an answer: press it, or take hold of it."""
    if isinstance(button, HoldButton):
        button.begin("key")
    else:
        button.click()
