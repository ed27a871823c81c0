"""From a panic key to what the engine did, and a window that hangs: the window measures itself.

Set `DESK_PANIC_PROBE` to a path: keys are sent to the window's own handle, as the system sends
them, alone and over a form with a text field in focus; each answer carries the moment at which the
engine said it, which is after its row was durable. With working orders the window then stands
still for five seconds. Milliseconds are written there as JSON; then the window ends.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from desk.engine.snapshot import EventMessage
from desk.model.command import Quantity
from desk.model.commands import SubmitOrder
from desk.model.events import Acknowledged, OrderChanged, StateChanged
from desk.model.orders import OrderStatus, OrderType, Side
from ui.clock import boot_ns
from ui.window import DeskWindow

ENVIRONMENT = "DESK_PANIC_PROBE"
KEYS = 20
PAUSE_MS = 100
"""Between keys: a quick hand."""
LOOK_MS = 5
HUNG_S = 5.0
RESTING = (Decimal("0.99"), Decimal("0.985"), Decimal("0.98"))
"""Of the mark: buys that rest."""

_BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class PanicProbe(QObject):
    """Goes through its script, one condition after the other."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._window, self._path = window, Path(path)
        self._heard: list[EventMessage] = []
        self._found: dict[str, list[float]] = {}
        window.pump.happened.connect(self._heard.append)
        self._script = self._all()
        self._waits_for: Callable[[], bool] = lambda: True
        self._look = QTimer(self)
        self._look.timeout.connect(self._step)
        self._look.start(LOOK_MS)

    def _step(self) -> None:
        if self._waits_for():
            following = next(self._script, None)
            if following is None:
                self._look.stop()
                self._path.write_text(json.dumps(self._found))
                self._window.window().close()
            else:
                self._waits_for = following

    def _all(self) -> Iterator[Callable[[], bool]]:
        began_ns = boot_ns()
        yield lambda: self._window.pump.frame is not None and boot_ns() - began_ns > 4e9
        market = self._window.ticket.state.market
        if market is not None and market.mark is not None and market.quality == "LIVE":
            yield from self._hang(market.instrument, market.mark)
        yield from self._keys("")
        self._window.alerts.ask()
        form = self._window.alerts.form
        if form is not None:
            form.findChildren(QLineEdit)[0].setFocus()
        yield from self._keys(", form open")
        if form is not None:
            form.close()

    def _keys(self, where: str) -> Iterator[Callable[[], bool]]:
        for action, key, presses in (("cancel_all", "X", 1), ("kill", "K", 2)):
            took = self._found[f"{action}{where}"] = []
            pressed_ns = 0
            for _ in range(KEYS):
                for _ in range(presses):
                    yield _after(PAUSE_MS)
                    self._heard.clear()
                    pressed_ns = boot_ns()
                    target = QGuiApplication.focusWindow() or self._window.window().windowHandle()
                    QTest.keyClick(target, getattr(Qt.Key, f"Key_{key}"), _BOTH)
                while (answer := self._answer(action)) is None:
                    yield _after(0)
                took.append((answer.sent_ns - pressed_ns) / 1e6)

    def _answer(self, action: str) -> EventMessage | None:
        for said in self._heard:
            if isinstance(said.event, Acknowledged) and said.event.about == action:
                return said
        return None

    def _hang(self, instrument: str, mark: Decimal) -> Iterator[Callable[[], bool]]:
        pump = self._window.pump
        for number, share in enumerate(RESTING):
            pump.send(
                SubmitOrder(
                    id=f"panic-{boot_ns()}-{number}",
                    account=None,
                    instrument=instrument,
                    side=Side.BUY,
                    quantity=Quantity(Decimal("0.01")),
                    type=OrderType.LIMIT,
                    price=(mark * share) // 1,
                )
            )
        yield lambda: len(self._became(OrderStatus.WORKING)) == len(RESTING)
        beat_ns = boot_ns()
        pump.beat()
        time.sleep(HUNG_S)
        yield lambda: len(self._became(OrderStatus.CANCELLED)) == len(RESTING)
        self._found["REDUCING"] = [
            (said.sent_ns - beat_ns) / 1e6
            for said in self._heard
            if isinstance(said.event, StateChanged) and said.event.after == "REDUCING"
        ]
        cancelled = self._became(OrderStatus.CANCELLED)
        self._found["cancelled"] = [(at_ns - beat_ns) / 1e6 for at_ns in cancelled]

    def _became(self, status: OrderStatus) -> list[int]:
        return [
            said.sent_ns
            for said in self._heard
            if isinstance(said.event, OrderChanged) and said.event.status is status
        ]


def _after(pause_ms: int) -> Callable[[], bool]:
    until_ns = boot_ns() + pause_ms * 1_000_000
    return lambda: boot_ns() >= until_ns
