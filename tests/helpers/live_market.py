"""The simulator in this process, in step with the wall clock, and connections to it."""

import asyncio
import random
from contextlib import asynccontextmanager, suppress

from desk.cli.shipped import shipped
from desk.io.addresses import market_urls
from desk.io.clock import SystemClock
from desk.io.connection import Connection
from desk.market.state import MarketState
from desk.sim.faults import parse_faults
from desk.sim.simulator import Settings, Simulator
from desk.venues.connections import protocol_of

CATALOGUE = shipped().catalogue
PATIENCE_S = 30.0


@asynccontextmanager
async def live_market(*dialects, faults="", clock=None):
    """A market on loopback; gives the addresses by connection."""
    async with simulated(*dialects, faults=faults, clock=clock) as (_, urls):
        yield urls


@asynccontextmanager
async def simulated(*dialects, faults="", clock=None):
    """The same, and who serves there."""
    clock = clock or SystemClock()
    settings = Settings(dialects=dialects, faults=tuple(parse_faults(faults)))
    simulator = Simulator(list(CATALOGUE.all()), settings, wall_ms=clock.wall_ms)
    ready, stop = await simulator.start(), asyncio.Event()
    task = asyncio.create_task(simulator.run(stop))
    try:
        yield simulator, market_urls(ready)
    finally:
        stop.set()
        await task


def instruments(name):
    """The instruments of a connection that the simulator has."""
    known = CATALOGUE.of_connection(name).values()
    return [i for i in known if name != "okx" or i.symbol.endswith("USDT-SWAP")]


def maker(name, wrap=lambda protocol: protocol, *, terms=None):
    """What makes protocols of a connection, for all its instruments or for some."""
    return lambda: wrap(protocol_of(name, instruments(name) if terms is None else terms))


class SleepyClock(SystemClock):
    """A clock that a test sends to sleep, as a machine is."""

    def __init__(self):
        super().__init__()
        self.slept_ns = 0

    def sleep_s(self, seconds):
        self.slept_ns += seconds * 1_000_000_000

    def boot_ns(self):
        return super().boot_ns() + self.slept_ns

    def wall_ms(self):
        return super().wall_ms() + self.slept_ns // 1_000_000


class Listener:
    """A connection, the market that it feeds, and every event that it told."""

    def __init__(self, name, urls, *, wrap=lambda protocol: protocol, clock=None, **options):
        self.clock = clock or SystemClock()
        self.market = MarketState(CATALOGUE)
        self.events = []
        self.batches = []
        self.heard = asyncio.Event()
        self.connection = Connection(
            maker(name, wrap),
            urls,
            clock=self.clock,
            sink=self.take,
            **{"jitter": random.Random(1).random} | options,
        )

    def take(self, events):
        self.batches.append(len(events))
        self.events.extend(events)
        for event in events:
            self.market.apply(event)
        self.heard.set()

    def of(self, kind):
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def qualities(self):
        """How fresh each mark of the connection is now."""
        now_ns = self.clock.boot_ns()
        name = self.connection.protocol.connection
        return {i.id: self.market.quality(i.id, now_ns) for i in instruments(name)}

    async def until(self, condition, patience_s=PATIENCE_S):
        async with asyncio.timeout(patience_s):
            while not condition():
                self.heard.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.heard.wait(), 0.1)

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.connection.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
