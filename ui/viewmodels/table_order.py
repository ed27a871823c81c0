"""Rows in the order of a column, by the figure that is shown; as text, to be copied.

A sort is stable, so rows that are equal keep the table's own order; what is unknown comes last
either way; a heading keeps its rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from ui.viewmodels.cells import Cell, Column, Row, Side, keep_order
from ui.viewmodels.text import MINUS, UNKNOWN

_FIGURE = re.compile(r"[▲▼+−±×> ]*(\d[\d,]*(?:\.\d+)?)(?::(\d+))?(?::(\d+))?\s*(\S*)\s*(\d*)")
_SCALES = {"K": 1e3, "M": 1e6, "B": 1e9, "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7}
"""Suffixes of counts, and of ages, whose bare figures are milliseconds."""
_NEGATIVE = (MINUS, "▼")


def in_order(
    rows: Sequence[Row], columns: Sequence[Column], key: str, *, descending: bool
) -> tuple[Row, ...]:
    """Rows by a column, each under its own heading; all as they are if there is no such column."""
    number = next((n for n, column in enumerate(columns) if column.key == key), None)
    if number is None:
        return tuple(rows)
    as_text = columns[number].side is Side.LEFT and not columns[number].width

    def place(row: Row) -> tuple[bool, float, str]:
        return _place(row.cells[number].text, as_text)

    ordered: list[Row] = []
    for heading, group in sections(rows):
        known = [row for row in group if place(row)[2] != UNKNOWN]
        ordered += heading
        ordered += sorted(known, key=place, reverse=descending)
        ordered += [row for row in group if place(row)[2] == UNKNOWN]
    return tuple(ordered)


def held(rows: Sequence[Row], order: list[str]) -> tuple[Row, ...]:
    """Rows in the places they had, each under its own heading; newcomers last."""
    return tuple(
        row
        for heading, group in sections(rows)
        for row in (*heading, *keep_order(tuple(group), order))
    )


def sections(rows: Iterable[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Each heading with the rows under it; rows before the first one have none."""
    heading: list[Row] = []
    group: list[Row] = []
    for row in rows:
        if row.heading:
            yield heading, group
            heading, group = [row], []
        else:
            group.append(row)
    yield heading, group


@lru_cache(maxsize=4096)
def _place(text: str, as_text: bool) -> tuple[bool, float, str]:
    """Where a text stands: figures by size before words by letters; UNKNOWN says so."""
    if not text or text == UNKNOWN:
        return True, 0.0, UNKNOWN
    found = None if as_text else _FIGURE.match(text)
    if found is None:
        return True, 0.0, text.casefold()
    size = float(found[1].replace(",", ""))
    if found[2]:
        size = (size * 60 + float(found[2])) * 60 + float(found[3] or 0)
    elif found[4] in _SCALES:
        size *= _SCALES[found[4]]
        size += float(found[5] or 0) * _SCALES["min"] if found[4] == "h" else 0
    return False, -size if text.lstrip("+±× ").startswith(_NEGATIVE) else size, ""


# ---- copying -------------------------------------------------------------------------------------


def table_text(columns: Sequence[Column], rows: Iterable[Row], shown: Collection[int]) -> str:
    """Rows as lines of columns between tabs under a head: figures as shown, with a plain minus."""
    numbers = [number for number in sorted(shown) if not columns[number].acts]
    head = [plain(columns[number].title.rstrip(" ↑")) for number in numbers]
    lines = [head, *([cell_text(row.cells[n]) for n in numbers] for row in rows)]
    return "\n".join("\t".join(line) for line in lines)


def cell_text(cell: Cell) -> str:
    """Everything a cell says, in one line."""
    return plain(" ".join(part for part in (cell.text, cell.unit, cell.second) if part))


def plain(text: str) -> str:
    """A text that a spreadsheet reads: a plain minus, no tab and no line break of its own."""
    return " ".join(text.replace(MINUS, "-").split())
