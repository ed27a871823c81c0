"""What the protocols of venues with one socket and snapshots in band have in common.

Such a venue needs no request beside the socket: subscriptions, their confirmations, snapshots,
and keep-alives all travel on it. A venue's own protocol says what it sends and how it reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from desk.model.instrument import InstrumentId
from desk.model.market_data import FeedStatus, MarketEvent
from desk.venues.channels import Channel, last_data_ns
from desk.venues.protocol import (
    MAX_FRAME_BYTES,
    Endpoint,
    FeedCounters,
    RestRequest,
    SocketUrls,
    StreamHealth,
)
from desk.venues.unreadable import UNREADABLE, reason_of

_SHOWN_LETTERS = 200


class InBandProtocol(ABC):
    """One connection with one socket; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(
        self, connection: str, urls: SocketUrls, path: str, *, silence_ms: int, first_data_ms: int
    ) -> None:
        self._connection = connection
        self._urls = urls
        self._path = path
        self._silence_ms = silence_ms
        self._first_data_ms = first_data_ms
        self._counters = FeedCounters()
        self._events: list[MarketEvent] = []
        self._outgoing: list[bytes] = []
        self._channels: dict[str, Channel] = {}
        """Those that are wanted, by the venue's name."""
        self._is_open = False
        self._complained = False
        """A refusal was reported, and not yet that all is well again."""

    @property
    def connection(self) -> str:
        """Name of the connection."""
        return self._connection

    @property
    def counters(self) -> FeedCounters:
        """What was received so far."""
        return self._counters

    @property
    def live_urls(self) -> SocketUrls:
        """Where the venue itself is."""
        return self._urls

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the one socket that is needed."""
        endpoint = Endpoint(
            path=self._path,
            streams=tuple(self._channels),
            silence_ms=self._silence_ms,
            first_data_ms=self._first_data_ms,
        )
        return (endpoint,)

    def active_streams(self) -> tuple[str, ...]:
        """Return the streams that the venue has confirmed on the present socket."""
        return tuple(channel.name for channel in self._channels.values() if channel.active)

    def connection_made(self, path: str, ts_recv_ns: int) -> None:
        """Note the open socket and ask for everything."""
        self._is_open = True
        self._complained = False
        self._outgoing.clear()
        self._begin(ts_recv_ns)
        self._report(True, f"{path} connected", ts_recv_ns)

    def connection_lost(self, path: str, reason: str, ts_recv_ns: int) -> None:
        """Note that the socket is gone, and all books with it."""
        self._is_open = False
        self._outgoing.clear()
        for channel in self._channels.values():
            channel.active = False
        self._end(ts_recv_ns)
        self._report(False, f"{path} {reason}", ts_recv_ns)

    def receive_frame(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one message: it gives events, or is counted."""
        self._counters.messages += 1
        if len(frame) > MAX_FRAME_BYTES:
            self._counters.reject("oversize")
            return
        try:
            self._take(frame, ts_recv_ns)
        except UNREADABLE as error:
            self._counters.reject(reason_of(error))

    def receive_response(self, request: RestRequest, body: bytes | None, ts_recv_ns: int) -> None:
        """Refuse an answer: nothing was asked for beside the socket."""
        self._counters.messages += body is not None
        self._counters.reject("an answer to no request")

    @abstractmethod
    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot."""

    def tick(self, now_ns: int) -> None:
        """Keep the socket alive, and ask again for what does not come."""
        if not self._is_open:
            return
        self._keep_up(now_ns)
        if self._complained and all(channel.active for channel in self._channels.values()):
            self._complained = False
            self._report(True, "every stream confirmed", now_ns)

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call."""
        events = self._events.copy()
        self._events.clear()
        return events

    def frames_to_send(self, path: str) -> list[bytes]:
        """Hand over what the socket has to send."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def requests_to_send(self) -> list[RestRequest]:
        """Return nothing: no request is ever needed."""
        return []

    def last_data_ns(self, path: str) -> int:
        """Return when data last came; a heartbeat is none. 0: not yet."""
        return last_data_ns(self._channels.values())

    def roll_wanted(self, path: str) -> bool:
        """Return False: these venues announce no end of a socket."""
        return False

    def streams(self) -> list[StreamHealth]:
        """Return how each stream is doing."""
        return [channel.health for channel in self._channels.values()]

    @abstractmethod
    def _begin(self, now_ns: int) -> None:
        """Put into `_outgoing` what a new socket has to send."""

    @abstractmethod
    def _end(self, now_ns: int) -> None:
        """Give up the books."""

    @abstractmethod
    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        """Read one message; raise one of UNREADABLE, having changed nothing."""

    @abstractmethod
    def _keep_up(self, now_ns: int) -> None:
        """Do what waits for time, on the open socket."""

    def _overdue(self, now_ns: int) -> list[Channel]:
        return [channel for channel in self._channels.values() if channel.is_overdue(now_ns)]

    def _report(self, up: bool, reason: str, ts_recv_ns: int) -> None:
        self._events.append(FeedStatus(self._connection, up, reason, ts_recv_ns))

    def _refused(self, text: str, ts_recv_ns: int) -> None:
        """Report what the venue did not want; its words are shown, not trusted."""
        self._complained = True
        shown = "".join(x if x.isprintable() else "?" for x in text[:_SHOWN_LETTERS])
        self._report(False, f"refused: {shown}", ts_recv_ns)
