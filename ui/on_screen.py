"""A window whose screen is gone comes back to one that is there."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

GRIP = QSize(96, 24)
"""So much of a window's top must be on a screen for a hand to take it."""


def bring_back(window: QWidget) -> bool:
    """Move a window whose top nobody could take hold of; return whether it was moved."""
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    frame = window.frameGeometry()
    if not screens or any(is_reachable(frame, screen) for screen in screens):
        return False
    home = QGuiApplication.primaryScreen().availableGeometry()
    size = window.size().boundedTo(home.size())
    if size != window.size():
        window.resize(size)
    window.move(place_within(QRect(frame.topLeft(), size), home))
    return True


def is_reachable(frame: QRect, screen: QRect) -> bool:
    """Whether enough of a window's top lies on a screen."""
    seen = QRect(frame.topLeft(), QSize(frame.width(), GRIP.height())).intersected(screen)
    return seen.height() >= GRIP.height() and seen.width() >= min(GRIP.width(), frame.width())


def place_within(frame: QRect, screen: QRect) -> QPoint:
    """The place on a screen that is nearest to where a window was."""
    x = min(max(frame.x(), screen.x()), screen.right() + 1 - frame.width())
    y = min(max(frame.y(), screen.y()), screen.bottom() + 1 - frame.height())
    return QPoint(max(x, screen.x()), max(y, screen.y()))
