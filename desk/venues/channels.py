"""The channels of a socket that subscribes in band: what is wanted, what the venue confirmed.

An open socket proves nothing, and neither does a request: a channel is active when the venue has
named it in an answer. What is not active after a while is asked for again, and so is a channel
that should be steady and is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from desk.venues.protocol import StreamHealth

ASK_AGAIN_NS = 10_000_000_000

_FIRST_RETRY_NS = 2_000_000_000
_SLOWEST_RETRY_NS = 30_000_000_000
_DOUBLINGS = 4


class Channel:
    """One channel of one instrument; `handle` takes its data and the time of receipt."""

    __slots__ = (
        "active",
        "asked_ns",
        "first_ns",
        "handle",
        "last_ns",
        "messages",
        "name",
        "steady",
        "symbol",
    )

    def __init__(
        self,
        name: str,
        symbol: str,
        handle: Callable[[bytes, int], None],
        *,
        steady: bool,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.handle = handle
        self.steady = steady
        """Never silent for long while the socket and the instrument live."""
        self.active = False
        """The venue has confirmed it on the present socket."""
        self.asked_ns = 0
        self.messages = 0
        self.first_ns = 0
        self.last_ns = 0

    def asked(self, now_ns: int) -> None:
        """Note a subscription that is on its way."""
        self.active = False
        self.asked_ns = now_ns

    def seen(self, ts_recv_ns: int) -> None:
        """Note a message that was understood."""
        self.messages += 1
        self.last_ns = ts_recv_ns
        if not self.first_ns:
            self.first_ns = ts_recv_ns

    def is_overdue(self, now_ns: int) -> bool:
        """Whether to ask again: not confirmed, or silent where it should not be."""
        limit = now_ns - ASK_AGAIN_NS
        if self.asked_ns > limit:
            return False
        return not self.active or (self.steady and self.last_ns <= limit)

    @property
    def health(self) -> StreamHealth:
        """How it is doing."""
        return StreamHealth(self.name, self.messages, self.first_ns, self.last_ns)


class ResyncPlan:
    """When to ask for a new snapshot: at once, then at doubling distances until one comes."""

    __slots__ = ("_failures", "_not_before_ns")

    def __init__(self) -> None:
        self._failures = 0
        self._not_before_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Whether to ask now."""
        return now_ns >= self._not_before_ns

    def asked(self, now_ns: int) -> None:
        """Note that it was asked for."""
        wait_ns = min(_SLOWEST_RETRY_NS, _FIRST_RETRY_NS << self._failures)
        self._not_before_ns = now_ns + wait_ns
        self._failures = min(self._failures + 1, _DOUBLINGS)

    def answered(self) -> None:
        """Note a snapshot; the distance to the next request remains."""
        self._failures = 0


def last_data_ns(channels: Iterable[Channel]) -> int:
    """Return when any of the channels last brought data; 0: not yet."""
    return max((channel.last_ns for channel in channels), default=0)
