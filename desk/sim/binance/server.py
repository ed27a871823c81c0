"""The venue on loopback: websockets and REST of each section on one port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import count

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from desk.sim import sockets
from desk.sim.binance.commands import obey
from desk.sim.binance.feed import Frames, InstrumentFeed
from desk.sim.binance.messages import shutdown_notice
from desk.sim.binance.rest import RestDesk
from desk.sim.binance.streams import SPOT, Route, is_carried, parse_route, snapshot_stream
from desk.sim.faults import Fault, FaultKind
from desk.sim.injector import FaultInjector
from desk.sim.line import Line
from desk.sim.upheaval import HANDSHAKE, REST, TRY_AGAIN_LATER, Upheaval

SPOT_PING_S, SPOT_PONG_S = 20.0, 60.0
FUTURES_PING_S, FUTURES_PONG_S = 180.0, 600.0


class Subscriber(Line):
    """One websocket connection and the streams it has asked for."""

    def __init__(self, connection: ServerConnection, route: Route, number: int) -> None:
        super().__init__(connection, f"{number:08x}")
        self.route = route
        self.streams = set(route.streams)

    def wrapped(self, stream: str, payload: bytes) -> bytes:
        """Return a frame as its route shows it."""
        if not self.route.wrapped:
            return payload
        return b'{"stream":"%b","data":%b}' % (stream.encode(), payload)


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
        self._upheaval = Upheaval(section, faults, self._notice)
        self._elapsed_ms = 0
        self._speed = speed
        self._numbers = count(1)
        self._subscribers: dict[Subscriber, None] = {}
        """In the order in which they came, so that the same happens to the same ones each time."""
        self._by_stream: dict[str, list[Subscriber]] = {}
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
        self._upheaval.stop()
        if self._server is not None:
            await sockets.close(self._server)

    def wanted(self, symbol: str) -> set[str]:
        """Return the kinds of stream that somebody wants of a symbol."""
        return self._wanted.get(symbol.lower(), set())

    def relist(self, feeds: dict[str, InstrumentFeed]) -> None:
        """Begin anew with other feeds, and break with everybody."""
        self._feeds = {symbol.lower(): feed for symbol, feed in feeds.items()}
        self._rest = RestDesk(self.section, feeds, self._speed)
        for subscriber in self._subscribers:
            subscriber.connection.transport.abort()

    def begin(self, elapsed_ms: int) -> None:
        """Note the time, and what faults do to connections now."""
        self._elapsed_ms = elapsed_ms
        self._upheaval.begin(self._subscribers, elapsed_ms)

    def publish(self, symbol: str, frames: Frames) -> None:
        """Queue the frames of one instrument for whoever wants them."""
        lower = symbol.lower()
        for kind, payload in frames:
            self._send(f"{lower}@{kind}", payload)

    def _send(self, stream: str, payload: bytes) -> None:
        """Queue a frame, or what faults make of it."""
        subscribers = self._by_stream.get(stream, ())
        if self._faults.is_idle:
            for subscriber in subscribers:
                subscriber.queue(subscriber.wrapped(stream, payload))
            return
        acts = self._faults.acts(self.section, stream, self._elapsed_ms)
        payload = self._retimed(stream, payload)
        for subscriber in subscribers:
            receiver = self.section, subscriber.id, stream
            for frame in self._faults.apply(acts, receiver, subscriber.wrapped(stream, payload)):
                subscriber.queue(frame)

    def _retimed(self, stream: str, payload: bytes) -> bytes:
        return self._faults.retimed(self.section, stream, payload, self._elapsed_ms)

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return len(self._subscribers)

    def end(self, happening: list[Fault]) -> None:
        """Send what is queued, then break what is to be broken."""
        for subscriber in self._subscribers:
            subscriber.flush()
        self._upheaval.strike(list(self._subscribers), happening)

    # ------------------------------------------------------------------ conversations

    async def _answer_rest(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let websocket handshakes of known paths pass; answer everything else as REST."""
        del connection
        path = request.path
        if "Upgrade" in request.headers and parse_route(path, self.section) is not None:
            return await self._upheaval.admit(HANDSHAKE, lambda: None)
        stream = snapshot_stream(path)
        late = self._faults.on(FaultKind.LATE, self.section, (stream,), self._elapsed_ms)
        old = self._faults.on(FaultKind.OLD, self.section, (stream,), self._elapsed_ms)
        if not stream or (late is None and old is None):
            return await self._upheaval.admit(REST, lambda: self._rest_answer(path))
        if late is not None:
            return await self._upheaval.admit(REST, lambda: self._rest_answer(path), late.by_ms)
        past, delay_ms = self._rest_answer(path), 0 if old is None else old.by_ms
        return await self._upheaval.admit(REST, lambda: past, delay_ms)

    def _rest_answer(self, path: str) -> Response:
        status, body = self._rest.answer(path, self._wall_ms())
        return sockets.json_response(status, self._retimed(path, body))

    async def _converse(self, connection: ServerConnection) -> None:
        request = connection.request
        route = None if request is None else parse_route(request.path, self.section)
        if route is None:
            return
        if self._upheaval.bounces():
            await connection.close(TRY_AGAIN_LATER)
            return
        subscriber = Subscriber(connection, route, next(self._numbers))
        self._leave_out(subscriber, set())
        self._subscribers[subscriber] = None
        self._route_streams()
        try:
            async for text in connection:
                before = set(subscriber.streams)
                answer = obey(text, subscriber.streams)
                self._leave_out(subscriber, before)
                await connection.send(answer, text=True)
                self._route_streams()
        except ConnectionClosed:
            pass
        finally:
            self._subscribers.pop(subscriber, None)
            self._route_streams()

    def _leave_out(self, subscriber: Subscriber, before: set[str]) -> None:
        """Forget those of the new streams that a fault leaves out; the answer stays the same."""
        section, now_ms = self.section, self._elapsed_ms
        for stream in sorted(subscriber.streams - before):
            if self._faults.happens(FaultKind.PARTIAL, section, stream, now_ms):
                subscriber.streams.discard(stream)

    def _notice(self, line: Line) -> bytes | None:
        """Spot says that it will shut down, to everybody and unasked; futures do not."""
        if self.section != SPOT or not isinstance(line, Subscriber):
            return None
        return line.wrapped("!serverShutdown", shutdown_notice(self._wall_ms()))

    def _route_streams(self) -> None:
        """Work out anew who gets what."""
        by_stream: dict[str, list[Subscriber]] = defaultdict(list)
        wanted: dict[str, set[str]] = defaultdict(set)
        for subscriber in self._subscribers:
            for stream in subscriber.streams:
                if is_carried(stream, subscriber.route.carries):
                    by_stream[stream].append(subscriber)
                    symbol, _, kind = stream.partition("@")
                    wanted[symbol].add(kind)
        self._by_stream = by_stream
        self._wanted = wanted
