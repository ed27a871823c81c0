"""A venue whose sockets carry named channels: subscriptions, snapshots, frames, faults.

Everything a venue says differently is its `Venue`; streams are named `instrument@channel`, by
whatever parts the venue has, and the same names are what faults are aimed at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from desk.sim import sockets
from desk.sim.dialect import Moment, Stage
from desk.sim.faults import FaultKind
from desk.sim.line import Line
from desk.sim.speech import Noticing, Posting, Pulsing, Reply, Venue
from desk.sim.subscriber import NO_HABITS, Habits, Subscriber
from desk.sim.upheaval import HANDSHAKE, REST, TRY_AGAIN_LATER, Upheaval

_Item = TypeVar("_Item", str, bytes)


@dataclass(frozen=True, slots=True)
class _Delayed:
    """A snapshot that comes late."""

    due_ms: int
    subscriber: Subscriber
    stream: str
    greeting: bytes | None
    """None: made when it is due."""


class ChannelServer:
    """One venue on one port."""

    ports = 1

    def __init__(
        self, make: Callable[[Stage], Venue], stage: Stage, habits: Habits = NO_HABITS
    ) -> None:
        self._make = make
        self._stage = stage
        self._venue = make(stage)
        self._habits = habits
        self._wall_ms = stage.wall_ms
        self._faults = stage.faults
        self._upheaval = Upheaval(self._venue.name, stage.faults, self._notice)
        self._elapsed_ms = 0
        self._numbers = count(1)
        self._subscribers: list[Subscriber] = []
        self._by_stream: dict[str, list[Subscriber]] = {}
        self._delayed: list[_Delayed] = []
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
        self._upheaval.stop()
        if self._server is not None:
            await sockets.close(self._server)

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return len(self._subscribers)

    def restart(self, now_us: int) -> None:
        """Nothing here waits for a time: intervals are found from the time itself."""

    def relist(self, now_us: int) -> None:
        """List the instruments anew, as they are now, and break with everybody."""
        self._venue = self._make(replace(self._stage, now_us=now_us))
        for subscriber in self._subscribers:
            subscriber.connection.transport.abort()

    def publish(self, moment: Moment) -> None:
        """Frame what has happened, for whoever has asked for it, and send it."""
        self._elapsed_ms = moment.elapsed_ms
        self._upheaval.begin(self._subscribers, moment.elapsed_ms)
        for stream, payload in self._venue.frames(moment, set(self._by_stream)):
            self._send(stream, payload)
        self._greet_delayed()
        if isinstance(self._venue, Pulsing):
            self._pulse(self._venue)
        for subscriber in self._subscribers:
            subscriber.keep_up(self._elapsed_ms)
            subscriber.flush()
        self._upheaval.strike(self._subscribers, moment.happening)

    def _pulse(self, venue: Pulsing) -> None:
        subscribers = {subscriber.id: subscriber for subscriber in self._subscribers}
        for connection_id, frame in venue.pulse(subscribers.keys(), self._elapsed_ms):
            subscriber = subscribers[connection_id]
            if frame is None:
                subscriber.connection.transport.abort()
            else:
                subscriber.answer(frame, self._elapsed_ms)

    def _send(self, stream: str, payload: bytes) -> None:
        """Send a frame, or what faults make of it, to whoever wants its stream."""
        now_ms = self._elapsed_ms
        if self._faults.is_idle:
            for subscriber in self._by_stream.get(stream, ()):
                subscriber.send(subscriber.sealed(payload), now_ms)
            return
        acts = self._faults.acts(self._venue.name, stream, now_ms)
        if self._faults.is_silent(acts):  # the venue does not even count it
            return
        payload = self._retimed(stream, payload)
        for subscriber in self._by_stream.get(stream, ()):
            receiver = self._venue.name, subscriber.id, stream
            for frame in self._faults.apply(acts, receiver, subscriber.sealed(payload)):
                subscriber.send(frame, now_ms)

    def _retimed(self, stream: str, payload: bytes) -> bytes:
        return self._faults.retimed(self._venue.name, stream, payload, self._elapsed_ms)

    # ------------------------------------------------------------------ conversations

    async def _answer_rest(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let websocket handshakes of known paths pass; answer everything else as REST."""
        del connection
        path = request.path
        if "Upgrade" in request.headers and self._venue.route(path) is not None:
            return await self._upheaval.admit(HANDSHAKE, lambda: None)
        return await self._upheaval.admit(REST, lambda: self._rest(path))

    def _rest(self, path: str) -> Response:
        status, body = self._venue.rest(path, self._wall_ms())
        return sockets.json_response(status, self._retimed(path, body))

    def _answer_post(self, path: str, body: bytes) -> Response | None:
        if self._upheaval.hangs():
            return None
        refusal, venue = self._upheaval.refusal(REST), self._venue
        if refusal is not None or not isinstance(venue, Posting):
            return refusal or sockets.json_response(405, b"{}")
        status, answer = venue.post(path, body, self._wall_ms())
        return sockets.json_response(status, self._retimed(path, answer))

    async def _converse(self, connection: ServerConnection) -> None:
        request = connection.request
        route = None if request is None else self._venue.route(request.path)
        if route is None:
            return
        if self._upheaval.bounces():
            await connection.close(TRY_AGAIN_LATER)
            return
        subscriber = Subscriber(
            connection, route, next(self._numbers), self._habits, self._elapsed_ms
        )
        self._subscribers.append(subscriber)
        if self._habits.welcome is not None:
            self._tell(subscriber, self._habits.welcome(subscriber.id))
            subscriber.flush()
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
        reply = self._shortened(reply)
        for answer in reply.answers:
            self._tell(subscriber, answer)
        subscriber.streams.difference_update(reply.left)
        for stream in reply.joined:
            self._join(subscriber, stream, is_greeted=reply.is_greeted)
        if reply.summary is not None:
            self._tell(subscriber, reply.summary(subscriber.streams))
        self._route_streams()
        subscriber.flush()

    def _shortened(self, reply: Reply) -> Reply:
        """Leave out what a fault does of a subscription, and where there are any its answers."""
        left_out = {
            at
            for at, stream in enumerate(reply.joined)
            if self._faults.happens(FaultKind.PARTIAL, self._venue.name, stream, self._elapsed_ms)
        }
        if not left_out:
            return reply
        answers = reply.answers
        if len(answers) == len(reply.joined):
            answers = _without(answers, left_out)
        return replace(reply, joined=_without(reply.joined, left_out), answers=answers)

    def _join(self, subscriber: Subscriber, stream: str, *, is_greeted: bool) -> None:
        subscriber.streams.add(stream)
        subscriber.has_subscribed = True
        venue, now_ms = self._venue.name, self._elapsed_ms
        if not is_greeted or self._faults.happens(FaultKind.SILENT, venue, stream, now_ms):
            return
        late = self._faults.on(FaultKind.LATE, venue, (stream,), now_ms)
        old = self._faults.on(FaultKind.OLD, venue, (stream,), now_ms)
        greeting = None if late is not None else self._venue.greeting(stream)
        delay = late or old
        if delay is not None:
            due_ms = now_ms + delay.by_ms
            self._delayed.append(_Delayed(due_ms, subscriber, stream, greeting))
        elif greeting is not None:
            self._tell(subscriber, self._retimed(stream, greeting))

    def _greet_delayed(self) -> None:
        """Send the snapshots that faults have held back: made now, or made when asked for."""
        due = [delayed for delayed in self._delayed if delayed.due_ms <= self._elapsed_ms]
        self._delayed = [delayed for delayed in self._delayed if delayed not in due]
        for delayed in due:
            greeting = delayed.greeting or self._venue.greeting(delayed.stream)
            if greeting is not None and delayed.stream in delayed.subscriber.streams:
                self._tell(delayed.subscriber, self._retimed(delayed.stream, greeting))

    def _tell(self, subscriber: Subscriber, payload: bytes) -> None:
        subscriber.answer(payload, self._elapsed_ms)

    def _notice(self, line: Line) -> bytes | None:
        return self._venue.notice(line.id) if isinstance(self._venue, Noticing) else None

    def _route_streams(self) -> None:
        """Work out anew who gets what."""
        by_stream: dict[str, list[Subscriber]] = defaultdict(list)
        for subscriber in self._subscribers:
            for stream in subscriber.streams:
                by_stream[stream].append(subscriber)
        self._by_stream = by_stream


def _without(items: tuple[_Item, ...], left_out: set[int]) -> tuple[_Item, ...]:
    return tuple(item for at, item in enumerate(items) if at not in left_out)
