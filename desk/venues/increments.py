"""Text of a price or quantity to ticks or lots: exact, strict, and fast where it can be.

Venues write the same few thousand prices and quantities again and again, so each text is worked
out once and looked up afterwards. A text of at most 15 digits is read as float64 first. That and
its product with a power of ten are off by less than 2.3 parts in 10^16, so that up to 10^15 the
nearest whole number is the right one; and a number of 15 digits that is off the grid is off by
more than 10 parts in 10^16, so that none passes. What is longer, larger or not near a whole
number is worked out in whole numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeVar, cast

from desk.model.instrument import Lots, Ticks
from desk.venues.unreadable import Unusable

MAX_COUNT = (1 << 53) - 1
"""Largest number of ticks or lots; it stays exact wherever it goes."""

CountT = TypeVar("CountT", Ticks, Lots)

REMEMBERED = 1 << 12
"""Texts kept; at that number all are forgotten, so that neither a hostile feed nor a long day costs
memory. A book repeats its texts within seconds: more would not be found more often."""

_FLOAT_LENGTH = 16
"""15 digits and a point."""

_FLOAT_LIMIT = 1e15
_FLOAT_ERROR = 5e-16

_PLAIN = "0123456789."
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
        is_power = digits == (1,) and isinstance(exponent, int) and exponent <= 0
        self._scale = increment.as_integer_ratio()[1] if is_power else 0
        """Increments in 1; 0 when that is no power of ten, and then no float will do."""
        self._zero = zero
        self._rounds_down = rounds_down

    def __missing__(self, text: str) -> CountT:
        # One function, for half the quantities of a busy book are new.
        scale = self._scale
        if scale and len(text) <= _FLOAT_LENGTH and not text.strip(_PLAIN):
            try:
                scaled = float(text) * scale
            except ValueError:
                raise NotAnIncrement("not a plain number") from None
            count = int(scaled + 0.5)
            near = count == scaled or abs(scaled - count) <= scaled * _FLOAT_ERROR
            if not near or count > _FLOAT_LIMIT:
                count = self._exact(text)
        else:
            count = self._exact(text)
        if not count and not self._zero and not text.strip("0."):
            raise NotAnIncrement("not positive")
        if len(self) >= REMEMBERED:
            self.clear()
        known = cast("CountT", count)
        self[text] = known
        return known

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
