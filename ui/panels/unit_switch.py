"""The quantity in every unit, as the desk read it; each reading is the button of its unit."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from desk.model.command import QuantityUnit
from ui.controls import Button
from ui.theme import Theme
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.ticket import Readings
from ui.viewmodels.translation import tr

UNITS = (QuantityUnit.BASE, QuantityUnit.NOTIONAL, QuantityUnit.CONTRACTS)
NAMES = (tr("In coin: {figure}"), tr("In US dollars: {figure}"), tr("In contracts: {figure}"))


class UnitSwitch(QWidget):
    """Coin, dollars, contracts; what is chosen is how a number alone is read."""

    chosen = Signal(object)
    risk_asked = Signal(bool)
    """The quantity shall be worked out from the stop, or not."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(tr("Unit of the quantity"))
        self.readings = Readings()
        self._base = ""
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons: dict[QuantityUnit, Button] = {}
        for unit in UNITS:
            button = Button(theme, "", "quiet")
            button.setCheckable(True)
            button.setFixedHeight(20)
            button.pixels = 11
            button.clicked.connect(partial(self._click, unit))
            self._group.addButton(button)
            self.buttons[unit] = button
            row.addWidget(button, 1)
        self.risk = Button(theme, tr("Size from stop"), "quiet")
        self.risk.setCheckable(True)
        self.risk.setFixedHeight(20)
        self.risk.pixels = 11
        self.risk.clicked.connect(self.risk_asked)
        row.addWidget(self.risk)
        self._write()

    def set_compact(self, compact: bool) -> None:
        """Fewer words on a small screen."""
        self.risk.say(tr("From stop") if compact else tr("Size from stop"))

    def _click(self, unit: QuantityUnit) -> None:
        self.chosen.emit(unit)

    def show_unit(self, unit: QuantityUnit, base: str, *, has_contracts: bool) -> None:
        """Which unit a number alone has; none is chosen while it is a risk."""
        shown = QuantityUnit.BASE if unit is QuantityUnit.BARE else unit
        self._group.setExclusive(False)
        for key, button in self.buttons.items():
            button.setChecked(key is shown)
        self._group.setExclusive(shown in self.buttons)
        self.risk.setChecked(unit is QuantityUnit.RISK)
        self.buttons[QuantityUnit.CONTRACTS].setVisible(has_contracts)
        if base != self._base:
            self._base = base
            self._write()

    def show_readings(self, readings: Readings, *, dimmed: bool) -> None:
        """All three; dimmed while they are about an older draft."""
        for button in self.buttons.values():
            if button.kind != ("stale" if dimmed else "quiet"):
                button.kind = "stale" if dimmed else "quiet"
                button.update()
        if readings != self.readings:
            self.readings = readings
            self._write()

    def _write(self) -> None:
        read = self.readings
        words = (read.coin, _grouped(read.value), read.contracts or read.coin)
        for button, figure, unit, name in zip(
            self.buttons.values(), words, (self._base, "USD", tr("ct")), NAMES, strict=True
        ):
            button.say(f"{figure} {unit}".strip(), kind=button.kind)
            button.setAccessibleName(name.format(figure=figure or UNKNOWN))

    def text_of(self, unit: QuantityUnit) -> str:
        """What is to be written for the same quantity in a unit; empty while it is not known."""
        read = self.readings
        if unit is QuantityUnit.NOTIONAL:
            return read.value
        return (read.contracts or read.coin) if unit is QuantityUnit.CONTRACTS else read.coin


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    if not whole.isdigit():
        return text
    return f"{int(whole):,}" if len(whole) > 3 else f"{whole}{point}{rest}"
