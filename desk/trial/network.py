"""A network in memory: what is written arrives later, in pieces, late, or never, as the dice fall.

It does to bytes what TCP and a bad line do: in order and unharmed, but delayed, cut into other
pieces, held up, or lost together with the connection. A line that lies dead tells nobody: what is
written into it waits, and whoever hangs up is not heard at the other end.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from desk.sim.dice import Dice
from desk.trial.loop import TrialLoop

_MS = 0.001
QUICKEST_S, SLOWEST_S = 0.2 * _MS, 4 * _MS
"""How long bytes are under way, when all is well."""
PIECES_CHANCE = 0.02
"""Of a write that it arrives in two pieces."""
HIGH_WATER, LOW_WATER = 64 << 10, 16 << 10
FIRST_PORT = 20_000

_EOF = None


class Line:
    """One connection: two ends, and what stands between them."""

    def __init__(self, network: Network, port: int) -> None:
        self.network = network
        self.port = port
        self.held_until_s = 0.0
        """Nothing arrives before: the line lies dead."""
        self.ends: tuple[End, End]

    def hold(self, until_s: float) -> None:
        """Let nothing pass until a moment; nobody is told."""
        self.held_until_s = max(self.held_until_s, until_s)

    def reset(self) -> None:
        """Break at both ends; what is under way is lost."""
        for end in self.ends:
            end.lose(ConnectionResetError(errno.ECONNRESET, "the line broke"))


class End(asyncio.Transport):
    """One end of a line, as a protocol sees it."""

    def __init__(self, line: Line, number: int) -> None:
        super().__init__()
        self._line = line
        self._network, self._loop = line.network, line.network.loop
        self._number = number
        self._protocol: Any = None
        self._paused = self._closing = self._lost = False
        self._waiting: deque[bytes | None] = deque()
        """What has come while nobody read."""
        self._sent: deque[tuple[float, bytes | None]] = deque()
        """What is under way from here, with when it arrives; in order."""
        self._is_awaited = False
        """A timer runs for the first of it."""
        self._under_way = 0
        """Bytes written here that the other end has not read."""
        self._high, self._low = HIGH_WATER, LOW_WATER
        self._full = False

    @property
    def other(self) -> End:
        """The other end."""
        return self._line.ends[1 - self._number]

    def begin(self, protocol: Any) -> None:
        """Tell the protocol that it is connected."""
        self._protocol = protocol
        protocol.connection_made(self)

    # ------------------------------------------------------------------ asyncio.Transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return addresses; there is no socket."""
        mine, theirs = ("127.0.0.1", self._line.port), ("127.0.0.1", 1)
        if self._number == 0:
            mine, theirs = theirs, mine
        return {"sockname": mine, "peername": theirs}.get(name, default)

    def is_closing(self) -> bool:
        """Whether it is closing or closed."""
        return self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what comes to another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return whoever gets what comes."""
        return self._protocol

    def pause_reading(self) -> None:
        """Let what comes wait."""
        self._paused = True

    def resume_reading(self) -> None:
        """Hand on what waits."""
        self._paused = False
        self._loop.call_soon(self._read)

    def is_reading(self) -> bool:
        """Whether what comes is handed on."""
        return not (self._paused or self._closing)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say when the protocol should pause writing."""
        self._high = HIGH_WATER if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return when the protocol should pause and resume."""
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        """Return how much the other end has not read yet."""
        return self._under_way

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes on their way."""
        if self._closing or not data:
            return
        sent = bytes(data)
        self._under_way += len(sent)
        for piece in self._network.pieces(sent):
            self._send(piece)
        if self._under_way > self._high and not self._full:
            self._full = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send bytes on their way."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Whether one direction can be closed: yes."""
        return True

    def write_eof(self) -> None:
        """Close this direction."""
        self._send(_EOF)

    def close(self) -> None:
        """Close; what was written still arrives."""
        if not self._closing:
            self._send(_EOF)
            self.lose(None)

    def abort(self) -> None:
        """Close at once; the other end sees a reset, if anything passes."""
        if not self._closing:
            self._send(_EOF)
            self.lose(None)

    # ------------------------------------------------------------------ the line

    def lose(self, error: Exception | None) -> None:
        """End here; the protocol is told."""
        if self._lost:
            return
        self._closing = self._lost = True
        self._waiting.clear()
        self._network.forget(self._line)
        self._loop.call_soon(self._protocol.connection_lost, error)

    def _send(self, piece: bytes | None) -> None:
        arrives_s = self._loop.time() + self._network.latency_s()
        if self._sent:
            arrives_s = max(arrives_s, self._sent[-1][0])
        self._sent.append((arrives_s, piece))
        self._await_first()

    def _await_first(self) -> None:
        if self._sent and not self._is_awaited:
            self._is_awaited = True
            self._loop.call_at(max(self._sent[0][0], self._line.held_until_s), self._arrived)

    def _arrived(self) -> None:
        """Hand over what has arrived at the other end, unless the line lies dead by now."""
        self._is_awaited = False
        now_s = self._loop.time()
        while self._sent and max(self._sent[0][0], self._line.held_until_s) <= now_s:
            self.other.take(self._sent.popleft()[1])
        self._await_first()

    def take(self, piece: bytes | None) -> None:
        """Take what comes out of the line."""
        if self._closing:
            self.other.was_read(piece)
        else:
            self._waiting.append(piece)
            self._read()

    def _read(self) -> None:
        while self._waiting and not self._paused and not self._closing:
            piece = self._waiting.popleft()
            self.other.was_read(piece)
            if piece is not _EOF:
                self._protocol.data_received(piece)
            elif not self._protocol.eof_received():
                self.close()

    def was_read(self, piece: bytes | None) -> None:
        """Note that the other end has read so much of what was written here."""
        self._under_way -= 0 if piece is None else len(piece)
        if self._full and self._under_way <= self._low and not self._lost:
            self._full = False
            self._protocol.resume_writing()


class _Listening:
    """What stands where a listening socket does."""

    family = socket.AF_INET

    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        """Return its address."""
        return "127.0.0.1", self._port


class _Server(asyncio.AbstractServer):
    """A port that is listened on."""

    def __init__(self, network: Network, port: int) -> None:
        self._network, self._port = network, port
        self.sockets = [_Listening(port)]

    def get_loop(self) -> TrialLoop:
        """Return the loop that it belongs to."""
        return self._network.loop

    def close(self) -> None:
        """Listen no more."""
        self._network.close_port(self._port)

    def is_serving(self) -> bool:
        """Whether it listens."""
        return self._network.listens(self._port)

    async def wait_closed(self) -> None:
        """Wait until it listens no more: at once."""


class Network:
    """All lines of a trial, and the dice that they are thrown with."""

    def __init__(self, loop: TrialLoop, seed: str) -> None:
        self.loop = loop
        self.lines: dict[Line, None] = {}
        self.refuses_until_s = 0.0
        """Nobody is let in before."""
        self.swallows_until_s = 0.0
        """Whoever connects before waits, and hears nothing."""
        self.slower = 1.0
        """Times as long as usual under way."""
        self._dice = Dice(f"network {seed}")
        self._ports = count(FIRST_PORT)
        self._makers: dict[int, Callable[[], asyncio.BaseProtocol]] = {}
        loop.wires = self

    def latency_s(self) -> float:
        """Draw how long bytes are under way."""
        return (QUICKEST_S + self._dice.random() * (SLOWEST_S - QUICKEST_S)) * self.slower

    def pieces(self, data: bytes) -> list[bytes]:
        """Return the pieces in which bytes arrive."""
        if len(data) < 2 or self._dice.random() >= PIECES_CHANCE:
            return [data]
        at = self._dice.randrange(1, len(data))
        return [data[:at], data[at:]]

    def forget(self, line: Line) -> None:
        """Forget a line that has ended."""
        self.lines.pop(line, None)

    def listens(self, port: int) -> bool:
        """Whether somebody listens on a port."""
        return port in self._makers

    def close_port(self, port: int) -> None:
        """Listen no more."""
        self._makers.pop(port, None)

    async def serve(
        self, make: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> asyncio.AbstractServer:
        """Listen on a port, 0: any."""
        del host
        chosen = port or next(self._ports)
        if chosen in self._makers:
            raise OSError(errno.EADDRINUSE, "the port is taken")
        self._makers[chosen] = make
        return _Server(self, chosen)

    async def connect(
        self, make: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to a port; what the network does to newcomers is done to this one."""
        del host
        await asyncio.sleep(self.latency_s())
        await asyncio.sleep(max(0.0, self.swallows_until_s - self.loop.time()))
        if self.loop.time() < self.refuses_until_s or port not in self._makers:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        line = Line(self, port)
        line.ends = End(line, 0), End(line, 1)
        self.lines[line] = None
        ours, theirs = make(), self._makers[port]()
        line.ends[1].begin(theirs)
        line.ends[0].begin(ours)
        return line.ends[0], ours
