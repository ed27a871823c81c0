"""One connection of a venue, kept for ever: lost sockets come back, ageing ones are replaced.

A planned change of sockets overlaps: a fresh protocol on new sockets gets ready beside the one
that is in use, and takes over in one batch once all that flows there flows here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from desk.io.addresses import checked_urls
from desk.io.clock import Clock
from desk.io.connect_limits import ConnectLimits
from desk.io.counting import total
from desk.io.pump import Pump, Sink
from desk.io.retry import Retries
from desk.io.stamps import Stamps
from desk.io.takeover import Echo, Held, Told
from desk.io.tap import Tap
from desk.io.world import World
from desk.model.instrument import InstrumentId
from desk.model.market_data import FeedStatus, MarketEvent
from desk.venues.protocol import (
    FeedCounters,
    RestRequest,
    SocketUrls,
    StreamHealth,
    VenueProtocol,
)

ROLL_PATIENCE_NS = 15_000_000_000
"""New sockets that bring data, but not everything, take over after this."""

ROLL_DISTANCE_NS = 500_000_000
"""Of one change and the next that is wished for, doubled with each that follows soon."""
_ROLL_DOUBLINGS = 4
_ROLL_SOON_NS = 60_000_000_000
"""A venue may ask each new socket again, or break its sequence on each."""


class Connection:
    """Keeps a connection alive while `run` runs; it may be run again, at other addresses too.

    `make` gives a new protocol, for the start and for each change of sockets. `sink` gets the
    events in batches, in order, on the loop; what it raises ends `run`. `jitter` gives numbers
    in [0, 1). `tap` is told what passes, bytes and all.
    """

    def __init__(
        self,
        make: Callable[[], VenueProtocol],
        urls: SocketUrls,
        *,
        clock: Clock,
        sink: Sink,
        jitter: Callable[[], float],
        tap: Tap | None = None,
        limits: ConnectLimits | None = None,
    ) -> None:
        self._make = make
        self._clock = clock
        self._sink = sink
        self._world = World(
            urls=urls,
            clock=clock,
            retries=Retries(jitter),
            limits=limits or ConnectLimits(),
            tap=tap,
        )
        self._past = FeedCounters()
        """Of protocols that are no longer in use."""
        self._told = Told()
        self._echo = Echo()
        self._stamps = Stamps()
        self._tasks: asyncio.TaskGroup | None = None
        """None while it does not run."""
        self._generations = count()
        self._live = self._pump(self._tell)
        self._next: _Roll | None = None
        self._first: Sequence[MarketEvent] = ()
        """What must be handed on before anything of a protocol that `make` gives now."""
        self._moved_ns = 0
        """When new sockets last took over."""
        self._moves = 0
        """How often they did soon after the time before."""

    @property
    def protocol(self) -> VenueProtocol:
        """The protocol in use."""
        return self._live.protocol

    @property
    def counters(self) -> FeedCounters:
        """What was received so far, by every protocol that was in use."""
        return total((self._past, self.protocol.counters))

    def streams(self) -> list[StreamHealth]:
        """Return how each stream of the protocol in use is doing."""
        return self.protocol.streams()

    def resync(self, instrument: InstrumentId, now_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot: somebody found it wrong."""
        self.protocol.resync(instrument, now_ns)

    def remake(
        self,
        make: Callable[[], VenueProtocol],
        reason: str,
        first: Sequence[MarketEvent] | None = None,
    ) -> None:
        """Move to a protocol of another make: other instruments, or other terms of them.

        `first` is handed on between the last of the old protocol and the first of the new one;
        None: whatever the make before wanted handed on and was not yet.
        """
        self._make = make
        if first is not None:
            self._first = first
        self._give_up_roll()
        self._begin_roll(reason)

    async def ask(self, request: RestRequest, urls: SocketUrls | None = None) -> bytes | None:
        """Make a request beside the protocol's own; None: there is no answer.

        With `urls` at these addresses from now on; they are checked as by `run`.
        """
        self._world.urls = checked_urls(urls or self._world.urls)
        return await self._world.ask(request)

    async def run(self, urls: SocketUrls | None = None) -> None:
        """Work until the task is cancelled; no socket and no task is left then.

        With `urls` at these addresses from now on. Raises InputError for addresses that are
        neither encrypted nor on this machine.
        """
        self._world.move(checked_urls(urls or self._world.urls))
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._live.start(tasks)
        finally:
            self._tasks = None
            self._give_up_roll()

    def _pump(self, sink: Sink) -> Pump:
        generation = next(self._generations)
        return Pump(self._make(), self._world, sink, self._on_tick, generation=generation)

    def _tell(self, events: list[MarketEvent]) -> None:
        if self._echo:
            events = self._without_echo(events)
        self._told.note(events)
        self._stamps.note(events)
        if events:
            self._sink(events)
        if self._next is not None and not self._live.is_open:
            self._take_over(self._next)

    def _without_echo(self, events: list[MarketEvent]) -> list[MarketEvent]:
        heard = self._echo.removed(events, self._clock.boot_ns())
        self._past.ignored_trades += len(events) - len(heard)
        return heard

    # ------------------------------------------------------------------ the change of sockets

    def _on_tick(self, pump: Pump) -> None:
        if pump is self._live:
            self._check_stamps()
        if self._next is not None:
            self._consider(self._next)
        elif pump is self._live and self._may_roll():
            self._begin_roll_if(pump.wish())

    def _may_roll(self) -> bool:
        distance_ns = ROLL_DISTANCE_NS << min(self._moves, _ROLL_DOUBLINGS)
        return self._moved_ns == 0 or self._clock.boot_ns() >= self._moved_ns + distance_ns

    def _note_move(self, now_ns: int) -> None:
        is_soon = self._moved_ns > 0 and now_ns < self._moved_ns + _ROLL_SOON_NS
        self._moves = self._moves + 1 if is_soon else 0
        self._moved_ns = now_ns

    def _check_stamps(self) -> None:
        changed_ns, opened_ns = self._stamps.changed_ns, self._live.opened_ns
        if changed_ns is None or not self._live.brings_data:
            return  # whichever socket is missing may be the one that brings news
        still_ms = (self._clock.boot_ns() - max(changed_ns, opened_ns)) // 1_000_000
        is_still = still_ms > self._live.patience_ms(first=changed_ns < opened_ns)
        if is_still and not self._live.is_behind:
            self._live.give_up(f"the venue's time has stood still for {still_ms} ms")

    def _begin_roll_if(self, wish: str) -> None:
        if wish:
            self._begin_roll(wish)

    def _begin_roll(self, reason: str) -> None:
        roll = _Roll(self._pump(self._hold), reason, self._clock.boot_ns())
        roll.held.take(self._first)
        roll.pump.protocol.inherit(self.protocol)
        self._next = roll
        if self._tasks is not None:
            roll.pump.start(self._tasks)
        if not self._live.is_open:
            self._take_over(roll)

    def _hold(self, events: list[MarketEvent]) -> None:
        roll = self._next
        assert roll is not None
        for crossed in roll.held.take(events):
            roll.pump.protocol.resync(crossed, self._clock.boot_ns())
        self._consider(roll)

    def _consider(self, roll: _Roll) -> None:
        if roll.is_ready(self.protocol, self._told.synced, self._clock.boot_ns()):
            self._take_over(roll)

    def _take_over(self, roll: _Roll) -> None:
        """Hand on what the new sockets hold, and close the old ones."""
        old, self._live, self._next = self._live, roll.pump, None
        self._first = ()  # the roll holds it
        self._tell(old.protocol.events_received())
        self._drop(old)
        now_ns = self._clock.boot_ns()
        self._note_move(now_ns)
        batch = roll.held.handed_on(self._told, now_ns)
        self._echo.begin(self._told.prints(), now_ns)
        roll.pump.sink = self._tell
        status = roll.status(now_ns)
        self._told.note(batch)
        if status or batch:
            self._sink([*status, *batch])

    def _give_up_roll(self) -> None:
        if self._next is not None:
            self._drop(self._next.pump)
            self._next = None

    def _drop(self, pump: Pump) -> None:
        """Close a pump's sockets; what it counted stays."""
        pump.sink = _ignore
        pump.stop()
        self._past = total((self._past, pump.protocol.counters))


class _Roll:
    """New sockets that get ready."""

    def __init__(self, pump: Pump, reason: str, since_ns: int) -> None:
        self.pump = pump
        self.held = Held()
        self._reason = reason
        self._since_ns = since_ns

    def is_ready(self, old: VenueProtocol, synced: set[InstrumentId], now_ns: int) -> bool:
        """Return whether all flows here that can: wanted streams, and books in sync elsewhere."""
        if not self.pump.brings_data:
            return False
        new = self.pump.protocol
        idle = {stream.name for stream in wanted_streams(old) if not _flows(stream)}
        missing = [s for s in wanted_streams(new) if not _flows(s) and s.name not in idle]
        if not missing and (synced & new.counters.books.keys()) <= self.held.synced:
            return True
        return now_ns - self._since_ns > ROLL_PATIENCE_NS

    def status(self, now_ns: int) -> list[MarketEvent]:
        """Return what to say about these sockets now that they take over."""
        if self.pump.is_open:
            connection = self.pump.protocol.connection
            return [FeedStatus(connection, True, f"moved to new sockets: {self._reason}", now_ns)]
        return [] if self.held.status is None else [self.held.status]


def wanted_streams(protocol: VenueProtocol) -> list[StreamHealth]:
    """Return how the streams are doing that should flow."""
    wanted = {name for endpoint in protocol.endpoints() for name in endpoint.streams}
    return [stream for stream in protocol.streams() if stream.name in wanted]


def _flows(stream: StreamHealth) -> bool:
    return stream.active or stream.messages > 0


def _ignore(events: list[MarketEvent]) -> None:
    """Take what a socket says that nobody listens to any more."""
