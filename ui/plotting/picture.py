"""What not every tick changes, painted once and kept: heat, grid, candles that are over."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from ui.paint import Align, Ink
from ui.plotting.arrays import draw_curve, fill_boxes
from ui.plotting.bars import candle_boxes, paint_candles, volume_boxes
from ui.plotting.depth import paint_heat
from ui.theme import Theme
from ui.viewmodels.candles import Candles
from ui.viewmodels.chart import FillMark, Shown
from ui.viewmodels.chart_scale import ZONE_H, Scale, price_ticks, time_ticks

CURVES = {"mark": ("text2", Qt.PenStyle.DashLine), "index": ("safe", Qt.PenStyle.SolidLine),
          "last": ("accent", Qt.PenStyle.SolidLine)}  # fmt: skip
"""Token and style of each line; the one of `last` joins the closes."""
TRIANGLE = 5.0
FUNDING_GAP = 20.0


class Scene(msgspec.Struct, frozen=True):
    """What a picture is made of."""

    candles: Candles
    scale: Scale
    right: float
    """Where the price axis begins; candles end before it, at the scale's right."""
    shown: Shown
    fills: tuple[FillMark, ...]
    dimmed: bool

    @property
    def view(self) -> QRectF:
        scale = self.scale
        return QRectF(scale.left, scale.top, self.right - scale.left, scale.bottom - scale.top)

    def part(self) -> slice:
        """Candles in sight; those beside it lead the lines in and out."""
        scale = self.scale
        end = scale.time_at(self.right)
        first, behind = self.candles.between(scale.start, end)
        return slice(first, behind)

    def most_volume(self) -> float:
        volumes = self.candles.values["volume"][self.part()]
        return float(np.nan_to_num(volumes).max()) if len(volumes) else 0.0


class Picture:
    """Keeps the last picture for as long as nothing of it changes."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept: QPixmap | None = None
        self._key: tuple[object, ...] | None = None
        self.painted = 0
        """How often it was painted anew."""

    def of(self, scene: Scene, size: QSize, ratio: float) -> QPixmap:
        """The picture of a scene, kept or new."""
        candles, theme = scene.candles, self._theme
        heat = candles.heat.version if scene.shown.heat else 0
        key = (
            candles, candles.version, len(candles.funding), heat, scene.scale, scene.right,
            scene.shown, scene.fills, scene.dimmed, size, ratio, theme.scheme, theme.direction,
        )  # fmt: skip
        if self._kept is None or key != self._key:
            self._key = key
            self._kept = QPixmap(size * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(theme.color("panel"))
            painter = QPainter(self._kept)
            try:
                self._paint(Ink(painter, theme), scene)
            finally:
                painter.end()
            self.painted += 1
        return self._kept

    def _paint(self, ink: Ink, scene: Scene) -> None:
        painter, candles, shown = ink.painter, scene.candles, scene.shown
        view = scene.view
        painter.setClipRect(view)
        if shown.heat and not scene.dimmed:
            paint_heat(painter, ink.theme, candles.heat, scene.scale, scene.right)
        _paint_grid(ink, scene)
        part = scene.part()
        over = slice(part.start, min(part.stop, len(candles) - 1))  # without the running one
        if shown.volume:
            boxes = volume_boxes(candles, over, scene.scale, scene.most_volume())
            fill_boxes(painter, ink.theme.color("line"), boxes)
        paint_candles(
            painter, ink.theme, candle_boxes(candles, over, scene.scale), dimmed=scene.dimmed
        )
        for name in CURVES:
            if getattr(shown, name):
                paint_line(painter, ink.theme, scene, name, over)
        if shown.fills:
            _paint_fills(ink, scene)
        _paint_funding(ink, scene)
        painter.setClipping(False)


def paint_line(painter: QPainter, theme: Theme, scene: Scene, name: str, part: slice) -> None:
    """Mark, index or closes through the middles of candles."""
    candles, scale = scene.candles, scene.scale
    token, style = CURVES[name]
    column = candles.values["close" if name == "last" else name]
    around = slice(max(0, part.start - 1), part.stop)
    times = candles.start[around] + candles.bar_s / 2
    x = scale.left + (times - scale.start) * scale.pixels_a_second
    y = scale.bottom - (column[around] - scale.low) * scale.pixels_a_price
    pen = QPen(theme.color("stale" if scene.dimmed else token), 1.0, style)
    if style is Qt.PenStyle.DashLine:
        pen.setDashPattern([4, 3])
    draw_curve(painter, pen, x, y)


def _paint_grid(ink: Ink, scene: Scene) -> None:
    scale, view = scene.scale, scene.view
    for price in price_ticks(scale.low, scale.high, price_count(view.height())):
        ink.fill("raised", QRectF(view.left(), round(scale.y_of(price)), view.width(), 1))
    for moment in time_ticks(
        scale.start, scale.time_at(scene.right), time_count(view.width()), ZONE_H
    ):
        ink.fill("raised", QRectF(round(scale.x_of(moment)), view.top(), 1, view.height()))


def price_count(height: float) -> int:
    """How many prices the axis has room for."""
    return max(3, int(height / 44))


def time_count(width: float) -> int:
    """How many times the axis has room for."""
    return max(2, int(width / 100))


def _paint_fills(ink: Ink, scene: Scene) -> None:
    """A triangle whose tip is the price: upwards bought, downwards sold."""
    painter, scale = ink.painter, scene.scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink.theme.color("panel"), 1))
    painter.setBrush(ink.theme.color("stale" if scene.dimmed else "accent"))
    end = scale.time_at(scene.right)
    for fill in scene.fills:
        if scale.start <= fill.time_s <= end:
            tip = QPointF(scale.x_of(fill.time_s), scale.y_of(fill.price))
            down = TRIANGLE * 1.7 * (1 if fill.is_buy else -1)
            feet = QPointF(-TRIANGLE, down), QPointF(TRIANGLE, down)
            painter.drawPolygon(QPolygonF([tip, tip + feet[0], tip + feet[1]]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_funding(ink: Ink, scene: Scene) -> None:
    """An F where funding was settled; none where they would cover one another."""
    scale, view = scene.scale, scene.view
    face = ink.theme.face(10.5, 600)
    places = sorted(scale.x_of(ms / 1_000) for ms in scene.candles.funding)
    gaps = [later - sooner for sooner, later in pairwise(places)]
    if gaps and min(gaps) < FUNDING_GAP:
        return
    for x in places:
        if view.left() + 8 <= x <= view.right() - 8:
            box = QRectF(round(x) - 7, view.bottom() - 17, 15, 15)
            ink.frame("stale" if scene.dimmed else "muted", "panel", box)
            ink.text("stale" if scene.dimmed else "text2", face, "F", box, Align.CENTER)
