"""Many shapes in one call: arrays of numbers painted by pyqtgraph's ways, without a loop.

pyqtgraph has no type stubs, so unknown types end here.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPath
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from ui.viewmodels.candles import Numbers


def fill_boxes(painter: QPainter, color: QColor, boxes: Numbers) -> None:
    """Fill rectangles: a row each of left, top, width, height."""
    if not len(boxes):
        return
    rectangles = PrimitiveArray(QRectF, 4)
    rectangles.resize(len(boxes))
    rectangles.ndarray()[:] = boxes
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(color))
    painter.drawRects(*rectangles.drawargs())
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_curve(painter: QPainter, pen: QPen, x: Numbers, y: Numbers) -> None:
    """A line through points; where one is unknown (NaN) it is broken."""
    if len(x) < 2:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.drawPath(arrayToQPath(x, y, connect="finite"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def level_image(levels: NDArray[np.uint8], colors: list[QColor]) -> QImage:
    """A picture of levels, a row of the array a row of pixels; level 0 is the first colour."""
    rows = np.ascontiguousarray(levels)
    height, width = rows.shape
    image = QImage(rows.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable([color.rgba() for color in colors])
    return image.copy()  # the array goes, the picture stays
