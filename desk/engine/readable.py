"""Is every number of a command one the desk can count with?

Whoever writes to the engine directly may send NaN, an infinity, or a number of a thousand digits:
comparing or rounding such a number is an error, and no order may end the desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import cast

import msgspec

LARGEST = 2**63
"""What the journal can hold of a whole number."""

MOST_DIGITS = 24
"""Before and after the point, as in `desk.model.numbers.parse_decimal`."""


def unreadable(value: object) -> Iterator[str]:
    """Return every number that is none to count with."""
    if isinstance(value, Decimal):
        if not _counts(value):
            yield str(value)
    elif isinstance(value, int):
        if abs(value) >= LARGEST:
            yield f"{Decimal(value):.3e}"
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from unreadable(getattr(value, name))
    elif isinstance(value, dict):
        for held in cast(dict[object, object], value).values():
            yield from unreadable(held)


def _counts(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has one"
    return number.adjusted() < MOST_DIGITS and exponent >= -MOST_DIGITS
