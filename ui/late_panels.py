"""Panels that the first picture does not need: imported and built after it, one at a time.

Each has its dock from the start, so that layouts can place it; a dock that comes to the screen
before its turn is filled at once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from ui.dock import Dock
from ui.docks import DockArea
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.asking import AskingPanel
    from ui.window import DeskWindow

BETWEEN_MS = 40
"""Between two panels: the loop is free for keys and frames meanwhile."""
LOOK_MS = 250
"""Between two frames that a late panel is shown."""


class LatePanel(Protocol):
    """What the window asks of each, beside being a widget."""

    def set_dimmed(self, dimmed: bool) -> None:
        """Every figure is old, or not any more."""
        ...


class _Filler(Protocol):
    """Builds a panel, connects it, puts it into its dock."""

    def __call__(self, window: DeskWindow, dock: Dock) -> LatePanel: ...


def add_late_docks(area: DockArea) -> None:
    """Add the docks; `LatePanels` fills them."""
    area.add("stress", tr("Stress"), None)
    area.add("rehearsal", tr("Close-out rehearsal"), None)
    area.add("chart_btc", tr("Chart {coin}", coin="BTC"), None)
    area.add("chart_eth", tr("Chart {coin}", coin="ETH"), None)


def _stress(window: DeskWindow, dock: Dock) -> LatePanel:
    from ui.panels.stress import StressPanel

    return _asking(window, dock, StressPanel(window.theme))


def _rehearsal(window: DeskWindow, dock: Dock) -> LatePanel:
    from ui.panels.rehearsal import RehearsalPanel

    panel = RehearsalPanel(window.theme)
    window.risk.rehearse_asked.connect(lambda: window.go_to(panel.fields["BTC"]))
    return _asking(window, dock, panel)


def _asking(window: DeskWindow, dock: Dock, panel: AskingPanel) -> LatePanel:
    panel.put_in(dock)
    panel.connect_to(window.exchange)
    window.display.pacing.add(LOOK_MS, panel.show_frame)
    dock.fill(panel)
    return panel


def _chart(window: DeskWindow, dock: Dock) -> LatePanel:
    from ui.panels.chart import ChartPanel

    key = dock.objectName()
    panel = window.charts.add(ChartPanel(window.theme))
    dock.fill(panel)
    window.chart_desk.take_in(key, panel, coin=key.removeprefix("chart_").upper())
    return panel


MAKERS: dict[str, _Filler] = {
    "stress": _stress,
    "rehearsal": _rehearsal,
    "chart_btc": _chart,
    "chart_eth": _chart,
}


class LatePanels(QObject):
    """Fills the docks."""

    done = Signal()
    """Each has its panel."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        self.made: dict[str, LatePanel] = {}
        self._dimmed = self._begun = False
        self._waiting: list[str] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fill_next)
        for key in MAKERS:
            window.area.docks[key].visibilityChanged.connect(partial(self._shown, key))

    def begin(self) -> None:
        """After the first paint and `LateImports`: what is on the screen first."""
        self._begun = True
        docks = self._window.area.docks
        self._waiting = sorted(MAKERS, key=lambda key: docks[key].isHidden())
        self._timer.start(0)

    def _fill_next(self) -> None:
        if not self._waiting:
            self.done.emit()
            return
        self.fill(self._waiting.pop(0))
        self._timer.start(BETWEEN_MS)

    def fill(self, key: str) -> None:
        """Build one, unless it is there, and show it the newest frame."""
        if key in self.made:
            return
        window = self._window
        dock = window.area.docks[key]
        panel = self.made[key] = MAKERS[key](window, dock)
        window.tables.adopt(dock)
        panel.set_dimmed(self._dimmed)
        window.display.pacing.hurry()

    def set_dimmed(self, dimmed: bool) -> None:
        """Every figure is old, or not any more."""
        self._dimmed = dimmed
        for panel in self.made.values():
            panel.set_dimmed(dimmed)

    def _shown(self, key: str, shown: bool) -> None:
        if self._begun and shown and key not in self.made:
            self._waiting.insert(0, key)
            self._timer.start(0)  # after the frame around it
