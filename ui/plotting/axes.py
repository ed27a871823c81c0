"""Both axes: prices at the right of the plot, times in a band of their own below everything."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.paint import Align, Ink, painting
from ui.plotting.picture import Scene, price_count, time_count
from ui.price_lines import AXIS_WIDTH, axis_tag
from ui.theme import Theme
from ui.viewmodels.chart_scale import (
    DAY_S,
    ZONE_H,
    Cross,
    moment_words,
    price_ticks,
    time_label,
    time_ticks,
)
from ui.viewmodels.text import number

AXIS_HEIGHT = 22


def paint_prices(ink: Ink, scene: Scene, decimals: int, tags: Collection[float]) -> None:
    """Round prices beside the plot, none where a tag stands."""
    scale, view = scene.scale, scene.view
    face = ink.theme.face(10.5)
    for price in price_ticks(scale.low, scale.high, price_count(view.height())):
        y = round(scale.y_of(price))
        # A tag stands where the label would, or the edge of the plot cuts it in two.
        inside = view.top() <= y - 8 and y + 8 <= view.bottom()
        if inside and all(abs(y - tag) > 17 for tag in tags):
            place = QRectF(view.right() + 1, y - 8, AXIS_WIDTH - 8, 16)
            ink.text("muted", face, number(price, decimals), place, Align.RIGHT)


def paint_cross(ink: Ink, scene: Scene, cross: Cross, decimals: int) -> None:
    """Lines through the plot and the price at the axis; times are the other axis's."""
    scale, view = scene.scale, scene.view
    pen = QPen(ink.theme.color("edge"), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([2, 3])
    ink.painter.setPen(pen)
    x = round(scale.x_of(cross.time_s)) + 0.5
    if view.left() <= x <= view.right():
        ink.painter.drawLine(QPointF(x, view.top()), QPointF(x, view.bottom()))
    if cross.price is None:
        return
    y = round(scale.y_of(cross.price)) + 0.5
    if view.top() <= y <= view.bottom():
        ink.painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
        text = number(cross.price, decimals)
        axis_tag(ink, text, y, view, text_token="text", fill="sel")


class TimeAxis(QWidget):
    """Times below the plot and what lies below its prices."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._scene: Scene | None = None
        self._cross: float | None = None
        self._shown: tuple[object, ...] = ()
        self.setFixedHeight(AXIS_HEIGHT)

    def show_times(self, scene: Scene | None, cross: Cross | None) -> None:
        """Follow the plot; painted anew only if it moved."""
        moment = None if cross is None else cross.time_s
        shown = () if scene is None else (scene.scale.start, scene.scale.end, scene.right, moment)
        if shown != self._shown:
            self._shown, self._scene, self._cross = shown, scene, moment
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("line", QRectF(0, 0, self.width(), 1))
            scene = self._scene
            if scene is None:
                return
            scale, face = scene.scale, self._theme.face(10.5)
            end = scale.time_at(scene.right)
            ticks = time_ticks(scale.start, end, time_count(scene.view.width()), ZONE_H)
            days = len(ticks) > 1 and ticks[1] - ticks[0] >= DAY_S
            for moment in ticks:
                x, words = scale.x_of(moment), time_label(moment, is_day=days)
                if x - face.width(words) / 2 >= scale.left:
                    place = QRectF(round(x) - 40, 3, 80, 16)
                    ink.text("muted", face, words, place, Align.CENTER)
            if self._cross is not None:
                self._paint_cross(ink, scene, self._cross)

    def _paint_cross(self, ink: Ink, scene: Scene, moment: float) -> None:
        x, face = scene.scale.x_of(moment), self._theme.face(10.5)
        bar_s = scene.candles.bar_s
        words = moment_words(moment - bar_s / 2, bar_s)
        width = face.width(words) + 12
        if scene.view.left() <= x <= scene.view.right():
            left = min(max(0.0, x - width / 2), self.width() - width)
            box = QRectF(round(left), 2, round(width), 18)
            ink.fill("sel", box)
            ink.text("text", face, words, box, Align.CENTER)
