"""The painted part of the status bar: worst account and feeds left, the rest right."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from ui import icons
from ui.controls import focus_ring
from ui.paint import Ink, painting
from ui.plain import as_text
from ui.theme import Face, Theme
from ui.viewmodels.lamps import Lamp
from ui.viewmodels.status import NO_CLIENT, StatusView
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.translation import tr

ROOMY = 1_200
"""Pixels from which the strip's figures carry their labels."""

SHAPES = {
    "circle": tr("circle"),
    "triangle": tr("triangle"),
    "square": tr("square"),
    "hollow": tr("hollow"),
}
"""Shapes of lamps as a screen reader says them."""

LAMP_GAP, LAMP_GAP_TIGHT = 14, 7


PULSE = 18
"""Room for the engine's icon."""

_Word: TypeAlias = tuple[str, str, int, bool]
"""Text, token, weight, code."""


class _Part(Protocol):
    """Draws itself so that it ends at `right`, or only measures; returns its width."""

    def __call__(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float: ...


class StatusStrip(QWidget):
    """The painted part: worst account and feeds from the left, the rest from the right.

    What does not fit is left out, the least important first; no figure is cut.
    """

    client_asked = Signal()
    """The client's chip was clicked, or the strip pressed by key."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._chip = QRectF()
        self._theme = theme
        self._view: StatusView | None = None
        self._dimmed = False
        self._tips: list[tuple[QRectF, str]] = []
        self.setMinimumWidth(200)

    def show_status(self, view: StatusView) -> None:
        self._view = view
        feeds = ", ".join(f"{lamp.name} {lamp.age} {SHAPES[lamp.shape]}" for lamp in view.lamps)
        worst = f"{view.worst_account} {view.worst_ratio} {view.worst_level}"
        self.setAccessibleName(
            tr(
                "Worst account {worst}; feeds {feeds}; day P&L {day_pnl}",
                worst=worst,
                feeds="; ".join((feeds, *view.consensus, view.client, *view.rest)),
                day_pnl=view.day_pnl,
            )
        )
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def event(self, e: QEvent) -> bool:
        if isinstance(e, QHelpEvent):
            for box, tip in self._tips:
                if box.contains(QPointF(e.pos())):
                    QToolTip.showText(e.globalPos(), as_text(tip), self)
                    return True
        return super().event(e)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The chip opens the client."""
        if event.button() is Qt.MouseButton.LeftButton and self._chip.contains(event.position()):
            self.client_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The chip is what the focus stands on."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.client_asked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._view
        if view is None:
            return
        with painting(self, self._theme) as ink:
            left = self._paint_left(ink, view)
            self._paint_right(ink, view, left)

    def _paint_right(self, ink: Ink, view: StatusView, left: float) -> None:
        """Clock, client and the rest from the right, as far as the room reaches."""
        parts: list[_Part] = [
            self._clocks,
            self._profile_long,
            self._engine_long,
            self._client,
            self._day_long,
            self._indices,
        ]
        # What is given up and what takes its place, one after the other; the leading clock and
        # who the client is stay.
        give_up: list[tuple[_Part, _Part | None]] = [
            (self._indices, self._first_index),
            (self._first_index, None),
            (self._day_long, self._day),
            (self._client, self._short_client),
            (self._profile_long, self._profile),
            (self._engine_long, self._engine),
            (self._clocks, self._clock),
            (self._profile, None),
            (self._engine, None),
            (self._day, None),
        ]
        room = self.width() - left - 8
        while give_up and sum(part(ink, view, 0, measure=True) for part in parts) > room:
            part, instead = give_up.pop(0)
            parts[parts.index(part) : parts.index(part) + 1] = [instead] if instead else []
        right = float(self.width())
        for part in parts:
            right -= part(ink, view, right)

    def _paint_left(self, ink: Ink, view: StatusView) -> float:
        theme, middle = self._theme, self.height() / 2
        label, strong = theme.face(11), theme.face(12, 600)
        roomy = self.width() > ROOMY
        x = 8.0
        full = QRectF(x, 0, 2000, self.height())
        dim = "stale" if self._dimmed else ""
        self._divide(ink, x)
        x += 12
        if roomy:
            x += ink.text("muted", label, tr("Worst"), full.translated(x - 8, 0)) + 6
        x += ink.text(dim or "text", strong, view.worst_account, full.translated(x - 8, 0)) + 8
        big = theme.face(14, 600)
        token = dim or ("text" if view.worst_tone.value == "text" else view.worst_tone.value)
        x += ink.text(token, big, view.worst_ratio, full.translated(x - 8, 0)) + 8
        kind = "UNKNOWN" if self._dimmed else view.worst_kind
        x += ink.chip(kind, view.worst_level, x, middle, left=True) + 14
        self._divide(ink, x)
        x += 12
        if roomy:
            x += ink.text("muted", label, tr("Feeds ms"), full.translated(x - 8, 0)) + 10
        return self._paint_lamps(ink, view, x)

    def _paint_lamps(self, ink: Ink, view: StatusView, x: float) -> float:
        """Every lamp; where they do not fit, first those in order tell no age, then none does."""
        needed = self._clock(ink, view, 0, measure=True)
        needed += self._short_client(ink, view, 0, measure=True)
        needed += self._day(ink, view, 0, measure=True)
        room = self.width() - x - needed
        told, gap = [self._age_told(lamp) for lamp in view.lamps], LAMP_GAP
        if self._lamps_width(view, told, gap) > room:
            calm = [lamp.shape == "circle" for lamp in view.lamps]
            told = ["" if c else text for c, text in zip(calm, told, strict=True)]
            gap = LAMP_GAP_TIGHT
        if self._lamps_width(view, told, gap) > room:
            told = [""] * len(told)
        self._tips = []
        for lamp, text in zip(view.lamps, told, strict=True):
            self._lamp(ink, lamp, x, text)
            width = self._lamp_width(lamp, text)
            self._tips.append((QRectF(x - 3, 0, width + 6, self.height()), lamp.tip))
            x += width + gap
        return x

    def _age_told(self, lamp: Lamp) -> str:
        return UNKNOWN if self._dimmed else lamp.age

    def _lamps_width(self, view: StatusView, told: list[str], gap: int) -> float:
        widths = (self._lamp_width(lamp, text) for lamp, text in zip(view.lamps, told, strict=True))
        return sum(widths) + gap * len(told)

    def _lamp_width(self, lamp: Lamp, shown: str) -> float:
        name, figure = self._theme.face(11).width(lamp.name), self._lamp_face(lamp).width(shown)
        return 15 + name + (6 + figure if shown else 0)

    def _lamp_face(self, lamp: Lamp) -> Face:
        return self._theme.face(12, 600 if lamp.shape in {"triangle", "square"} else 400)

    def _lamp(self, ink: Ink, lamp: Lamp, x: float, shown: str) -> None:
        size = 8 if lamp.shape == "circle" else 10
        shape, fill = ("hollow", "stale") if self._dimmed else (lamp.shape, lamp.fill)
        ink.shape(shape, fill, QRectF(x, self.height() / 2 - size / 2, size, size))
        box = QRectF(x + 15, 0, 200, self.height())
        width = ink.text("muted", self._theme.face(11), lamp.name, box)
        token = "stale" if self._dimmed else lamp.tone.value
        ink.text(token, self._lamp_face(lamp), shown, box.translated(width + 6, 0))

    def _divide(self, ink: Ink, x: float) -> None:
        ink.fill("line", QRectF(x, self.height() / 2 - 10, 1, 20))

    def _words(
        self,
        ink: Ink,
        right: float,
        words: list[_Word],
        measure: bool,
        icon: str = "",
    ) -> float:
        """Words that end at `right`, after a divider and perhaps an icon."""
        faces = [self._theme.face(11 if not w else 12, w or 400, code=c) for _, _, w, c in words]
        width = sum(face.width(text) + 6 for face, (text, *_) in zip(faces, words, strict=True))
        width += PULSE if icon else 0
        if measure:
            return width + 20
        x = right - width
        if icon:
            color = self._theme.color("stale" if self._dimmed else "muted").name()
            icons.draw(ink.painter, icon, color, QRectF(x, self.height() / 2 - 6, 12, 12))
            x += PULSE
        for face, (text, token, _, _) in zip(faces, words, strict=True):
            shown = "stale" if self._dimmed else token
            x += ink.text(shown, face, text, QRectF(x, 0, width, self.height())) + 6
        self._divide(ink, right - width - 12)
        return width + 20

    def _clock(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._clock_words(ink, view, right, [], measure)

    def _clocks(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        """The clock that leads, and the other one lighter behind it."""
        other: list[_Word] = [
            (view.other, "text2", 0, False),
            (view.other_zone, "muted", 0, False),
        ]
        return self._clock_words(ink, view, right, other, measure)

    def _clock_words(
        self, ink: Ink, view: StatusView, right: float, other: list[_Word], measure: bool
    ) -> float:
        """The clock; pointed at, it tells what there may be no room for beside it."""
        words = [(view.clock, "text", 600, False), (view.zone, "muted", 0, False), *other]
        width = self._words(ink, right, words, measure)
        if not measure:
            self._tips.append(
                (QRectF(right - width, 0, width, self.height()), "\n".join(view.rest))
            )
        return width

    def _profile(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._profile_words(ink, view, right, [], measure)

    def _profile_long(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float:
        return self._profile_words(ink, view, right, [(tr("Profile"), "muted", 0, False)], measure)

    def _profile_words(
        self, ink: Ink, view: StatusView, right: float, label: list[_Word], measure: bool
    ) -> float:
        name = (view.profile, "text2" if label else "muted", 0, False)
        words = [*label, name, (view.profile_hash, "text2", 0, True)]
        width = self._words(ink, right, words, measure)
        if not measure:
            tip = tr("Profile of the rules in force, and the beginning of its hash")
            self._tips.append((QRectF(right - width, 0, width, self.height()), tip))
        return width

    def _day(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        """The day's profit or loss."""
        return self._day_words(ink, view, right, (), measure)

    def _day_long(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float:
        return self._day_words(ink, view, right, view.day_parts, measure)

    def _day_words(
        self,
        ink: Ink,
        view: StatusView,
        right: float,
        parts: tuple[tuple[str, str], ...],
        measure: bool,
    ) -> float:
        words = [
            (tr("Day P&L"), "muted", 0, False),
            (view.day_pnl, view.day_tone.value, 600, False),
        ]
        for name, figure in parts:
            words += [(name, "muted", 0, False), (figure, "text2", 0, False)]
        width = self._words(ink, right, words, measure)
        if not measure:
            self._tips.append((QRectF(right - width, 0, width, self.height()), view.day_tip))
        return width

    def _engine(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._engine_words(ink, view, right, [], measure)

    def _engine_long(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float:
        return self._engine_words(ink, view, right, [(tr("Engine"), "muted", 0, False)], measure)

    def _engine_words(
        self, ink: Ink, view: StatusView, right: float, label: list[_Word], measure: bool
    ) -> float:
        """Its pulse, and what the last frame cost; without frames there is neither."""
        latency = UNKNOWN if self._dimmed else view.engine_ms
        words = [*label, (latency, "text2", 0, False)]
        words += [] if view.durable else [(tr("NOT DURABLE"), "danger", 600, False)]
        width = self._words(ink, right, words, measure, "pulse")
        if not measure:
            self._tips.append((QRectF(right - width, 0, width, self.height()), view.engine_tip))
        return width

    def _indices(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        """The index of each underlying with its votes."""
        return self._index_words(ink, view, right, view.consensus, measure)

    def _first_index(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float:
        return self._index_words(ink, view, right, view.consensus[:1], measure)

    def _index_words(
        self, ink: Ink, view: StatusView, right: float, texts: tuple[str, ...], measure: bool
    ) -> float:
        if not texts:
            return 0
        width = self._words(ink, right, [(text, "text2", 0, False) for text in texts], measure)
        if not measure:
            self._tips.append((QRectF(right - width, 0, width, self.height()), view.consensus_tip))
        return width

    def _client(self, ink: Ink, view: StatusView, right: float, *, measure: bool = False) -> float:
        return self._client_chip(ink, view, right, view.client, measure)

    def _short_client(
        self, ink: Ink, view: StatusView, right: float, *, measure: bool = False
    ) -> float:
        return self._client_chip(ink, view, right, view.client_short, measure)

    def _client_chip(
        self, ink: Ink, view: StatusView, right: float, text: str, measure: bool
    ) -> float:
        """What is known about the client, in an outline; a sample is said aloud."""
        face = self._theme.face(11, 600)
        width = face.width(text) + 30
        if measure:
            return width + 14
        box = QRectF(right - width - 6, self.height() / 2 - 10, width, 20)
        self._tips.append((box, f"{view.client}\n{tr('Click: gates, record, disclosures')}"))
        self._chip = box
        known = view.client != NO_CLIENT
        token = "text2" if known and not view.is_sample else "warning"
        ink.frame("edge" if token == "text2" else "warning", None, box)
        color = self._theme.color("stale" if self._dimmed else token).name()
        icons.draw(ink.painter, "info", color, QRectF(box.left() + 7, box.top() + 4, 12, 12))
        ink.text("stale" if self._dimmed else token, face, text, box.adjusted(23, 0, 0, 0))
        if self.hasFocus():
            focus_ring(ink, box)
        return width + 14
