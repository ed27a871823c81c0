"""Shapes and words that every painted panel is made of."""

from __future__ import annotations

import re
from enum import IntFlag
from types import TracebackType
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintDevice, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from ui import icons
from ui.theme import Face, Theme

KEPT_AREA = 40_000
"""Square pixels up to which a drawn frame is kept."""


class Spot(NamedTuple):
    """Where a figure was painted."""

    box: QRectF
    label: str
    value: str
    figure: str
    """The engine's name for it; empty: it cannot be explained."""
    tip: str = ""


class Align(IntFlag):
    """Where a text stands in its box; always centred vertically."""

    LEFT = 1
    RIGHT = 2
    CENTER = 4


def draw_text(
    painter: QPainter, face: Face, text: str, box: QRectF, align: Align = Align.LEFT
) -> None:
    """Draw one line with the pen in force; digits stand centred by their cap height."""
    if align is Align.LEFT:
        x = box.left()
    elif align is Align.RIGHT:
        x = box.right() - face.width(text)
    else:
        x = box.center().x() - face.width(text) / 2
    painter.setFont(face.font)
    painter.drawText(QPointF(x, box.center().y() + face.cap_height / 2), text)


# level or desk state → (edge, fill, text, icon)
CHIPS: dict[str, tuple[str, str | None, str, str]] = {
    "NORMAL": ("edge", None, "text2", "tick"),
    "WARNING": ("warning", "warn_tint", "warning", "triangle"),
    "MARGIN_CALL": ("danger_fill", "danger_fill", "on_danger", "diamond"),
    "CLOSE_OUT": ("danger_fill", "danger_fill", "on_danger", "square"),
    "UNKNOWN": ("warning", None, "warning", "question"),
    "ACTIVE": ("edge", None, "text", "shield"),
    "REDUCING": ("warning", "warn_tint", "warning", "reduce"),
    "HALTED": ("danger_fill", "danger_fill", "on_danger", "shield"),
}


class Ink:
    """A painter with the theme at hand: `ink.text("muted", face, …)`."""

    __slots__ = ("painter", "spots", "theme")

    def __init__(self, painter: QPainter, theme: Theme) -> None:
        self.painter = painter
        self.theme = theme
        self.spots: list[Spot] = []
        """Figures painted so far that somebody may point at."""

    def text(
        self, token: str, face: Face, text: str, box: QRectF, align: Align = Align.LEFT
    ) -> float:
        """Draw a line of text in a token's colour; return its width."""
        self.painter.setPen(self.theme.color(token))
        draw_text(self.painter, face, text, box, align)
        return face.width(text)

    def fill(self, token: str, box: QRectF) -> None:
        """Fill a rectangle."""
        self.painter.fillRect(box, self.theme.color(token))

    def line(self, token: str, start: QPointF, end: QPointF, width: float = 1) -> None:
        """Draw a line."""
        self.painter.setPen(QPen(self.theme.color(token), width))
        self.painter.drawLine(start, end)

    def rule(self, box: QRectF) -> None:
        """A separator along the bottom of a box."""
        self.fill("line", QRectF(box.left(), box.bottom() - 1, box.width(), 1))

    def frame(self, edge: str, fill: str | None, box: QRectF, radius: float = 3) -> None:
        """A box with one pixel of outline; small ones are kept as pictures, for they are many."""
        if box.width() * box.height() <= KEPT_AREA:
            at = QPointF(round(box.left()), round(box.top()))
            self.painter.drawPixmap(at, self._kept_frame(edge, fill, box, radius))
        else:
            self._draw_frame(self.painter, edge, fill, box, radius)

    def _kept_frame(self, edge: str, fill: str | None, box: QRectF, radius: float) -> QPixmap:
        scale = self.painter.device().devicePixelRatio()
        width, height = round(box.width()), round(box.height())
        key = (edge, fill, width, height, radius, scale)
        kept = self.theme.frames.get(key)
        if kept is None:
            kept = QPixmap(round(width * scale), round(height * scale))
            kept.setDevicePixelRatio(scale)
            kept.fill(Qt.GlobalColor.transparent)
            painter = QPainter(kept)
            self._draw_frame(painter, edge, fill, QRectF(0, 0, width, height), radius)
            painter.end()
            self.theme.frames[key] = kept
        return kept

    def _draw_frame(
        self, painter: QPainter, edge: str, fill: str | None, box: QRectF, radius: float
    ) -> None:
        painter.setPen(self.theme.color(edge))
        painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else self.theme.color(fill))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def hatch(self, token: str, box: QRectF, step: int = 5) -> None:
        """Diagonal lines inside a box."""
        painter = self.painter
        painter.save()
        painter.setClipRect(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color(token))
        height, x = box.height(), box.left() - box.height()
        while x < box.right():
            painter.drawLine(QPointF(x, box.bottom()), QPointF(x + height, box.top()))
            x += step
        painter.restore()

    def shape(self, kind: str, token: str, box: QRectF) -> None:
        """A lamp: `circle`, `triangle`, `square`, `hollow`; state is told by shape and hue."""
        painter = self.painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color(token))
        path = QPainterPath()
        if kind == "circle":
            path.addEllipse(box)
        elif kind == "triangle":
            path.addPolygon(
                QPolygonF(
                    [
                        QPointF(box.center().x(), box.top()),
                        box.bottomRight(),
                        box.bottomLeft(),
                        QPointF(box.center().x(), box.top()),
                    ]
                )
            )
        elif kind == "hollow":
            painter.setPen(QPen(self.theme.color(token), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            path.addRect(box.adjusted(0.75, 0.75, -0.75, -0.75))
        else:
            path.addRect(box)
        painter.drawPath(path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def chip(
        self, kind: str, word: str, right: float, center: float, *, left: bool = False
    ) -> float:
        """A level or state: icon and word in a box 20 high, ending (or starting) at an x.

        Returns its width; an unheard-of kind is dressed as the worst.
        """
        edge, fill, token, icon = CHIPS.get(kind, CHIPS["CLOSE_OUT"])
        face = self.theme.face(11, 600)
        width = face.width(word) + 30
        start = right if left else right - width
        box = QRectF(round(start), round(center) - 10, round(width), 20)
        self.frame(edge, fill, box)
        color = self.theme.color(token).name()
        icons.draw(self.painter, icon, color, QRectF(box.left() + 7, box.top() + 4, 12, 12))
        self.text(token, face, word, box.adjusted(23, 0, 0, 0))
        return width


_IDEOGRAPH = "\u2e80-\u2fff\u3005-\u3007\u3040-\u9fff\uf900-\ufaff"
_OPENING, _CLOSING = "（「『《", "。，、；：！？）」』》…"
_BREAKS = re.compile(
    rf"(\s+(?!%)|(?<=[{_IDEOGRAPH}{_CLOSING}])(?=[^{_CLOSING}.,;:!?)%\s])"
    rf"|(?<=[^{_OPENING}(\s])(?=[{_IDEOGRAPH}{_OPENING}]))"
)
"""Between words, and beside every Chinese character but where punctuation would begin a line."""


def wrap(face: Face, text: str, width: int) -> list[str]:
    """Break a sentence into lines that fit, never before a %; a word longer than a line stands
    alone.
    """
    lines: list[str] = []
    line = ""
    parts = ["", *_BREAKS.split(text.strip())]
    for gap, word in zip(parts[::2], parts[1::2], strict=True):
        longer = f"{line}{gap}{word}" if line else word
        if line and face.width(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def broken(face: Face, word: str, width: int) -> list[str]:
    """Break a word that is longer than a line wherever the line ends."""
    if face.width(word) <= width:
        return [word]
    lines = [""]
    for letter in word:
        if lines[-1] and face.width(lines[-1] + letter) > width:
            lines.append("")
        lines[-1] += letter
    return lines


def cut(face: Face, text: str, width: float) -> str:
    """A text with an ellipsis where it does not fit; never for a figure, which would be another."""
    if face.width(text) <= width:
        return text
    kept = len(text)
    while kept and face.width(text[:kept] + "…") > width:
        kept -= 1
    return f"{text[:kept].rstrip()}…"


class painting:  # noqa: N801 (reads as a statement: with painting(widget, theme) as ink)
    """Paint on a widget; the painter is ended whatever happens, else Qt ends the process."""

    def __init__(self, device: QPaintDevice, theme: Theme) -> None:
        self._painter = QPainter(device)
        self._theme = theme

    def __enter__(self) -> Ink:
        return Ink(self._painter, self._theme)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._painter.end()
