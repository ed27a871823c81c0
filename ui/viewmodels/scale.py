"""Which price stands in which row of the ladder: it moves when it is told to, never by itself."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import msgspec

GROUPS = (1, 2, 5, 10, 50, 100)
"""Ticks that a row may hold."""


@lru_cache(maxsize=4096)
def _number(price: Decimal, tick: Decimal, group: int, up: bool) -> int:
    whole, rest = divmod(price, tick * group)
    return int(whole) + bool(up and rest)


class Scale(msgspec.Struct, frozen=True):
    """`count` rows from the highest price down; a row's price is its number times the step."""

    tick: Decimal
    group: int
    """Ticks a row holds."""
    top: int
    """Number of the highest row."""
    count: int

    @property
    def step(self) -> Decimal:
        """How far two rows are apart in price."""
        return self.tick * self.group

    def price(self, row: int) -> Decimal:
        """The price of the row so many below the highest."""
        return (self.top - row) * self.step

    def number(self, price: Decimal, *, up: bool = False) -> int:
        """A price's row by number: what sells stands in the row above, the rest in that below."""
        return _number(price, self.tick, self.group, up)

    def row(self, price: Decimal, *, up: bool = False) -> int:
        """Rows below the highest; less than none or too many when it is out of sight."""
        return self.top - self.number(price, up=up)

    def shows(self, row: int) -> bool:
        """Whether a row is one of those shown."""
        return 0 <= row < self.count

    def scrolled(self, rows: int) -> Scale:
        """The same so many rows further down; prices end above zero."""
        return msgspec.structs.replace(self, top=max(self.count, self.top - rows))

    def centred(self, price: Decimal) -> Scale:
        """The same with a price in the middle."""
        return msgspec.structs.replace(self, top=self.number(price)).scrolled(-(self.count // 2))

    def resized(self, count: int) -> Scale:
        """The same with more or fewer rows at the lower end: those that stay do not move."""
        return msgspec.structs.replace(self, count=count).scrolled(0)

    def grouped(self, group: int) -> Scale:
        """The same prices about the middle with other steps."""
        middle = self.price(self.count // 2)
        return msgspec.structs.replace(self, group=group).centred(middle)


def next_group(group: int, direction: int) -> int:
    """The next coarser (1) or finer (−1) grouping, or the same at the end."""
    place = GROUPS.index(group) + direction
    return GROUPS[min(max(place, 0), len(GROUPS) - 1)]
