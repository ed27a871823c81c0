"""The timeline of a day: what was filmed, the moments that matter, and where the replay stands.

A click or a drag goes to a time; the arrows go from moment to moment.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desk.model.film import FilmSpan
from ui.controls import focus_ring
from ui.paint import Align, Ink, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.journal import JournalDay, Mark
from ui.viewmodels.text import clock, zone_name
from ui.viewmodels.translation import tr

HEIGHT = 36
_SIDE = 10
_LANE, _LANE_HEIGHT = 4.0, 12.0
_MARK = 8.0


class Timeline(QWidget):
    """Painted; one a panel, all of one day."""

    sought = Signal(object)
    """Wall clock that the hand went to, ms (more than an int of Qt holds)."""
    stepped = Signal(int)
    """To the next (1) or previous (−1) moment."""
    toggled = Signal()
    """Play or pause."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._from_ms, self._to_ms = 0, 1
        self._film: list[FilmSpan] = []
        self._marks: tuple[Mark, ...] = ()
        self._at_ms: int | None = None
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Timeline of the day"))

    def show_day(self, day: JournalDay) -> None:
        """Show what was filmed and what happened."""
        self._from_ms, self._to_ms = day.span()
        self._film, self._marks = day.film, day.marks()
        self.update()

    def show_at(self, wall_ms: int | None) -> None:
        """Where the replay stands; None: nothing is replayed."""
        if wall_ms != self._at_ms:
            self._at_ms = wall_ms
            words = "" if wall_ms is None else f" {clock(wall_ms)} {zone_name()}"
            self.setAccessibleName(tr("Timeline of the day") + words)
            self.update()

    # ---- places -----------------------------------------------------------------------------

    def x_of(self, wall_ms: int) -> float:
        """Return where a time is."""
        share = (wall_ms - self._from_ms) / (self._to_ms - self._from_ms)
        return _SIDE + min(max(share, 0.0), 1.0) * (self.width() - 2 * _SIDE)

    def time_at(self, x: float) -> int:
        """Return the time at a place."""
        share = (x - _SIDE) / max(1, self.width() - 2 * _SIDE)
        return self._from_ms + int(min(max(share, 0.0), 1.0) * (self._to_ms - self._from_ms))

    # ---- hands ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.sought.emit(self.time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at_ms = self.time_at(event.position().x())
        QToolTip.showText(
            event.globalPosition().toPoint(), as_text(f"{clock(at_ms)} {zone_name()}"), self
        )
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(at_ms)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows: from moment to moment; Home, End: the ends of the film; Space: play or pause."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            ends = [end for span in self._film for end in (span.from_ms, span.to_ms)]
            if ends:
                self.sought.emit(min(ends) if key == Qt.Key.Key_Home else max(ends))
        elif key == Qt.Key.Key_Space:
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    # ---- painting ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("panel", box)
            lane = QRectF(_SIDE, _LANE, box.width() - 2 * _SIDE, _LANE_HEIGHT)
            ink.fill("field", lane)
            for span in self._film:
                left, right = self.x_of(span.from_ms), self.x_of(span.to_ms)
                ink.fill("sel", QRectF(left, lane.top(), max(1.0, right - left), lane.height()))
            self._paint_marks(ink, lane)
            self._paint_times(ink, box)
            if self._at_ms is not None:
                x = self.x_of(self._at_ms)
                ink.fill("text", QRectF(x - 1, 0, 2, _LANE + _LANE_HEIGHT + 3))
            if self.hasFocus():
                focus_ring(ink, box)

    def _paint_marks(self, ink: Ink, lane: QRectF) -> None:
        """Newest last, so that what happened last lies on top; a place is painted once a shape."""
        drawn: set[tuple[int, str]] = set()
        for mark in self._marks:
            x = self.x_of(mark.time_ms)
            if (place := (round(x / 3), mark.shape)) in drawn:
                continue
            drawn.add(place)
            box = QRectF(x - _MARK / 2, lane.center().y() - _MARK / 2, _MARK, _MARK)
            ink.shape(mark.shape, mark.tone.value, box)

    def _paint_times(self, ink: Ink, box: QRectF) -> None:
        face = self._theme.face(11)
        row = box.adjusted(_SIDE, _LANE + _LANE_HEIGHT + 2, -_SIDE, -1)
        width = face.width(clock(self._from_ms)) + 8
        x = row.center().x()
        if self._at_ms is not None:
            x = min(max(self.x_of(self._at_ms) - width / 2, row.left()), row.right() - width)
        if x >= row.left() + width:  # the time that is shown goes before those of the ends
            ink.text("muted", face, clock(self._from_ms), row)
        if x + width <= row.right() - width:
            ink.text("muted", face, clock(self._to_ms), row, Align.RIGHT)
        if self._at_ms is not None:
            place = QRectF(x, row.top(), width, row.height())
            ink.text("text", face, clock(self._at_ms), place, Align.CENTER)
            tip = self.x_of(self._at_ms)
            ink.painter.setBrush(self._theme.color("text"))
            ink.painter.drawPolygon(
                QPolygonF([QPointF(tip - 3, 0), QPointF(tip + 3, 0), QPointF(tip, 4)])
            )
