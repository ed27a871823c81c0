"""Which wall clock the desk goes by: the machine's, unless somebody sets it while the desk runs.

Interest, countdowns, overrides and the day all end by the wall clock. Set it a week ahead, and all
of them end at once. So it is held against the time since boot, which nobody can set: what is ahead
or behind by more than a correction of the network's time is not believed until the desk starts
anew.
"""

from __future__ import annotations

CORRECTION_MS = 5_000
"""The most by which a clock that is kept right moves between two looks."""

_NS = 1_000_000


class WallClock:
    """Wall-clock milliseconds that go on as time does."""

    def __init__(self) -> None:
        self._offset_ms: int | None = None
        """Wall clock less time since boot."""
        self.set_by_ms = 0
        """How far the machine's clock is ahead of the time that is believed; 0: it is believed."""

    def tell(self, boot_ns: int, wall_ms: int) -> int:
        """Return the wall clock to go by."""
        boot_ms = boot_ns // _NS
        offset_ms = wall_ms - boot_ms
        if self._offset_ms is None or abs(offset_ms - self._offset_ms) <= CORRECTION_MS:
            self._offset_ms, self.set_by_ms = offset_ms, 0
        else:
            self.set_by_ms = offset_ms - self._offset_ms
        return boot_ms + self._offset_ms
