"""Numbers as venues write them: whole numbers of a step, as decimal text."""

from __future__ import annotations

from decimal import Decimal


class Grid:
    """Writes counts of a step (ticks, lots) with the step's decimals.

    `trimmed`: without trailing zeros, as some venues do.
    """

    def __init__(self, step: Decimal, *, trimmed: bool) -> None:
        self._decimals = max(0, -int(step.as_tuple().exponent))
        self._one = 10**self._decimals
        self._per_step = int(step.scaleb(self._decimals))
        self._trimmed = trimmed

    def __call__(self, count: int) -> str:
        """Write a count of steps, 0 or more."""
        whole, part = divmod(count * self._per_step, self._one)
        if not self._decimals:
            return str(whole)
        text = f"{whole}.{part:0{self._decimals}d}"
        return text.rstrip("0").removesuffix(".") if self._trimmed else text


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").removesuffix(".") if "." in text else text
