"""The price plot: candles with the prices that matter across them, and what moves before them.

A kept picture holds what is over; the running candle, tags, lines and the crosshair are painted
over it. Nothing is painted that did not change.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.controls import focus_ring
from ui.paint import Align, Ink, painting, wrap
from ui.plotting.arrays import fill_boxes
from ui.plotting.axes import TimeAxis, paint_cross, paint_prices
from ui.plotting.bars import candle_boxes, paint_candles, volume_boxes
from ui.plotting.depth import PROFILE_WIDTH, paint_profile, profile_boxes
from ui.plotting.picture import CURVES, Picture, Scene, paint_line
from ui.price_lines import AXIS_WIDTH, axis_tag, draw_ghost, draw_line, tags_that_fit
from ui.theme import Theme
from ui.viewmodels.candles import Candles
from ui.viewmodels.chart import CALM, FillMark, PriceLine, Shown
from ui.viewmodels.chart_scale import Cross, Scale, Span, price_range

LINE_REACH = 5
"""Pixels from a line at which the pointer has it."""


class Showing(msgspec.Struct, frozen=True):
    """What the plot shows, beside where it stands."""

    candles: Candles
    lines: tuple[PriceLine, ...] = ()
    fills: tuple[FillMark, ...] = ()
    shown: Shown = Shown()
    decimals: int = 1
    mark_price: float | None = None
    mark_text: str = ""
    is_stale: bool = False
    """The mark is too old to be the price of now."""
    now_s: float = 0.0
    """The desk's clock: where now is while there is no candle."""
    empty: tuple[str, str] = ("", "")
    """What stands where candles would: a head, and a sentence that teaches."""


class PricePlot(QWidget):
    """Candles over a span of time; the panel gives what is shown, hands and keys move it."""

    resized = Signal()
    """The size changed: what is shown has to be given again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.span = Span()
        self.axis = TimeAxis(theme)
        self.picture = Picture(theme)
        self.showing: Showing | None = None
        self.scene: Scene | None = None
        """None: nothing is known, and there is no axis of prices that nobody has seen."""
        self.lines: tuple[PriceLine, ...] = ()
        """Those in sight."""
        self.cross: Cross | None = None
        self.dimmed = False
        self.held = False
        """A hand is on it: prices stand still."""
        self.ghost: tuple[float, str] | None = None
        """A price and what a hand would make of it."""
        self._painted: tuple[object, ...] = ()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(AXIS_WIDTH + 60, 40)

    # ---- what is shown ----------------------------------------------------------------------

    def show_prices(self, showing: Showing) -> None:
        """Show candles and what belongs to them; lines far away do not squeeze them."""
        before, self.showing = self.showing, showing
        if before is not None and before.candles is not showing.candles:
            self.scene = None
        if not self.held or self.scene is None:
            self.scene = self._scene(showing)
        scene = self.scene
        low, high = (math.nan, math.nan) if scene is None else (scene.scale.low, scene.scale.high)
        self.lines = tuple(line for line in showing.lines if low <= line.price <= high)
        self.axis.show_times(scene, self.cross)
        candles = showing.candles
        newest = candles.bar(-1) if len(candles) else None
        heat = candles.heat.version if showing.shown.profile else 0
        painted = (
            scene, self.lines, newest, candles.version, heat, showing.mark_text,
            showing.is_stale, showing.decimals, showing.empty, self.dimmed,
        )  # fmt: skip
        if painted != self._painted:
            self._painted = painted
            self.update()

    def _scene(self, showing: Showing) -> Scene | None:
        candles, right = showing.candles, float(self.width() - AXIS_WIDTH)
        end = right
        if showing.shown.profile and candles.heat.time_s:
            end -= PROFILE_WIDTH + 8
        if not len(candles) and showing.mark_price is None:
            return None
        now = showing.now_s // candles.bar_s * candles.bar_s
        oldest, newest = (candles.start[0], candles.start[-1]) if len(candles) else (now, now)
        start_s, end_s = self.span.fit(end, float(oldest), float(newest))
        scale = Scale(0.0, end, 0.0, float(self.height()), start_s, end_s)
        scene = Scene(candles, scale, right, showing.shown, showing.fills, self.dimmed)
        values = self._values(scene, showing)
        if not values:
            return None
        before = None
        if self.scene is not None and self.scene.scale.end - self.scene.scale.start == (
            end_s - start_s
        ):
            before = (self.scene.scale.low, self.scene.scale.high)
        low, high = price_range(
            min(values), max(values), [line.price for line in showing.lines], before
        )
        return msgspec.structs.replace(
            scene, scale=msgspec.structs.replace(scale, low=low, high=high)
        )

    def _values(self, scene: Scene, showing: Showing) -> list[float]:
        """Lowest and highest of everything that has to be in sight."""
        part, values = scene.part(), scene.candles.values
        columns = [values["low"][part], values["high"][part]]
        columns += [values[name][part] for name in ("mark", "index") if getattr(scene.shown, name)]
        together = np.concatenate(columns)
        known = together[np.isfinite(together)]
        found = [float(known.min()), float(known.max())] if known.size else []
        if showing.mark_price is not None and (self.span.is_live or not found):
            found.append(showing.mark_price)
        return found

    # ---- for hands --------------------------------------------------------------------------

    @property
    def shown_low(self) -> float:
        """Lowest price in sight; NaN: none."""
        return math.nan if self.scene is None else self.scene.scale.low

    @property
    def shown_high(self) -> float:
        return math.nan if self.scene is None else self.scene.scale.high

    def price_at(self, at: QPointF) -> float | None:
        """The price at a point; None beside the plot or while no price is known."""
        if self.scene is None or not self.scene.view.contains(at):
            return None
        return self.scene.scale.price_at(at.y())

    def order_line_at(self, at: QPointF) -> PriceLine | None:
        """The own order's line within reach of a point, the nearest."""
        if self.scene is None or self.price_at(at) is None:
            return None
        lines = [line for line in self.lines if line.order]
        y_of = self.scene.scale.y_of
        near = [(abs(y_of(line.price) - at.y()), number) for number, line in enumerate(lines)]
        far, number = min(near, default=(math.inf, 0))
        return lines[number] if far <= LINE_REACH else None

    def y_of(self, price: float) -> int:
        """Pixel height of a price; the top while none is known."""
        return 0 if self.scene is None else round(self.scene.scale.y_of(price))

    def show_ghost(self, ghost: tuple[float, str] | None) -> None:
        """Draw a price that a hand has in mind, or nothing."""
        if ghost != self.ghost:
            self.ghost = ghost
            self.update()

    def show_cross(self, cross: Cross | None) -> None:
        """Move the crosshair, or take it away."""
        if cross != self.cross:
            self.cross = cross
            self.axis.show_times(self.scene, cross)
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Old figures in the colour of old figures."""
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            if self.showing is not None:
                self.show_prices(self.showing)

    # ---- painting ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            scene, showing = self.scene, self.showing
            if scene is None or showing is None:
                ink.fill("panel", QRectF(self.rect()))
            else:
                picture = self.picture.of(scene, self.size(), self.devicePixelRatioF())
                ink.painter.drawPixmap(0, 0, picture)
                self._paint_moving(ink, scene, showing)
            if showing is not None and not len(showing.candles):
                self._paint_empty(ink, showing.empty)
            if self.hasFocus():
                focus_ring(ink, QRectF(self.rect()))

    def _paint_moving(self, ink: Ink, scene: Scene, showing: Showing) -> None:
        view = scene.view
        ink.painter.setClipRect(view)
        self._paint_running(ink, scene)
        tags = self._tags(view, scene.scale)
        mark = showing.mark_price
        if scene.shown.profile:
            boxes = profile_boxes(scene.candles.heat, scene.scale, view.right())
            divide = None if mark is None else scene.scale.y_of(mark)
            paint_profile(ink.painter, self._theme, boxes, divide, dimmed=self.dimmed)
        ink.painter.setClipping(False)
        ink.fill("line", QRectF(view.right(), view.top(), 1, view.height()))
        paint_prices(ink, scene, showing.decimals, tags.values())
        if mark is not None and "" in tags:  # goes through no words
            self._paint_mark(ink, view, scene.scale.y_of(mark), tags[""], showing)
        taken: list[QRectF] = []
        for line in self.lines:
            tag = tags.get(line.key)
            draw_line(ink, line, scene.scale.y_of, view, taken, tag, dimmed=self.dimmed)
        if self.cross is not None:
            paint_cross(ink, scene, self.cross, showing.decimals)
        if self.ghost is not None:
            draw_ghost(ink, self.ghost[1], scene.scale.y_of(self.ghost[0]), view)

    def _paint_running(self, ink: Ink, scene: Scene) -> None:
        """The newest candle, and the lines' way to it."""
        candles, count = scene.candles, len(scene.candles)
        if not count or scene.part().stop < count:
            return
        part, dimmed = slice(count - 1, count), self.dimmed
        if scene.shown.volume:
            boxes = volume_boxes(candles, part, scene.scale, scene.most_volume())
            fill_boxes(ink.painter, self._theme.color("line"), boxes)
        paint_candles(
            ink.painter, self._theme, candle_boxes(candles, part, scene.scale), dimmed=dimmed
        )
        for name in CURVES:
            if getattr(scene.shown, name):
                paint_line(ink.painter, self._theme, scene, name, part)

    def _tags(self, view: QRectF, scale: Scale) -> dict[str, float]:
        """Heights of the prices at the axis, the mark's first, by the keys of their lines."""
        mark = None if self.showing is None else self.showing.mark_price
        prices = {} if mark is None else {"": mark}
        prices |= {line.key: line.price for line in self.lines}
        shown = {
            key: y
            for key, p in prices.items()
            if view.top() <= (y := scale.y_of(p)) <= view.bottom()
        }
        calm = [one.key for kind in CALM for one in self.lines if one.key.startswith(f"{kind} ")]
        return tags_that_fit(shown, calm, view.top(), view.bottom())

    def _paint_mark(
        self, ink: Ink, view: QRectF, height: float, tag: float, showing: Showing
    ) -> None:
        y = round(height) + 0.5
        if not view.top() <= y <= view.bottom():
            return
        ink.painter.setPen(QPen(self._theme.color("text2"), 1, Qt.PenStyle.DotLine))
        ink.painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
        fill = "stale" if self.dimmed or showing.is_stale else "text"
        axis_tag(ink, showing.mark_text, int(tag) + 0.5, view, text_token="panel", fill=fill)

    def _paint_empty(self, ink: Ink, words: tuple[str, str]) -> None:
        """Why there is no candle, on a ground of its own over the lines."""
        head, more = self._theme.face(13, 600), self._theme.face(12)
        room = self.width() - AXIS_WIDTH - 40
        lines = wrap(more, words[1], max(120, min(460, room - 32)))
        wide = max([head.width(words[0]), *(more.width(line) for line in lines)]) + 32
        high = 34 + 18 * len(lines)
        left = max(4.0, (self.width() - AXIS_WIDTH - wide) / 2)
        box = QRectF(round(left), round(max(2.0, (self.height() - high) / 2)), round(wide), high)
        ink.frame("line", "panel", box, radius=4)
        ink.text("text2", head, words[0], QRectF(box.left(), box.top() + 6, wide, 18), Align.CENTER)
        for number, line in enumerate(lines):
            place = QRectF(box.left(), box.top() + 26 + 18 * number, wide, 18)
            ink.text("muted", more, line, place, Align.CENTER)
