"""The status bar: mode, desk state, lock, kill, worst account, feeds, client, engine, clock."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from ui import icons
from ui.controls import Button
from ui.paint import Ink, painting
from ui.panels.mode import ModeLine, ModeTag, StateChip
from ui.theme import Theme
from ui.viewmodels.status import Lamp, StatusView
from ui.viewmodels.text import UNKNOWN, countdown, tr

Drawer = Callable[[Ink, float, float], float]


class StatusBar(QWidget):
    """Always visible; the line across the top says what kind of desk this is."""

    def __init__(self, theme: Theme, kill_key: str, arm_key: str) -> None:
        super().__init__()
        self._theme = theme
        self._view: StatusView | None = None
        self._is_gone = False
        self.mode = ModeTag(theme)
        self.state = StateChip(theme)
        self.arm = Button(theme, tr("DISARMED"), "plain", icon="lock", name=tr("Arm the desk"))
        self.arm.setToolTip(tr(f"Arm or disarm ({arm_key})"))
        self.kill = Button(
            theme, tr("Kill"), "plain", icon="power", name=tr(f"Kill switch, {kill_key}")
        )
        self.kill.say(f"{tr('Kill')} {kill_key}")
        self.kill.setToolTip(tr("Halt the desk and cancel what could add risk"))
        self.strip = _Strip(theme)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.mode)
        row.addSpacing(8)
        row.addWidget(self.state)
        for button in (self.arm, self.kill):
            button.setFixedHeight(22)
            button.pixels = 11
            row.addWidget(button)
        row.addWidget(self.strip, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._line = ModeLine(theme)
        column.addWidget(self._line)
        column.addLayout(row, 1)
        self.setFixedHeight(44)

    def set_compact(self, compact: bool) -> None:
        """40 high on a small screen, else 44."""
        self.setFixedHeight(40 if compact else 44)

    def show_status(self, view: StatusView) -> None:
        """Show a frame's words."""
        if view == self._view:
            return
        self._view = view
        self._line.set_token(view.mode_token)
        self.mode.show_mode(view.mode, view.mode_token)
        self.state.show_state(view.state, " ".join(view.latches))
        self.strip.show_status(view)

    def show_arming(self, armed: bool, seconds_left: int) -> None:
        """Open or closed lock; open, it counts down."""
        if armed:
            self.arm.icon_name = "unlock"
            minutes = countdown(seconds_left * 1_000)[2:]
            self.arm.say(f"{tr('ARMED')} {minutes}", kind="armed")
        else:
            self.arm.icon_name = "lock"
            self.arm.say(tr("DISARMED"), kind="plain")

    def show_gone(self, gone: bool) -> None:
        """The engine is gone: what the bar says about it is old."""
        self.arm.setEnabled(not gone)
        self.kill.setEnabled(not gone)
        self.strip.set_dimmed(gone)
        self.state.set_dimmed(gone)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            box = QRectF(self.rect())
            painter.fillRect(box, self._theme.color("raised"))
            Ink(painter, self._theme).rule(box)


class _Strip(QWidget):
    """The painted part: worst account and feeds from the left, the rest from the right.

    What does not fit is left out, the least important first; no figure is cut.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._view: StatusView | None = None
        self._dimmed = False
        self._lamps: list[tuple[QRectF, str]] = []
        self.setMinimumWidth(200)

    def show_status(self, view: StatusView) -> None:
        self._view = view
        feeds = ", ".join(f"{lamp.name} {lamp.age} {lamp.shape}" for lamp in view.lamps)
        self.setAccessibleName(
            tr(f"Worst account {view.worst_account} {view.worst_ratio} {view.worst_level}; feeds ")
            + feeds
        )
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def event(self, e: QEvent) -> bool:
        if isinstance(e, QHelpEvent):
            for box, tip in self._lamps:
                if box.contains(QPointF(e.pos())):
                    QToolTip.showText(e.globalPos(), tip, self)
                    return True
        return super().event(e)

    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._view
        if view is None:
            return
        with painting(self, self._theme) as ink:
            left = self._paint_left(ink, view)
            right = float(self.width())
            parts = (self._utc, self._clock, self._client, self._profile, self._engine)
            needed = [part(ink, view, 0, measure=True) for part in parts]
            # Left out first: the engine's time, UTC, the profile; the client and HKT stay.
            order = [4, 0, 3]
            kept = set(range(len(parts)))
            while order and sum(needed[n] for n in kept) > right - left - 8:
                kept.discard(order.pop(0))
            for number in sorted(kept):
                right -= parts[number](ink, view, right)

    def _paint_left(self, ink: Ink, view: StatusView) -> float:
        theme, middle = self._theme, self.height() / 2
        label, strong = theme.face(11), theme.face(12, 600)
        x = 8.0
        full = QRectF(x, 0, 2000, self.height())
        dim = "stale" if self._dimmed else ""
        self._divide(ink, x)
        x += 12
        if self.width() > 700:
            x += ink.text("muted", label, tr("Worst"), full.translated(x - 8, 0)) + 6
        x += ink.text(dim or "text", strong, view.worst_account, full.translated(x - 8, 0)) + 8
        big = theme.face(14, 600)
        token = dim or ("text" if view.worst_tone.value == "text" else view.worst_tone.value)
        x += ink.text(token, big, view.worst_ratio, full.translated(x - 8, 0)) + 8
        kind = "UNKNOWN" if self._dimmed else view.worst_level.replace(" ", "_")
        kind = {"CLOSING_OUT": "CLOSE_OUT"}.get(kind, kind)
        x += ink.chip(kind, view.worst_level, x, middle, left=True) + 14
        self._divide(ink, x)
        x += 12
        if self.width() > 700:
            x += ink.text("muted", label, tr("Feeds ms"), full.translated(x - 8, 0)) + 10
        self._lamps = []
        for lamp in view.lamps:
            x = self._lamp(ink, lamp, x, middle)
        return x

    def _lamp(self, ink: Ink, lamp: Lamp, x: float, middle: float) -> float:
        theme, start = self._theme, x
        size = 8 if lamp.shape == "circle" else 10
        shape, fill = ("hollow", "stale") if self._dimmed else (lamp.shape, lamp.fill)
        ink.shape(shape, fill, QRectF(x, middle - size / 2, size, size))
        x += 15
        box = QRectF(x, 0, 200, self.height())
        x += ink.text("muted", theme.face(11), lamp.name, box) + 6
        token = "stale" if self._dimmed else lamp.tone.value
        weight = 600 if lamp.shape in {"triangle", "square"} else 400
        age = UNKNOWN if self._dimmed else lamp.age
        x += ink.text(token, theme.face(12, weight), age, QRectF(x, 0, 200, self.height()))
        self._lamps.append((QRectF(start - 4, 0, x - start + 8, self.height()), lamp.tip))
        return x + 14

    def _divide(self, ink: Ink, x: float) -> None:
        ink.fill("line", QRectF(x, self.height() / 2 - 10, 1, 20))

    def _words(
        self, ink: Ink, right: float, words: list[tuple[str, str, int, bool]], measure: bool
    ) -> float:
        """Words that end at `right`, after a divider; (text, token, weight, code)."""
        faces = [self._theme.face(11 if not w else 12, w or 400, code=c) for _, _, w, c in words]
        width = sum(face.width(text) + 6 for face, (text, *_) in zip(faces, words, strict=True))
        if measure:
            return width + 20
        x = right - width
        for face, (text, token, _, _) in zip(faces, words, strict=True):
            shown = "stale" if self._dimmed else token
            x += ink.text(shown, face, text, QRectF(x, 0, width, self.height())) + 6
        self._divide(ink, right - width - 12)
        return width + 20

    def _clock(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._words(
            ink, right, [(view.hkt, "text", 600, False), ("HKT", "muted", 0, False)], measure
        )

    def _utc(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._words(
            ink, right, [(view.utc, "text2", 0, False), ("UTC", "muted", 0, False)], measure
        )

    def _profile(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        words = [(view.profile, "muted", 0, False), (view.profile_hash, "text2", 0, True)]
        return self._words(ink, right, words, measure)

    def _engine(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        durable = [] if view.durable else [(tr("NOT DURABLE"), "danger", 600, False)]
        words = [(tr("Engine"), "muted", 0, False), (view.engine_ms, "text2", 0, False), *durable]
        return self._words(ink, right, words, measure)

    def _client(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        """What is known about the client, in an outline; a sample is said aloud."""
        text = view.client
        face = self._theme.face(11, 600)
        width = face.width(text) + 30
        if measure:
            return width + 14
        box = QRectF(right - width - 6, self.height() / 2 - 10, width, 20)
        known = text != "no client record"
        token = "text2" if known and not view.is_sample else "warning"
        ink.frame("edge" if token == "text2" else "warning", None, box)
        color = self._theme.color("stale" if self._dimmed else token).name()
        icons.draw(ink.painter, "info", color, QRectF(box.left() + 7, box.top() + 4, 12, 12))
        ink.text("stale" if self._dimmed else token, face, text, box.adjusted(23, 0, 0, 0))
        return width + 14
