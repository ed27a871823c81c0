"""Above the plot: sizes of candles, lines that can be switched, one candle in figures."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button, focus_ring
from ui.paint import Align, Ink, painting
from ui.plain import as_text
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.chart import SWITCH_KEYS, Shown
from ui.viewmodels.chart_scale import BARS
from ui.viewmodels.translation import tr

SAMPLES = {
    "mark": ("text2", Qt.PenStyle.DashLine),
    "index": ("safe", Qt.PenStyle.SolidLine),
    "last": ("accent", Qt.PenStyle.SolidLine),
}
"""Token and style of each line's sample, as it is drawn."""
SAMPLE_WIDTH = 14
ROW = 22


def switch_names() -> dict[str, tuple[str, str]]:
    """What each switch is called, and what it does."""
    return {
        "mark": (tr("Mark"), tr("Line of the mark price")),
        "index": (tr("Index"), tr("Line of the index price")),
        "last": (tr("Last"), tr("Line through the last prices")),
        "volume": (tr("Volume"), tr("Volume of each candle, at the bottom")),
        "profile": (tr("Depth"), tr("Depth of the book now, at the right edge")),
        "heat": (tr("Heat"), tr("How the depth of the book developed, behind the candles")),
        "fills": (tr("Fills"), tr("Own fills: ▲ bought, ▼ sold")),
    }


class Switch(Button):
    """A quiet word that is on or off; a line's has its sample and its value."""

    def __init__(self, theme: Theme, key: str, name: str, tip: str, tick: str) -> None:
        super().__init__(theme, name, "quiet", name=tip)
        self.key, self.value, self._is_old = key, "", False
        self.pixels = 11
        self.setCheckable(True)
        self.setFixedHeight(ROW - 2)
        self.setToolTip(as_text(f"{tip} ({tick})"))

    def show_value(self, value: str, *, is_old: bool = False) -> None:
        """The price that the line has now."""
        if (value, is_old) != (self.value, self._is_old):
            wider = len(value) != len(self.value)
            self.value, self._is_old = value, is_old
            self.setAccessibleDescription(value)
            if wider:
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = self.theme.face(11).width(self.text()) + 12
        if self.key in SAMPLES:
            width += SAMPLE_WIDTH + 6
        if self.value:
            width += self.theme.face(12, 500).width(self.value) + 6
        return QSize(int(width), ROW - 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            box, on = QRectF(self.rect()), self.isChecked()
            if self.underMouse() or self.isDown():
                ink.frame("sel", "sel", box)
            x = 6.0
            if self.key in SAMPLES:
                self._sample(ink, x, on=on)
                x += SAMPLE_WIDTH + 6
            face = self.theme.face(11)
            name = ink.text("text2" if on else "muted", face, self.text(), box.adjusted(x, 0, 0, 0))
            if not on and self.key not in SAMPLES:
                # What is off is struck through: the shade alone would not tell.
                ink.fill("muted", QRectF(x, round(box.center().y()), name, 1))
            if self.value:
                token = "stale" if self._is_old else "text2"
                place = box.adjusted(x + name + 6, 0, 0, 0)
                ink.text(token, self.theme.face(12, 500), self.value, place)
            if self.hasFocus():
                focus_ring(ink, box)

    def _sample(self, ink: Ink, x: float, *, on: bool) -> None:
        """The line as it is drawn; a hollow ring where it is not."""
        y = self.height() / 2
        if not on:
            ink.shape("hollow", "edge", QRectF(x + 3, y - 3.5, 7, 7))
            return
        token, style = SAMPLES[self.key]
        pen = QPen(self.theme.color(token), 1.5, style)
        if style is Qt.PenStyle.DashLine:
            pen.setDashPattern([2.2, 1.3])
        ink.painter.setPen(pen)
        ink.painter.drawLine(QPointF(x, y), QPointF(x + SAMPLE_WIDTH, y))


class ChartHead(QWidget):
    """Two rows: sizes and lines, a candle's figures and what else can be shown."""

    changed = Signal()
    """A size was chosen, or something was switched."""
    live_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        names = [(name, name, "bare") for name in BARS]
        self.bars = Segments(theme, tr("Size of a candle"), names, ROW)
        for number, button in enumerate(self.bars.buttons.values(), 1):
            button.pixels = 11
            button.setToolTip(as_text(tr("{size} candles ({key})", size=button.text(), key=number)))
        self.bars.choose("5m")
        self.bars.chosen.connect(self._change)
        self.switches: dict[str, Switch] = {}
        on = Shown()
        for key, (name, tip) in switch_names().items():
            switch = self.switches[key] = Switch(theme, key, name, tip, SWITCH_KEYS[key])
            switch.setChecked(getattr(on, key))
            switch.toggled.connect(self._change)
        self.live = Button(theme, tr("To now"), "accent", name=tr("Back to the live edge"))
        self.live.pixels = 11
        self.live.setFixedHeight(ROW - 2)
        self.live.setToolTip(tr("Back to the live edge (End)"))
        self.live.clicked.connect(self.live_asked)
        self.live.hide()
        self.figures = Figures(theme)
        self._arrange()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 2)
        column.setSpacing(1)
        upper, lower = QHBoxLayout(), QHBoxLayout()
        upper.setSpacing(2)
        lower.setSpacing(2)
        self.bars.setFixedWidth(33 * len(BARS))
        upper.addWidget(self.bars)
        upper.addStretch(1)
        lower.addWidget(self.figures, 1)
        for key, switch in self.switches.items():
            (upper if key in SAMPLES else lower).addWidget(switch)
        lower.addWidget(self.live)
        column.addLayout(upper)
        column.addLayout(lower)

    def _change(self, _: object) -> None:
        self.changed.emit()

    def toggle(self, key: str) -> None:
        """Switch one on or off."""
        self.switches[key].toggle()

    def shown(self) -> Shown:
        """What is switched on."""
        return Shown(**{key: switch.isChecked() for key, switch in self.switches.items()})

    def show_what(self, shown: Shown) -> None:
        """Switch everything at once."""
        for key, value in msgspec.structs.asdict(shown).items():
            self.switches[key].setChecked(value)

    def show_live(self, is_live: bool) -> None:
        """The way back to now is offered where one is away from it."""
        if self.live.isVisibleTo(self) is is_live:
            self.live.setVisible(not is_live)
            self._fit()

    def show_prices(self, mark: str, index: str, last: str, *, is_old: bool) -> None:
        """The newest of each line."""
        for key, value in (("mark", mark), ("index", index), ("last", last)):
            self.switches[key].show_value(value, is_old=is_old)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What finds no room is not shown: lines from the right, the mark's goes last."""
        lines = [self.switches[key] for key in ("mark", "index", "last")]
        _show_what_fits(lines, self.width() - self.bars.width() - 24)
        rest = [self.switches[key] for key in self.switches if key not in SAMPLES]
        live = 0 if self.live.isHidden() else self.live.sizeHint().width() + 4
        _show_what_fits(rest, self.width() - self.figures.least() - live - 24)


def _show_what_fits(widgets: list[Switch], room: float) -> None:
    for widget in widgets:
        room -= widget.sizeHint().width() + 2
        if widget.isHidden() is (room >= 0):
            widget.setVisible(room >= 0)


class Figures(QWidget):
    """One candle: labels and values, as many as fit."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.cells: tuple[tuple[str, str, str], ...] = ()
        self._dimmed = False
        self.setFixedHeight(ROW - 2)

    def show_cells(self, cells: tuple[tuple[str, str, str], ...]) -> None:
        """Show label, value and token of each."""
        if cells != self.cells:
            self.cells = cells
            self.setAccessibleName(", ".join(f"{label} {value}" for label, value, _ in cells))
            self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Old figures in the colour of old figures."""
        self._dimmed = dimmed
        self.update()

    def least(self) -> float:
        """The room that open, high, low and close take."""
        return sum(self._width(label, value) for label, value, _ in self.cells[:4])

    def _width(self, label: str, value: str) -> float:
        gap = 4 if label else 0
        return self._theme.face(11).width(label) + gap + self._theme.face(12, 500).width(value) + 12

    def sizeHint(self) -> QSize:
        return QSize(120, ROW - 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, ROW - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            x = 4.0
            for label, value, token in self.cells:
                width = self._width(label, value)
                if x + width - 12 > self.width():
                    break
                box = QRectF(x, 0, width, self.height())
                if label:
                    box.setLeft(x + ink.text("muted", self._theme.face(11), label, box) + 4)
                color = "stale" if self._dimmed else token
                ink.text(color, self._theme.face(12, 500), value, box, Align.LEFT)
                x += width
