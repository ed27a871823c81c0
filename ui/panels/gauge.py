"""The margin gauge: one axis from nothing to 130 %, utilization above, margin ratio below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ui.paint import Align, Ink
from ui.viewmodels.figure import Gauge
from ui.viewmodels.translation import tr

FULL = 1.30
WARN, CALL, CLOSE = 0.80, 1.00, 1.25
FILLS = {"NORMAL": "safe_fill", "WARNING": "warn_fill"}


def draw_gauge(
    ink: Ink, gauge: Gauge, box: QRectF, *, lane: int = 12, scale: bool = True, dim: bool = False
) -> float:
    """Draw the gauge at the top of a box; return its height."""
    left, top, width = box.left(), box.top(), box.width()

    def at(share: float) -> float:
        return left + width * min(max(share, 0.0), FULL) / FULL

    lanes = [QRectF(left, top, width, lane)]
    if gauge.has_ratio:
        lanes.append(QRectF(left, top + lane + 2, width, 4))
    values = (gauge.utilization, gauge.margin_ratio)
    for place, (zone, value) in enumerate(zip(lanes, values, strict=False)):
        _draw_lane(ink, gauge, zone, value, at, is_main=place == 0, dim=dim)
    bottom = lanes[-1].bottom()
    marks = [(WARN, "warning"), (CALL, "danger")]
    if gauge.is_loan:
        marks.append((CLOSE, "danger"))
    for mark, token in marks:
        ink.fill(token, QRectF(at(mark) - 0.75, top - 1, 1.5, bottom - top + 2))
    if not scale:
        return bottom - top
    face = ink.theme.face(10.5)
    words = QRectF(left, bottom + 1, width, 13)
    ink.text("muted", face, "0", words)
    texts = ["80", "100"] if ink.theme.compact else [tr("80 warn"), tr("100 call")]
    if gauge.is_loan:
        texts.append("125")
    for (mark, _), text in zip(marks, texts, strict=True):
        half = face.width(text) / 2
        centre = QRectF(at(mark) - half, words.top(), 2 * half, 13)
        ink.text("muted", face, text, centre, Align.CENTER)
    return bottom - top + 15


def _draw_lane(
    ink: Ink,
    gauge: Gauge,
    lane: QRectF,
    value: float | None,
    at: Callable[[float], float],
    *,
    is_main: bool,
    dim: bool,
) -> None:
    ink.fill("field", lane)
    if value is None:
        if gauge.level == "UNKNOWN":
            ink.hatch("edge", lane, step=6)
        ink.frame("edge", None, lane, radius=0)
        return
    for start, end, token in ((WARN, CALL, "warn_tint"), (CALL, FULL, "danger_tint")):
        ink.fill(token, QRectF(at(start), lane.top(), at(end) - at(start), lane.height()))
    fill = "line" if dim else FILLS.get(gauge.level, "danger_fill") if is_main else "safe"
    end = at(value)
    ink.fill(fill, QRectF(lane.left(), lane.top(), end - lane.left(), lane.height()))
    if is_main:
        ink.fill("stale" if dim else "text", QRectF(end - 2, lane.top() - 1, 2, lane.height() + 2))


def draw_sparkline(ink: Ink, points: list[float], box: QRectF) -> None:
    """The last half hour as a line that ends in a dot; nothing below two points."""
    if len(points) < 2:
        return
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    step = box.width() / (len(points) - 1)
    # More points than pixels draw the same line for more work.
    stride = max(1, len(points) // int(box.width()))
    kept = [*range(0, len(points) - 1, stride), len(points) - 1]
    line = QPolygonF(
        [
            QPointF(box.left() + n * step, box.bottom() - (points[n] - low) / span * box.height())
            for n in kept
        ]
    )
    painter = ink.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink.theme.color("safe"), 1.2))
    painter.drawPolyline(line)
    end = line.at(line.count() - 1)
    ink.shape("circle", "text", QRectF(end.x() - 2, end.y() - 2, 4, 4))
