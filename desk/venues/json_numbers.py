"""Prices and quantities that a venue writes as JSON numbers: read from their text, exactly.

The text is never made a float. An exponent, which such venues write now and then for small or
round numbers (`2.081e-05`, `2.2e3`), is worked out as a shift of the point.
"""

from __future__ import annotations

import re
from decimal import Decimal

from desk.venues.increments import REMEMBERED, CountT, Increments
from desk.venues.unreadable import Unusable

_NUMBER = re.compile(rb"-?\d{1,24}(?:\.\d{1,24})?([eE][+-]?\d{1,2})?")


def plain_text(number: bytes) -> str:
    """Return a JSON number without exponent; raise Unusable for any other JSON value."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise Unusable("not a plain number")
    text = match[0].decode("ascii")
    return f"{Decimal(text):f}" if match[1] else text


class NumberIncrements(dict[bytes, CountT]):
    """Numbers of increments by their JSON number: `ticks[b"61000.5"]`; see Increments.

    Raises NotAnIncrement or Unusable for what is not a number on the grid.
    """

    def __init__(
        self, increment: Decimal, *, zero: bool = False, rounds_down: bool = False
    ) -> None:
        super().__init__()
        self._by_text: Increments[CountT] = Increments(
            increment, zero=zero, rounds_down=rounds_down
        )

    def __missing__(self, number: bytes) -> CountT:
        count = self._by_text[plain_text(number)]
        if len(self) >= REMEMBERED:
            self.clear()
        self[number] = count
        return count
