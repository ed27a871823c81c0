"""The shape every venue's protocol follows: bytes in, events and wishes out, and no I/O.

The owner of the sockets (`desk.io.connection`) follows this contract, from one thread:

* it opens one socket for each of `endpoints()`, says so with `connection_made`, and sends what
  `frames_to_send` returns for that socket; a socket that ends is told with `connection_lost`;
* every frame goes to `receive_frame`, whichever socket of the connection it came from;
* every request of `requests_to_send` is answered by `receive_response` exactly once, with None
  for a body that could not be had;
* `tick` is called a few times a second, so that what waits for time can go on;
* after any of these it collects `events_received`, `frames_to_send` and `requests_to_send`.

Nothing raises, whatever the bytes: what cannot be read is counted in `counters.rejected`.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from desk.model.instrument import InstrumentId
from desk.model.market_data import MarketEvent, StreamKind

MAX_FRAME_BYTES = 1 << 20
"""No venue's stream message comes near this; a longer one is rejected unread."""

MAX_RESPONSE_BYTES = 16 << 20
"""Of one REST answer."""


_REASONS_KEPT = 64


class RestRequest(msgspec.Struct, frozen=True):
    """A request that somebody wants made: a GET, or a POST where there is a body."""

    connection: str
    path: str
    """Path and query, to be put behind the connection's REST address."""
    key: str
    """What the answer is about, in the protocol's own words: the venue's symbol."""
    about: StreamKind = "book"
    body: bytes | None = None
    """JSON to post."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One socket of a connection."""

    path: str
    """Path, to be put behind the connection's websocket address; names the socket as well."""
    streams: tuple[str, ...]
    """What should flow there, in the venue's words."""
    silence_ms: int
    """A socket that has brought no data for so long is dead, whatever its pings say."""
    first_data_ms: int
    """The same, from the connection until the first data."""
    life_ms: int | None = None
    """The venue ends a socket at this age; a new one is opened before."""
    max_frame_bytes: int = MAX_FRAME_BYTES
    """A longer message ends the socket unread."""


class SocketUrls(msgspec.Struct, frozen=True):
    """Where a connection is reached; endpoint and request paths are put behind."""

    rest: str
    ws: str


class StreamHealth(msgspec.Struct):
    """How one stream that should flow is doing; times are boot-time nanoseconds, 0: nothing yet."""

    name: str
    messages: int = 0
    first_ns: int = 0
    last_ns: int = 0
    kind: StreamKind = "book"
    instrument: InstrumentId | None = None
    """None: it is about the connection, or about an index that several instruments share."""
    active: bool = False
    """The venue has shown it on the present socket: by an answer, or by data where it tells none.
    Wanted streams that are not active are asked for again."""
    limit_ms: int | None = None
    """Silent for longer, it is STALE; None: it may be silent for any time, as trades may."""


class BookSync(msgspec.Struct):
    """What it took to keep one instrument's book in sequence."""

    buffered: int = 0
    """Deltas that came while there was no snapshot."""
    buffered_applied: int = 0
    """Of those, the ones that continued the snapshot."""
    stale_dropped: int = 0
    """Deltas older than the book that they came to."""
    gaps: int = 0
    """Breaks in the venue's sequence."""
    snapshots: int = 0
    """Snapshots taken."""
    snapshots_refused: int = 0
    """Snapshots that were not had, or were older than the stream."""


class FeedCounters(msgspec.Struct):
    """What a connection has received."""

    messages: int = 0
    """Frames and answers."""
    rejected: int = 0
    reasons: dict[str, int] = {}
    """Rejections by reason."""
    unknown_events: int = 0
    """Messages of kinds that the desk does not use."""
    ignored_trades: int = 0
    """Prints that are no market trades, repeats, or told by a second stream."""
    books: dict[InstrumentId, BookSync] = {}

    def reject(self, reason: str) -> None:
        """Count a rejection; a flood of different reasons is one reason."""
        self.rejected += 1
        if reason not in self.reasons and len(self.reasons) >= _REASONS_KEPT:
            reason = "other"
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


class VenueProtocol(Protocol):
    """One connection of a venue: `binance-usdm`, `okx`, …; it may need several sockets."""

    @property
    def connection(self) -> str:
        """Name of the connection."""
        ...

    @property
    def counters(self) -> FeedCounters:
        """What was received so far; owned by the protocol, to be read only."""
        ...

    def inherit(self, before: VenueProtocol) -> None:
        """Take over from the protocol in use what no new socket tells at once."""
        ...

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the sockets that are needed, with what should flow on each."""
        ...

    def connection_made(self, path: str, ts_recv_ns: int) -> None:
        """Note that the socket of an endpoint is open; its subscriptions become due."""
        ...

    def connection_lost(self, path: str, reason: str, ts_recv_ns: int) -> None:
        """Note that the socket of an endpoint is gone; books that it carried are lost."""
        ...

    def receive_frame(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one message of any socket of this connection."""
        ...

    def receive_response(self, request: RestRequest, body: bytes | None, ts_recv_ns: int) -> None:
        """Take the answer to a request; None: there is none."""
        ...

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot: somebody found it wrong."""
        ...

    def tick(self, now_ns: int) -> None:
        """Let time pass: delayed requests and repeated subscriptions become due."""
        ...

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call, in order."""
        ...

    def frames_to_send(self, path: str) -> list[bytes]:
        """Hand over what the socket of an endpoint has to send."""
        ...

    def requests_to_send(self) -> list[RestRequest]:
        """Hand over the GETs to make."""
        ...

    def last_data_ns(self, path: str) -> int:
        """Return when an endpoint last brought data that should flow there; 0: not yet."""
        ...

    def roll_wanted(self, path: str) -> bool:
        """Return whether the venue has asked to leave this socket for a new one."""
        ...

    def streams(self) -> list[StreamHealth]:
        """Return how each stream is doing, those that should flow and those that do."""
        ...
