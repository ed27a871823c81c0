"""“Below the chart” and above it: prices that lie far off its scale."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.paint import Align, Ink, painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.chart import PriceLine
from ui.viewmodels.text import ARROW
from ui.viewmodels.translation import tr


class OffScale(QWidget):
    """“Below the chart”: liquidation and close-out on an axis of their own, hatched beyond."""

    def __init__(self, theme: Theme, *, above: bool) -> None:
        super().__init__()
        self._theme = theme
        self._above = above
        self._lines: list[PriceLine] = []
        self._edge = 0.0
        self._decimals = 1
        self._dimmed = False
        self.setFixedHeight(44)
        self.hide()

    def show_lines(self, lines: list[PriceLine], edge: float, decimals: int) -> None:
        """Show lines beyond the chart's edge, the nearest first."""
        self.setFixedHeight(38 if self._theme.compact else 44)
        ordered = sorted(lines, key=lambda line: abs(line.price - edge))
        if (ordered, edge) != (self._lines, self._edge):
            self._lines, self._edge, self._decimals = ordered, edge, decimals
            words = ", ".join(f"{line.text} {line.shown} {line.note}" for line in ordered)
            self.setAccessibleName(f"{self._title()}: {words}")
            self.setToolTip(as_text(words))
            self.setVisible(bool(ordered))
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Old prices in the colour of old prices."""
        self._dimmed = dimmed
        self.update()

    def _title(self) -> str:
        return tr("Above the chart") if self._above else tr("Below the chart")

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("raised", box)
            far = self._lines[-1].price
            start = self._paint_title(ink, box, far)
            end = box.width() - (52 if self._theme.compact else 88)
            ink.fill("edge", QRectF(start, box.center().y(), end - start, 1))
            if self._lines[-1].token == "danger" and not self._dimmed:
                hatched = QRectF(end, 6, 40, box.height() - 12)
                ink.fill("danger_tint", hatched)
                ink.hatch("danger", hatched)
            spots: list[tuple[PriceLine, float]] = []
            for line in self._lines:
                share = (line.price - self._edge) / (far - self._edge)
                x = start + share * (end - start)
                spots.append((line, x))
                token = "stale" if self._dimmed else line.token
                ink.fill(token, QRectF(x - 1, 6, 2, box.height() - 12))
            self._label(ink, spots, start)

    def _paint_title(self, ink: Ink, box: QRectF, far: float) -> float:
        """What this strip is; return where its axis begins."""
        strong, label = self._theme.face(11, 500), self._theme.face(11)
        if self._theme.compact:
            ink.text("text2", strong, self._title(), QRectF(12, 0, 120, box.height()))
            return 122.0
        ink.text("text2", strong, self._title(), QRectF(12, 5, 130, 16))
        span = f"{self._edge:,.0f} {ARROW} {far:,.0f}"
        ink.text("muted", label, span, QRectF(12, 23, 130, 16))
        return 140.0

    def _label(self, ink: Ink, spots: list[tuple[PriceLine, float]], start: float) -> None:
        """Words before their bar, else after it, the most dangerous first; some may not fit."""
        name, figure = self._theme.face(11, 600), self._theme.face(11)
        taken = [(x - 4, x + 4) for _, x in spots]
        for line, x in sorted(spots, key=_precedence):
            second = f"{line.shown} {line.note}".strip()
            width = max(name.width(line.text), figure.width(second))
            for left, align in ((x - width - 6, Align.RIGHT), (x + 6, Align.LEFT)):
                right = left + width
                inside = left >= start and right <= self.width() - 4
                if inside and all(right <= low or left >= high for low, high in taken):
                    taken.append((left - 6, right + 6))
                    place = QRectF(left, 0, width, self.height())
                    self._words(ink, line, second, place, align)
                    break

    def _words(self, ink: Ink, line: PriceLine, second: str, place: QRectF, align: Align) -> None:
        name, figure = self._theme.face(11, 600), self._theme.face(11)
        ink.fill("raised", place.adjusted(-3, 5, 3, -5))
        upper, lower = (3, 19) if self._theme.compact else (5, 23)
        token = "stale" if self._dimmed else line.token
        ink.text(token, name, line.text, QRectF(place.left(), upper, place.width(), 16), align)
        second_token = "stale" if self._dimmed else "text2"
        ink.text(
            second_token, figure, second, QRectF(place.left(), lower, place.width(), 16), align
        )


def _precedence(spot: tuple[PriceLine, float]) -> tuple[int, float]:
    """Words of what is dangerous find room first, then one's own orders, then the rest."""
    line, x = spot
    return {"danger": 0, "accent": 1}.get(line.token, 2), -x
