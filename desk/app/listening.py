"""Public data without a desk: connections chosen by name, kept alive, their books watched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from functools import partial

from desk.app.options import VENUES
from desk.cli.shipped import shipped
from desk.io.clock import SystemClock
from desk.io.connect_limits import ConnectLimits
from desk.io.connection import Connection
from desk.io.tap import Tap
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.errors import InputError
from desk.model.market_data import MarketEvent
from desk.venues.connections import LiveProtocol, protocol_of, venue_of
from desk.venues.protocol import SocketUrls

DEFAULT_VENUES = ("binance", "okx", "bybit", "coinbase", "kraken")


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
    """Connections that feed a market and nothing else; a crossed book is fetched anew."""

    def __init__(
        self,
        names: list[str],
        urls: Mapping[str, SocketUrls] | None,
        clock: SystemClock,
        tap: Tap | None = None,
    ) -> None:
        self.catalogue: Catalogue = shipped().catalogue
        self.market = MarketState(self.catalogue)
        self._clock = clock
        self._urls = urls
        limits = ConnectLimits()
        self.connections = {
            name: Connection(
                partial(self._make, name),
                self._where(name),
                clock=clock,
                sink=self._take,
                jitter=random.random,
                tap=tap,
                limits=limits,
            )
            for name in names
        }

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, connection in self.connections.items():
                tasks.create_task(connection.run(), name=name)

    def _make(self, name: str) -> LiveProtocol:
        return protocol_of(name, self.catalogue.of_connection(name).values())

    def _where(self, name: str) -> SocketUrls:
        if self._urls is None:
            return self._make(name).live_urls
        return self._urls.get(name) or self._urls[venue_of(name)]

    def _take(self, events: list[MarketEvent]) -> None:
        for event in events:
            self.market.apply(event)
        for distrusted in self.market.take_distrusted():
            instrument = self.catalogue.get(distrusted)
            assert instrument is not None
            self.connections[instrument.connection].resync(distrusted, self._clock.boot_ns())
