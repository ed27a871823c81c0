"""Where prices come from: the embedded market, a running one, or live venues."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from pathlib import Path

from desk.app.options import Options
from desk.app.runtime import Runtime
from desk.engine.quality import FeedNote
from desk.io import transport
from desk.io.addresses import market_urls
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
        catalogue = runtime.engine.desk.catalogue
        self._protocols = {
            name: protocol_of(name, catalogue.of_connection(name).values())
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
                gaps=sum(book.gaps for book in protocol.counters.books.values()),
                rejected=protocol.counters.rejected,
                note=self._note,
            )
            for name, protocol in self._protocols.items()
        }

    async def _addresses(self) -> Mapping[str, SocketUrls]:
        options = self._options
        if options.feeds:
            return {name: p.live_urls for name, p in self._protocols.items()}
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
            asyncio.create_task(self._connection(name, where), name=name)
            for name in self._protocols
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

    async def _connection(self, name: str, urls: SocketUrls) -> None:
        protocol = self._protocols[name]

        def take(events: list[MarketEvent]) -> None:
            self._runtime.hear(events)
            now_ns = self._runtime.clock.boot_ns()
            for instrument in self._runtime.engine.desk.market.take_distrusted():
                self._protocol_of(instrument).resync(instrument, now_ns)

        await transport.run(
            protocol,
            urls,
            clock=self._runtime.clock,
            sink=take,
            jitter=random.random,
        )

    def _protocol_of(self, instrument_id: str) -> LiveProtocol:
        instrument = self._runtime.engine.desk.catalogue.get(instrument_id)
        assert instrument is not None
        return self._protocols[instrument.connection]

    async def _ended(self, child: MarketChild) -> None:
        code = await child.wait()
        self._note = f"the embedded market ended with code {code}"
