"""Recorded lines through a venue's protocol, as its sockets would have brought them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from desk.io.capture_files import RECORDING_GENERATIONS, CaptureLine
from desk.io.takeover import Echo, Held, Told
from desk.io.tap import STOPPED
from desk.model.market_data import MarketEvent
from desk.venues.protocol import VenueProtocol

TICK_NS = 250_000_000
"""How often time passes for the protocol, as it does on a live connection."""

_LINES_KEPT = 100_000
"""Of new sockets that get ready; with more they take over, whatever the old ones do."""


_LEFT = ("closed", STOPPED.encode())


class Played(NamedTuple):
    """What one line gave."""

    line: CaptureLine
    events: list[MarketEvent]


def play(lines: Iterable[CaptureLine], protocol: VenueProtocol) -> Iterator[Played]:
    """Run lines through a protocol, one by one; the receive times are the recorder's."""
    player = Player(protocol)
    for line in lines:
        player.take(line, line.ts_recv_ns)
        yield Played(line, player.events_received())


class Player:
    """Stands where a protocol's sockets would be; what the protocol wants sent goes nowhere.

    While a connection moves to new sockets, theirs waits until the old ones are closed; what they
    have said by then is handed on as a live connection does: as it is now, and nothing twice.
    """

    def __init__(self, protocol: VenueProtocol) -> None:
        self.protocol = protocol
        self._paths = tuple(endpoint.path for endpoint in protocol.endpoints())
        self._open: set[str] = set()
        self._next_tick_ns = 0
        self._generation = 0
        self._waiting = _Waiting()
        self._told = Told()
        self._echo = Echo()
        self._events: list[MarketEvent] = []
        """Heard, and not handed over yet."""

    def events_received(self) -> list[MarketEvent]:
        """Hand over what was understood since the last call, in order."""
        self._hear()
        events, self._events = self._events, []
        return events

    def take(self, line: CaptureLine, ts_recv_ns: int) -> None:
        """Tell the protocol what happened, as of a time on the clock that it is to live by."""
        if line.generation == self._generation:
            if self._waiting.lines and (line.what, line.payload) == _LEFT:
                self._move_on(ts_recv_ns)  # the new ones had taken over before
                return
            self._play(line, ts_recv_ns)
        elif line.generation > self._generation:
            self._waiting.add(line, ts_recv_ns)
            if line.generation - self._generation >= RECORDING_GENERATIONS:
                self.end("another recording begins", ts_recv_ns)
        if self._waiting.lines and (not self._open or self._waiting.is_full):
            self._move_on(ts_recv_ns)

    def _move_on(self, now_ns: int) -> None:
        """Go over to the sockets that wait."""
        self._hear()
        self.end("replaced", now_ns)
        self.protocol.events_received()  # no book was lost to anybody: the new ones are there
        self._generation = self._waiting.generation
        waiting, self._waiting = self._waiting, _Waiting()
        held = Held()
        for line, ts_recv_ns in waiting.lines:
            self._play(line, ts_recv_ns)
            held.take(self.protocol.events_received())
        moved = held.handed_on(self._told, now_ns)
        self._echo.begin(self._told.prints(), now_ns)
        self._note([*([held.status] if held.status else []), *moved])

    def _hear(self) -> None:
        """Take what the protocol has understood, without what former sockets told."""
        events = self.protocol.events_received()
        if self._echo and events:
            events = self._echo.removed(events, events[-1].ts_recv_ns)
        self._note(events)

    def _note(self, events: list[MarketEvent]) -> None:
        self._told.note(events)
        self._events += events

    def _play(self, line: CaptureLine, ts_recv_ns: int) -> None:
        if ts_recv_ns >= self._next_tick_ns:
            self.tick(ts_recv_ns)
        if line.what == "received":
            self.protocol.receive_frame(line.payload, ts_recv_ns)
        elif line.what == "answered":
            if line.request is not None:
                self.protocol.receive_response(line.request, line.payload or None, ts_recv_ns)
        elif line.what != "sent":
            self._change(line, ts_recv_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass."""
        self._next_tick_ns = now_ns + TICK_NS
        self.protocol.tick(now_ns)
        self.protocol.requests_to_send()
        for path in self._paths:
            self.protocol.frames_to_send(path)

    def end(self, reason: str, now_ns: int) -> None:
        """Take away every socket."""
        for path in self._paths:
            self._lose(path, reason, now_ns)

    def _change(self, line: CaptureLine, now_ns: int) -> None:
        """Take a socket that came or went."""
        # Another path than today's sockets have stands for all of them.
        for path in (line.path,) if line.path in self._paths else self._paths:
            if line.what == "closed":
                self._lose(path, line.payload.decode(errors="replace"), now_ns)
                continue
            self._lose(path, "replaced", now_ns)
            self._open.add(path)
            self.protocol.connection_made(path, now_ns)

    def _lose(self, path: str, reason: str, now_ns: int) -> None:
        if path in self._open:
            self._open.remove(path)
            self.protocol.connection_lost(path, reason, now_ns)


class _Waiting:
    """What new sockets have brought so far."""

    def __init__(self) -> None:
        self.generation = 0
        self.lines: list[tuple[CaptureLine, int]] = []
        self._open = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is kept."""
        return len(self.lines) >= _LINES_KEPT

    def add(self, line: CaptureLine, ts_recv_ns: int) -> None:
        """Keep a line; sockets that are given up again are forgotten."""
        if line.generation != self.generation:
            self.generation, self._open = line.generation, 0
            self.lines.clear()
        self.lines.append((line, ts_recv_ns))
        self._open += (line.what == "opened") - (line.what == "closed")
        if line.what == "closed" and self._open <= 0:
            self.lines.clear()
