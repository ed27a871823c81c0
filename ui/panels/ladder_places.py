"""Where things stand on the ladder, in pixels: columns, rows, pins, chips."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from ui.theme import Face
from ui.viewmodels.ladder import LadderRow
from ui.viewmodels.ladder_pins import Pin
from ui.viewmodels.own_orders import Chip

HEAD = 22
ROW = 20
PIN, SMALL_PIN = 24, 20
PINS_ABOVE, PINS_BELOW = 1, 2
"""Places kept for pins; more of them lie over the outermost rows, which do not move."""
CHIPS_SIDE_BY_SIDE = 2
NARROW = 260
SHARES = {"own": 0.32, "bid": 0.25, "ask": 0.24, "volume": 0.19}
NARROW_SHARES = {"own": 0.25, "bid": 0.27, "ask": 0.28, "volume": 0.20}
"""Parts of what the price leaves; on a narrow ladder sizes come before own orders' queues."""
COLUMNS = ("own", "bid", "price", "ask", "volume")
PAD, GAP = 5, 4
"""Pixels between a size and the price, and at least between a size and the volume."""


class Hit(NamedTuple):
    """What is under a point."""

    row: int
    price: Decimal
    column: str
    chip: Chip | None = None


class Places:
    """Measures of a ladder of one size; made anew when the size changes."""

    def __init__(self, width: int, height: int, price_width: float, pin: int = PIN) -> None:
        self.width, self.height, self.pin = width, height, pin
        self.count = max(1, (height - HEAD - pin * (PINS_ABOVE + PINS_BELOW)) // ROW)
        self.top = HEAD + pin * PINS_ABOVE
        shares = NARROW_SHARES if width < NARROW else SHARES
        self.edge = 2 if width < NARROW else 6
        """Pixels outside of the outermost words: on a narrow ladder sizes come close."""
        free = width - price_width
        self.columns: dict[str, tuple[float, float]] = {}
        left = 0.0
        for name in COLUMNS:
            wide = price_width if name == "price" else round(free * shares[name])
            if name == COLUMNS[-1]:
                wide = width - left
            self.columns[name] = (left, wide)
            left += wide

    @property
    def bottom(self) -> int:
        """Where the rows end."""
        return self.top + self.count * ROW

    def row_box(self, row: int) -> QRectF:
        """A row across the whole width."""
        return QRectF(0, self.top + row * ROW, self.width, ROW)

    def cell(self, row: int, column: str) -> QRectF:
        """One cell."""
        left, wide = self.columns[column]
        return QRectF(left, self.top + row * ROW, wide, ROW)

    def volume_words(self, row: LadderRow, size: Face, small: Face) -> str:
        """A row's volume as far as the ask's size leaves it room: it is never hidden."""
        room = self.width - self.edge - self.columns["ask"][0]
        if row.ask:
            room -= PAD + size.width(row.ask) + GAP
        texts = (row.traded, row.traded_short)
        return next((text for text in texts if small.width(text) <= room), "")

    def row_at(self, y: float) -> int | None:
        """The row at a height, or None beside the rows."""
        return int((y - self.top) // ROW) if self.top <= y < self.bottom else None

    def column_at(self, x: float) -> str:
        """The column at a place; the first or last beside them."""
        for name, (left, wide) in self.columns.items():
            if x < left + wide:
                return name
        return COLUMNS[-1]

    def chips(self, row: int, shown: LadderRow) -> list[tuple[Chip | None, QRectF]]:
        """Boxes of a row's chips; None stands for those that found no room."""
        chips: list[Chip | None] = list(shown.chips)
        if len(chips) > CHIPS_SIDE_BY_SIDE:
            chips = [*chips[: CHIPS_SIDE_BY_SIDE - 1], None]
        if not chips:
            return []
        cell = self.cell(row, "own").adjusted(2, 1, -2, -1)
        wide = cell.width() / len(chips)
        return [
            (chip, QRectF(cell.left() + n * wide, cell.top(), wide - 1, cell.height()))
            for n, chip in enumerate(chips)
        ]

    def chip_at(self, row: int, shown: LadderRow, at: QPointF) -> Chip | None:
        """The chip under a point of a row."""
        return next((c for c, box in self.chips(row, shown) if c and box.contains(at)), None)

    def above_box(self, line: int) -> QRectF:
        """A line of pins from the top down."""
        return QRectF(0, HEAD + line * self.pin, self.width, self.pin)

    def below_box(self, line: int, lines: int) -> QRectF:
        """A line of pins at the lower end, `lines` in all."""
        start = max(0, lines - PINS_BELOW)
        return QRectF(0, self.bottom + (line - start) * self.pin, self.width, self.pin)

    def covered_rows(self, above: int, below: int) -> tuple[int, int]:
        """Rows at either end that more lines of pins than there are places for lie over."""
        more = (max(0, above - PINS_ABOVE), max(0, below - PINS_BELOW))
        first, last = (-(-lines * self.pin // ROW) for lines in more)
        return first, last


def packed(pins: Sequence[Pin], kept: int, width: float, face: Face) -> list[tuple[Pin, ...]]:
    """Pins in lines: one each while there are places, else two that fit side by side.

    What a position may be lost at stands alone, with its distance.
    """
    if len(pins) <= kept:
        return [(pin,) for pin in pins]
    lines: list[tuple[Pin, ...]] = []
    for pin in pins:
        alone = lines[-1][0] if lines and len(lines[-1]) == 1 else None
        calm = alone is not None and "danger" not in (pin.token, alone.token)
        if alone is not None and calm and _fit(alone, pin, width, face):
            lines[-1] = (alone, pin)
        else:
            lines.append((pin,))
    return lines


def _fit(first: Pin, second: Pin, width: float, face: Face) -> bool:
    return face.width(first.text) + face.width(second.text) + 44 <= width
