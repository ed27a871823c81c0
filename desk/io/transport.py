"""The pump between a venue's protocol and the network: sockets, GETs, patience.

Whether data is fresh is decided by its age, never by the state of a socket: one that brings no
data is aborted, however politely it answers pings. A connection that is lost is tried again for
ever, at random distances that double up to a minute.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeAlias

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from desk.io.addresses import checked_urls, is_loopback
from desk.io.clock import Clock
from desk.io.http_get import HttpError, get
from desk.model.market_data import MarketEvent
from desk.venues.protocol import (
    MAX_RESPONSE_BYTES,
    Endpoint,
    RestRequest,
    SocketUrls,
    VenueProtocol,
)

Sink: TypeAlias = Callable[[list[MarketEvent]], None]

BACKOFF_CAP_S = 60.0
_BACKOFF_FIRST_S = 1.0
_HEALTHY_NS = 5_000_000_000
"""A socket that brought data for so long starts from the quickest retry again."""

_LONGEST_RETRY_AFTER_S = 600.0

_TICK_S = 0.25
_OPEN_TIMEOUT_S = 10.0
_GET_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 0.5
"""The library's 10 s would be added to the time that a dead link goes unseen."""

_PING_S = 10.0
_TURN = 64
"""Messages after which others get a turn: reading does not pause while frames are queued."""


class _Ending(msgspec.Struct, frozen=True):
    """Why a socket ended, and how long the venue wants to be left alone."""

    reason: str
    wait_s: float = 0.0
    rolled: bool = False
    """Left on purpose, for a new one at once."""


class _Live:
    """An open socket."""

    def __init__(self, socket: ClientConnection, since_ns: int) -> None:
        self.socket = socket
        self.since_ns = since_ns
        self.ending: _Ending | None = None
        """Set once it has been decided that this socket goes."""


async def run(
    protocol: VenueProtocol,
    urls: SocketUrls,
    *,
    clock: Clock,
    sink: Sink,
    jitter: Callable[[], float],
) -> None:
    """Keep one connection alive until the task is cancelled; nothing of it is left then.

    `sink` gets the events in batches, in order, on this loop; `jitter` gives numbers in [0, 1).
    What the sink raises ends the pump. The protocol may be pumped again afterwards, elsewhere
    too: it then begins with what it has to tell about the end. Raises InputError for addresses
    that are neither encrypted nor on this machine.
    """
    await _Pump(protocol, checked_urls(urls), clock, sink, jitter).run()


class _Pump:
    def __init__(
        self,
        protocol: VenueProtocol,
        urls: SocketUrls,
        clock: Clock,
        sink: Sink,
        jitter: Callable[[], float],
    ) -> None:
        self._protocol = protocol
        self._urls = urls
        self._clock = clock
        self._sink = sink
        self._jitter = jitter
        self._live: dict[str, _Live] = {}
        self._dirty = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        # Certificates and host names are verified; there is no switch.
        self._tls = ssl.create_default_context()

    async def run(self) -> None:
        try:
            async with self._tasks as tasks:
                for endpoint in self._protocol.endpoints():
                    tasks.create_task(self._keep(endpoint))
                tasks.create_task(self._deliver())
                tasks.create_task(self._watch())
        finally:  # the protocol may be pumped again, from a clean start
            for endpoint in self._protocol.endpoints():
                self._protocol.connection_lost(endpoint.path, "stopped", self._clock.boot_ns())

    async def _keep(self, endpoint: Endpoint) -> None:
        failures = 0
        while True:
            opened_ns = self._clock.boot_ns()
            ending = await self._hold(endpoint)
            self._protocol.connection_lost(endpoint.path, ending.reason, self._clock.boot_ns())
            self._dirty.set()
            if self._protocol.last_data_ns(endpoint.path) - opened_ns >= _HEALTHY_NS:
                failures = 0
            if not ending.rolled:
                await asyncio.sleep(max(ending.wait_s, backoff_s(failures, self._jitter())))
                failures += 1

    async def _hold(self, endpoint: Endpoint) -> _Ending:
        try:
            async with connect(
                self._urls.ws + endpoint.path,
                ssl=self._tls if self._urls.ws.startswith("wss:") else None,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
                ping_interval=_PING_S,
                ping_timeout=_PING_S,
                max_size=endpoint.max_frame_bytes,
                proxy=None if is_loopback(self._urls.ws) else True,
            ) as socket:
                live = self._live[endpoint.path] = _Live(socket, self._clock.boot_ns())
                self._protocol.connection_made(endpoint.path, live.since_ns)
                self._dirty.set()
                try:
                    reason = await self._receive(socket)
                finally:
                    del self._live[endpoint.path]
                return live.ending or _Ending(reason)
        except InvalidStatus as refusal:
            response = refusal.response
            retry = response.headers.get("Retry-After", "")
            wait_s = min(float(retry), _LONGEST_RETRY_AFTER_S) if retry.isdigit() else 0.0
            return _Ending(f"refused: HTTP {response.status_code}", wait_s)
        except (OSError, WebSocketException) as error:
            return _Ending(f"cannot connect: {error or type(error).__name__}")

    async def _receive(self, socket: ClientConnection) -> str:
        """Feed the protocol until the socket ends; return why it did."""
        received = 0
        receive, now_ns = self._protocol.receive_frame, self._clock.boot_ns
        try:
            while True:
                receive(await socket.recv(decode=False), now_ns())
                self._dirty.set()
                received += 1
                if received % _TURN == 0:
                    await asyncio.sleep(0)
        except ConnectionClosed as closed:
            return f"closed: {closed}"

    async def _deliver(self) -> None:
        """Hand on whatever the protocol has; many frames make one batch."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            for path, live in self._live.items():
                if frames := self._protocol.frames_to_send(path):
                    self._tasks.create_task(_send(live.socket, frames))
            for request in self._protocol.requests_to_send():
                self._tasks.create_task(self._ask(request))
            if events := self._protocol.events_received():
                self._sink(events)

    async def _ask(self, request: RestRequest) -> None:
        body = None
        try:
            answer = await get(
                self._urls.rest + request.path,
                tls=self._tls,
                max_bytes=MAX_RESPONSE_BYTES,
                timeout_s=_GET_TIMEOUT_S,
            )
            if answer.status == 200:
                body = answer.body
            elif answer.retry_after_s is not None:
                # The request counts as outstanding meanwhile, so nobody asks again.
                await asyncio.sleep(min(answer.retry_after_s, _LONGEST_RETRY_AFTER_S))
        except (OSError, HttpError):
            pass
        finally:  # every request is answered once, also when this task is cancelled
            self._protocol.receive_response(request, body, self._clock.boot_ns())
            self._dirty.set()

    async def _watch(self) -> None:
        """Let time pass for the protocol, and end sockets that are silent or due."""
        while True:
            await asyncio.sleep(_TICK_S)
            now_ns = self._clock.boot_ns()
            self._protocol.tick(now_ns)
            self._dirty.set()
            for endpoint in self._protocol.endpoints():
                live = self._live.get(endpoint.path)
                if live is None or live.ending is not None:
                    continue
                live.ending = self._verdict(endpoint, live, now_ns)
                if live.ending is not None:
                    live.socket.transport.abort()

    def _verdict(self, endpoint: Endpoint, live: _Live, now_ns: int) -> _Ending | None:
        last_ns = self._protocol.last_data_ns(endpoint.path)
        if last_ns > live.since_ns:
            silence_ms, limit_ms = (now_ns - last_ns) // 1_000_000, endpoint.silence_ms
        else:
            silence_ms, limit_ms = (now_ns - live.since_ns) // 1_000_000, endpoint.first_data_ms
        if silence_ms > limit_ms:
            return _Ending(f"no data for {silence_ms} ms")
        age_ms = (now_ns - live.since_ns) // 1_000_000
        if endpoint.life_ms is not None and age_ms > endpoint.life_ms:
            return _Ending("left before its end of life", rolled=True)
        if self._protocol.roll_wanted(endpoint.path):
            return _Ending("left at the venue's wish", rolled=True)
        return None


def backoff_s(failures: int, jitter: float) -> float:
    """Return how long to wait after a number of failures in a row: full jitter, at most 60 s."""
    return jitter * min(BACKOFF_CAP_S, _BACKOFF_FIRST_S * 2 ** min(failures, 16))


async def _send(socket: ClientConnection, frames: list[bytes]) -> None:
    try:
        for frame in frames:
            await socket.send(frame, text=True)
    except ConnectionClosed:
        return  # whoever reads the socket sees it too
