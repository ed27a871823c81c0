"""The chart: price over time, and a strip for the prices that lie far off its scale."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.paint import Align, Ink, painting
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.chart import PriceLine, Series, price_lines
from ui.viewmodels.text import ARROW, UNKNOWN, decimals_of, price
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

if TYPE_CHECKING:
    from ui.plotting import PricePlot

_CURVES = {"Mark": "text", "Last": "safe"}
WINDOWS = {"5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400, "24h": 86_400}


class ChartPanel(QWidget):
    """Works without its plot until `load_plot` has brought pyqtgraph in."""

    plot_loaded = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.series = Series()
        self.plot: PricePlot | None = None
        self._dimmed = False
        self._frame: DeskFrame | None = None
        self.windows = Segments(theme, tr("Time shown"), [(k, k, "quiet") for k in WINDOWS], 22)
        self.windows.setFixedWidth(200)
        self.windows.choose("15m")
        self.windows.chosen.connect(self._redraw)
        self.legend = _Legend(theme)
        self.above, self.below = OffScale(theme, above=True), OffScale(theme, above=False)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 2)
        head.addWidget(self.windows)
        head.addWidget(self.legend, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addWidget(self.above)
        self._placeholder = QWidget()
        self._column.addWidget(self._placeholder, 1)
        self._column.addWidget(self.below)
        self.setMinimumSize(360, 200)

    def load_plot(self) -> None:
        """Import pyqtgraph and put the plot in its place."""
        from ui.plotting import PricePlot

        gc.collect()
        gc.freeze()  # numpy and pyqtgraph will never be garbage
        self.plot = PricePlot(self._theme)
        self.plot.setAccessibleName(tr("Price chart"))
        self._column.replaceWidget(self._placeholder, self.plot)
        self._column.setStretchFactor(self.plot, 1)
        self._placeholder.deleteLater()
        self.plot_loaded.emit()
        self._draw()

    def take_series(self, frame: DeskFrame, selected: str | None) -> int:
        """Keep the points of a frame; return from when the next ones are wanted."""
        self.series.choose(selected)
        self.series.take(frame.series)
        return self.series.next_from_ms()

    def show_frame(self, frame: DeskFrame) -> None:
        """Draw a frame (the window asks a few times a second)."""
        self._frame = frame
        self._draw()

    def _redraw(self, _window: str) -> None:
        self._draw()

    def _draw(self) -> None:
        frame = self._frame
        if frame is None:
            return
        market = market_of(frame, self.series.instrument)
        lines = price_lines(frame, self.series.instrument)
        if market is None:
            self.legend.show_prices(UNKNOWN, UNKNOWN, UNKNOWN)
            return
        tick = market.tick_size
        self.legend.show_prices(
            price(market.mark, tick), price(market.last, tick), price(market.index, tick)
        )
        if self.plot is None:
            return
        self.plot.show_series(
            self.series.time_s,
            self.series.mark,
            self.series.last,
            lines,
            window_s=WINDOWS[self.windows.choice()],
            decimals=decimals_of(tick),
            mark_price=None if market.mark is None else float(market.mark),
            mark_text=price(market.mark, tick),
            is_stale=market.quality != "LIVE",
        )
        low, high = self.plot.shown_low, self.plot.shown_high
        decimals = decimals_of(tick)
        self.below.show_lines([x for x in lines if x.price < low], low, decimals)
        self.above.show_lines([x for x in lines if x.price > high], high, decimals)

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: the curve is old."""
        self._dimmed = dimmed
        self.above.set_dimmed(dimmed)
        self.below.set_dimmed(dimmed)
        if self.plot is not None:
            self.plot.set_dimmed(dimmed)

    def dress(self) -> None:
        """Take the colours of the theme again."""
        if self.plot is not None:
            self.plot.dress()


class _Legend(QWidget):
    """Mark, index and last as figures."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(22)

    def show_prices(self, mark: str, last: str, index: str) -> None:
        words = ((tr("Mark"), mark), (tr("Last"), last), (tr("Index"), index))
        if words != self._words:
            self._words = words
            self.setAccessibleName(", ".join(f"{name} {value}" for name, value in words))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            label, figure = self._theme.face(11), self._theme.face(12, 500)
            words = list(self._words)
            needs = [figure.width(v) + label.width(n) + 40 for n, v in words]
            while words and sum(needs[: len(words)]) > self.width():
                words.pop()  # the mark goes last
            right = float(self.width())
            for name, value in reversed(words):
                box = QRectF(0, 0, right, self.height())
                right -= ink.text("text2", figure, value, box, Align.RIGHT) + 6
                box.setRight(right)
                right -= ink.text("muted", label, name, box, Align.RIGHT) + 6
                token = _CURVES.get(name)
                if token:
                    ink.fill(token, QRectF(right - 14, self.height() / 2 - 1, 14, 1.5))
                    right -= 14
                right -= 14


class OffScale(QWidget):
    """“Below the chart”: liquidation and close-out on an axis of their own, hatched beyond."""

    def __init__(self, theme: Theme, *, above: bool) -> None:
        super().__init__()
        self._theme = theme
        self._above = above
        self._lines: list[PriceLine] = []
        self._edge = 0.0
        self._decimals = 1
        self._dimmed = False
        self.setFixedHeight(44)
        self.hide()

    def show_lines(self, lines: list[PriceLine], edge: float, decimals: int) -> None:
        """Show lines beyond the chart's edge, the nearest first."""
        self.setFixedHeight(38 if self._theme.compact else 44)
        ordered = sorted(lines, key=lambda line: abs(line.price - edge))
        if (ordered, edge) != (self._lines, self._edge):
            self._lines, self._edge, self._decimals = ordered, edge, decimals
            words = ", ".join(f"{line.text} {line.shown} {line.note}" for line in ordered)
            self.setAccessibleName(f"{self._title()}: {words}")
            self.setToolTip(words)
            self.setVisible(bool(ordered))
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Old prices in the colour of old prices."""
        self._dimmed = dimmed
        self.update()

    def _title(self) -> str:
        return tr("Above the chart") if self._above else tr("Below the chart")

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("raised", box)
            far = self._lines[-1].price
            start = self._paint_title(ink, box, far)
            end = box.width() - (52 if self._theme.compact else 88)
            ink.fill("edge", QRectF(start, box.center().y(), end - start, 1))
            if self._lines[-1].token == "danger" and not self._dimmed:
                hatched = QRectF(end, 6, 40, box.height() - 12)
                ink.fill("danger_tint", hatched)
                ink.hatch("danger", hatched)
            spots: list[tuple[PriceLine, float]] = []
            for line in self._lines:
                share = (line.price - self._edge) / (far - self._edge)
                x = start + share * (end - start)
                spots.append((line, x))
                token = "stale" if self._dimmed else line.token
                ink.fill(token, QRectF(x - 1, 6, 2, box.height() - 12))
            self._label(ink, spots, start)

    def _paint_title(self, ink: Ink, box: QRectF, far: float) -> float:
        """What this strip is; return where its axis begins."""
        strong, label = self._theme.face(11, 500), self._theme.face(11)
        if self._theme.compact:
            ink.text("text2", strong, self._title(), QRectF(12, 0, 120, box.height()))
            return 122.0
        ink.text("text2", strong, self._title(), QRectF(12, 5, 130, 16))
        span = f"{self._edge:,.0f} {ARROW} {far:,.0f}"
        ink.text("muted", label, span, QRectF(12, 23, 130, 16))
        return 140.0

    def _label(self, ink: Ink, spots: list[tuple[PriceLine, float]], start: float) -> None:
        """Words before their bar, else after it, the most dangerous first; some may not fit."""
        name, figure = self._theme.face(11, 600), self._theme.face(11)
        taken = [(x - 4, x + 4) for _, x in spots]
        for line, x in sorted(spots, key=_precedence):
            second = f"{line.shown} {line.note}".strip()
            width = max(name.width(line.text), figure.width(second))
            for left, align in ((x - width - 6, Align.RIGHT), (x + 6, Align.LEFT)):
                right = left + width
                inside = left >= start and right <= self.width() - 4
                if inside and all(right <= low or left >= high for low, high in taken):
                    taken.append((left - 6, right + 6))
                    place = QRectF(left, 0, width, self.height())
                    self._words(ink, line, second, place, align)
                    break

    def _words(self, ink: Ink, line: PriceLine, second: str, place: QRectF, align: Align) -> None:
        name, figure = self._theme.face(11, 600), self._theme.face(11)
        ink.fill("raised", place.adjusted(-3, 5, 3, -5))
        upper, lower = (3, 19) if self._theme.compact else (5, 23)
        token = "stale" if self._dimmed else line.token
        ink.text(token, name, line.text, QRectF(place.left(), upper, place.width(), 16), align)
        second_token = "stale" if self._dimmed else "text2"
        ink.text(
            second_token, figure, second, QRectF(place.left(), lower, place.width(), 16), align
        )


def _precedence(spot: tuple[PriceLine, float]) -> tuple[int, float]:
    """Words of what is dangerous find room first, then one's own orders, then the rest."""
    line, x = spot
    return {"danger": 0, "accent": 1}.get(line.token, 2), -x
