"""Where the window was: its size, place and state, kept in `window.ini` beside the layouts."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from ui.on_screen import bring_back
from ui.viewmodels.translation import tr
from ui.window_file import FILE, WindowFile, decoded, encoded

GROUP = "window"


def put_back(window: QWidget, file: WindowFile) -> str:
    """Put a window where it was; return what was wrong with that, or nothing."""
    text = file.group(GROUP).get("place", "")
    place = decoded(text)
    if place is None:
        return tr("{file}: the window's place is damaged", file=FILE) if text else ""
    window.restoreGeometry(QByteArray(place))
    bring_back(window)
    return ""


def note(window: QWidget, file: WindowFile) -> None:
    """Note where a window is; the file is written by whoever writes it."""
    file.put(GROUP, {"place": encoded(bytes(window.saveGeometry().data()))})
