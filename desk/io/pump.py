"""The pump between one protocol and the network: its sockets, its requests, its time.

Whether data is fresh is decided by its age, never by the state of a socket: one that brings no
data is aborted, however politely it answers pings. What waits with us is no silence of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from desk.io.opening import Ending, connect_to, refused
from desk.io.tap import STOPPED, Tapped, TappedKind
from desk.io.venue_socket import VenueSocket
from desk.io.waiting import has_waiting
from desk.io.world import World
from desk.model.market_data import MarketEvent
from desk.venues.protocol import Endpoint, RestRequest, VenueProtocol

Sink: TypeAlias = Callable[[list[MarketEvent]], None]

_HEALTHY_NS = 5_000_000_000
"""A socket that brought data for so long starts from the quickest retry again."""

SUSPENDED_NS = 30_000_000_000
"""Nothing was done for so long: the machine slept, and its sockets are most likely half-open."""

TICK_S = 0.25
_TURN = 64
"""Messages after which others get a turn: reading does not pause while frames are queued."""


class _Live:
    """An open socket."""

    def __init__(self, socket: VenueSocket, since_ns: int) -> None:
        self.socket = socket
        self.since_ns = since_ns
        self.proven = False
        """It has brought data."""
        self.ending: Ending | None = None
        """Set once it has been decided that this socket goes: what it still brings is no news."""


class Pump:
    """Keeps the sockets of one protocol open from `start` to `stop`.

    `sink` gets the events in batches, in order, on the loop; what it raises ends the pump.
    """

    def __init__(
        self,
        protocol: VenueProtocol,
        world: World,
        sink: Sink,
        on_tick: Callable[[Pump], None],
        *,
        generation: int = 0,
    ) -> None:
        self.protocol = protocol
        self.sink = sink
        self.generation = generation
        self._world = world
        self._on_tick = on_tick
        self._now_ns = world.clock.boot_ns
        self._ticked_ns = world.clock.boot_ns()
        self._live: dict[str, _Live] = {}
        self._asked: list[RestRequest] = []
        """Not answered yet."""
        self._dirty = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        """Both of one run, like the loop that they belong to."""
        self._task: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        """What the protocol has raised as it heard a frame: it hears no other from then on."""

    @property
    def is_open(self) -> bool:
        """Whether any socket is."""
        return bool(self._live)

    @property
    def opened_ns(self) -> int:
        """When the newest socket opened; 0: none is open."""
        return max((live.since_ns for live in self._live.values()), default=0)

    @property
    def brings_data(self) -> bool:
        """Whether every socket is open and has brought data."""
        return all(
            (live := self._live.get(endpoint.path)) is not None and self._has_data(endpoint, live)
            for endpoint in self.protocol.endpoints()
        )

    @property
    def is_behind(self) -> bool:
        """Whether any socket has brought what was not looked at yet."""
        return any(has_waiting(live.socket) for live in self._live.values())

    def wish(self) -> str:
        """Return why the sockets should be left for new ones; empty: they should not."""
        for endpoint in self.protocol.endpoints():
            live = self._live.get(endpoint.path)
            if live is None:
                continue
            if self.protocol.roll_wanted(endpoint.path):
                return "left at the venue's wish"
            age_ms = (self._now_ns() - live.since_ns) // 1_000_000
            if endpoint.life_ms is not None and age_ms > endpoint.life_ms:
                return "left before its end of life"
        return ""

    def patience_ms(self, *, first: bool) -> int:
        """Return how long all sockets together may be without news, or without the first.

        That is the patience with the liveliest: on OKX candles may pause for ten times as long
        as books and marks.
        """
        endpoints = self.protocol.endpoints()
        return min((e.first_data_ms if first else e.silence_ms for e in endpoints), default=0)

    def give_up(self, reason: str) -> None:
        """End every socket: what they bring is no use."""
        for live in self._live.values():
            if live.ending is None:
                self._end(live, Ending(reason, failed=True))

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Work as a task of a group, until `stop`."""
        self._task = tasks.create_task(self._run())

    def stop(self) -> None:
        """Close the sockets; the protocol may be pumped again afterwards."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        self._dirty, self._tasks, self._failure = asyncio.Event(), asyncio.TaskGroup(), None
        self._dirty.set()  # it may have something to tell from before
        self._ticked_ns = self._now_ns()
        try:
            async with self._tasks as tasks:
                for endpoint in self.protocol.endpoints():
                    tasks.create_task(self._keep(endpoint))
                tasks.create_task(self._deliver())
                tasks.create_task(self._watch())
        finally:
            for wanted in self._asked.copy():  # a task that was cancelled unbegun answers nothing
                self._answer(wanted, None)
            for endpoint in self.protocol.endpoints():
                self._lose(endpoint.path, STOPPED)

    # ------------------------------------------------------------------ sockets

    async def _keep(self, endpoint: Endpoint) -> None:
        retries, failed = self._world.retries, False
        while True:
            await self._world.turn(self.protocol.connection, failed=failed)
            opened_ns = self._now_ns()
            ending = await self._hold(endpoint)
            self._lose(endpoint.path, ending.reason)
            held = not ending.failed and self._has_held(endpoint.path, opened_ns)
            failed = not (ending.at_once or held)
            if failed:
                retries.fail(self._now_ns(), ending.asked_s)
            elif not ending.at_once:
                await asyncio.sleep(retries.pause_s())

    def _has_held(self, path: str, opened_ns: int) -> bool:
        """Tell the patience of the connection how a socket did; return whether it did well."""
        brought_ns = self.protocol.last_data_ns(path) - opened_ns
        if brought_ns > 0:
            self._world.retries.succeed()
        if brought_ns < _HEALTHY_NS:
            return False
        self._world.retries.settle()
        return True

    def _lose(self, path: str, reason: str) -> None:
        now_ns = self._now_ns()
        self._say("closed", path, reason.encode(), now_ns)
        self.protocol.connection_lost(path, reason, now_ns)
        self._dirty.set()

    async def _hold(self, endpoint: Endpoint) -> Ending:
        opening = True
        try:
            async with connect_to(endpoint, self._world) as socket:
                opening = False
                self._world.retries.end()
                return await self._use(endpoint, socket)
        except (OSError, WebSocketException) as error:
            return refused(error, self._world.clock.wall_ms())
        finally:
            if opening:
                self._world.retries.end()

    async def _use(self, endpoint: Endpoint, socket: VenueSocket) -> Ending:
        live = self._live[endpoint.path] = _Live(socket, self._now_ns())
        self._say("opened", endpoint.path, now_ns=live.since_ns)
        self.protocol.connection_made(endpoint.path, live.since_ns)
        self._dirty.set()
        try:
            reason = await self._receive(endpoint.path, live)
        finally:
            del self._live[endpoint.path]
        return live.ending or Ending(reason)

    async def _receive(self, path: str, live: _Live) -> str:
        """Feed the protocol until the socket ends; return why it did."""
        received, read = 0, live.socket.recv
        live.socket.hand_to(partial(self._try_to_hear, path, live))
        try:
            while True:  # what the socket does not hand on by itself
                self._hear(path, live, [await read(decode=False)])
                received += 1
                if received % _TURN == 0:
                    await asyncio.sleep(0)
        except ConnectionClosed as closed:
            if self._failure is not None:
                raise self._failure from None
            return f"closed: {closed}"

    def _hear(self, path: str, live: _Live, frames: list[bytes]) -> None:
        """Feed the protocol with what came together, while the socket is in use."""
        is_over = self._failure is not None or live.ending is not None
        if is_over or self._live.get(path) is not live:
            return
        now_ns, receive = self._now_ns(), self.protocol.receive_frame
        if now_ns - self._ticked_ns > SUSPENDED_NS:
            self._end_half_open(now_ns)  # what waited in it meanwhile is no news
            return
        tap = self._world.tap
        for frame in frames:
            if tap is not None:
                self._say("received", path, frame, now_ns)
            receive(frame, now_ns)
        self._dirty.set()

    def _try_to_hear(self, path: str, live: _Live, frames: list[bytes]) -> None:
        """Do so where a failure would be the loop's: it ends the pump instead."""
        try:
            self._hear(path, live, frames)
        except Exception as error:  # noqa: BLE001 - raised where the socket is waited for
            self._failure = error
            live.socket.transport.abort()

    # ------------------------------------------------------------------ what the protocol wants

    async def _deliver(self) -> None:
        """Hand on whatever the protocol has; many frames make one batch."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            for path, live in self._live.items():
                if frames := self.protocol.frames_to_send(path):
                    self._tasks.create_task(self._send(path, live.socket, frames))
            for wanted in self.protocol.requests_to_send():
                self._asked.append(wanted)
                self._tasks.create_task(self._ask(wanted))
            if events := self.protocol.events_received():
                self.sink(events)

    async def _send(self, path: str, socket: ClientConnection, frames: list[bytes]) -> None:
        try:
            for frame in frames:
                self._say("sent", path, frame)
                await socket.send(frame, text=True)
        except ConnectionClosed:
            return  # whoever reads the socket sees it too

    async def _ask(self, wanted: RestRequest) -> None:
        body = None
        try:
            body = await self._world.ask(wanted)
        finally:  # every request is answered once, also when this task is cancelled
            self._answer(wanted, body)

    def _answer(self, wanted: RestRequest, body: bytes | None) -> None:
        now_ns = self._now_ns()
        self._asked.remove(wanted)
        self._say("answered", wanted.path, body or b"", now_ns, wanted)
        self.protocol.receive_response(wanted, body, now_ns)
        self._dirty.set()

    # ------------------------------------------------------------------ time

    async def _watch(self) -> None:
        """Let time pass for the protocol, and end sockets that are silent."""
        while True:
            await asyncio.sleep(TICK_S)
            now_ns = self._now_ns()
            if now_ns - self._ticked_ns > SUSPENDED_NS:
                self._end_half_open(now_ns)
            self._ticked_ns = now_ns
            self.protocol.tick(now_ns)
            self._dirty.set()
            for endpoint in self.protocol.endpoints():
                live = self._live.get(endpoint.path)
                if live is not None and live.ending is None:
                    self._inspect(endpoint, live, now_ns)
            self._on_tick(self)

    def _inspect(self, endpoint: Endpoint, live: _Live, now_ns: int) -> None:
        if not live.proven and self._has_data(endpoint, live):
            live.proven = True
            self._world.retries.succeed()
        last_ns = self._steady_ns(endpoint)
        limit_ms = endpoint.silence_ms
        if last_ns <= live.since_ns:
            last_ns, limit_ms = live.since_ns, endpoint.first_data_ms
        silence_ms = (now_ns - last_ns) // 1_000_000
        if silence_ms > limit_ms and not has_waiting(live.socket):
            self._end(live, Ending(f"no data for {silence_ms} ms"))

    def _steady_ns(self, endpoint: Endpoint) -> int:
        """Return when the streams that are never silent last brought data, any of them.

        Heartbeats are none: they come where nothing else does.
        """
        steady = [
            stream.last_ns
            for stream in self.protocol.streams()
            if stream.limit_ms is not None
            and stream.kind != "heartbeat"
            and stream.name in endpoint.streams
        ]
        return max(steady) if steady else self.protocol.last_data_ns(endpoint.path)

    def _has_data(self, endpoint: Endpoint, live: _Live) -> bool:
        return self.protocol.last_data_ns(endpoint.path) > live.since_ns

    def _end_half_open(self, now_ns: int) -> None:
        slept_s = (now_ns - self._ticked_ns) // 1_000_000_000
        self._ticked_ns = now_ns  # the next sockets have not slept
        for live in self._live.values():
            self._end(live, Ending(f"half-open after {slept_s} s without a tick", at_once=True))

    def _end(self, live: _Live, ending: Ending) -> None:
        live.ending = ending
        live.socket.transport.abort()

    def _say(
        self,
        what: TappedKind,
        path: str,
        payload: bytes = b"",
        now_ns: int | None = None,
        wanted: RestRequest | None = None,
    ) -> None:
        tap = self._world.tap
        if tap is None:
            return
        if now_ns is None:
            now_ns = self._now_ns()
        connection = self.protocol.connection
        tap(Tapped(connection, path, what, now_ns, payload, wanted, self.generation))
