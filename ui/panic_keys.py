"""Kill, cancel-all and flatten: seen before anything else sees a key.

A shortcut is blocked by a modal dialog, an open list takes the keyboard, a text field may want the
chord for itself. A filter on the application sees every key before all of them: it claims the chord
when Qt asks who does (`ShortcutOverride`), so that no shortcut takes it, and acts on the press.
A window that a dialog blocks is sent no key at all, but the platform gives such a window no focus
either: the dialog has it, and there the keys arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, QKeyCombination, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from ui.key_repeats import KeyRepeats
from ui.keys import Key

LISTS_CLOSED = 8
"""Open lists and menus that are closed at most; one more would be a bug of Qt."""

ON_THEIR_WAY_MS = 1_000
"""Keys that were pressed for a list have come by then."""

_KEYS = frozenset({QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease})
_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.MetaModifier
)


class PanicKeys(QObject):
    """Installed on the application for as long as the window is there."""

    pressed = Signal(str)
    """The action; once for each time its key goes down."""
    released = Signal()
    """Any key was let go, or the keyboard is no longer ours."""

    def __init__(self, keys: Mapping[str, Key], parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[int, str] = {}
        self._repeats = KeyRepeats(self)
        self.set_keys(keys)
        app = QCoreApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def set_keys(self, keys: Mapping[str, Key]) -> None:
        """Go by another map."""
        self._actions = {
            _combined(QKeySequence(key.key)): action for action, key in keys.items() if key.panic
        }

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a panic key out of everything's way."""
        kind = event.type()
        if kind == QEvent.Type.ApplicationDeactivate:
            self.released.emit()
        elif kind in _KEYS and isinstance(event, QKeyEvent):
            return self._repeats.swallows(watched, event) or self._take(kind, event)
        return False

    def _take(self, kind: QEvent.Type, event: QKeyEvent) -> bool:
        if kind == QEvent.Type.KeyRelease:
            if not event.isAutoRepeat():
                self.released.emit()
            return False
        held = event.modifiers() & _HELD
        chord = QKeyCombination(held, Qt.Key(event.key())).toCombined()
        action = self._actions.get(chord)
        if action is None:
            return False
        event.accept()
        if kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
            close_lists()
            self.pressed.emit(action)
        return True


def close_lists() -> None:
    """Put away open menus and lists: they would take the next click.

    Hidden and not closed, which takes the system's window away: a key that was pressed for it
    meanwhile, the second of two quick ones, would be sent to nobody.
    """
    for _ in range(LISTS_CLOSED):
        popup = QApplication.activePopupWidget()
        if popup is None:
            return
        popup.hide()
        if popup.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose):
            _delete_soon(popup)


def _delete_soon(popup: QWidget) -> None:
    """What would be deleted when it is closed: hidden, nobody closes it any more."""
    timer = QTimer(popup)
    timer.setSingleShot(True)
    timer.timeout.connect(popup.deleteLater)
    timer.start(ON_THEIR_WAY_MS)


def _combined(sequence: QKeySequence) -> int:
    # The stubs do not know that a sequence can be indexed.
    return cast("list[QKeyCombination]", sequence)[0].toCombined()
