"""Decimal figures: how text becomes a number, and which way a number is rounded.

The default decimal context (28 digits, half even, invalid operation and division by zero
trapped) is the desk's context; nothing changes it. Margin works in a wider one of its own
(`desk.margin.rounding`).
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)

POSTING_INCREMENT = Decimal("1e-8")
"""Money is posted in whole multiples of this; a remainder stays in the cost."""

LARGEST_POSTING = Decimal("1e18")
"""More would not fit the 28 digits of a figure with its 8 decimals, and sums of it."""

_DECIMAL = re.compile(r"[+-]?\d{1,24}(\.\d{0,24})?|[+-]?\.\d{1,24}")


def parse_decimal(text: str) -> Decimal | None:
    """Read a plain decimal number, or return None.

    Exponents, NaN, infinities, separators and more than 24 digits on a side are not numbers
    here: no venue and no trader writes them, and each has been an accident somewhere.
    """
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def posted(amount: Decimal) -> Decimal:
    """Round an amount to what the ledger can hold, half even."""
    return amount.quantize(POSTING_INCREMENT, ROUND_HALF_EVEN)


def is_postable(amount: Decimal) -> bool:
    """Say whether the ledger can hold an amount to the last decimal: below 10¹⁸, 8 decimals."""
    return amount.is_finite() and abs(amount) < LARGEST_POSTING and amount == posted(amount)


def round_up(amount: Decimal, increment: Decimal) -> Decimal:
    """Round towards plus infinity to a multiple of the increment: for requirements."""
    return (amount / increment).to_integral_value(ROUND_CEILING) * increment


def round_down(amount: Decimal, increment: Decimal) -> Decimal:
    """Round towards minus infinity to a multiple of the increment: for collateral and sizes."""
    return (amount / increment).to_integral_value(ROUND_FLOOR) * increment


def plain(amount: Decimal) -> str:
    """Write a number without exponent and without trailing zeros after the point."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def grouped(amount: Decimal) -> str:
    """Write a number for people: thousands apart, no zeros behind that say nothing."""
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
