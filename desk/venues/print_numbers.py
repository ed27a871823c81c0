"""Numbers for the prints of a venue whose own ids are in no order.

They follow from the times of the prints, and so are the same on any socket: old and new ones, for
which prints are compared by number, agree about them.
"""

from __future__ import annotations

_A_MS = 4_096
"""Prints of one millisecond that fit before the numbers of the next; more run on, still in order.
With today's times the numbers stay below 2^53."""


class PrintNumbers:
    """The numbers of one instrument's prints, in the order of their coming."""

    def __init__(self) -> None:
        self._last = -1

    def next(self, time_ms: int) -> int:
        """Return the number of a print of a time: higher than any before."""
        self._last = max(self._last + 1, time_ms * _A_MS)
        return self._last
