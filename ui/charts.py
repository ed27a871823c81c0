"""All charts of the window: one shelf of candles, one crosshair, one list of what is wanted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desk.engine.snapshot import DeskFrame
from desk.model.commands import ChartWanted
from ui.panels.chart import ChartPanel
from ui.viewmodels.chart_scale import Cross

if TYPE_CHECKING:
    from ui.viewmodels.candles import Shelf


class Charts(QObject):
    """Charts share their candles: two of one instrument and size ask once."""

    def __init__(self, main: ChartPanel) -> None:
        """`main` is the one that hands and keys are for."""
        super().__init__(main)
        self.main = main
        self.panels: list[ChartPanel] = []
        self._shelf: Shelf | None = None
        self._dimmed = False
        self.add(main)

    def add(self, panel: ChartPanel) -> ChartPanel:
        """Take a chart in; return it."""
        self.panels.append(panel)
        panel.crossed.connect(partial(self._cross, panel))
        panel.set_dimmed(self._dimmed)
        if self._shelf is not None:
            panel.load_plot(self._shelf)
        return panel

    def load(self) -> None:
        """Bring numpy and pyqtgraph in: after the first paint."""
        from ui.viewmodels.candles import Shelf

        shelf = self._shelf = Shelf()
        for panel in self.panels:
            panel.load_plot(shelf)

    def take(self, frame: DeskFrame, selected: str | None) -> list[ChartWanted]:
        """Keep a frame's candles; return what is wanted next, of charts that can be seen."""
        for panel in self.panels:
            panel.follow(selected)
        if self._shelf is None:
            return []
        self._shelf.take(frame.charts, frame.wall_ms)
        looked_at = [panel.looked_at() for panel in self.panels]
        return self._shelf.wanted([one for one in looked_at if one is not None], frame.wall_ms)

    def forget(self) -> None:
        """What was seen is of another time."""
        if self._shelf is not None:
            self._shelf.clear()

    def show_frame(self, frame: DeskFrame) -> None:
        """Draw a frame in every chart that can be seen."""
        for panel in self.panels:
            panel.show_frame(frame)

    def set_dimmed(self, dimmed: bool) -> None:
        """Everything is old, or not any more."""
        self._dimmed = dimmed
        for panel in self.panels:
            panel.set_dimmed(dimmed)

    def in_hand(self) -> ChartPanel:
        """The chart that has the focus, else the main one."""
        return next((one for one in self.panels if one.plot and one.plot.hasFocus()), self.main)

    def go_live(self) -> None:
        """The key for the way back to now: every chart."""
        for panel in self.panels:
            if panel.moves is not None:
                panel.moves.go_live()

    def _cross(self, source: ChartPanel, instrument: str | None, cross: Cross | None) -> None:
        for panel in self.panels:
            if panel is not source:
                panel.show_cross(instrument, cross)
