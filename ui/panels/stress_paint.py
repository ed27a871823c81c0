"""How the map of stress is drawn: cells by level, what is closed out hatched, lines over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ui.paint import Align, Ink
from ui.theme import Theme
from ui.viewmodels.stress import HeatCell, HeatView, Line, Point, shown_moves
from ui.viewmodels.stress_cell import CellView

RANGES = {
    "calm": ("heat_calm", "heat_near"),
    "warn": ("heat_warn", "heat_warn"),
    "call": ("heat_call", "heat_deep"),
    "out": ("heat_out", "heat_out"),
    "unknown": ("field", "field"),
}
HATCH_STEP = 6
CARD_WIDTH = 184
ROW = 20


class Places:
    """Where moves and cells lie in a box."""

    def __init__(self, view: HeatView, box: QRectF) -> None:
        self.box = box
        self.count = len(view.moves)
        self._low, high = shown_moves(view.moves)
        self._span = high - self._low
        shares = [n / self.count for n in range(self.count + 1)]
        self._across = [round(box.left() + box.width() * share) for share in shares]
        self._down = [round(box.top() + box.height() * share) for share in shares]

    def point(self, moves: Point) -> QPointF:
        """A joint move; up is a rise of ETH."""
        btc, eth = moves
        box = self.box
        return QPointF(
            box.left() + (btc - self._low) / self._span * box.width(),
            box.bottom() - (eth - self._low) / self._span * box.height(),
        )

    def cell(self, row: int, column: int) -> QRectF:
        """The box of a cell, rows from the top, on whole pixels: no seam between neighbours."""
        left, top = self._across[column], self._down[row]
        return QRectF(left, top, self._across[column + 1] - left, self._down[row + 1] - top)

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column under a point; None beside the map."""
        box = self.box
        if not box.contains(QPointF(x, y)):
            return None
        row = int((y - box.top()) / box.height() * self.count)
        column = int((x - box.left()) / box.width() * self.count)
        return min(row, self.count - 1), min(column, self.count - 1)

    def now(self) -> tuple[int, int] | None:
        """The cell of no move at all."""
        here = self.point((0.0, 0.0))
        return self.at(here.x(), here.y())

    def _along(self, line: Line) -> Iterator[QPointF]:
        """Points of a line no further apart than half a cell."""
        points = [self.point(moves) for moves in line]
        for start, end in pairwise(points):
            way, reach = end - start, self.box.width() / self.count / 2
            steps = 1 + int(max(abs(way.x()), abs(way.y())) / max(1.0, reach))
            yield from (start + way * (step / steps) for step in range(steps))
        yield from points[-1:]

    def crossed(self, *lines: Line) -> set[tuple[int, int]]:
        """Cells whose middle a line may go through."""
        return {
            place
            for line in lines
            for point in self._along(line)
            for step in (-6, 0, 6)
            if (place := self.at(point.x() + step, point.y())) is not None
        }


class Shades(dict[tuple[str, float], QColor]):
    """Colours of cells, each worked out once a picture: between the two ends of its level."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def of(self, cell: HeatCell) -> QColor:
        """The colour of a cell."""
        key = (cell.kind, cell.depth)
        found = self.get(key)
        if found is None:
            found = self[key] = _between(self._theme, cell)
        return found


def _between(theme: Theme, cell: HeatCell) -> QColor:
    low, high = (theme.color(token) for token in RANGES[cell.kind])
    share = cell.depth
    return QColor(
        round(low.red() + share * (high.red() - low.red())),
        round(low.green() + share * (high.green() - low.green())),
        round(low.blue() + share * (high.blue() - low.blue())),
    )


def draw_cells(ink: Ink, view: HeatView, places: Places, *, dim: bool) -> None:
    """Fills and hatch, then the lines, then the words on a halo of their cell's colour."""
    painter, shades = ink.painter, Shades(ink.theme)
    closed: list[QRectF] = []
    for row, cells in enumerate(view.rows):
        for column, cell in enumerate(cells):
            box = places.cell(row, column).adjusted(0, 0, -1, -1)
            painter.fillRect(box, shades.of(cell))
            if cell.kind in {"out", "unknown"}:
                closed.append(box)
    _hatch(ink, closed)
    painter.save()
    painter.setClipRect(places.box)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_lines(ink, view, places)
    painter.restore()
    _draw_words(ink, view, places, shades, dim=dim)


def _draw_words(ink: Ink, view: HeatView, places: Places, shades: Shades, *, dim: bool) -> None:
    """Every figure; one that a line goes through stands on a halo, and gives way to the dot."""
    crossed = places.crossed(*view.call, *view.close_out, view.ellipse)
    now = places.now()
    for row, cells in enumerate(view.rows):
        for column, cell in enumerate(cells):
            if cell.text and (row, column) != now:
                box = places.cell(row, column)
                halo = shades.of(cell) if (row, column) in crossed else None
                _draw_word(ink, cell.text, box, halo, dim=dim)


def _draw_word(ink: Ink, text: str, box: QRectF, halo: QColor | None, *, dim: bool) -> None:
    face, box = ink.theme.face(11), box.adjusted(0, 0, -1, -1)
    if halo is not None:
        wide = face.width(text) + 2
        under = QRectF(box.center().x() - wide / 2, box.center().y() - 6, wide, 12)
        ink.painter.fillRect(under, halo)
    ink.text("stale" if dim else "text", face, text, box, Align.CENTER)


def _hatch(ink: Ink, closed: list[QRectF]) -> None:
    """One family of diagonals through all closed cells, so that it has no seams.

    Cut to each cell by hand: text drawn after a clip path costs five times as much.
    """
    lines: list[QLineF] = []
    for box in closed:
        first = math.ceil((box.left() + box.top()) / HATCH_STEP) * HATCH_STEP
        for reach in range(first, int(box.right() + box.bottom()), HATCH_STEP):
            left = max(box.left(), reach - box.bottom())
            right = min(box.right(), reach - box.top())
            lines.append(QLineF(left, reach - left, right, reach - right))
    painter = ink.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(ink.theme.color("heat_hatch"))
    painter.drawLines(lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_lines(ink: Ink, view: HeatView, places: Places) -> None:
    """Frontier, call line, and the usual day."""
    for line in view.call:
        _polyline(ink, line, places, "warning", 1.6, Qt.PenStyle.DashLine)
    for line in view.close_out:
        _polyline(ink, line, places, "danger", 2.2)
    _polyline(ink, view.ellipse, places, "safe", 1.2)


def draw_now(ink: Ink, view: HeatView, places: Places, *, dim: bool) -> None:
    """Over the words: today's path, which strikes none through, now, the way to the common move."""
    painter, theme = ink.painter, ink.theme
    painter.save()
    painter.setClipRect(places.box)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    here = places.point((0.0, 0.0))
    way = () if view.common is None else ((0.0, 0.0), view.common)
    _polyline(ink, view.path, places, "accent", 1.6)
    _polyline(ink, way, places, "text2", 1, Qt.PenStyle.DotLine)
    shades = Shades(theme)
    for row, column in places.crossed(view.path, way) - {places.now()}:
        cell = view.rows[row][column]
        if cell.text:
            _draw_word(ink, cell.text, places.cell(row, column), shades.of(cell), dim=dim)
    if view.common is not None:
        there = places.point(view.common)
        painter.setPen(QPen(theme.color("danger"), 2))
        painter.setBrush(theme.color("panel"))
        painter.drawEllipse(there, 4.5, 4.5)
    painter.setPen(QPen(theme.color("panel"), 1))
    painter.setBrush(theme.color("text"))
    painter.drawEllipse(here, 4.5, 4.5)
    painter.restore()


def _polyline(
    ink: Ink, line: Line, places: Places, token: str, width: float,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:  # fmt: skip
    if len(line) > 1:
        ink.painter.setPen(QPen(ink.theme.color(token), width, style))
        ink.painter.drawPolyline(QPolygonF([places.point(moves) for moves in line]))


def draw_axes(ink: Ink, view: HeatView, box: QRectF) -> None:
    """Moves along the bottom and the left, what they are of beside them."""
    theme, places = ink.theme, Places(view, box)
    small, bold = theme.face(10.5), theme.face(10.5, 600)
    for number, label in enumerate(view.labels):
        is_now = abs(view.moves[number]) < 1e-9
        face, token = (bold, "text") if is_now else (small, "muted")
        below = places.cell(places.count - 1, number)
        under = QRectF(below.left(), box.bottom() + 4, below.width(), 14)
        ink.text(token, face, label, under, Align.CENTER)
        beside = places.cell(places.count - 1 - number, 0)
        left = QRectF(box.left() - 56, beside.top(), 50, beside.height())
        ink.text(token, face, label, left, Align.RIGHT)
    title = theme.face(11)
    under = QRectF(box.left(), box.bottom() + 20, box.width(), 16)
    ink.text("muted", title, view.x_title, under, Align.CENTER)
    painter = ink.painter
    painter.save()
    painter.translate(box.left() - 58, box.center().y())
    painter.rotate(-90)
    ink.text("muted", title, view.y_title, QRectF(-150, -8, 300, 16), Align.CENTER)
    painter.restore()


def draw_outline(ink: Ink, box: QRectF, *, focused: bool) -> None:
    """The cell that is explained."""
    token = "accent" if focused else "text"
    ink.painter.setPen(QPen(ink.theme.color(token), 2))
    ink.painter.setBrush(Qt.BrushStyle.NoBrush)
    ink.painter.drawRect(box.adjusted(0, 0, -1, -1))


def draw_card(ink: Ink, cell: CellView, title: str, box: QRectF, *, dim: bool) -> float:
    """The explained cell in a column; return its bottom."""
    theme = ink.theme
    height = 56 + ROW * len(cell.rows) + 30
    ink.frame("line", "raised", QRectF(box.left(), box.top(), box.width(), height), radius=4)
    row = QRectF(box.left() + 12, box.top() + 8, box.width() - 24, 18)
    ink.text("muted", theme.face(11), title, row)
    ink.text("text", theme.face(12, 600), cell.title, row.translated(0, 20))
    row = QRectF(row.left(), row.top() + 44, row.width(), ROW)
    for figure in cell.rows:
        ink.text("muted", theme.face(11), figure.label, row)
        token = "stale" if dim else figure.tone.value
        ink.text(token, theme.face(12, 500), figure.value, row, Align.RIGHT)
        row.translate(0, ROW)
    ink.chip(cell.level, cell.level_word, row.left(), row.top() + 14, left=True)
    return box.top() + height


def draw_strip(ink: Ink, cell: CellView, box: QRectF, *, dim: bool) -> None:
    """The explained cell in two lines across, where there is no room beside the map."""
    theme = ink.theme
    row = QRectF(box.left(), box.top(), box.width(), 20)
    ink.text("text", theme.face(12, 600), cell.title, row)
    ink.chip(cell.level, cell.level_word, row.right(), row.center().y())
    columns = (len(cell.rows) + 1) // 2
    label, value = theme.face(10.5), theme.face(11, 600)
    needed = [
        max(label.width(f.label) + value.width(f.value) + 8 for f in cell.rows[n::columns])
        for n in range(columns)
    ]
    gap = max(4.0, (box.width() - sum(needed)) / max(1, columns - 1))
    left = box.left()
    for column, wide in enumerate(needed):
        for line, figure in enumerate(cell.rows[column::columns]):
            place = QRectF(left, row.bottom() + 2 + 17 * line, wide, 17)
            ink.text("muted", label, figure.label, place)
            token = "stale" if dim else figure.tone.value
            ink.text(token, value, figure.value, place, Align.RIGHT)
        left += wide + gap


def draw_legend(ink: Ink, legend: Sequence[tuple[str, str]], box: QRectF) -> None:
    """What lines, signs and fills mean, one below the other."""
    row = QRectF(box.left(), box.top(), box.width(), 19)
    for sign, words in legend:
        if sign == "calm":
            row.translate(0, 10)
        if row.bottom() > box.bottom():
            return
        _sign(ink, sign, QRectF(row.left(), row.top(), 22, row.height()))
        ink.text("text2", ink.theme.face(11), words, row.adjusted(32, 0, 0, 0))
        row.translate(0, row.height())


def draw_legend_line(ink: Ink, legend: Sequence[tuple[str, str]], box: QRectF) -> None:
    """The same in one line, as far as it goes."""
    face = ink.theme.face(10.5)
    left = box.left()
    for sign, words in legend:
        wide = 20 + face.width(words)
        if left + wide > box.right():
            return
        _sign(ink, sign, QRectF(left, box.top(), 16, box.height()))
        ink.text("muted", face, words, QRectF(left + 20, box.top(), wide, box.height()))
        left += wide + 12


def _sign(ink: Ink, sign: str, box: QRectF) -> None:
    painter, theme = ink.painter, ink.theme
    middle = box.center().y()
    ends = QPointF(box.left(), middle), QPointF(box.right(), middle)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if sign in {"frontier", "call", "path"}:
        token, style = {
            "frontier": ("danger", Qt.PenStyle.SolidLine),
            "call": ("warning", Qt.PenStyle.DashLine),
            "path": ("accent", Qt.PenStyle.SolidLine),
        }[sign]
        painter.setPen(QPen(theme.color(token), 2, style))
        painter.drawLine(*ends)
    elif sign == "ellipse":
        painter.setPen(QPen(theme.color("safe"), 1.2))
        painter.drawEllipse(box.center(), 8, 4.5)
    elif sign in {"now", "common"}:
        painter.setPen(QPen(theme.color("danger" if sign == "common" else "text"), 2))
        painter.setBrush(theme.color("panel" if sign == "common" else "text"))
        painter.drawEllipse(box.center(), 3.5, 3.5)
    else:
        _swatch(ink, sign, QRectF(box.left(), middle - 6, box.width(), 12))
    painter.restore()


def _swatch(ink: Ink, sign: str, box: QRectF) -> None:
    kind = "call" if sign == "called" else sign
    ink.fill(RANGES[kind][1], box)
    if kind == "out":
        ink.hatch("heat_hatch", box, HATCH_STEP)
