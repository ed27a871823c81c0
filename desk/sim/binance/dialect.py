"""Binance as the simulator serves it: spot and USDⓈ-M, each on a port of its own."""

from __future__ import annotations

from typing import Any

from desk.sim import sockets
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.binance.server import SectionServer
from desk.sim.binance.streams import SPOT, USDM
from desk.sim.dialect import Moment, Stage
from desk.sim.faults import Fault

CONNECTIONS = {"binance-spot": SPOT, "binance-usdm": USDM}


class BinanceDialect:
    """Both sections and the feeds of their instruments."""

    ports = len(CONNECTIONS)

    def __init__(self, stage: Stage) -> None:
        self._feeds = {
            name: InstrumentFeed(
                listing,
                speed=stage.speed,
                now_us=stage.now_us,
                history=stage.history[name],
            )
            for name, listing in stage.listings.items()
        }
        self._sections = {
            section: SectionServer(
                section,
                {
                    feed.spelling.symbol: feed
                    for feed in self._feeds.values()
                    if feed.listing.instrument.connection == connection
                },
                speed=stage.speed,
                wall_ms=stage.wall_ms,
                faults=stage.faults,
            )
            for connection, section in CONNECTIONS.items()
        }

    async def start(self, port: int) -> dict[str, Any]:
        """Listen; spot on the port, USDⓈ-M on the next. Raises OSError when one is taken."""
        ready: dict[str, Any] = {}
        for offset, (section, server) in enumerate(self._sections.items()):
            ready[section] = sockets.addresses(await server.start(port + offset if port else 0))
        return ready

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        for server in self._sections.values():
            await server.stop()

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return sum(server.clients() for server in self._sections.values())

    def restart(self, now_us: int) -> None:
        """Set the clock after the market has stood still."""
        for feed in self._feeds.values():
            feed.restart(now_us)

    def publish(self, moment: Moment) -> None:
        """Frame what has happened, for whoever has asked for it, and send it."""
        for name, feed in self._feeds.items():
            section = self._sections[CONNECTIONS[feed.listing.instrument.connection]]
            symbol = feed.spelling.symbol
            wanted = section.wanted(symbol)
            frames = feed.frames(moment.events[name], moment.until_us, wanted)
            section.publish(symbol, frames, moment.elapsed_ms)
        for section in self._sections.values():
            section.flush()
            self._break_off(section, moment.broken)

    @staticmethod
    def _break_off(section: SectionServer, broken: list[Fault]) -> None:
        for fault in broken:
            section.break_off(fault)
