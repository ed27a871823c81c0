"""A venue whose sockets carry named channels: subscriptions, snapshots, frames, faults.

Everything a venue says differently is its `Venue`; streams are named `instrument@channel`, by
whatever parts the venue has, and the same names are what faults are aimed at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol, runtime_checkable

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from desk.sim import sockets
from desk.sim.dialect import Moment, Stage
from desk.sim.subscriber import NO_HABITS, Habits, Subscriber


@dataclass(frozen=True, slots=True)
class Reply:
    """What a venue does about one message of a client."""

    answers: tuple[bytes, ...]
    joined: tuple[str, ...] = ()
    """Streams that are wanted from now on."""
    left: tuple[str, ...] = ()
    is_greeted: bool = True
    """Whether the joined streams are to tell at once what they have."""
    summary: Callable[[set[str]], bytes] | None = None
    """Makes one more answer from all streams of the connection, after what they tell at once."""


class Venue(Protocol):
    """How one venue speaks."""

    @property
    def name(self) -> str:
        """What the ready line and faults call it."""
        ...

    def route(self, path: str) -> str | None:
        """Return what a websocket path is for; None when the venue has no such path."""
        ...

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Read a message; nothing raises, whatever it is."""
        ...

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        ...

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once, if it does."""
        ...

    def frames(self, moment: Moment, wanted: set[str]) -> Iterable[tuple[str, bytes]]:
        """Return the frames of wanted streams for what has happened, in their order."""
        ...


@runtime_checkable
class Posting(Protocol):
    """A venue that answers POSTs as well."""

    def post(self, path: str, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body; nothing raises, whatever the request is."""
        ...


@runtime_checkable
class Pulsing(Protocol):
    """A venue that tells single connections something by the clock, or ends them."""

    def pulse(self, live: Collection[str], now_ms: int) -> Iterable[tuple[str, bytes | None]]:
        """Return frames with the ids of their connections; None in place of a frame ends one.

        `live` are the ids of all connections, `now_ms` is wall time since the start. Faults do
        not touch these frames: a venue whose data have stopped still asks who is there.
        """
        ...


class ChannelServer:
    """One venue on one port."""

    ports = 1

    def __init__(
        self, make: Callable[[Stage], Venue], stage: Stage, habits: Habits = NO_HABITS
    ) -> None:
        self._venue = make(stage)
        self._habits = habits
        self._wall_ms = stage.wall_ms
        self._faults = stage.faults
        self._elapsed_ms = 0
        self._numbers = count(1)
        self._subscribers: list[Subscriber] = []
        self._by_stream: dict[str, list[Subscriber]] = {}
        self._server: Server | None = None

    async def start(self, port: int) -> dict[str, Any]:
        """Listen; return the addresses. Raises OSError when the port is taken."""
        # Clients of these venues keep the connection alive, by messages of their own.
        self._server = await sockets.listen(
            port,
            converse=self._converse,
            answer=self._answer_rest,
            post=self._answer_post if isinstance(self._venue, Posting) else None,
            ping_interval_s=None,
            ping_timeout_s=None,
        )
        return sockets.addresses(sockets.port_of(self._server))

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return len(self._subscribers)

    def restart(self, now_us: int) -> None:
        """Nothing here waits for a time: intervals are found from the time itself."""

    def publish(self, moment: Moment) -> None:
        """Frame what has happened, for whoever has asked for it, and send it."""
        self._elapsed_ms = moment.elapsed_ms
        for stream, payload in self._venue.frames(moment, set(self._by_stream)):
            self._send(stream, payload)
        if isinstance(self._venue, Pulsing):
            self._pulse(self._venue)
        for subscriber in self._subscribers:
            subscriber.keep_up(self._elapsed_ms)
            sockets.flush(subscriber.connection)
        for fault in moment.broken:
            for subscriber in self._subscribers:
                if any(fault.hits(self._venue.name, stream) for stream in subscriber.streams):
                    subscriber.connection.transport.abort()

    def _pulse(self, venue: Pulsing) -> None:
        subscribers = {subscriber.id: subscriber for subscriber in self._subscribers}
        for connection_id, frame in venue.pulse(subscribers.keys(), self._elapsed_ms):
            subscriber = subscribers[connection_id]
            if frame is None:
                subscriber.connection.transport.abort()
            else:
                self._tell(subscriber, frame)

    def _send(self, stream: str, payload: bytes) -> None:
        """Send a frame, or what faults make of it, to whoever wants its stream."""
        now_ms = self._elapsed_ms
        if self._faults.is_idle:
            for subscriber in self._by_stream.get(stream, ()):
                subscriber.send(subscriber.sealed(payload), now_ms)
            return
        acts = self._faults.acts(self._venue.name, stream, now_ms)
        for subscriber in self._by_stream.get(stream, ()):
            receiver = self._venue.name, subscriber.id, stream
            if self._faults.is_silent(acts):  # the venue does not even count it
                continue
            for frame in self._faults.apply(acts, receiver, subscriber.sealed(payload)):
                subscriber.send(frame, now_ms)

    # ------------------------------------------------------------------ conversations

    def _answer_rest(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let websocket handshakes of known paths pass; answer everything else as REST."""
        del connection
        if "Upgrade" in request.headers and self._venue.route(request.path) is not None:
            return None
        return sockets.json_response(*self._venue.rest(request.path, self._wall_ms()))

    def _answer_post(self, path: str, body: bytes) -> tuple[int, bytes]:
        venue = self._venue
        return (
            venue.post(path, body, self._wall_ms()) if isinstance(venue, Posting) else (405, b"{}")
        )

    async def _converse(self, connection: ServerConnection) -> None:
        request = connection.request
        route = None if request is None else self._venue.route(request.path)
        if route is None:
            return
        subscriber = Subscriber(
            connection, route, next(self._numbers), self._habits, self._elapsed_ms
        )
        self._subscribers.append(subscriber)
        if self._habits.welcome is not None:
            self._tell(subscriber, self._habits.welcome(subscriber.id))
            sockets.flush(connection)
        try:
            async for text in connection:
                self._do(subscriber, self._venue.obey(route, text, subscriber.id))
        except ConnectionClosed:
            pass
        finally:
            self._subscribers.remove(subscriber)
            self._route_streams()

    def _do(self, subscriber: Subscriber, reply: Reply) -> None:
        """Send the answers, then what the joined streams tell at once."""
        for answer in reply.answers:
            self._tell(subscriber, answer)
        subscriber.streams.difference_update(reply.left)
        for stream in reply.joined:
            self._join(subscriber, stream, is_greeted=reply.is_greeted)
        if reply.summary is not None:
            self._tell(subscriber, reply.summary(subscriber.streams))
        self._route_streams()
        sockets.flush(subscriber.connection)

    def _join(self, subscriber: Subscriber, stream: str, *, is_greeted: bool) -> None:
        subscriber.streams.add(stream)
        subscriber.has_subscribed = True
        greeting = self._venue.greeting(stream) if is_greeted else None
        silent = self._faults.silences(self._venue.name, stream, self._elapsed_ms)
        if greeting is not None and not silent:
            self._tell(subscriber, greeting)

    def _tell(self, subscriber: Subscriber, payload: bytes) -> None:
        subscriber.send(subscriber.sealed(payload), self._elapsed_ms)

    def _route_streams(self) -> None:
        """Work out anew who gets what."""
        by_stream: dict[str, list[Subscriber]] = defaultdict(list)
        for subscriber in self._subscribers:
            for stream in subscriber.streams:
                by_stream[stream].append(subscriber)
        self._by_stream = by_stream
