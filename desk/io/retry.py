"""When to try again: at random distances that double up to a minute, for ever, and not too often.

One `Retries` serves all sockets of a connection. While the venue lets nobody in, one socket at a
time tries for all of them. Times are boot-time nanoseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

BACKOFF_CAP_S = 60.0
_BACKOFF_FIRST_S = 0.5

WINDOW_NS = 600_000_000_000
MOST_ATTEMPTS = 30
"""In any window without a success, whatever the dice say."""
_FREE_ATTEMPTS = 20
"""After so many the rest is spread over the rest of the window, at most a minute apart."""

LONGEST_WAIT_S = 3_600.0
"""A venue that asks for more is asked again after an hour."""

_LEFT_ALONE_S = {403: 60.0, 418: 120.0, 429: 10.0, 451: 60.0}
"""By HTTP status, where the venue does not say how long; 418 is Binance's ban."""

_NS_PER_S = 1_000_000_000


def backoff_s(failures: int, jitter: float) -> float:
    """Return how long to wait after a number of failures in a row: full jitter, at most 60 s."""
    return jitter * min(BACKOFF_CAP_S, _BACKOFF_FIRST_S * 2 ** min(max(failures, 1) - 1, 16))


def asked_wait_s(status: int, retry_after: str, wall_ms: int) -> float:
    """Return how long a refusal asks to be left alone; 0: it does not say."""
    wait_s = _retry_after_s(retry_after.strip(), wall_ms)
    return _LEFT_ALONE_S.get(status, 0.0) if wait_s is None else wait_s


def _retry_after_s(text: str, wall_ms: int) -> float | None:
    """Read seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT_S)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:  # "-0000"; the rule knows no other zone than GMT
        date = date.replace(tzinfo=UTC)
    return min(max(0.0, date.timestamp() - wall_ms / 1_000), LONGEST_WAIT_S)


class Retries:
    """The patience of one connection; `jitter` gives numbers in [0, 1)."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0
        self._attempts: deque[int] = deque()
        """When it was tried, since the last success."""
        self._trying = 0
        self._not_before_ns = 0
        """For sockets that have failed."""
        self._quiet_until_ns = 0
        """For all sockets: the venue has asked for it."""

    def wait_s(self, now_ns: int, *, failed: bool) -> float:
        """Return for how long a socket may not be tried; `failed`: its last attempt was in vain."""
        self._forget(now_ns)
        free_ns = self._quiet_until_ns
        if failed:
            free_ns = max(free_ns, self._not_before_ns)
        if len(self._attempts) >= MOST_ATTEMPTS:
            free_ns = max(free_ns, self._attempts[-MOST_ATTEMPTS] + WINDOW_NS)
        return max(0, free_ns - now_ns) / _NS_PER_S

    @property
    def is_probing(self) -> bool:
        """Whether a socket is finding out, for all that have failed, if the venue lets it in."""
        return self._trying > 0 and self._failures > 0

    def begin(self, now_ns: int) -> None:
        """Note an attempt."""
        self._attempts.append(now_ns)
        self._trying += 1

    def end(self) -> None:
        """Note that it is known whether the socket opened."""
        self._trying -= 1

    def succeed(self) -> None:
        """Note that a socket brought data: what was tried before counts no more."""
        self._attempts.clear()

    def settle(self) -> None:
        """Note that a socket has held for a while: the next failure is the first one."""
        self._failures = self._not_before_ns = 0
        self._attempts.clear()

    def move(self) -> None:
        """Note other addresses: nobody has asked for anything there."""
        self.settle()
        self._quiet_until_ns = 0

    def fail(self, now_ns: int, asked_s: float = 0.0) -> None:
        """Note a socket that did not open, or did not hold."""
        self._failures += 1
        wait_s = max(backoff_s(self._failures, self._jitter()), self._spread_s(now_ns))
        self._not_before_ns = now_ns + round(wait_s * _NS_PER_S)
        self._quiet_until_ns = max(self._quiet_until_ns, now_ns + round(asked_s * _NS_PER_S))

    def pause_s(self) -> float:
        """Return how long to wait after a socket that had held."""
        return backoff_s(1, self._jitter())

    def _spread_s(self, now_ns: int) -> float:
        """Return the least distance at which the attempts that are left last for the window."""
        self._forget(now_ns)
        made = len(self._attempts)
        if not _FREE_ATTEMPTS <= made < MOST_ATTEMPTS:
            return 0.0  # beyond the most, `wait_s` says when
        return (self._attempts[0] + WINDOW_NS - now_ns) / (MOST_ATTEMPTS - made) / _NS_PER_S

    def _forget(self, now_ns: int) -> None:
        while self._attempts and self._attempts[0] <= now_ns - WINDOW_NS:
            self._attempts.popleft()
