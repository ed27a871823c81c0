"""The clocks of a trial: one time passes, and what machines make of it."""

from __future__ import annotations

from desk.trial.loop import TrialLoop

START_WALL_MS = 1_795_000_000_000
"""2026-11-18, about a third of a day in."""
START_BOOT_NS = 1_000_000_000_000


class TrialClock:
    """A machine's clocks: the wall may be set, the boot clock goes on while the machine sleeps."""

    def __init__(self, loop: TrialLoop) -> None:
        self._loop = loop
        self._slept_ns = 0
        self._stepped_ms = 0

    def boot_ns(self) -> int:
        """Nanoseconds on a clock that never steps and counts suspend."""
        return START_BOOT_NS + self._loop.now_ns + self._slept_ns

    def wall_ms(self) -> int:
        """Milliseconds since 1970 as the machine believes."""
        return self.true_ms() + self._stepped_ms

    def true_ms(self) -> int:
        """Milliseconds since 1970, as they are."""
        return START_WALL_MS + (self._loop.now_ns + self._slept_ns) // 1_000_000

    def step(self, ms: int) -> None:
        """Set the wall clock, by so much."""
        self._stepped_ms += ms

    def sleep(self, ms: int) -> None:
        """Let the machine sleep: time passes, and no timer runs meanwhile."""
        self._slept_ns += ms * 1_000_000
