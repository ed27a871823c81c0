"""The lock of one surface that shows one instrument: it closes when that has gone stale."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desk.engine.snapshot import MarketView
from ui.arming import Arming
from ui.viewmodels.ticket import Staleness
from ui.viewmodels.translation import tr


class SurfaceLock(QObject):
    """Follows the arming of a surface."""

    changed = Signal(bool)

    def __init__(self, arming: Arming, surface: str, parent: QObject) -> None:
        super().__init__(parent)
        self._arming = arming
        self.surface = surface
        self.armed = False
        self._staleness = Staleness()
        arming.changed.connect(self._follow)

    def see_market(self, market: MarketView | None, wall_ms: int) -> None:
        """The surface's instrument as it is now."""
        if self.armed and self._staleness.is_stale(market, wall_ms):
            self._arming.disarm(tr("the mark is stale"), surface=self.surface)

    def _follow(self) -> None:
        armed = self._arming.is_armed(self.surface)
        if armed == self.armed:
            return
        if armed:
            self._staleness.forget()
        self.armed = armed
        self.changed.emit(armed)
