"""One stream that should flow: wanted, asked for, shown by the venue, alive, asked for again.

An open socket proves nothing, and neither does a request: a stream is active when the venue has
shown it on the present socket, by an answer or by data; one that begins whole, with a snapshot,
when that is there. What is not shown is asked for again at doubling distances, and so is what was
shown and no longer holds: a book with a gap, a stream that fell silent.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import InstrumentId
from desk.model.market_data import StreamKind
from desk.venues.protocol import StreamHealth

ANSWER_NS = 5_000_000_000
"""What is asked for and not shown within this is asked for again. The largest snapshots, of
several megabytes, come well within it."""

RESTART_NS = 2_000_000_000
"""Shortest distance of two requests for a stream that breaks again and again."""

SLOWEST_NS = 30_000_000_000
"""Longest distance of two requests."""

SETTLED_NS = 5_000_000_000
"""A stream that lived so long is restarted at once when it must be."""

SILENT_NS = 10_000_000_000
"""Silent for so long, and for twice its limit, a stream is asked for anew."""

QUIET_NS = 60_000_000_000
"""Streams of trades and of the best bid and ask may be silent for any time, and are not STALE then;
but of BTC and ETH they hardly ever are, and to ask costs little."""
_ASKED_WHEN_QUIET = frozenset({"trades", "top"})

_NS_PER_MS = 1_000_000
_DOUBLINGS = 5


class Terms(msgspec.Struct, frozen=True):
    """What can be expected of a stream, as the venue's file tells it."""

    kind: StreamKind
    limit_ms: int | None = None
    """Silent for longer, it is STALE; None: it may be silent for any time."""
    begins_whole: bool = False
    """A snapshot comes first, and nothing that follows has a meaning without it."""


class Subscription:
    """One channel of one symbol; times are those of the boot-time clock."""

    __slots__ = (
        "_asked_ns",
        "_attempts",
        "_begins_whole",
        "_broken",
        "_due_ns",
        "_given_up_ns",
        "_shown_ns",
        "_silence_ns",
        "channel",
        "health",
        "symbol",
    )

    def __init__(
        self,
        channel: str,
        symbol: str,
        health: StreamHealth,
        broken: list[Subscription],
        *,
        begins_whole: bool = False,
    ) -> None:
        self.channel = channel
        self.symbol = symbol
        self.health = health
        self._broken = broken
        """Where it puts itself when it wants to begin anew: looked at after each message."""
        self._begins_whole = begins_whole
        self._silence_ns = _silence_ns(health)
        self._due_ns: int | None = None
        self._asked_ns: int | None = None
        """On this socket; None: not yet."""
        self._shown_ns = 0
        self._given_up_ns = 0
        """Of the last data after which it died."""
        self._attempts = 0
        """Requests without a stream that lived for a while."""

    @property
    def name(self) -> str:
        """What the venue, or the desk where it has no word, calls the stream."""
        return self.health.name

    @property
    def active(self) -> bool:
        """The venue has shown it on the present socket, and it has not broken since."""
        return self.health.active

    @property
    def is_repeat(self) -> bool:
        """Whether it was asked for on this socket before, so that it must be left first."""
        return self._asked_ns is not None

    @property
    def asked_ns(self) -> int | None:
        """When it was asked for last on the present socket; None: not yet."""
        return self._asked_ns

    def opened(self, now_ns: int) -> None:
        """Note a new socket: it is to be asked for."""
        self.health.active = False
        self._attempts, self._asked_ns, self._due_ns = 0, None, now_ns

    def closed(self) -> None:
        """Note that there is no socket."""
        self.health.active = False
        self._due_ns = None

    def is_due(self, now_ns: int) -> bool:
        """Return whether to ask now."""
        return self._due_ns is not None and now_ns >= self._due_ns

    def asked(self, now_ns: int) -> None:
        """Note that it was asked for."""
        self.health.active = False
        self._asked_ns = now_ns
        self._due_ns = now_ns + min(SLOWEST_NS, ANSWER_NS << self._attempts)
        self._attempts = min(_DOUBLINGS, self._attempts + 1)

    def confirmed(self, now_ns: int) -> None:
        """Note an answer, or data that stand for one; what begins whole waits for its snapshot."""
        if not self._begins_whole:
            self.shown(now_ns)

    def shown(self, now_ns: int) -> None:
        """Note that it is there."""
        if not self.health.active:
            self.health.active, self._due_ns, self._shown_ns = True, None, now_ns

    def restart(self, now_ns: int) -> None:
        """Want it anew; nothing to do while an answer is awaited or no socket is open."""
        if not self.health.active:
            return
        wait_ns = 0
        if now_ns - self._shown_ns >= SETTLED_NS:
            self._attempts = 0
        elif self._attempts:
            wait_ns = min(SLOWEST_NS, RESTART_NS << (self._attempts - 1))
        self.health.active = False
        self._due_ns = max(now_ns, (self._asked_ns or 0) + wait_ns)
        self._broken.append(self)

    def received(self, ts_recv_ns: int) -> None:
        """Count data."""
        health = self.health
        health.messages += 1
        health.last_ns = ts_recv_ns
        if not health.first_ns:
            health.first_ns = ts_recv_ns

    def is_silent(self, now_ns: int) -> bool:
        """Return whether it is shown and should not have been silent for so long."""
        if self._silence_ns is None or not self.health.active:
            return False
        return now_ns - max(self.health.last_ns, self._shown_ns) >= self._silence_ns

    def has_died(self, now_ns: int) -> bool:
        """Return whether it is silent although it was asked for anew; once for each such silence.

        A stream that is only quiet begins with a snapshot when asked: that is no silence.
        """
        last_ns = self.health.last_ns
        if self._silence_ns is None or last_ns == self._given_up_ns:
            return False
        if now_ns - last_ns < self._silence_ns + ANSWER_NS:
            return False
        self._given_up_ns = last_ns
        return True


def _silence_ns(health: StreamHealth) -> int | None:
    """Return after which silence to ask anew; None: after none."""
    if health.limit_ms is not None:
        return max(SILENT_NS, 2 * health.limit_ms * _NS_PER_MS)
    return QUIET_NS if health.kind in _ASKED_WHEN_QUIET else None


def health_of(name: str, terms: Terms, instrument: InstrumentId | None) -> StreamHealth:
    """Return the health of a stream of which nothing has been heard yet."""
    return StreamHealth(name, kind=terms.kind, instrument=instrument, limit_ms=terms.limit_ms)
