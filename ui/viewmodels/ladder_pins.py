"""What matters and is out of the ladder's sight: pinned to its ends, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from desk.engine.snapshot import MarketView
from ui.viewmodels.names import word
from ui.viewmodels.own_orders import Chip, Mark
from ui.viewmodels.scale import Scale
from ui.viewmodels.text import distance, price
from ui.viewmodels.translation import tr


class Pin(msgspec.Struct, frozen=True):
    """One price, or several orders by the nearest of them."""

    text: str
    """`ENTRY 60,268.9`, `3 STP from 56,800.0`."""
    price: Decimal
    note: str
    """How far from the mark: `−2.8%`."""
    token: str


def pins_of(
    scale: Scale, seen: range, chips: Sequence[Chip], marks: Sequence[Mark], market: MarketView
) -> tuple[tuple[Pin, ...], tuple[Pin, ...]]:
    """What is above and below the rows that are seen, each ordered by price downwards."""
    ups: list[Pin] = []
    downs: list[Pin] = []
    for mark in marks:
        row = scale.row(mark.price)
        if row not in seen:
            text = f"{mark.word} {price(mark.price, market.tick_size)}"
            pin = Pin(text, mark.price, gap(mark.price, market.mark), mark.token)
            (ups if row < seen.start else downs).append(pin)
    for side, pins in _out_of_sight(scale, seen, chips):
        for role in dict.fromkeys(chip.role for chip in pins):
            grouped = [chip for chip in pins if chip.role == role]
            (ups if side else downs).append(_orders_pin(grouped, role, market, above=side))
    return _ordered(ups), _ordered(downs)


def _out_of_sight(
    scale: Scale, seen: range, chips: Sequence[Chip]
) -> tuple[tuple[bool, list[Chip]], ...]:
    rows = [(scale.row(chip.price, up=chip.side == "SELL"), chip) for chip in chips]
    return (
        (True, [chip for row, chip in rows if row < seen.start]),
        (False, [chip for row, chip in rows if row >= seen.stop]),
    )


def _orders_pin(chips: list[Chip], role: str, market: MarketView, *, above: bool) -> Pin:
    nearest = (min if above else max)(chips, key=lambda chip: chip.price)
    at = price(nearest.price, market.tick_size)
    text = (
        f"{word(nearest.side)} {nearest.size} {role} {at}"
        if len(chips) == 1
        else tr("{count} {role} from {price}", count=len(chips), role=role, price=at)
    )
    return Pin(text, nearest.price, gap(nearest.price, market.mark), "accent")


def _ordered(pins: list[Pin]) -> tuple[Pin, ...]:
    return tuple(sorted(pins, key=lambda pin: -pin.price))


def gap(value: Decimal, mark: Decimal | None) -> str:
    """How far a price is from the mark, its size rounded down; unknown without a mark."""
    if not mark:
        return ""
    shown = distance(value / mark - 1)
    return f"+{shown}" if value > mark else shown
