"""The only module that reads a clock.

Ages are differences of `boot_ns`, which goes on while the machine sleeps (CLOCK_BOOTTIME):
a price must not look fresh after a resume. Dates are `wall_ms`.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def boot_ns(self) -> int:
        """Nanoseconds on a clock that never steps and counts suspend."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        # Windows and macOS have no CLOCK_BOOTTIME; their monotonic clocks count suspend.
        self._clock_id: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def boot_ns(self) -> int:
        """Nanoseconds since the machine booted."""
        return time.clock_gettime_ns(self._clock_id)

    def wall_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000

    def wall_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return time.time_ns()


class ManualClock:
    """A clock that moves when told: for tests, replay and the journal."""

    def __init__(self, *, boot_ns: int = 0, wall_ms: int = 0) -> None:
        self._boot_ns = boot_ns
        self._wall_ms = wall_ms

    def boot_ns(self) -> int:
        """Nanoseconds as told."""
        return self._boot_ns

    def wall_ms(self) -> int:
        """Milliseconds as told."""
        return self._wall_ms

    def advance_ms(self, ms: int) -> None:
        """Move both clocks forward."""
        assert ms >= 0, "time goes forward"
        self._boot_ns += ms * 1_000_000
        self._wall_ms += ms
