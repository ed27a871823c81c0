"""Moving over a chart: crosshair, pan and zoom by mouse, by wheel and by keys; sends nothing.

Bare keys are the chart's own while it has the focus, because none of them trades.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from ui.viewmodels.chart import SWITCH_KEYS
from ui.viewmodels.chart_scale import BARS, Cross

if TYPE_CHECKING:
    from ui.plotting import PricePlot

STILL = 3
"""Pixels that a hand may tremble before it pans."""
WHEEL_STEP, KEY_STEP = 1.15, 1.25
NOTCH = 120
"""What Qt says for one step of a wheel."""
PAGE, STRIDE = 0.8, 0.1
"""Shares of what is shown that a page, and a step with Shift, move it."""


class ChartMoves(QObject):
    """Filters the plot's events; whoever was installed later (the hands) goes first."""

    crossed = Signal(object)
    """The crosshair was moved by this chart's own mouse or keys: a `Cross`, or None."""
    moved = Signal()
    """What is shown of the candles has changed."""
    bar_chosen = Signal(str)
    switched = Signal(str)

    def __init__(self, plot: PricePlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._grip: QPointF | None = None
        self._last = QPointF()
        self.is_panning = False
        self._keys = self._key_map()
        plot.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True: the event was one of these."""
        if isinstance(event, QWheelEvent):
            return self._wheel(event)
        if isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and self._key(event)
        if isinstance(event, QMouseEvent):
            self._mouse(event)
        elif event.type() == QEvent.Type.Leave:
            self._cross(None)
        return False

    # ---- mouse ------------------------------------------------------------------------------

    def _mouse(self, event: QMouseEvent) -> None:
        kind, at = event.type(), event.position()
        if kind == QEvent.Type.MouseButtonPress and event.button() is Qt.MouseButton.LeftButton:
            self._grip = self._last = at
        elif kind == QEvent.Type.MouseMove:
            if self._grip is not None and event.buttons() & Qt.MouseButton.LeftButton:
                self._pan(at)
            self._point(at)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._grip, self.is_panning = None, False
            self._plot.unsetCursor()

    def _pan(self, at: QPointF) -> None:
        scene, grip = self._plot.scene, self._grip
        if scene is None or grip is None:
            return
        if not self.is_panning and (at - grip).manhattanLength() <= STILL:
            return
        self.is_panning = True
        self._plot.setCursor(Qt.CursorShape.ClosedHandCursor)
        pitch = scale_pitch(self._plot)
        self._plot.span.pan(-(at.x() - self._last.x()) / pitch)
        self._last = at
        self.moved.emit()

    def _point(self, at: QPointF) -> None:
        price, scene = self._plot.price_at(at), self._plot.scene
        if price is None or scene is None:
            self._cross(None)
        else:
            self._cross(Cross(self._middle(scene.scale.time_at(at.x())), price))

    def _middle(self, time_s: float) -> float:
        """The middle of the candle that a time lies in, whether there is one or not."""
        bar_s = self._plot.span.bar_s
        return time_s // bar_s * bar_s + bar_s / 2

    def _cross(self, cross: Cross | None) -> None:
        if cross != self._plot.cross:
            self._plot.show_cross(cross)
            self.crossed.emit(cross)

    def _wheel(self, event: QWheelEvent) -> bool:
        """Only with the focus: else a page that is scrolled would zoom whatever it passes."""
        scene = self._plot.scene
        if not self._plot.hasFocus() or scene is None:
            return False
        turned = event.angleDelta()
        if turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._plot.span.pan(-(turned.x() or turned.y()) / NOTCH * 3)
        else:
            share = event.position().x() / scene.scale.right
            self._plot.span.zoom(WHEEL_STEP ** (-turned.y() / NOTCH), min(1.0, share))
        event.accept()
        self.moved.emit()
        return True

    # ---- keys -------------------------------------------------------------------------------

    def _key_map(self) -> dict[tuple[Qt.Key, bool], Callable[[], None]]:
        """By key and whether Shift is held."""
        key, span = Qt.Key, self._plot.span
        keys: dict[tuple[Qt.Key, bool], Callable[[], None]] = {
            (key.Key_Left, False): partial(self._step, -1),
            (key.Key_Right, False): partial(self._step, 1),
            (key.Key_Left, True): partial(self._shift, -STRIDE),
            (key.Key_Right, True): partial(self._shift, STRIDE),
            (key.Key_PageUp, False): partial(self._shift, -PAGE),
            (key.Key_PageDown, False): partial(self._shift, PAGE),
            (key.Key_Up, False): partial(self._zoom, 1 / KEY_STEP),
            (key.Key_Down, False): partial(self._zoom, KEY_STEP),
            (key.Key_Plus, False): partial(self._zoom, 1 / KEY_STEP),
            (key.Key_Plus, True): partial(self._zoom, 1 / KEY_STEP),
            (key.Key_Minus, False): partial(self._zoom, KEY_STEP),
            (key.Key_Home, False): partial(self._go, span.go_to_start),
            (key.Key_End, False): self.go_live,
            (key.Key_Escape, False): partial(self._cross, None),
        }
        for number, name in enumerate(BARS):
            digit = Qt.Key(Qt.Key.Key_1.value + number)
            keys[digit, False] = partial(self.bar_chosen.emit, name)
        for name, letter in SWITCH_KEYS.items():
            keys[Qt.Key[f"Key_{letter}"], False] = partial(self.switched.emit, name)
        return keys

    def _key(self, event: QKeyEvent) -> bool:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = Qt.KeyboardModifier.ShiftModifier
        if held not in (Qt.KeyboardModifier.NoModifier, shift):
            return False
        found = self._keys.get((Qt.Key(event.key()), held == shift))
        if found is None or (event.key() == Qt.Key.Key_Escape and self._plot.cross is None):
            return False
        found()
        return True

    def go_live(self) -> None:
        """Back to the newest candle."""
        self._cross(None)
        self._go(self._plot.span.go_live)

    def _go(self, move: Callable[[], None]) -> None:
        move()
        self.moved.emit()

    def _zoom(self, factor: float) -> None:
        self._go(partial(self._plot.span.zoom, factor))

    def _shift(self, share: float) -> None:
        scene = self._plot.scene
        if scene is not None:
            shown = (scene.scale.end - scene.scale.start) / self._plot.span.bar_s
            self._go(partial(self._plot.span.pan, share * shown))

    def _step(self, step: int) -> None:
        """The crosshair to the candle beside; without one, to the newest in sight."""
        scene, cross = self._plot.scene, self._plot.cross
        if scene is None or not len(scene.candles):
            return
        candles = scene.candles
        if cross is None:
            place = max(0, min(scene.part().stop, len(candles)) - 1)
        else:
            place = min(max(0, (candles.at(cross.time_s) or 0) + step), len(candles) - 1)
        bar = candles.bar(place)
        self._plot.span.bring_in(bar.start_s)
        self.moved.emit()
        self._cross(Cross(bar.start_s + candles.bar_s / 2, bar.close))


def scale_pitch(plot: PricePlot) -> float:
    """Pixels from one candle to the next."""
    return 1.0 if plot.scene is None else plot.scene.scale.pixels_a_second * plot.span.bar_s
