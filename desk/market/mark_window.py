"""The lowest and highest mark of the last seconds: to see a price that runs away.

Second by second, on the clock of the events' `ts_recv_ns`: what a window of whole seconds adds at
its old end makes it at most a second too long, never too short.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

NS_PER_S = 1_000_000_000

KEPT_S = 60


class MarkWindow:
    """Marks of one instrument, the newest minute of them."""

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, Decimal, Decimal]] = deque()
        """Second, lowest, highest; the newest last."""

    def add(self, now_ns: int, mark: Decimal) -> None:
        """Note a mark; one of an older second counts for the newest."""
        second, seconds = now_ns // NS_PER_S, self._seconds
        if seconds and second <= seconds[-1][0]:
            newest, low, high = seconds[-1]
            seconds[-1] = (newest, min(low, mark), max(high, mark))
            return
        seconds.append((second, mark, mark))
        while seconds[0][0] < second - KEPT_S:
            seconds.popleft()

    def span(self, now_ns: int, within_s: int) -> tuple[Decimal, Decimal] | None:
        """Return the lowest and the highest mark of the last seconds; None without any."""
        since = now_ns // NS_PER_S - within_s
        lows: list[Decimal] = []
        highs: list[Decimal] = []
        for second, low, high in reversed(self._seconds):
            if second < since:
                break
            lows.append(low)
            highs.append(high)
        return (min(lows), max(highs)) if lows else None
