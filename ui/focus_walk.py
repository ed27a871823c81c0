"""Tab never goes where nobody sees it: docks that lie behind another tab are passed over.

To Qt a dock behind a tab is visible, and its controls are stops on the way.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QWidget

from ui.dock import Dock

MOST_STEPS = 500
"""More controls than any window has: whoever walks past so many walks in a circle."""


def walk(step: Callable[[], bool]) -> bool:
    """Take steps until the focus stands where it can be seen; return whether it moved."""
    for _ in range(MOST_STEPS):
        if not step():
            return False
        at = QApplication.focusWidget()
        if at is None or not is_behind(at):
            return True
    return True


def is_behind(widget: QWidget) -> bool:
    """Whether a widget belongs to a dock that lies behind another."""
    dock: QWidget | None = widget
    while dock is not None and not isinstance(dock, Dock):
        dock = dock.parentWidget()
    if dock is None or dock.isFloating():
        return False
    return dock.bar.visibleRegion().isEmpty()
