"""What a trader has made of a table: its order, its columns, their widths; and what comes of it.

Everything goes by the columns' stable ids, never by titles. No figure is ever cut: a column of
figures is never narrower than its longest one, and where the room ends whole columns go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from ui.viewmodels.cells import Column, Side

MOST_WIDTH = 2_000
LEAST_TEXT = 48
"""Pixels of a column of texts, which may be cut: the whole is in its tip."""
PICKED = 8
"""Among columns that may go, one that the trader has asked for goes last: where texts are cut and
there still is no room.
"""


class Sorting(msgspec.Struct, frozen=True):
    """Rows by a column instead of the table's own order."""

    column: str
    descending: bool = False


class TableLook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trader's choices; empty is the table as it ships."""

    sorting: Sorting | None = None
    hidden: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    """Shown before others that ship with more weight."""
    widths: dict[str, int] = {}

    def sorted_by(self, column: Column) -> TableLook:
        """The next order of a click: the largest or the first letter, the other way, none."""
        first, now = column.side is Side.RIGHT, self.sorting
        if now is None or now.column != column.key:
            after = Sorting(column.key, first)
        else:
            after = Sorting(column.key, not first) if now.descending is first else None
        return msgspec.structs.replace(self, sorting=after)

    def with_column(self, key: str, *, shown: bool) -> TableLook:
        """Show a column, or do without it."""
        hidden = [one for one in self.hidden if one != key]
        picked = [one for one in self.picked if one != key]
        (picked if shown else hidden).append(key)
        return msgspec.structs.replace(self, hidden=tuple(hidden), picked=tuple(picked))

    def with_widths(self, widths: Mapping[str, int]) -> TableLook:
        """Other widths of some columns; 0 is as wide as needed again."""
        merged = {key: width for key, width in {**self.widths, **widths}.items() if width > 0}
        return msgspec.structs.replace(self, widths=merged)

    def of(self, columns: Sequence[Column]) -> TableLook:
        """What of these choices a table can use: columns that are gone are no fault."""
        known = {column.key for column in columns if not column.acts}
        fixed = {column.key for column in columns if is_fixed(column, columns)}
        sorting = self.sorting if self.sorting and self.sorting.column in known else None
        return TableLook(
            sorting,
            tuple(key for key in self.hidden if key in known - fixed),
            tuple(key for key in self.picked if key in known),
            {k: min(w, MOST_WIDTH) for k, w in self.widths.items() if k in known and w > 0},
        )


def is_fixed(column: Column, columns: Sequence[Column]) -> bool:
    """Whether a trader cannot do without it: the row's name, its buttons, what warns of it."""
    return column.fixed or column.acts or column is columns[0]


def kept_columns(
    columns: Sequence[Column], wanted: Sequence[int], room: int, look: TableLook
) -> list[int]:
    """Numbers of the columns there is room for, the least important gone first."""
    cut = [*map(least_width, columns, wanted)]

    def weight(number: int) -> tuple[int, int]:
        column = columns[number]
        keep = max(column.keep, PICKED) if column.key in look.picked else column.keep
        return keep, -number

    kept = [n for n, column in enumerate(columns) if column.key not in look.hidden]
    for number in sorted(kept, key=weight):
        keep = weight(number)[0]
        needed = cut if keep >= PICKED else wanted
        if sum(needed[n] for n in kept) <= room or keep >= 9:
            break
        kept.remove(number)
    return kept


def column_widths(
    columns: Sequence[Column],
    wanted: Sequence[int],
    kept: Collection[int],
    room: int,
    look: TableLook,
) -> dict[int, int]:
    """Widths of the kept columns: what they need, or were given by hand, and a share of the rest;
    where that is too much, texts are cut from the left on.

    Where he has given widths the rest stays behind the last column, else nothing would stay in its
    place while a border is moved.
    """
    widths = {number: wanted[number] for number in kept}
    chosen = {n: look.widths[columns[n].key] for n in kept if columns[n].key in look.widths}
    for number, width in chosen.items():
        widths[number] = max(least_width(columns[number], wanted[number]), width)
    spare = room - sum(widths.values())
    floors = [(number, wanted[number]) for number in sorted(chosen, reverse=True)]
    floors += [(number, least_width(columns[number], wanted[number])) for number in kept]
    for number, floor in floors if spare < 0 else ():
        given_back = min(-spare, max(0, widths[number] - floor))
        widths[number] -= given_back
        spare += given_back
    growing = [number for number in kept if columns[number].grow] or ([] if chosen else [*kept])
    if spare > 0 and growing:
        share, rest = divmod(spare, len(growing))
        for number in growing:
            widths[number] += share
        widths[growing[0]] += rest
    return widths


def least_width(column: Column, wanted: int) -> int:
    """How narrow a trader can make a column: figures stay whole, texts may be cut."""
    return min(wanted, LEAST_TEXT) if can_be_cut(column) else wanted


def can_be_cut(column: Column) -> bool:
    """Whether it holds texts that still say something when they are cut."""
    return column.side is Side.LEFT and not column.width
