"""The venue on loopback: websockets and REST of each section on one port."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from desk.sim.binance.commands import obey
from desk.sim.binance.feed import Frames, InstrumentFeed
from desk.sim.binance.rest import RestDesk
from desk.sim.binance.streams import SPOT, Route, is_carried, parse_route
from desk.sim.faults import Fault, FaultInjector

HOST = "127.0.0.1"
LARGEST_COMMAND_BYTES = 65_536
LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""A client that reads so slowly that more than this waits for it is dropped."""
SPOT_PING_S, SPOT_PONG_S = 20.0, 60.0
FUTURES_PING_S, FUTURES_PONG_S = 180.0, 600.0

_quiet = logging.getLogger("desk.sim.websockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Subscriber:
    """One websocket connection and the streams it has asked for."""

    def __init__(self, connection: ServerConnection, route: Route) -> None:
        self.connection = connection
        self.route = route
        self.streams = set(route.streams)

    def queue(self, stream: str, payload: bytes) -> None:
        """Put a frame where `flush` finds it."""
        if self.connection.protocol.state is not State.OPEN:
            return
        if self.route.wrapped:
            payload = b'{"stream":"%b","data":%b}' % (stream.encode(), payload)
        self.connection.protocol.send_text(payload)

    def flush(self) -> None:
        """Hand everything queued to the system at once; drop a client that does not read."""
        data = b"".join(self.connection.protocol.data_to_send())
        transport = self.connection.transport
        if not data or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > LARGEST_BACKLOG_BYTES:
            transport.abort()


class SectionServer:
    """Spot or USDⓈ-M: its port, its clients, its streams."""

    def __init__(
        self,
        section: str,
        feeds: dict[str, InstrumentFeed],
        *,
        speed: int,
        wall_ms: Callable[[], int],
        faults: FaultInjector,
    ) -> None:
        self.section = section
        self._feeds = {symbol.lower(): feed for symbol, feed in feeds.items()}
        self._rest = RestDesk(section, feeds, speed)
        self._wall_ms = wall_ms
        self._faults = faults
        self._subscribers: set[Subscriber] = set()
        self._by_stream: dict[str, set[Subscriber]] = {}
        self._wanted: dict[str, set[str]] = {}
        self._server: Server | None = None

    async def start(self, port: int) -> int:
        """Listen; return the port. Raises OSError when the port is taken."""
        spot = self.section == SPOT
        self._server = await serve(
            self._converse,
            HOST,
            port,
            process_request=self._answer_rest,
            compression=None,
            ping_interval=SPOT_PING_S if spot else FUTURES_PING_S,
            ping_timeout=SPOT_PONG_S if spot else FUTURES_PONG_S,
            close_timeout=1.0,
            max_size=LARGEST_COMMAND_BYTES,
            server_header=None,
            logger=_quiet,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def wanted(self, symbol: str) -> set[str]:
        """Return the kinds of stream that somebody wants of a symbol."""
        return self._wanted.get(symbol.lower(), set())

    def publish(self, symbol: str, frames: Frames, elapsed_ms: int) -> None:
        """Queue the frames of one instrument for whoever wants them."""
        lower = symbol.lower()
        for kind, payload in frames:
            stream = f"{lower}@{kind}"
            sent = [payload]
            if not self._faults.is_idle:
                sent = self._faults.frames(self.section, stream, payload, elapsed_ms)
            for subscriber in self._by_stream.get(stream, ()):
                for frame in sent:
                    subscriber.queue(stream, frame)

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return len(self._subscribers)

    def flush(self) -> None:
        """Send what is queued."""
        for subscriber in self._subscribers:
            subscriber.flush()

    def break_off(self, fault: Fault) -> None:
        """Cut the connections that carry what the fault names, without a closing handshake."""
        for subscriber in self._subscribers:
            if any(fault.hits(self.section, stream) for stream in subscriber.streams):
                subscriber.connection.transport.abort()

    # ------------------------------------------------------------------ conversations

    def _answer_rest(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let websocket handshakes of known paths pass; answer everything else as REST."""
        del connection
        if "Upgrade" in request.headers and parse_route(request.path, self.section) is not None:
            return None
        status, body = self._rest.answer(request.path, self._wall_ms())
        headers = Headers(
            {
                "Content-Type": "application/json;charset=UTF-8",
                "Content-Length": str(len(body)),
                "Connection": "close",
            }
        )
        return Response(status, "OK" if status == 200 else "Error", headers, body)

    async def _converse(self, connection: ServerConnection) -> None:
        request = connection.request
        route = None if request is None else parse_route(request.path, self.section)
        if route is None:
            return
        subscriber = Subscriber(connection, route)
        self._subscribers.add(subscriber)
        self._route_streams()
        try:
            async for text in connection:
                answer = obey(text, subscriber.streams)
                await connection.send(answer, text=True)
                self._route_streams()
        except ConnectionClosed:
            pass
        finally:
            self._subscribers.discard(subscriber)
            self._route_streams()

    def _route_streams(self) -> None:
        """Work out anew who gets what."""
        by_stream: dict[str, set[Subscriber]] = defaultdict(set)
        wanted: dict[str, set[str]] = defaultdict(set)
        for subscriber in self._subscribers:
            for stream in subscriber.streams:
                if is_carried(stream, subscriber.route.carries):
                    by_stream[stream].add(subscriber)
                    symbol, _, kind = stream.partition("@")
                    wanted[symbol].add(kind)
        self._by_stream = by_stream
        self._wanted = wanted
