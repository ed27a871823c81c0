"""What the protocols have in common whose venues need no request beside their sockets.

Subscriptions, their confirmations, snapshots and keep-alives all travel on a socket; where there
are several, the books are on the first. To get a new snapshot, a stream is left and subscribed to
again; no other stream and no socket is touched by it. A venue's own protocol says what it wants,
how it reads a message, and how a request is written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import msgspec

from desk.model.instrument import InstrumentId
from desk.model.market_data import FeedStatus, MarketEvent
from desk.venues.protocol import (
    Endpoint,
    FeedCounters,
    RestRequest,
    SocketUrls,
    StreamHealth,
    VenueProtocol,
)
from desk.venues.subscription import Subscription, Terms, health_of
from desk.venues.unreadable import UNREADABLE, reason_of

Handle: TypeAlias = Callable[[bytes, int], None]
"""Takes a stream's data and the time of receipt; raises one of UNREADABLE."""

_SHOWN_LETTERS = 200


class Feed(Protocol):
    """One instrument."""

    @property
    def id(self) -> InstrumentId:
        """Which one."""
        ...

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book and want it anew."""
        ...

    def disconnected(self, ts_recv_ns: int) -> None:
        """Give up the book, and what else only an open socket keeps true."""
        ...


class Ping(msgspec.Struct, frozen=True):
    """What keeps a socket open that would otherwise hear nothing from here."""

    frame: bytes
    every_ns: int


class _Socket:
    """One endpoint and what waits to be sent there."""

    __slots__ = ("endpoint", "is_open", "outgoing", "pinged_ns", "roll_wanted", "wanted")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.wanted: list[Subscription] = []
        self.outgoing: list[bytes] = []
        self.is_open = False
        self.roll_wanted = False
        self.pinged_ns = 0


class InBandProtocol(ABC):
    """One connection of such a venue; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(
        self,
        connection: str,
        urls: SocketUrls,
        endpoints: Iterable[Endpoint],
        ping: Ping | None = None,
    ) -> None:
        self._connection = connection
        self._urls = urls
        self._sockets = {endpoint.path: _Socket(endpoint) for endpoint in endpoints}
        self._first_path = next(iter(self._sockets))
        self._max_frame_bytes = max(s.endpoint.max_frame_bytes for s in self._sockets.values())
        self._ping = ping
        self._counters = FeedCounters()
        self._events: list[MarketEvent] = []
        self._subscriptions: dict[str, Subscription] = {}
        """Those that are wanted, by name."""
        self._handles: dict[str, Handle] = {}
        """Who takes a stream's data, by its name."""
        self._broken: list[Subscription] = []
        """Streams that have wanted to begin anew since somebody looked."""
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

    def inherit(self, before: VenueProtocol) -> None:
        """Take over nothing: every new socket tells all there is."""
        del before

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the sockets that are needed."""
        return tuple(
            msgspec.structs.replace(socket.endpoint, streams=tuple(s.name for s in socket.wanted))
            for socket in self._sockets.values()
        )

    def connection_made(self, path: str, ts_recv_ns: int) -> None:
        """Note the open socket and ask for everything that flows there."""
        socket = self._sockets[path]
        socket.is_open, socket.roll_wanted, socket.pinged_ns = True, False, ts_recv_ns
        socket.outgoing.clear()
        for subscription in socket.wanted:
            subscription.opened(ts_recv_ns)
        self._begin(path, ts_recv_ns)
        self._ask_due(ts_recv_ns)
        self._report(True, f"{path} connected", ts_recv_ns)

    def connection_lost(self, path: str, reason: str, ts_recv_ns: int) -> None:
        """Note that the socket is gone; with the first one all books are lost."""
        socket = self._sockets[path]
        socket.is_open = socket.roll_wanted = False
        socket.outgoing.clear()
        for subscription in socket.wanted:
            subscription.closed()
        if path == self._first_path:
            for feed in self._all_feeds():
                feed.disconnected(ts_recv_ns)
        self._report(False, f"{path} {reason}", ts_recv_ns)

    def receive_frame(self, frame: bytes, ts_recv_ns: int) -> None:
        """Take one message: it gives events, or is counted."""
        self._counters.messages += 1
        if len(frame) > self._max_frame_bytes:
            self._counters.reject("oversize")
            return
        try:
            self._take(frame, ts_recv_ns)
        except UNREADABLE as error:
            self._counters.reject(reason_of(error))
        if self._broken:
            self._ask_due(ts_recv_ns)

    def receive_response(self, request: RestRequest, body: bytes | None, ts_recv_ns: int) -> None:
        """Refuse an answer: nothing was asked for beside the sockets."""
        self._counters.messages += body is not None
        self._counters.reject("an answer to no request")

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot: that stream anew, no other."""
        self._lose_book(instrument, "resync asked for", ts_recv_ns)
        self._ask_due(ts_recv_ns)

    def tick(self, now_ns: int) -> None:
        """Keep the sockets alive, ask again for what does not come, give up a book that died."""
        for subscription in self._subscriptions.values():
            if subscription.is_silent(now_ns):
                subscription.restart(now_ns)
            if subscription.health.kind == "book" and subscription.has_died(now_ns):
                self._lose_book(subscription.health.instrument, "silent", now_ns)
        self._ask_due(now_ns)
        self._ping_due(now_ns)
        if self._complained and all(s.active for s in self._subscriptions.values()):
            self._complained = False
            self._report(True, "every stream confirmed", now_ns)

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call."""
        events = self._events.copy()
        self._events.clear()
        return events

    def frames_to_send(self, path: str) -> list[bytes]:
        """Hand over what a socket has to send."""
        socket = self._sockets[path]
        frames, socket.outgoing = socket.outgoing, []
        return frames

    def requests_to_send(self) -> list[RestRequest]:
        """Return nothing: no request is ever needed."""
        return []

    def last_data_ns(self, path: str) -> int:
        """Return when data last came; a heartbeat is none. 0: not yet."""
        return max(
            (s.health.last_ns for s in self._sockets[path].wanted if s.health.kind != "heartbeat"),
            default=0,
        )

    def roll_wanted(self, path: str) -> bool:
        """Return whether a socket is to be left for a new one."""
        return self._sockets[path].roll_wanted

    def streams(self) -> list[StreamHealth]:
        """Return how each stream is doing."""
        return [msgspec.structs.replace(s.health) for s in self._subscriptions.values()]

    def _want(
        self,
        channel: str,
        symbol: str,
        terms: Terms,
        instrument: InstrumentId | None,
        path: str | None = None,
    ) -> Subscription:
        """Want a stream, on the first socket unless another is named."""
        subscription = Subscription(
            channel,
            symbol,
            health_of(self._name(channel, symbol), terms, instrument),
            self._broken,
            begins_whole=terms.begins_whole,
        )
        self._subscriptions[subscription.name] = subscription
        self._sockets[path or self._first_path].wanted.append(subscription)
        return subscription

    def _hand_on(self, subscription: Subscription, data: bytes, ts_recv_ns: int) -> None:
        """Let a stream's data be taken by whoever wants them."""
        self._handles[subscription.name](data, ts_recv_ns)
        subscription.received(ts_recv_ns)

    def _lose_book(self, instrument: InstrumentId | None, reason: str, now_ns: int) -> None:
        for feed in self._all_feeds():
            if feed.id == instrument:
                feed.lose(reason, now_ns)

    def _ask_due(self, now_ns: int) -> None:
        """Ask for what is due; a socket that is to be left is asked for nothing."""
        self._broken.clear()
        for path, socket in self._sockets.items():
            if not socket.is_open or socket.roll_wanted:
                continue
            due = [s for s in socket.wanted if s.is_due(now_ns)]
            if due and self._may_ask(path, now_ns):
                socket.outgoing.extend(self._requests(due))
                for subscription in due:
                    subscription.asked(now_ns)

    def _ping_due(self, now_ns: int) -> None:
        ping = self._ping
        if ping is None:
            return
        for socket in self._sockets.values():
            if socket.is_open and now_ns - socket.pinged_ns >= ping.every_ns:
                socket.outgoing.append(ping.frame)
                socket.pinged_ns = now_ns

    def _roll_all(self) -> None:
        """Want every open socket to be left for a new one."""
        for socket in self._sockets.values():
            socket.roll_wanted = socket.is_open

    def _report(self, up: bool, reason: str, ts_recv_ns: int) -> None:
        self._events.append(FeedStatus(self._connection, up, _printable(reason), ts_recv_ns))

    def _refused(self, text: str, ts_recv_ns: int) -> None:
        """Report what the venue did not want; its words are shown, not trusted."""
        self._complained = True
        self._report(False, f"refused: {text}", ts_recv_ns)

    def _name(self, channel: str, symbol: str) -> str:
        """Return what a stream is called."""
        return f"{channel}:{symbol}" if symbol else channel

    def _may_ask(self, path: str, now_ns: int) -> bool:
        """Return whether the venue's limits leave room for requests, and take it."""
        return True

    @abstractmethod
    def _all_feeds(self) -> Iterable[Feed]:
        """Return every instrument's feed."""

    @abstractmethod
    def _begin(self, path: str, now_ns: int) -> None:
        """Note a new socket, before anything is asked for there."""

    @abstractmethod
    def _take(self, frame: bytes, ts_recv_ns: int) -> None:
        """Read one message; raise one of UNREADABLE, having changed nothing."""

    @abstractmethod
    def _requests(self, due: list[Subscription]) -> Iterable[bytes]:
        """Write the requests for streams of one socket, leaving first those that are repeats."""


def _printable(text: str) -> str:
    """Return a venue's words as one short line that a screen can show."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN_LETTERS])
