"""A recording served as the venues served it: the same frames on the same paths, over loopback.

* Every client that connects to a recorded path gets what came there, from the first frame on and
  at the recorded pace, byte for byte; what it asks for was asked for in the recording. Where the
  recording has several sockets of a path one after the other, clients get them in turn, each
  until the recording closed it. At the end of the recording sockets stay open and silent.
* A request is answered as it was nearest to where the newest client is in the recording: same
  path and body, else same path and symbol. What was never answered is not found.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from desk.io.capture_files import CaptureLine
from desk.io.captures import format_of, read_capture
from desk.io.clock import SystemClock
from desk.model.errors import InputError
from desk.sim import sockets
from desk.venues.connections import venue_of

_TURN = 256
"""Lines after which others get a turn, when many are due at once."""

_GOING_AWAY = 1001
_SPLIT_VENUE = "binance"
"""The venue whose connections have addresses of their own, with the same paths."""


class RecordedMarket:
    """Every venue of a recording, each on a port of its own."""

    def __init__(self, files: list[str], *, speed: int, port: int) -> None:
        """Look through the recording; raise InputError for one that cannot be served."""
        if format_of(files[0]) != "desk":
            raise InputError(
                source=files[0], expected="a recording of desk record", found="another format"
            )
        self._port = port
        self._venues: dict[str, _Venue] = {}
        for line in read_capture(files, "desk", torn=_warn):
            name = line.connection
            name = name if venue_of(name) == _SPLIT_VENUE else venue_of(name)
            if name not in self._venues:
                self._venues[name] = _Venue(files, speed)
            self._venues[name].note(line)
        if not self._venues:
            raise InputError(source=files[0], expected="a recording", found="nothing in it")

    async def start(self) -> dict[str, Any]:
        """Listen and return the ready line; raise OSError when a port is taken."""
        ready: dict[str, Any] = {}
        for at, (name, venue) in enumerate(self._venues.items()):
            addresses = await venue.start(self._port + at if self._port else 0)
            split, _, product = name.partition("-")
            if product:
                ready.setdefault(split, {})[product] = addresses
            else:
                ready[name] = addresses
        return ready

    async def run(self, stop: asyncio.Event, save: Callable[[bytes], None] | None = None) -> None:
        """Serve until told to stop; there is nothing to save."""
        await stop.wait()
        await self.stop()

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        for venue in self._venues.values():
            await venue.stop()


class _Venue:
    """One address: its recorded sockets and answers."""

    def __init__(self, files: list[str], speed: int) -> None:
        self._files = files
        self._speed = speed
        self._clock = SystemClock()
        self._sockets: dict[str, list[CaptureLine]] = defaultdict(list)
        """The lines that opened them, by path."""
        self._connected: dict[str, int] = defaultdict(int)
        self._answers: list[CaptureLine] = []
        self._server: Server | None = None
        self._newest = (0, 0)
        """When the newest client came, and the moment of the recording that it began at."""

    def note(self, line: CaptureLine) -> None:
        """Take a line of the recording."""
        if line.what == "opened":
            self._sockets[_bare(line.path)].append(line)
        elif line.what == "answered" and line.request is not None and line.payload:
            self._answers.append(line)

    async def start(self, port: int) -> dict[str, Any]:
        """Listen; return the addresses."""
        self._server = await sockets.listen(
            port,
            converse=self._converse,
            answer=self._answer,
            post=self._answered,
            ping_interval_s=None,
            ping_timeout_s=None,
        )
        return sockets.addresses(sockets.port_of(self._server))

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let handshakes of recorded paths pass; answer everything else as REST."""
        if _bare(request.path) in self._sockets:
            return None
        return self._answered(request.path, None)

    def _answered(self, path: str, body: bytes | None) -> Response:
        came_ns, began_ns = self._newest
        now_ns = began_ns + (self._clock.boot_ns() - came_ns) * self._speed
        fitting = [a for a in self._answers if _wanted(a) == (path, body)]
        fitting = fitting or [
            a for a in self._answers if body is None and _subject(a.path) == _subject(path)
        ]
        if not fitting:
            return sockets.json_response(404, b"{}")
        nearest = min(fitting, key=lambda a: abs(a.ts_recv_ns - now_ns))
        return sockets.json_response(200, nearest.payload)

    async def _converse(self, connection: ServerConnection) -> None:
        assert connection.request is not None, "the handshake is over"
        path = _bare(connection.request.path)
        opened = self._sockets[path][self._connected[path] % len(self._sockets[path])]
        self._connected[path] += 1
        playing = asyncio.create_task(self._play(connection, opened))
        try:
            async for _ in connection:
                pass
        except ConnectionClosed:
            pass  # without a goodbye
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    async def _play(self, connection: ServerConnection, opened: CaptureLine) -> None:
        first_ns, came_ns = opened.ts_recv_ns, self._clock.boot_ns()
        self._newest = came_ns, first_ns
        for at, line in enumerate(self._since(opened)):
            wait_ns = came_ns + (line.ts_recv_ns - first_ns) // self._speed - self._clock.boot_ns()
            if wait_ns > 0 or at % _TURN == 0:
                sockets.flush(connection)
                await asyncio.sleep(max(0, wait_ns) / 1e9)
            if _socket_of(line) != _socket_of(opened):
                continue
            if line.what == "received":
                _queue(connection, line.payload)
            elif line.what == "closed":
                sockets.say_goodbye(connection, _GOING_AWAY, "as recorded")
                break
        sockets.flush(connection)

    def _since(self, opened: CaptureLine) -> Iterator[CaptureLine]:
        """Return the lines behind one."""
        lines = read_capture(self._files, "desk", torn=_ignore)
        for line in lines:
            if (line.source, line.number) == (opened.source, opened.number):
                break
        return lines


def _socket_of(line: CaptureLine) -> tuple[str, str, int]:
    return line.connection, line.path, line.generation


def _bare(path: str) -> str:
    """Return a path without its query."""
    return urlsplit(path).path or "/"


def _wanted(answered: CaptureLine) -> tuple[str, bytes | None]:
    """Return path and body of the request that was answered."""
    return answered.path, None if answered.request is None else answered.request.body


def _subject(path: str) -> tuple[str, list[str]]:
    """Return a path and the symbol that its query is about."""
    parts = urlsplit(path)
    return parts.path, parse_qs(parts.query).get("symbol", [])


def _queue(connection: ServerConnection, payload: bytes) -> None:
    """Queue a frame; bytes that are no text can only be sent as what they are."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        if connection.protocol.state is State.OPEN:
            connection.protocol.send_binary(payload)
    else:
        sockets.queue(connection, payload)


def _warn(text: str) -> None:
    print(f"desk market: {text}", file=sys.stderr, flush=True)


def _ignore(_text: str) -> None:
    """Say nothing: it was said when the recording was looked through."""
