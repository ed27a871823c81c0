"""The bundled icons, drawn in any token's colour."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return files("resources").joinpath("icons").joinpath(f"{name}.svg").read_text()


@lru_cache(maxsize=512)
def pixmap(name: str, color: str, pixels: int, scale: float = 1.0) -> QPixmap:
    """Return an icon as a pixmap of `pixels` logical pixels; FileNotFoundError if unknown."""
    drawn = QPixmap(round(pixels * scale), round(pixels * scale))
    drawn.setDevicePixelRatio(scale)
    drawn.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return drawn


def draw(painter: QPainter, name: str, color: str, box: QRectF) -> None:
    """Paint an icon into a square box."""
    scale = painter.device().devicePixelRatio()
    painter.drawPixmap(box.topLeft(), pixmap(name, color, round(box.width()), scale))
