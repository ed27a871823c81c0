"""From what an alert is about to the pixels that tell of it: the window sets alerts and waits.

Set `DESK_ALERT_PROBE` to a path: prices just beside the mark are watched, again and again. Of each
alert that comes its own latency is written there as JSON, and the milliseconds from its event until
the window had painted it; then the window ends.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from desk.engine.alert_snapshot import AlertView
from desk.model.alert_commands import AlertKind, RemoveAlert, SetAlert
from ui.actions import new_id
from ui.clock import boot_ns
from ui.window import DeskWindow

ENVIRONMENT = "DESK_ALERT_PROBE"
ALERTS = 20
ASIDE = Decimal("0.00001")
"""Of the mark."""
SETTLED_MS = 4_000


class AlertProbe(QObject):
    """One pair of alerts at a time, above and below."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._window, self._path = window, Path(path)
        self._set: list[str] = []
        self._noticed: AlertView | None = None
        self._raised_ms: list[float] = []
        self._painted_ms: list[float] = []
        window.alerts.noticed.connect(self._notice)
        window.painted.connect(self._paint)
        QTimer.singleShot(SETTLED_MS, self, self._next)

    def _next(self) -> None:
        market = self._window.ticket.state.market
        if market is None or market.mark is None:
            QTimer.singleShot(SETTLED_MS, self, self._next)
            return
        self._set = [new_id(), new_id()]
        aside = market.mark * ASIDE
        for name, above, below in (
            (self._set[0], market.mark + aside, None),
            (self._set[1], None, market.mark - aside),
        ):
            self._window.pump.send(
                SetAlert(
                    id=name,
                    kind=AlertKind.PRICE,
                    instrument=market.instrument,
                    above=above,
                    below=below,
                    sound=False,
                )
            )

    def _notice(self, alert: AlertView) -> None:
        if alert.alert in self._set:
            self._noticed = alert

    def _paint(self) -> None:
        alert, frame = self._noticed, self._window.pump.frame
        if alert is None or frame is None:
            return
        self._noticed = None
        event_ns = frame.ts_ns - (frame.wall_ms - alert.event_ms) * 1_000_000
        self._raised_ms.append(alert.latency_ms)
        self._painted_ms.append((boot_ns() - event_ns) / 1e6)
        for name in self._set:
            self._window.pump.send(RemoveAlert(id=new_id(), alert=name))
        self._set = []
        if len(self._painted_ms) < ALERTS:
            QTimer.singleShot(0, self, self._next)
            return
        found = {"raised": self._raised_ms, "painted": self._painted_ms}
        self._path.write_text(json.dumps(found))
        self._window.close()
