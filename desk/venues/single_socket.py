"""What protocols have in common whose venue needs one socket and no REST.

A subclass reads frames and writes requests; this keeps subscriptions, events and counters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from desk.model.instrument import InstrumentId
from desk.model.market_data import FeedStatus, MarketEvent
from desk.venues.protocol import (
    MAX_FRAME_BYTES,
    Endpoint,
    FeedCounters,
    RestRequest,
    StreamHealth,
)
from desk.venues.subscription import Subscription
from desk.venues.unreadable import UNREADABLE, reason_of

SILENCE_MS = 5_000
"""BTC and ETH are never all silent for so long."""

QUIET_SILENCE_MS = 60_000
"""Where only stablecoins are watched."""

FIRST_DATA_MS = 10_000

_QUIET_BASES = frozenset({"USDT", "USDC"})
_TEXT_SHOWN = 200


def is_quiet(base: str) -> bool:
    """Return whether a coin's book may stand still for seconds: a stablecoin's does.

    Only such a book is kept fresh by heartbeats. BTC and ETH change several times a second, and
    two silent seconds are a fault there, whatever a heartbeat says.
    """
    return base in _QUIET_BASES


class SingleSocketProtocol(ABC):
    """The part of `desk.venues.protocol.VenueProtocol` that is the same for such venues."""

    max_frame_bytes = MAX_FRAME_BYTES

    def __init__(
        self, connection: str, path: str, subscriptions: list[Subscription], *, quiet: bool
    ) -> None:
        self._connection = connection
        self._path = path
        self._endpoint = Endpoint(
            path=path,
            streams=tuple(subscription.name for subscription in subscriptions),
            silence_ms=QUIET_SILENCE_MS if quiet else SILENCE_MS,
            first_data_ms=FIRST_DATA_MS,
            max_frame_bytes=self.max_frame_bytes,
        )
        self._subscriptions = subscriptions
        self._counters = FeedCounters()
        self._events: list[MarketEvent] = []
        self._outgoing: list[bytes] = []
        self._roll = False
        self._open = False

    @property
    def connection(self) -> str:
        """Name of the connection."""
        return self._connection

    @property
    def counters(self) -> FeedCounters:
        """What was received so far."""
        return self._counters

    @property
    def wanted(self) -> frozenset[str]:
        """Names of the streams that should flow."""
        return frozenset(subscription.name for subscription in self._subscriptions)

    @property
    def active(self) -> frozenset[str]:
        """Names of the streams that the venue has shown to flow."""
        return frozenset(s.name for s in self._subscriptions if s.active)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the socket that is needed."""
        return (self._endpoint,)

    def connection_made(self, path: str, ts_recv_ns: int) -> None:
        """Note the open socket and ask for every stream."""
        self._open, self._roll = True, False
        self._outgoing.clear()
        for subscription in self._subscriptions:
            subscription.opened(ts_recv_ns)
        self._start(ts_recv_ns)
        self._ask_due(ts_recv_ns)
        self._report(True, f"{path} connected", ts_recv_ns)

    def connection_lost(self, path: str, reason: str, ts_recv_ns: int) -> None:
        """Note that the socket is gone; every book is lost."""
        self._open = self._roll = False
        self._outgoing.clear()
        for subscription in self._subscriptions:
            subscription.closed()
        self._lose_all("disconnected", ts_recv_ns)
        self._report(False, f"{path} {reason}", ts_recv_ns)

    def receive_frame(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one message: it gives events, or is counted."""
        self._counters.messages += 1
        if len(frame) > self.max_frame_bytes:
            self._counters.reject("oversize")
            return
        try:
            self._read(frame, ts_recv_ns)
        except UNREADABLE as error:
            self._counters.reject(reason_of(error))
        if self._open:
            self._ask_due(ts_recv_ns)

    def receive_response(self, request: RestRequest, body: bytes | None, ts_recv_ns: int) -> None:
        """Count an answer that nobody asked for: everything comes by the socket."""
        self._counters.messages += body is not None
        self._counters.reject("answer to no request")

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot."""
        self._lose(instrument, "resync asked for", ts_recv_ns)
        if self._open:
            self._ask_due(ts_recv_ns)

    def tick(self, now_ns: int) -> None:
        """Restart streams that have fallen silent, and ask again for those never shown."""
        if self._open:
            self._watch(now_ns)
            self._ask_due(now_ns)

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call."""
        events = self._events.copy()
        self._events.clear()
        return events

    def frames_to_send(self, path: str) -> list[bytes]:
        """Hand over what the socket has to send."""
        frames = self._outgoing.copy()
        self._outgoing.clear()
        return frames

    def requests_to_send(self) -> list[RestRequest]:
        """Return nothing: the snapshots come by the socket."""
        return []

    def last_data_ns(self, path: str) -> int:
        """Return when data last came, heartbeats not counted; 0: not yet."""
        return max((s.health.last_ns for s in self._subscriptions), default=0)

    def roll_wanted(self, path: str) -> bool:
        """Return whether this socket is to be left for a new one."""
        return self._roll

    def streams(self) -> list[StreamHealth]:
        """Return how each stream is doing."""
        return [
            StreamHealth(h.name, h.messages, h.first_ns, h.last_ns)
            for h in (subscription.health for subscription in self._subscriptions)
        ]

    def _ask_due(self, now_ns: int) -> None:
        if self._roll:  # the new socket will ask for everything
            return
        due = [s for s in self._subscriptions if s.is_due(now_ns)]
        if not due:
            return
        self._outgoing.extend(self._requests(due))
        for subscription in due:
            subscription.asked(now_ns)

    def _report(self, up: bool, reason: str, ts_recv_ns: int) -> None:
        self._events.append(FeedStatus(self._connection, up, printable(reason), ts_recv_ns))

    @abstractmethod
    def _read(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one frame; raise one of UNREADABLE for what cannot be read."""

    @abstractmethod
    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        """Write the requests for streams, leaving first those that are repeats."""

    @abstractmethod
    def _start(self, now_ns: int) -> None:
        """Note a new socket."""

    @abstractmethod
    def _watch(self, now_ns: int) -> None:
        """Look for streams that have fallen silent; write pings."""

    @abstractmethod
    def _lose(self, instrument: InstrumentId, reason: str, ts_recv_ns: int) -> None:
        """Give up one book."""

    @abstractmethod
    def _lose_all(self, reason: str, ts_recv_ns: int) -> None:
        """Give up every book."""


def printable(text: str) -> str:
    """Return a venue's words as one short line that a screen can show."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_TEXT_SHOWN])
