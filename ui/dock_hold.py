"""A hand on the docks lets go before they are put elsewhere.

Qt remembers what the pointer is over or holds (a border, a dock, a tab) as a path into the layout
that there was, and follows it with the next move of the pointer: in another layout it leads
nowhere, and the process ends. A layout key pressed with the pointer on a border is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QHoverEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabBar, QWidget

_FAR = QPointF(-1, -1)
"""On no border."""


def let_go(area: QMainWindow, docks: Iterable[QWidget]) -> None:
    """End a move of a border, a dock or a tab where it has come to; the pointer is on no border."""
    for widget in (area, *docks, *area.findChildren(QTabBar)):
        QApplication.sendEvent(widget, _released())
    QApplication.sendEvent(area, QHoverEvent(QEvent.Type.HoverLeave, _FAR, _FAR, _FAR))


def _released() -> QMouseEvent:
    return QMouseEvent(
        QEvent.Type.MouseButtonRelease,
        _FAR,
        _FAR,
        _FAR,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
