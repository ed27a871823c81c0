"""The engine at work: messages in, rows made durable, events handed on. One thread, one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from desk.engine.engine import Engine
from desk.engine.message import (
    NO_WORK,
    Clock,
    Committed,
    FailedBefore,
    Given,
    Message,
    NotCommitted,
    PastTold,
    Work,
)
from desk.engine.state import DeskState
from desk.io.clock import Clock as ClockSource
from desk.io.journal import JournalStore
from desk.model.commands import AnyCommand
from desk.model.errors import JournalError, JournalFull
from desk.model.events import AnyEvent
from desk.model.instrument import InstrumentId
from desk.model.market_data import MarketEvent

Listener: TypeAlias = Callable[[AnyEvent], None]
"""Takes one event; must not block."""

TICK_S = 0.02
"""How often time is told to the engine: well under the paper venue's latency."""

LOOK_NS = 5_000_000
"""Distance of two looks while messages come: a quarter of `TICK_S`, by which it waits otherwise."""

RESERVE_TICKS = 250
"""How often a reserve that was used is tried to be restored: every 5 s."""


class Runtime:
    """Feeds the engine and carries out what it decides: journal first, then act, then say."""

    def __init__(self, engine: Engine, journal: JournalStore, clock: ClockSource) -> None:
        self.engine = engine
        self.journal = journal
        self.clock = clock
        self.listeners: list[Listener] = []
        self.on_change: list[Callable[[], None]] = []
        """Called when there is something new to show."""
        self.beside: Callable[[AnyCommand, int | None], bool] = lambda command, number: False
        """Takes a command that the engine need not see; False: it must."""
        self._looked_ns = 0
        """When the desk last looked at itself."""
        self.on_distrust: Callable[[InstrumentId], None] | None = None
        """Told of a book that was found crossed: a new snapshot is needed."""

    def start(self, state: DeskState | None = None) -> None:
        """Replay the journal and put the desk back as it was.

        `state` is what a snapshot holds of it: only the rows after it are replayed then.
        """
        self.engine.replay(self.journal.rows(1 if state is None else state.seq + 1), state)
        self.tick()
        self.engine.resume()
        if self.journal.failed_before is not None:
            self.process(FailedBefore(self.journal.failed_before))
            if self.journal.writable:
                self.journal.forget_failure()

    def process(self, message: Message) -> None:
        """Take one message to its end."""
        self._finish(self.engine.handle(message))

    def _finish(self, work: Work) -> None:
        self._hand_on(work)
        while work.entries:
            work = self.engine.handle(self._make_durable(work))
            self._hand_on(work)

    def give(self, command: AnyCommand, number: int | None = None) -> None:
        """Take a command, at the time it is now."""
        if self.beside(command, number):
            return
        self.tick()
        self.process(Given(command, number))
        self._changed()

    def hear(self, events: Iterable[MarketEvent]) -> None:
        """Take what a venue said.

        Time is told first, so that an order that was due earlier acts on the book as it was. The
        desk looks at itself a moment later at most, and with every command: it need not a
        thousand times a second.
        """
        self._pass_time(looks=self.clock.boot_ns() - self._looked_ns >= LOOK_NS)
        hear = self.engine.hear
        for event in events:
            if (work := hear(event)) is not NO_WORK:
                self._finish(work)
        for instrument in self.engine.desk.market.take_distrusted():
            if self.on_distrust is not None:
                self.on_distrust(instrument)
        self._changed()

    def learn(self, told: PastTold) -> None:
        """Take what a venue tells of the time before."""
        self.process(told)
        self._changed()

    def tick(self) -> None:
        """Tell the engine the time."""
        self._pass_time(looks=True)

    def _pass_time(self, *, looks: bool) -> None:
        now_ns = self.clock.boot_ns()
        if looks:
            self._looked_ns = now_ns
        self.process(Clock(now_ns, self.clock.wall_ms(), looks))

    async def run_clock(self) -> None:
        """Tell the time for ever, and refill the journal's reserve once there is room again."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()
            ticks += 1
            if ticks % RESERVE_TICKS == 0 and not self.journal.reserve_intact:
                self.journal.restore_reserve()

    def _make_durable(self, work: Work) -> Committed | NotCommitted:
        try:
            return Committed(self.journal.append(work.entries))
        except JournalFull as error:
            return NotCommitted(full=True, reason=str(error))
        except JournalError as error:
            return NotCommitted(full=False, reason=str(error))

    def tell(self, event: AnyEvent) -> None:
        """Hand on an event that is not the engine's own."""
        seq = self.engine.desk.state.seq
        for listener in self.listeners:
            listener(msgspec.structs.replace(event, seq=seq))

    def _hand_on(self, work: Work) -> None:
        for event in work.events:
            for listener in self.listeners:
                listener(event)

    def _changed(self) -> None:
        for notify in self.on_change:
            notify()
