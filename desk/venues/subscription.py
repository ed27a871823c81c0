"""One stream that should flow: asked for, confirmed, alive, asked for again.

A stream is active from the moment that the venue has shown it (by data, by a snapshot where it
begins with one, or by its answer), and not while only we believe in it.
"""

from __future__ import annotations

from desk.venues.protocol import StreamHealth

ANSWER_NS = 5_000_000_000
"""What is asked for and not shown within this is asked for again, then at doubling distances."""

SLOWEST_NS = 60_000_000_000

_RESTART_NS = 500_000_000
"""Shortest distance of two restarts; doubles with each until a stream has lived for a while."""

_SETTLED_NS = 30_000_000_000
"""A stream that lived so long is restarted at once when it must be."""

_DOUBLINGS = 7


class Subscription:
    """One channel of one symbol."""

    __slots__ = (
        "_asked_ns",
        "_attempts",
        "_due_ns",
        "_shown_ns",
        "active",
        "channel",
        "health",
        "symbol",
    )

    def __init__(self, channel: str, symbol: str) -> None:
        self.channel = channel
        self.symbol = symbol
        self.health = StreamHealth(f"{channel}:{symbol}" if symbol else channel)
        self.active = False
        self._due_ns: int | None = None
        self._asked_ns = 0
        self._shown_ns = 0
        self._attempts = 0

    @property
    def name(self) -> str:
        """Channel and symbol."""
        return self.health.name

    @property
    def is_repeat(self) -> bool:
        """Whether it was asked for on this socket before, so that it must be left first."""
        return self._attempts > 0

    def opened(self, now_ns: int) -> None:
        """Note a new socket: everything is to be asked for."""
        self.active, self._attempts, self._due_ns = False, 0, now_ns

    def closed(self) -> None:
        """Note that there is no socket."""
        self.active, self._due_ns = False, None

    def is_due(self, now_ns: int) -> bool:
        """Return whether to ask now."""
        return self._due_ns is not None and now_ns >= self._due_ns

    def asked(self, now_ns: int) -> None:
        """Note that it was asked for."""
        self.active = False
        self._asked_ns = now_ns
        self._due_ns = now_ns + min(SLOWEST_NS, ANSWER_NS << min(self._attempts, _DOUBLINGS))
        self._attempts += 1

    def shown(self, now_ns: int) -> None:
        """Note that the venue has shown it."""
        if not self.active:
            self.active, self._due_ns, self._shown_ns = True, None, now_ns

    def restart(self, now_ns: int) -> None:
        """Want it anew; nothing to do while an answer is awaited or no socket is open."""
        if not self.active:
            return
        if now_ns - self._shown_ns >= _SETTLED_NS:
            self._attempts = 1
            wait_ns = 0
        else:
            wait_ns = min(SLOWEST_NS, _RESTART_NS << min(self._attempts, _DOUBLINGS))
        self.active = False
        self._due_ns = max(now_ns, self._asked_ns + wait_ns)

    def received(self, ts_recv_ns: int) -> None:
        """Count data."""
        health = self.health
        health.messages += 1
        health.last_ns = ts_recv_ns
        if not health.first_ns:
            health.first_ns = ts_recv_ns
