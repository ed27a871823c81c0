"""Prices that matter drawn across a plot, each with its words and its tag at the axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from ui.paint import Align, Ink
from ui.viewmodels.chart import PriceLine

AXIS_WIDTH = 76

Height = Callable[[float], float]
"""Pixel height of a price."""


def draw_line(
    ink: Ink,
    line: PriceLine,
    y_of: Height,
    view: QRectF,
    taken: list[QRectF],
    tag: float | None,
    *,
    dimmed: bool,
) -> None:
    """A line with its words at the left; `taken`: where words stand already; `tag`: where its
    price stands at the axis, if it has room.
    """
    y = round(y_of(line.price)) + 0.5
    if line.band is not None and not dimmed:
        _draw_band(ink, line.band, y_of, view)
    if not view.top() <= y <= view.bottom():
        return
    token = "stale" if dimmed else line.token
    styles = {"dash": Qt.PenStyle.DashLine, "dot": Qt.PenStyle.DotLine}
    pen = QPen(ink.theme.color(token), 1, styles.get(line.style, Qt.PenStyle.SolidLine))
    ink.painter.setPen(pen)
    ink.painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
    face = ink.theme.face(11, 600)
    text = f"{line.text} {line.note}".strip()
    width = face.width(text) + 16
    top = max(view.top(), min(y - 9.5, view.bottom() - 19))  # whole, also at an edge
    box = QRectF(view.left() + 8, top, width, 19)
    while (other := next((one for one in taken if one.intersects(box)), None)) is not None:
        box.moveLeft(other.right() + 8)
    taken.append(box)
    fill = "accent_tint" if line.token == "accent" else "panel"
    ink.frame(token, fill, box)
    ink.text(token, face, text, box, Align.CENTER)
    if tag is not None:
        axis_tag(ink, line.shown, tag, view, text_token=token, fill="panel")


def _draw_band(ink: Ink, band: tuple[float, float], y_of: Height, view: QRectF) -> None:
    """How far a liquidation price is uncertain, hatched over the whole width."""
    top, bottom = y_of(band[1]), y_of(band[0])
    hatched = QRectF(view.left(), top, view.width(), bottom - top).intersected(view)
    if hatched.height() >= 1:
        ink.fill("danger_tint", hatched)
        ink.hatch("danger", hatched, step=9)


def draw_ghost(ink: Ink, text: str, height: float, view: QRectF) -> None:
    """A dashed line with its words in the middle, where no tag stands."""
    y = round(height) + 0.5
    if not view.top() <= y <= view.bottom():
        return
    ink.painter.setPen(QPen(ink.theme.color("accent"), 1, Qt.PenStyle.DashLine))
    ink.painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
    face = ink.theme.face(11, 600)
    width = face.width(text) + 16
    box = QRectF(view.center().x() - width / 2, y - 9.5, width, 19)
    ink.frame("accent", "accent_tint", box)
    ink.text("accent", face, text, box, Align.CENTER)


TAG = 19


def tags_that_fit(
    heights: Mapping[str, float], calm: Sequence[str], top: float, bottom: float
) -> dict[str, float]:
    """Where tags stand whole, by key, the first where it is.

    Calm ones stand only where none is pushed a row away from its line, or past an edge, for them.
    """
    first, last = top + TAG / 2, bottom - TAG / 2
    wanted = {key: max(first, min(y, last)) for key, y in heights.items()}

    def stands(keys: set[str]) -> dict[str, float]:
        shown = [key for key in wanted if key in keys]
        places = tag_heights([wanted[key] for key in shown], top, bottom)
        return dict(zip(shown, places, strict=True))

    def astray(keys: set[str]) -> int:
        placed = stands(keys).items()
        return sum(abs(y - wanted[key]) >= TAG or not first <= y <= last for key, y in placed)

    kept = wanted.keys() - set(calm)
    for key in calm:
        if key in wanted and astray(kept | {key}) <= astray(kept):
            kept |= {key}
    return {key: y for key, y in stands(kept).items() if first <= y <= last}


def tag_heights(
    heights: Sequence[float], top: float = -math.inf, bottom: float = math.inf
) -> list[float]:
    """Where tags stand so that none covers another: the first where it is, the rest beside it.

    They keep the order of their prices, and stay between the edges where there is room.
    """
    stands = dict(enumerate(heights[:1]))
    for towards, edge in ((-1, top), (1, bottom)):
        away = {n: (y - heights[0]) * towards for n, y in enumerate(heights) if n}
        side = [n for n, off in away.items() if off > 0 or (off == 0 and towards > 0)]
        side.sort(key=away.__getitem__)
        room = abs(edge - heights[0]) - TAG / 2 if heights else 0.0
        for number, off in zip(side, _apart([away[n] for n in side], room), strict=True):
            stands[number] = heights[0] + towards * off
    return [stands[number] for number in range(len(heights))]


def _apart(offs: list[float], room: float) -> list[float]:
    """Distances from the first tag, pushed outwards, then back inside, each a tag apart."""
    placed = _outwards(offs)
    if not placed or placed[-1] <= room:
        return placed
    most = room
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], most)
        most = placed[place] - TAG
    return _outwards(placed)


def _outwards(offs: list[float]) -> list[float]:
    last, placed = 0.0, list[float]()
    for off in offs:
        last = max(off, last + TAG)
        placed.append(last)
    return placed


def axis_tag(ink: Ink, text: str, y: float, view: QRectF, *, text_token: str, fill: str) -> None:
    """A price at the axis."""
    box = QRectF(view.right() + 1, y - TAG / 2, AXIS_WIDTH - 2, TAG)
    ink.fill(fill, box)
    face = ink.theme.face(11, 600)
    ink.text(text_token, face, text, box.adjusted(0, 0, -6, 0), Align.RIGHT)
