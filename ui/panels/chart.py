"""The chart: candles of one instrument, the prices that matter, strips for what lies far off.

It follows the selected instrument, or is pinned to one; only what can be seen asks for candles.
"""

from __future__ import annotations

import gc
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame, MarketView
from ui.panels.chart_head import ChartHead
from ui.panels.chart_off_scale import OffScale
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.chart import Shown, fill_marks, price_lines
from ui.viewmodels.chart_scale import BARS, Cross
from ui.viewmodels.text import UNKNOWN, age, decimals_of, price, symbol
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

if TYPE_CHECKING:
    from ui.panels.chart_moves import ChartMoves
    from ui.plotting import PricePlot
    from ui.viewmodels.candles import Candles, Shelf

SPEAK_EVERY_MS = 1_000
"""The newest candle is told to assistive tools no more often than this."""


class ChartPanel(QWidget):
    """Works without its plot until `load_plot` has brought numpy and pyqtgraph in."""

    plot_loaded = Signal()
    crossed = Signal(object, object)
    """The crosshair moved: the instrument, and a `Cross` or None."""

    def __init__(self, theme: Theme, pinned: str | None = None) -> None:
        super().__init__()
        self._theme = theme
        self.pinned = pinned
        """The instrument that it shows whatever is selected; None: it is linked."""
        self.instrument = pinned
        self.plot: PricePlot | None = None
        self.moves: ChartMoves | None = None
        self._shelf: Shelf | None = None
        self._dimmed = False
        self._frame: DeskFrame | None = None
        self._spoken_ms = 0
        self.head = ChartHead(theme)
        self.head.changed.connect(self._redraw)
        self.above, self.below = OffScale(theme, above=True), OffScale(theme, above=False)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._placeholder = QWidget()
        for widget in (self.head, self.above, self._placeholder, self.below):
            column.addWidget(widget)
        column.setStretchFactor(self._placeholder, 1)
        self.setMinimumSize(360, 200)

    def load_plot(self, shelf: Shelf) -> None:
        """Import pyqtgraph and put the plot in its place; `shelf` is where candles are kept."""
        from ui.panels.chart_moves import ChartMoves
        from ui.plotting import PricePlot

        gc.collect()
        gc.freeze()  # numpy and pyqtgraph will never be garbage
        self._shelf = shelf
        plot = self.plot = PricePlot(self._theme)
        plot.setAccessibleName(tr("Price chart"))
        self._column.replaceWidget(self._placeholder, plot)
        self._column.setStretchFactor(plot, 1)
        self._column.addWidget(plot.axis)
        self._placeholder.deleteLater()
        QWidget.setTabOrder(self.head, plot)  # made late it would be the last, and Tab go round it
        moves = self.moves = ChartMoves(plot)
        plot.resized.connect(self._redraw)
        moves.moved.connect(self._redraw)
        moves.crossed.connect(self._show_own_cross)
        moves.bar_chosen.connect(self.head.bars.choose)
        moves.switched.connect(self.head.toggle)
        self.head.live_asked.connect(moves.go_live)
        plot.set_dimmed(self._dimmed)
        self.plot_loaded.emit()
        self._redraw()

    # ---- what is wanted and shown -----------------------------------------------------------

    @property
    def is_linked(self) -> bool:
        """It follows the selected instrument."""
        return self.pinned is None

    def pin(self, instrument: str | None) -> None:
        """Keep to an instrument, or follow the selection again (None)."""
        self.pinned = instrument
        if instrument is not None:
            self.follow(instrument)

    def follow(self, selected: str | None) -> None:
        """The selected instrument; a pinned chart stays with its own."""
        wanted = self.pinned or selected
        if wanted != self.instrument:
            self.instrument = wanted
            if self.plot is not None:
                self.plot.span.go_live()
                self.plot.show_cross(None)
                self.plot.setAccessibleName(tr("Price chart {what}", what=symbol(wanted or "")))
            self._redraw()

    def looked_at(self) -> tuple[Candles, bool] | None:
        """The candles that can be seen, and whether depth is wanted with them; None: none."""
        candles = self._candles()
        if candles is None or self.plot is None or self.plot.visibleRegion().isEmpty():
            return None
        shown = self.head.shown()
        return candles, shown.heat or shown.profile

    def _candles(self) -> Candles | None:
        if self._shelf is None or self.instrument is None:
            return None
        return self._shelf.get(self.instrument, BARS[self.head.bars.choice()])

    def show_frame(self, frame: DeskFrame) -> None:
        """Draw a frame (the window asks a few times a second)."""
        self._frame = frame
        if not self.visibleRegion().isEmpty():
            self._redraw()

    def _redraw(self) -> None:
        frame = self._frame
        market = None if frame is None else market_of(frame, self.instrument)
        self._show_legend(market)
        candles = self._candles()
        if self.plot is None or frame is None or market is None or candles is None:
            return
        if candles.bar_s != self.plot.span.bar_s:
            self.plot.span.choose(candles.bar_s)
            self.plot.show_cross(None)
        self._draw(self.plot, frame, market, candles)

    def _draw(
        self, plot: PricePlot, frame: DeskFrame, market: MarketView, candles: Candles
    ) -> None:
        from ui.plotting.canvas import Showing
        from ui.viewmodels.chart_words import why_empty

        lines, decimals = price_lines(frame, self.instrument), decimals_of(market.tick_size)
        showing = Showing(
            candles,
            lines,
            fill_marks(frame, self.instrument),
            self.head.shown(),
            decimals,
            None if market.mark is None else float(market.mark),
            price(market.mark, market.tick_size),
            market.quality != "LIVE",
            frame.wall_ms / 1_000,
            why_empty(candles, lost=self._dimmed),
        )
        plot.show_prices(showing)
        self.head.show_live(plot.span.is_live)
        low, high = plot.shown_low, plot.shown_high
        self.below.show_lines([line for line in lines if line.price < low], low, decimals)
        self.above.show_lines([line for line in lines if line.price > high], high, decimals)
        self._read()

    def _show_legend(self, market: MarketView | None) -> None:
        if market is None:
            self.head.show_prices(UNKNOWN, UNKNOWN, UNKNOWN, is_old=False)
            return
        tick, is_old = market.tick_size, self._dimmed or market.quality == "STALE"
        mark = price(market.mark, tick)
        if market.quality == "STALE" and market.mark is not None:
            mark = f"{mark} · {age(market.mark_age_ms)}"
        index: Decimal | None = market.index
        self.head.show_prices(mark, price(index, tick), price(market.last, tick), is_old=is_old)

    # ---- one candle in words ----------------------------------------------------------------

    def _read(self) -> None:
        """The candle under the crosshair, else the newest, in figures and aloud."""
        from ui.viewmodels.chart_words import reading

        plot = self.plot
        if plot is None or plot.showing is None:
            return
        showing, cross = plot.showing, plot.cross
        candles = showing.candles
        place = len(candles) - 1 if cross is None else candles.at(cross.time_s)
        if cross is not None and place is not None:
            # A time without trades has no candle: nothing is said of the one before it.
            place = place if cross.time_s - candles.start[place] <= candles.bar_s else None
        said = reading(candles, place if len(candles) else None, showing.decimals, showing.fills)
        self.head.figures.show_cells(said.cells)
        self.head.figures.setToolTip(as_text(candles.source))
        now_ms = 0 if self._frame is None else self._frame.wall_ms
        if cross is not None or now_ms - self._spoken_ms >= SPEAK_EVERY_MS:
            self._spoken_ms = now_ms
            words = said.spoken or " ".join(showing.empty)
            plot.setAccessibleDescription(f"{words}. {candles.source}".strip(" ."))

    def _show_own_cross(self, cross: Cross | None) -> None:
        self._read()
        self.crossed.emit(self.instrument, cross)

    def show_cross(self, instrument: str | None, cross: Cross | None) -> None:
        """Another chart's crosshair: the same time, and its price if it is the same thing."""
        if self.plot is None:
            return
        if cross is not None:
            bar_s = self.plot.span.bar_s
            middle = cross.time_s // bar_s * bar_s + bar_s / 2
            cross = Cross(middle, cross.price if instrument == self.instrument else None)
        self.plot.show_cross(cross)
        self._read()

    # ---- looks and settings -----------------------------------------------------------------

    def choose_bars(self, step: int) -> None:
        """The next longer or shorter candles."""
        names = list(BARS)
        place = names.index(self.head.bars.choice()) + step
        self.head.bars.choose(names[min(max(0, place), len(names) - 1)])

    def state(self) -> dict[str, str]:
        """Its settings as text, for whoever keeps layouts."""
        shown = self.head.shown()
        on = [key for key in self.head.switches if getattr(shown, key)]
        return {"bars": self.head.bars.choice(), "shown": " ".join(on), "pinned": self.pinned or ""}

    def restore(self, state: dict[str, str]) -> None:
        """Take settings back; what is not known is passed over."""
        if state.get("bars") in BARS:
            self.head.bars.choose(state["bars"])
        if "shown" in state:
            on = state["shown"].split()
            self.head.show_what(Shown(**{key: key in on for key in self.head.switches}))
        if state.get("pinned"):
            self.pin(state["pinned"])

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: what is shown is old."""
        self._dimmed = dimmed
        self.above.set_dimmed(dimmed)
        self.below.set_dimmed(dimmed)
        self.head.figures.set_dimmed(dimmed)
        if self.plot is not None:
            self.plot.set_dimmed(dimmed)
        self._redraw()
