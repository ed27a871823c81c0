"""Text of a price or quantity to ticks or lots: exact, strict, and fast where it can be.

Venues write the same few thousand prices and quantities again and again, so each text is worked
out once and looked up afterwards. A short text on a grid of a power of ten is its own digits,
filled up or cut to those of the grid; everything else is divided out. Both work in whole numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeVar

from desk.model.instrument import Lots, Ticks
from desk.venues.unreadable import Unusable

MAX_COUNT = (1 << 53) - 1
"""Largest number of ticks or lots; it stays exact wherever it goes."""

CountT = TypeVar("CountT", Ticks, Lots)

REMEMBERED = 1 << 12
"""Texts kept; at that number all are forgotten, so that neither a hostile feed nor a long day costs
memory. A book repeats its texts within seconds: more would not be found more often."""

_SHORT = 16
"""Characters of a text that is read by its digits alone."""

_NUMBER = re.compile(r"(\d{1,24})(?:\.(\d{0,24}))?", re.ASCII)


class NotAnIncrement(Unusable):
    """A text is not a number, not positive, too large, or off the grid."""


class Increments(dict[str, CountT]):
    """Numbers of increments by their text: `ticks["61000.10"]`.

    Raises NotAnIncrement for what is not a plain decimal number on the grid. Signs, exponents,
    NaN, infinities and spaces are not plain; zero is refused unless `zero` allows it. With
    `rounds_down` what lies between two increments is the lower one: a quantity may, because
    orders from before a venue made its lots coarser go on resting.
    """

    def __init__(
        self, increment: Decimal, *, zero: bool = False, rounds_down: bool = False
    ) -> None:
        super().__init__()
        self._increment = increment.as_integer_ratio()
        _, digits, exponent = increment.normalize().as_tuple()
        is_power = digits == (1,)
        self.digits = (
            -exponent if is_power and isinstance(exponent, int) and exponent <= 0 else None
        )
        """Behind the point in an increment; None when it is no power of ten."""
        self._zero = zero
        self._rounds_down = rounds_down

    def __missing__(self, text: str) -> CountT:
        # One function, for half the quantities of a busy book are new. Any: a count is an int, and
        # to say which costs a call.
        count: Any = None
        if (digits := self.digits) is not None and len(text) <= _SHORT:
            whole, _, fraction = text.partition(".")
            short = digits - len(fraction)
            if short < 0 and not fraction[digits:].strip("0"):
                fraction, short = fraction[:digits], 0
            written = whole + fraction
            if whole and short >= 0 and written.isdigit() and written.isascii():
                count = int(written) * 10**short if short else int(written)
        if count is None or count > MAX_COUNT:
            count = self._exact(text)
        if not count and not self._zero and not text.strip("0."):
            raise NotAnIncrement("not positive")
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = count
        return count

    def _exact(self, text: str) -> int:
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise NotAnIncrement("not a plain number")
        whole, fraction = match.groups("")
        numerator, denominator = self._increment
        count, rest = divmod(int(whole + fraction) * denominator, numerator * 10 ** len(fraction))
        if rest and not self._rounds_down:
            raise NotAnIncrement("off the grid")
        if count > MAX_COUNT:
            raise NotAnIncrement("too large")
        return count
