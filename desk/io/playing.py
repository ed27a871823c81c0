"""Recorded lines through a venue's protocol, as its sockets would have brought them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from desk.io.capture_files import CaptureLine
from desk.model.market_data import MarketEvent
from desk.venues.protocol import VenueProtocol

TICK_NS = 250_000_000
"""How often time passes for the protocol, as it does on a live connection."""


class Played(NamedTuple):
    """What one line gave."""

    line: CaptureLine
    events: list[MarketEvent]


def play(lines: Iterable[CaptureLine], protocol: VenueProtocol) -> Iterator[Played]:
    """Run lines through a protocol, one by one; the receive times are the recorder's."""
    player = Player(protocol)
    for line in lines:
        player.take(line, line.ts_recv_ns)
        yield Played(line, protocol.events_received())


class Player:
    """Stands where a protocol's sockets would be; what the protocol wants sent goes nowhere.

    While a connection was rolled, it had two protocols; here the newer one takes the older one's
    place as soon as it appears, and books are without their snapshot for that moment.
    """

    def __init__(self, protocol: VenueProtocol) -> None:
        self.protocol = protocol
        self._paths = tuple(endpoint.path for endpoint in protocol.endpoints())
        self._open: set[str] = set()
        self._next_tick_ns = 0
        self._generation = 0

    def take(self, line: CaptureLine, ts_recv_ns: int) -> None:
        """Tell the protocol what happened, as of a time on the clock that it is to live by."""
        if line.generation != self._generation:
            if line.generation < self._generation:
                return
            self._generation = line.generation
            self.end("replaced", ts_recv_ns)
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
