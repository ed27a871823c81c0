"""The charts of the layouts: titles, the instruments they keep to, what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desk.engine.snapshot import DeskFrame
from ui.chart_titles import ChartTitle
from ui.panels.chart import ChartPanel
from ui.viewmodels.gestures import Terms
from ui.viewmodels.watch import first_of

if TYPE_CHECKING:
    from ui.window import DeskWindow


class ChartDesk(QObject):
    """Follows every frame with the titles; a coin's chart is pinned when the coin is first seen."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        self.titles: dict[str, ChartTitle] = {}
        self._homeless: dict[str, ChartPanel] = {}
        """Coin → the chart that waits for an instrument of it."""
        window.display.priced.connect(self._see)
        self.take_in("chart", window.charts.main)

    def take_in(self, key: str, panel: ChartPanel, coin: str = "") -> None:
        """Give a chart its title and back what was kept of it; else it keeps to a coin."""
        window = self._window
        title = self.titles[key] = ChartTitle(window.theme, window.area.docks[key], panel)
        title.linked.connect(self._show_again)
        kept = window.workspace.keep_panel(key, panel)
        if coin and not kept:
            self._homeless[coin] = panel
        if window.pump.frame is not None:
            self._see(window.pump.frame)

    def terms(self) -> Terms:
        """Quantity and flags of a click on the chart: the ladder's, if that shows the same."""
        market = self._window.ladder.grid.market
        same = market is not None and market.instrument == self._window.chart.instrument
        return self._window.ladder.grid.terms if same else Terms()

    def _see(self, frame: DeskFrame, _: object = None) -> None:
        for coin in list(self._homeless):
            if (instrument := first_of(frame, coin)) is not None:
                self._homeless.pop(coin).pin(instrument)
        for title in self.titles.values():
            title.refresh()

    def _show_again(self) -> None:
        window = self._window
        window.workspace.note()
        if window.pump.frame is not None:
            window.display.show_frame(window.pump.frame)
