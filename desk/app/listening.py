"""Public data without a desk's journal: connections chosen by name, what they say taken in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from desk.app.assemble import build_engine
from desk.app.listed_connection import ListedConnection
from desk.app.options import DEFAULT_VENUES, VENUES
from desk.cli.shipped import shipped
from desk.engine.desk import Desk, Settings
from desk.io.clock import SystemClock
from desk.io.connect_limits import ConnectLimits
from desk.io.tap import Tap
from desk.model.errors import InputError
from desk.model.market_data import MarketEvent
from desk.venues.connections import venue_of
from desk.venues.protocol import SocketUrls

LOOK_S = 0.1


def chosen_connections(
    program: str, wanted: list[str], urls: Mapping[str, SocketUrls] | None
) -> list[str]:
    """Return the connections meant by venue or connection names, of those at `urls` if given.

    Without names all of these, or the default venues. Raises InputError for an unknown name.
    """
    known = shipped().catalogue.connections()
    names = wanted or (list(DEFAULT_VENUES) if urls is None else list(urls))
    for name in names:
        if name not in known and name not in VENUES:
            raise InputError(
                source=program,
                field="--venue",
                expected=f"one of {', '.join(VENUES)}",
                found=name,
            )
    chosen = [c for c in known if c in names or venue_of(c) in names]
    if urls is not None:
        chosen = [c for c in chosen if c in urls or venue_of(c) in urls]
    return chosen


class Listening:
    """Connections that feed a desk which decides nothing; a crossed book is fetched anew."""

    def __init__(
        self,
        names: list[str],
        urls: Mapping[str, SocketUrls] | None,
        clock: SystemClock,
        tap: Tap | None = None,
    ) -> None:
        settings = Settings(
            mode="PAPER" if urls is None else "SIMULATED",
            sample_client=False,
            fed=frozenset(names),
            traded=frozenset(),
        )
        self.desk: Desk = build_engine(settings).desk
        self._clock = clock
        self._urls = urls
        limits = ConnectLimits()
        self.connections = {
            name: ListedConnection(
                name,
                catalogue=self.desk.catalogue,
                traded=lambda _: False,
                sink=self._take,
                clock=clock,
                limits=limits,
                tap=tap,
            )
            for name in names
        }

    async def learn(self) -> None:
        """Ask every venue for its listing, and wait a little for the answers."""
        async with asyncio.TaskGroup() as tasks:
            for name, connection in self.connections.items():
                tasks.create_task(connection.learn(self._where(name)), name=name)

    async def run(self) -> None:
        """Listen until cancelled, from the listings on."""
        await self.learn()
        async with asyncio.TaskGroup() as tasks:
            for name, connection in self.connections.items():
                tasks.create_task(connection.listen(), name=name)
            tasks.create_task(self._pass_time())

    async def _pass_time(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Tell the desk the time."""
        self.desk.pass_time(self._clock.boot_ns(), self._clock.wall_ms())

    def _where(self, name: str) -> SocketUrls:
        if self._urls is None:
            return self.connections[name].live_urls
        return self._urls.get(name) or self._urls[venue_of(name)]

    def _take(self, events: list[MarketEvent]) -> None:
        self.look()
        for event in events:
            self.desk.hear(event)
        for distrusted in self.desk.market.take_distrusted():
            instrument = self.desk.catalogue.get(distrusted)
            assert instrument is not None
            connection = self.connections[instrument.connection].connection
            connection.resync(distrusted, self._clock.boot_ns())
