"""The price plot: the only module that imports pyqtgraph (and numpy), after the first paint.

pyqtgraph has no type stubs, so unknown types end here.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUntypedBaseClass=false, reportMissingTypeArgument=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false, reportCallIssue=false

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.paint import Align, Ink
from ui.price_lines import AXIS_WIDTH, axis_tag, draw_ghost, draw_line, tag_heights
from ui.theme import Theme
from ui.viewmodels.chart import PriceLine
from ui.viewmodels.text import clock

AXIS_HEIGHT = 22
TIME_STEPS_S = (5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
LEAST_SHOWN_S = 60
LINE_REACH = 5
"""Pixels from a line at which the pointer has it."""
REACH = 1.0
"""Lines this share of the shown span beyond the curve still widen the range."""


def price_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Round prices between two prices, about as many as wanted."""
    span = high - low
    if not span > 0:
        return []
    power = 10.0 ** math.floor(math.log10(span / max(1, wanted)))
    step = next((m * power for m in (1, 2, 2.5, 5) if span / (m * power) <= wanted), 10 * power)
    first = math.ceil(low / step)
    return [n * step for n in range(first, int(high // step) + 1)]


def time_ticks(start: float, end: float, wanted: int) -> list[int]:
    """Round moments between two times in seconds, about as many as wanted."""
    every = next((s for s in TIME_STEPS_S if (end - start) / s <= wanted), TIME_STEPS_S[-1])
    return list(range(math.ceil(start / every) * every, int(end) + 1, every))


class _Plot(pg.PlotWidget):
    """Curves by pyqtgraph; lines with their tags painted over them in pixels."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: tuple[PriceLine, ...] = ()
        self.mark_text = ""
        self.mark_price: float | None = None
        self.decimals = 1
        self.has_range = False
        self.dimmed = False
        self.is_stale = False
        """The mark is too old to be the price of now."""
        self._pointer: QPointF | None = None
        self.ghost: tuple[float, str] | None = None
        """A price and what a hand would make of it."""
        item = self.getPlotItem()
        # The axes are painted below: pyqtgraph's cost four milliseconds a frame.
        item.hideAxis("left")
        item.hideAxis("bottom")
        item.setContentsMargins(0, 0, AXIS_WIDTH, AXIS_HEIGHT)
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.getViewBox().setDefaultPadding(0)
        self.curve_last = item.plot(connect="finite")
        self.curve_mark = item.plot(connect="finite")
        # pyqtgraph keeps the background of the first paint, on which there was no axis yet.
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setMouseTracking(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.dress()

    def dress(self) -> None:
        """Take the colours of the theme."""
        theme = self._theme
        self.setBackground(theme.color("panel"))
        stale = theme.color("stale")
        mark = stale if self.dimmed else theme.color("text")
        last = stale if self.dimmed else theme.color("safe")
        self.curve_mark.setPen(pg.mkPen(mark, width=1.2))
        self.curve_last.setPen(pg.mkPen(last, width=1.0))
        self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF | Any) -> None:
        """Grid and labels of both axes; nothing while no price is known."""
        super().drawBackground(painter, rect)
        if not self.has_range:
            return
        painter.save()
        painter.resetTransform()
        ink = Ink(painter, self._theme)
        view, box = self._view_box(), self.getViewBox()
        (start, end), (low, high) = box.viewRange()
        face = self._theme.face(10.5)
        tags = self._tags(view).values()
        for price in price_ticks(low, high, max(3, int(view.height() / 50))):
            y = round(self.y_of(price))
            ink.fill("raised", QRectF(view.left(), y, view.width(), 1))
            # A tag stands where the label would, or the strip above the plot cuts it in two.
            if y - 8 >= view.top() and all(abs(y - tag) > 16 for tag in tags):
                place = QRectF(view.right() + 1, y - 8, AXIS_WIDTH - 8, 16)
                ink.text("muted", face, f"{price:,.{self.decimals}f}", place, Align.RIGHT)
        for moment in time_ticks(start, end, max(2, int(view.width() / 110))):
            x = round(box.mapViewToScene(QPointF(moment, low)).x())
            ink.fill("raised", QRectF(x, view.top(), 1, view.height()))
            if x - 30 < view.left():
                continue
            words = clock(moment * 1_000, 8)
            place = QRectF(x - 40, view.bottom() + 3, 80, 16)
            ink.text("muted", face, words[:5] if moment % 60 == 0 else words, place, Align.CENTER)
        ink.fill("line", QRectF(view.right(), view.top(), 1, view.height()))
        ink.fill("line", QRectF(view.left(), view.bottom(), view.width(), 1))
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF | Any) -> None:
        painter.save()
        painter.resetTransform()
        ink = Ink(painter, self._theme)
        view = self._view_box()
        taken: list[float] = []
        tags = self._tags(view)
        if self.mark_price is not None:
            self._draw_mark(ink, view)  # first: it goes through no words
        for line in self.lines:
            tag = tags.get(line.key, view.top())
            draw_line(ink, line, self.y_of, view, taken, tag, dimmed=self.dimmed)
        if self._pointer is not None and view.contains(self._pointer):
            self._draw_cross(ink, self._pointer, view)
        if self.ghost is not None:
            draw_ghost(ink, self.ghost[1], self.y_of(self.ghost[0]), view)
        painter.restore()

    def _view_box(self) -> QRectF:
        return self.getViewBox().sceneBoundingRect()

    def y_of(self, price: float) -> float:
        """Pixel height of a price."""
        return self.getViewBox().mapViewToScene(QPointF(0, price)).y()

    def _tags(self, view: QRectF) -> dict[str, float]:
        """Heights of the prices at the axis, the mark's first, by the keys of their lines."""
        prices = {} if self.mark_price is None else {"": self.mark_price}
        prices |= {line.key: line.price for line in self.lines}
        shown = {
            key: y
            for key, p in prices.items()
            if view.top() <= (y := self.y_of(p)) <= view.bottom()
        }
        return dict(zip(shown, tag_heights([*shown.values()]), strict=True))

    def _draw_mark(self, ink: Ink, view: QRectF) -> None:
        assert self.mark_price is not None
        y = round(self.y_of(self.mark_price)) + 0.5
        if not view.top() <= y <= view.bottom():
            return
        ink.painter.setPen(QPen(self._theme.color("text2"), 1, Qt.PenStyle.DotLine))
        ink.painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
        fill = "stale" if self.dimmed or self.is_stale else "text"
        axis_tag(ink, self.mark_text, y, view, text_token="panel", fill=fill)

    def _draw_cross(self, ink: Ink, at: QPointF, view: QRectF) -> None:
        ink.painter.setPen(QPen(self._theme.color("edge"), 1, Qt.PenStyle.DotLine))
        ink.painter.drawLine(QPointF(at.x(), view.top()), QPointF(at.x(), view.bottom()))
        ink.painter.drawLine(QPointF(view.left(), at.y()), QPointF(view.right(), at.y()))
        value = self.getViewBox().mapSceneToView(at)
        text = f"{value.y():,.{self.decimals}f}"
        axis_tag(ink, text, at.y(), view, text_token="text", fill="sel")
        moment = clock(int(value.x()) * 1_000, 8)
        face = self._theme.face(10.5)
        width = face.width(moment) + 12
        box = QRectF(at.x() - width / 2, view.bottom() + 2, width, 18)
        ink.fill("sel", box)
        ink.text("text", face, moment, box, Align.CENTER)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        self._pointer = ev.position()
        self.viewport().update()

    def leaveEvent(self, ev: Any) -> None:
        super().leaveEvent(ev)
        self._pointer = None
        self.viewport().update()


class PricePlot(QWidget):
    """Mark and last over a window of time, with the prices that matter across it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        pg.setConfigOptions(antialias=True)
        self._plot = _Plot(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        self.shown_low = math.nan
        self.shown_high = math.nan
        self.held = False
        """A hand is on it: prices stand still."""
        self._range: tuple[float, float, float, float] | None = None
        self._drawn: tuple[float, ...] | None = None
        self._values: Any = np.empty(0)

    def show_series(
        self,
        time_s: list[float],
        mark: list[float],
        last: list[float],
        lines: tuple[PriceLine, ...],
        *,
        window_s: int,
        decimals: int,
        mark_price: float | None,
        mark_text: str,
        is_stale: bool = False,
    ) -> None:
        """Show the last `window_s` seconds; lines far away do not squeeze the curve."""
        if not time_s:
            self.clear()
            return
        end = time_s[-1]
        first = bisect_left(time_s, end - window_s)
        plot = self._plot
        drawn = (end, len(time_s), mark[-1], last[-1], window_s, decimals)
        if drawn != self._drawn:
            self._drawn = drawn
            self._values = self._draw_curves(time_s[first:], mark[first:], last[first:])
        plot.decimals = decimals
        plot.mark_price, plot.mark_text, plot.is_stale = mark_price, mark_text, is_stale
        # A young series fills the plot too, from a minute on.
        start = max(end - window_s, min(time_s[first], end - LEAST_SHOWN_S))
        self._set_range(start, end, self._values, lines)
        plot.lines = tuple(
            line for line in lines if self.shown_low <= line.price <= self.shown_high
        )
        plot.viewport().update()

    def _draw_curves(self, time_s: list[float], mark: list[float], last: list[float]) -> Any:
        """Hand the curves to pyqtgraph; return all values that are known."""
        times, marks, lasts = np.asarray(time_s), np.asarray(mark), np.asarray(last)
        self._plot.curve_mark.setData(times, marks)
        self._plot.curve_last.setData(times, lasts)
        values = np.concatenate((marks, lasts))
        return values[~np.isnan(values)]

    def _set_range(
        self, start: float, end: float, values: Any, lines: tuple[PriceLine, ...]
    ) -> None:
        self._plot.has_range = bool(values.size)
        if not values.size or (self.held and self._range is not None):
            return
        low, high = float(values.min()), float(values.max())
        span = max(high - low, high * 0.0004)
        near = [
            line.price for line in lines if low - REACH * span <= line.price <= high + REACH * span
        ]
        low, high = min([low, *near]), max([high, *near])
        span = max(high - low, high * 0.0004)
        self.shown_low, self.shown_high = low - 0.10 * span, high + 0.10 * span
        wanted = (start, end + (end - start) * 0.03, self.shown_low, self.shown_high)
        if wanted != self._range:
            self._range = wanted
            self._plot.setRange(
                xRange=wanted[:2], yRange=wanted[2:], padding=0, disableAutoRange=True
            )

    @property
    def canvas(self) -> QWidget:
        """What takes the mouse; its focus is `view`'s."""
        return self._plot.viewport()

    @property
    def view(self) -> QWidget:
        """What takes the keys."""
        return self._plot

    def price_at(self, at: QPointF) -> float | None:
        """The price at a point; None beside the plot or while no price is known."""
        box = self._plot.getViewBox()
        if not self._plot.has_range or not box.sceneBoundingRect().contains(at):
            return None
        return float(box.mapSceneToView(at).y())

    def order_line_at(self, at: QPointF) -> PriceLine | None:
        """The own order's line within reach of a point, the nearest."""
        if self.price_at(at) is None:
            return None
        lines = [line for line in self._plot.lines if line.order]
        near = [(abs(self._plot.y_of(line.price) - at.y()), n) for n, line in enumerate(lines)]
        far, number = min(near, default=(math.inf, 0))
        return lines[number] if far <= LINE_REACH else None

    def y_of(self, price: float) -> int:
        """Pixel height of a price."""
        return round(self._plot.y_of(price))

    def show_ghost(self, ghost: tuple[float, str] | None) -> None:
        """Draw a price that a hand has in mind, or nothing."""
        if ghost != self._plot.ghost:
            self._plot.ghost = ghost
            self._plot.viewport().update()

    def clear(self) -> None:
        """Nothing is known: no curve, and no axis of prices that nobody has seen."""
        self._drawn = None
        self._plot.curve_mark.setData([], [])
        self._plot.curve_last.setData([], [])
        self._plot.lines = ()
        self._plot.has_range = False
        self._plot.mark_price = None
        self._plot.viewport().update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Old figures in the colour of old figures."""
        self._plot.dimmed = dimmed
        self._plot.dress()

    def dress(self) -> None:
        """Take the colours of the theme again."""
        self._plot.dress()
