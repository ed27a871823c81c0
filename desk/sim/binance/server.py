"""The venue on loopback: websockets and REST of each section on one port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from desk.sim import sockets
from desk.sim.binance.commands import obey
from desk.sim.binance.feed import Frames, InstrumentFeed
from desk.sim.binance.rest import RestDesk
from desk.sim.binance.streams import SPOT, Route, is_carried, parse_route
from desk.sim.faults import Fault, FaultInjector

SPOT_PING_S, SPOT_PONG_S = 20.0, 60.0
FUTURES_PING_S, FUTURES_PONG_S = 180.0, 600.0


class Subscriber:
    """One websocket connection and the streams it has asked for."""

    def __init__(self, connection: ServerConnection, route: Route) -> None:
        self.connection = connection
        self.route = route
        self.streams = set(route.streams)

    def queue(self, stream: str, payload: bytes) -> None:
        """Put a frame where `flush` finds it."""
        if self.route.wrapped:
            payload = b'{"stream":"%b","data":%b}' % (stream.encode(), payload)
        sockets.queue(self.connection, payload)


class SectionServer:
    """Spot, USDⓈ-M or coin-margined: its port, its clients, its streams."""

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
        self._server = await sockets.listen(
            port,
            converse=self._converse,
            answer=self._answer_rest,
            ping_interval_s=SPOT_PING_S if spot else FUTURES_PING_S,
            ping_timeout_s=SPOT_PONG_S if spot else FUTURES_PONG_S,
        )
        return sockets.port_of(self._server)

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
            sockets.flush(subscriber.connection)

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
        return sockets.json_response(status, body)

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
