"""The window's clock: the same one that stamps frames, so that ages can be continued here."""

from __future__ import annotations

import time

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_ns() -> int:
    """Nanoseconds since the machine booted, suspend counted."""
    return time.clock_gettime_ns(_CLOCK)
