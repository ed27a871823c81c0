"""Where prices come from: the embedded market, a running one, or live venues."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from desk.app.listed_connection import ListedConnection
from desk.app.options import VENUES, Options
from desk.app.past_keeper import PastKeeper
from desk.app.runtime import Runtime
from desk.app.terms import TermsStore
from desk.engine.quality import FeedNote
from desk.io.addresses import market_urls
from desk.io.connect_limits import ConnectLimits
from desk.io.market_child import MarketChild, start_market
from desk.log import LOG
from desk.model.commands import ChartWanted
from desk.model.errors import FeedError
from desk.model.instrument import InstrumentId
from desk.venues.connections import venue_of
from desk.venues.protocol import SocketUrls, VenueProtocol

MARKET_STATE = "market.state"
RESTART_S = 1.0
NOTES_NS = 100_000_000


class Feeds:
    """Keeps every connection of a desk alive for as long as `run` runs."""

    def __init__(
        self,
        options: Options,
        runtime: Runtime,
        folder: Path,
        store: TermsStore,
        listed_ms: Mapping[str, int],
    ) -> None:
        self._options = options
        self._runtime = runtime
        self._folder = folder
        self._child: MarketChild | None = None
        self._note = ""
        self._notes: Mapping[str, FeedNote] = {}
        self._noted_ns = 0
        runtime.on_distrust = self.resync
        limits = ConnectLimits()
        desk = runtime.engine.desk
        self._connections = {
            name: ListedConnection(
                name,
                catalogue=desk.catalogue,
                traded=desk.has_traded,
                sink=runtime.hear,
                clock=runtime.clock,
                limits=limits,
                store=store,
                kept_ms=listed_ms.get(name),
            )
            for name in sorted(desk.settings.fed)
        }
        self._pasts = {
            name: PastKeeper(name, listed.connection.ask, runtime)
            for name, listed in self._connections.items()
        }

    async def run(self) -> None:
        """Feed the engine until cancelled; an embedded market that ends is started again."""
        while True:
            try:
                urls = await self._addresses()
            except FeedError as error:
                self._note = str(error)
                LOG.warning("%s", error)
                await asyncio.sleep(RESTART_S)
                continue
            self._note = ""
            await self._pump(urls)

    async def stop(self) -> None:
        """End the embedded market."""
        if self._child is not None:
            await self._child.stop()

    def notes(self) -> Mapping[str, FeedNote]:
        """Return what was counted on each connection; counted anew ten times a second."""
        now_ns = self._runtime.clock.boot_ns()
        if now_ns - self._noted_ns >= NOTES_NS:
            self._noted_ns = now_ns
            self._notes = {name: c.note(self._note) for name, c in self._connections.items()}
        return self._notes

    def protocol(self, connection: str) -> VenueProtocol:
        """Return the protocol that a connection uses now."""
        return self._connections[connection].connection.protocol

    def chart(self, wanted: Sequence[ChartWanted]) -> None:
        """Get what charts show of the time before, where it is not there yet."""
        for chart in wanted:
            terms = self._runtime.engine.desk.catalogue.get(chart.instrument)
            keeper = None if terms is None else self._pasts.get(terms.connection)
            if keeper is not None:
                keeper.want(chart.instrument, chart.bar_s)

    def resync(self, instrument: InstrumentId) -> None:
        """Get a new snapshot of a book that was found wrong."""
        terms = self._runtime.engine.desk.catalogue.get(instrument)
        assert terms is not None
        now_ns = self._runtime.clock.boot_ns()
        self._connections[terms.connection].connection.resync(instrument, now_ns)

    async def _addresses(self) -> Mapping[str, SocketUrls]:
        options = self._options
        if options.feeds:
            return {name: c.live_urls for name, c in self._connections.items()}
        if options.market is not None:
            return market_urls(options.market)
        said = (
            ("--dialect", ",".join(VENUES)),
            ("--speed", options.speed),
            ("--seed", options.seed),
        )
        more = [word for name, value in said if value is not None for word in (name, value)]
        self._child = await start_market(self._folder / MARKET_STATE, more)
        return market_urls(self._child.ready)

    async def _pump(self, urls: Mapping[str, SocketUrls]) -> None:
        """Run every connection; return when the embedded market ends."""
        tasks = [
            asyncio.create_task(work(where), name=name)
            for name, connection in self._connections.items()
            if (where := urls.get(name) or urls.get(venue_of(name))) is not None
            for work in (connection.run, self._pasts[name].run)
        ]
        if self._child is not None:
            tasks.append(asyncio.create_task(self._ended(self._child), name="market"))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ended(self, child: MarketChild) -> None:
        code = await child.wait()
        self._note = f"the embedded market ended with code {code}"
