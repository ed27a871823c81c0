"""The window as a picture: docks that float and dialogs with it, where they lie on the screens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QDateTime, QPoint, QRect, QTimeZone
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from ui.private_file import write_new

FOLDER = "pictures"
MOST_PIXELS = 64_000_000
"""Docks on screens far apart make no picture larger than this: they are left out of it."""
FAST = 10
"""Of 100: packing it well would hold the window up for a sixth of a second."""
MOST_ALIKE = 99
"""Pictures of one second."""


def picture_of(window: QWidget) -> QImage:
    """Paint the window and everything of it that lies beside or above it."""
    frame = window.window()
    shown = [frame, *_beside(frame)]
    if _area(_around(shown)) > MOST_PIXELS:
        shown = [frame]
    whole = _around(shown)
    image = QImage(whole.size(), QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    painter = QPainter(image)
    for widget in shown:
        painter.drawPixmap(widget.mapToGlobal(QPoint(0, 0)) - whole.topLeft(), widget.grab())
    painter.end()
    return image


def _beside(frame: QWidget) -> list[QWidget]:
    """Windows of their own that belong to the window: docks, dialogs, the map of keys."""
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget is not frame and widget.isVisible() and _belongs(widget, frame)
    ]


def _belongs(widget: QWidget, frame: QWidget) -> bool:
    parent = widget.parentWidget()
    return parent is not None and parent.window() is frame


def _area(box: QRect) -> int:
    return box.width() * box.height()


def _around(widgets: list[QWidget]) -> QRect:
    whole = QRect()
    for widget in widgets:
        whole = whole.united(QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size()))
    return whole


def save_picture(window: QWidget, folder: str, zone: str) -> Path:
    """Write the picture into the desk folder, readable by its owner alone; OSError if it cannot."""
    at = Path(folder) / FOLDER
    at.mkdir(mode=0o700, exist_ok=True)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    writer.setCompression(FAST)
    if not writer.write(picture_of(window)):
        raise OSError("the picture cannot be written as PNG")
    name = f"desk-{_now(zone)}"
    for number in range(1, MOST_ALIKE + 1):
        path = at / f"{name}{f'-{number}' * (number > 1)}.png"
        try:
            write_new(path, bytes(data.data()), sync=False)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{at / name}: there are {MOST_ALIKE} of this second")


def _now(zone: str) -> str:
    hours = {"HKT": 8}.get(zone, 0)
    now = QDateTime.currentDateTimeUtc().toTimeZone(QTimeZone(hours * 3_600))
    return f"{now.toString('yyyy-MM-dd-HHmmss')}-{zone}"
