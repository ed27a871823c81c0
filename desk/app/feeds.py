"""Where prices come from: the embedded market, a running one, or live venues."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from desk.app.options import Options
from desk.app.runtime import Runtime
from desk.engine.quality import FeedNote
from desk.io.addresses import market_urls
from desk.io.connect_limits import ConnectLimits
from desk.io.connection import Connection
from desk.io.market_child import MarketChild, start_market
from desk.model.errors import FeedError
from desk.model.market_data import MarketEvent
from desk.venues.connections import LiveProtocol, protocol_of, venue_of
from desk.venues.protocol import SocketUrls

MARKET_STATE = "market.state"
RESTART_S = 1.0


class Feeds:
    """Keeps every connection of a desk alive for as long as `run` runs."""

    def __init__(self, options: Options, runtime: Runtime, folder: Path) -> None:
        self._options = options
        self._runtime = runtime
        self._folder = folder
        self._child: MarketChild | None = None
        self._note = ""
        limits = ConnectLimits()
        self._connections = {
            name: self._connection(name, limits)
            for name in sorted(runtime.engine.desk.settings.fed)
        }

    async def run(self) -> None:
        """Feed the engine until cancelled; an embedded market that ends is started again."""
        while True:
            try:
                urls = await self._addresses()
            except FeedError as error:
                self._note = str(error)
                print(f"desk: {error}", file=sys.stderr)
                await asyncio.sleep(RESTART_S)
                continue
            self._note = ""
            await self._pump(urls)

    async def stop(self) -> None:
        """End the embedded market."""
        if self._child is not None:
            await self._child.stop()

    def notes(self) -> Mapping[str, FeedNote]:
        """Return what was counted on each connection."""
        return {
            name: FeedNote(
                gaps=sum(book.gaps for book in counters.books.values()),
                rejected=counters.rejected,
                note=self._note,
            )
            for name, counters in (
                (name, connection.counters) for name, connection in self._connections.items()
            )
        }

    async def _addresses(self) -> Mapping[str, SocketUrls]:
        options = self._options
        if options.feeds:
            return {name: self._make(name).live_urls for name in self._connections}
        if options.market is not None:
            return market_urls(options.market)
        more = [
            word
            for name, value in (("--speed", options.speed), ("--seed", options.seed))
            if value is not None
            for word in (name, value)
        ]
        self._child = await start_market(self._folder / MARKET_STATE, more)
        return market_urls(self._child.ready)

    async def _pump(self, urls: Mapping[str, SocketUrls]) -> None:
        """Run every connection; return when the embedded market ends."""
        tasks = [
            asyncio.create_task(connection.run(where), name=name)
            for name, connection in self._connections.items()
            if (where := urls.get(name) or urls.get(venue_of(name))) is not None
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

    def _make(self, name: str) -> LiveProtocol:
        catalogue = self._runtime.engine.desk.catalogue
        return protocol_of(name, catalogue.of_connection(name).values())

    def _connection(self, name: str, limits: ConnectLimits) -> Connection:
        make = partial(self._make, name)
        return Connection(
            make,
            make().live_urls,
            clock=self._runtime.clock,
            sink=self._take,
            jitter=random.random,
            limits=limits,
        )

    def _take(self, events: list[MarketEvent]) -> None:
        self._runtime.hear(events)
        now_ns = self._runtime.clock.boot_ns()
        for name in self._runtime.engine.desk.market.take_distrusted():
            instrument = self._runtime.engine.desk.catalogue.get(name)
            assert instrument is not None
            self._connections[instrument.connection].resync(name, now_ns)

    async def _ended(self, child: MarketChild) -> None:
        code = await child.wait()
        self._note = f"the embedded market ended with code {code}"
