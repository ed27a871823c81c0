"""Rows of finished text: what every view model hands to a painted table."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ui.viewmodels.text import UNKNOWN, zone_name
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr


class Side(Enum):
    """Where a column's text stands."""

    LEFT = "left"
    RIGHT = "right"


class Cell(NamedTuple):
    """One cell: a text with its meaning, and perhaps a second line, a unit, an outline."""

    text: str
    tone: Tone = Tone.TEXT2
    strong: bool = False
    second: str = ""
    second_tone: Tone = Tone.MUTED
    unit: str = ""
    """Small and muted, after the text."""
    chip: str = ""
    """`warn` or `danger`: the text stands in a tinted box."""
    value: float | None = None
    """What a drawn cell shows as a shape; text columns ignore it."""
    tip: str = ""
    """What is behind the figure, in a few lines."""


class Row(NamedTuple):
    """A row by its key, which survives sorting and refresh."""

    key: str
    cells: tuple[Cell, ...]
    heading: str = ""
    """Not empty: a heading across the whole width, the cells' texts after it."""


class Column(NamedTuple):
    """A column: as wide as `sample` at least; `keep` 0 is dropped first, 9 never."""

    key: str
    title: str
    sample: str
    side: Side = Side.RIGHT
    keep: int = 9
    tip: str = ""
    width: int = 0
    """Pixels that a drawn cell needs."""
    grow: bool = False
    """Takes all the room that is left; without such a column all share it."""
    acts: bool = False
    """Holds buttons: nothing to sort by, to copy or to hide."""
    fixed: bool = False
    """Tells what may be wrong with a row: a trader cannot hide it."""


def in_words(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns as a table shows them: titles and tips in the trader's language, `{zone}` filled."""
    return tuple(
        column._replace(title=tr(column.title, zone=zone_name()), tip=tr(column.tip))
        for column in columns
    )


def not_known(
    rows: tuple[Row, ...], columns: tuple[Column, ...], keys: frozenset[str]
) -> tuple[Row, ...]:
    """The same rows with a dash in these columns; headings keep their words."""
    dashed = [column.key in keys for column in columns]
    return tuple(
        row
        if row.heading
        else row._replace(
            cells=tuple(
                Cell(UNKNOWN, Tone.MUTED) if dash else cell
                for dash, cell in zip(dashed, row.cells, strict=True)
            )
        )
        for row in rows
    )


def keep_order(rows: tuple[Row, ...], order: list[str]) -> tuple[Row, ...]:
    """The same rows in the order they had: nothing moves under the pointer."""
    place = {key: number for number, key in enumerate(order)}
    return tuple(sorted(rows, key=lambda row: place.get(row.key, len(place))))
