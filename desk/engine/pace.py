"""How many orders may leave, by hand and by program: a token every 1/rate s, `burst` at most.

Integer arithmetic on the boot-time clock.
"""

from __future__ import annotations

NS_PER_S = 1_000_000_000


class Pace:
    """A bucket of credit, in nanoseconds."""

    def __init__(self, *, messages_per_s: int, burst: int) -> None:
        self._per_message_ns = NS_PER_S // max(1, messages_per_s)
        self._capacity_ns = burst * self._per_message_ns
        self._credit_ns = self._capacity_ns
        self._last_ns: int | None = None

    def has(self, now_ns: int, count: int) -> bool:
        """Say whether so many messages may be sent at once; none is counted."""
        earned = 0 if self._last_ns is None else max(0, now_ns - self._last_ns)
        credit_ns = min(self._capacity_ns, self._credit_ns + earned)
        return credit_ns >= count * self._per_message_ns

    def take(self, now_ns: int) -> bool:
        """Count one message; False when it came too fast."""
        if self._last_ns is not None:
            earned = max(0, now_ns - self._last_ns)
            self._credit_ns = min(self._capacity_ns, self._credit_ns + earned)
        self._last_ns = now_ns
        if self._credit_ns < self._per_message_ns:
            return False
        self._credit_ns -= self._per_message_ns
        return True
