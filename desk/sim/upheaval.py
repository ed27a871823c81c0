"""What faults do to the connections of a section of a venue, and to those yet to be made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from websockets.http11 import Response

from desk.sim import sockets
from desk.sim.faults import Fault, FaultKind
from desk.sim.injector import FaultInjector
from desk.sim.line import Line

HANDSHAKE, REST = "ws", "rest"
REFUSALS = {FaultKind.STATUS429: 429, FaultKind.STATUS418: 418}
LONGEST_RETRY_S = 120
GOING_AWAY, TRY_AGAIN_LATER = 1001, 1013

Notice = Callable[[Line], bytes | None]
"""Tells a connection that it will be closed; None where a venue has no word for that."""


class Upheaval:
    """The faults of one section, as far as they concern connections."""

    def __init__(self, section: str, faults: FaultInjector, notice: Notice) -> None:
        self._section = section
        self._faults = faults
        self._notice = notice
        self._elapsed_ms = 0
        self._is_over = False
        self._turns: list[asyncio.Future[None]] = []
        self._leaving: list[tuple[int, Line]] = []

    def begin(self, lines: Iterable[Line], elapsed_ms: int) -> None:
        """Set which lines are stalled or buried now, before anything is sent."""
        self._elapsed_ms = elapsed_ms
        if self._faults.is_idle:
            return
        self._wake()
        for line in lines:
            line.stall(is_stalled=self._is_under(FaultKind.STALL, line))
            line.bury(is_buried=self._is_under(FaultKind.BLACKHOLE, line))

    def strike(self, lines: Sequence[Line], happening: list[Fault]) -> None:
        """Break, cut and give notice, after everything was sent."""
        for fault in happening:
            for line in lines:
                if fault.hits_any(self._section, line.streams):
                    self._strike(fault, line)
        for due_ms, line in self._leaving:
            if due_ms <= self._elapsed_ms and line in lines:
                sockets.say_goodbye(line.connection, GOING_AWAY, "")
                line.flush()
        self._leaving = [(due, line) for due, line in self._leaving if due > self._elapsed_ms]

    def _strike(self, fault: Fault, line: Line) -> None:
        if fault.kind is FaultKind.DISCONNECT:
            line.connection.transport.abort()
        elif fault.kind is FaultKind.CUT:
            line.cut()
        elif fault.kind is FaultKind.SHUTDOWN:
            notice = self._notice(line)
            if notice is not None:
                line.queue_now(notice)
                line.flush()
            self._leaving.append((fault.until_ms, line))

    def _is_under(self, kind: FaultKind, line: Line) -> bool:
        return self._faults.on(kind, self._section, line.streams, self._elapsed_ms) is not None

    # ------------------------------------------------------------------ those yet to be made

    async def admit(
        self, what: str, make: Callable[[], Response | None], delay_ms: int = 0
    ) -> Response | None:
        """Answer a handshake or a request, refuse it, or let it hang."""
        due_ms = self._elapsed_ms + delay_ms
        while self._is_hanging(what) or self._elapsed_ms < due_ms:
            await self._next_turn()
            if self._is_over:
                break
        return self.refusal(what) or make()

    def refusal(self, what: str) -> Response | None:
        """Return why a handshake or a request is refused; None when it is not."""
        for kind, status in REFUSALS.items():
            fault = self._faults.on(kind, self._section, (what,), self._elapsed_ms)
            if fault is not None:
                left_s = -(-(fault.until_ms - self._elapsed_ms) // 1000)
                return sockets.refusal(status, min(left_s, LONGEST_RETRY_S))
        return None

    def hangs(self) -> bool:
        """Tell whether requests are not answered now."""
        return self._is_hanging(REST)

    def bounces(self) -> bool:
        """Tell whether new connections are to be closed at once."""
        fault = self._faults.on(FaultKind.BOUNCE, self._section, (HANDSHAKE,), self._elapsed_ms)
        return fault is not None

    def stop(self) -> None:
        """Let go of everything that hangs."""
        self._is_over = True
        self._wake()

    def _is_hanging(self, what: str) -> bool:
        hole = self._faults.on(FaultKind.BLACKHOLE, self._section, (what,), self._elapsed_ms)
        return hole is not None and not self._is_over

    async def _next_turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        await turn

    def _wake(self) -> None:
        turns, self._turns = self._turns, []
        for turn in turns:
            if not turn.done():
                turn.set_result(None)
