"""Binance as the simulator serves it: spot, USDⓈ-M, coin-margined, each on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from desk.sim import sockets
from desk.sim.binance.coin_margined import CONNECTION, coin_margined
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.binance.server import SectionServer
from desk.sim.binance.streams import COINM, SPOT, USDM
from desk.sim.contracts import ContractListing
from desk.sim.dialect import Moment, Stage
from desk.sim.events import Event
from desk.sim.listing import Listing

CONNECTIONS = {"binance-spot": SPOT, "binance-usdm": USDM, CONNECTION: COINM}

_OF_THE_BOOK = ("depth", "bookTicker")


@dataclass(frozen=True, slots=True)
class _Part:
    """One instrument of the venue, and the listing of the market that it is."""

    source: str
    section: str
    feed: InstrumentFeed

    @property
    def symbol(self) -> str:
        return self.feed.spelling.symbol

    def events(self, moment: Moment, wanted: set[str]) -> list[Event]:
        """Return what has happened, in the instrument's own lots."""
        events, listing = moment.events[self.source], self.feed.listing
        if isinstance(listing, ContractListing):
            with_book = any(kind.startswith(_OF_THE_BOOK) for kind in wanted)
            return listing.events(events, with_book=with_book)
        return events


class BinanceDialect:
    """All sections and the feeds of their instruments."""

    ports = len(CONNECTIONS)

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._parts = list(_parts(stage))
        self._sections = {
            section: SectionServer(
                section,
                self._feeds_of(section),
                speed=stage.speed,
                wall_ms=stage.wall_ms,
                faults=stage.faults,
            )
            for section in CONNECTIONS.values()
        }

    def _feeds_of(self, section: str) -> dict[str, InstrumentFeed]:
        return {part.symbol: part.feed for part in self._parts if part.section == section}

    async def start(self, port: int) -> dict[str, Any]:
        """Listen; spot on the port, the others on the next. Raises OSError when one is taken."""
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
        for part in self._parts:
            part.feed.restart(now_us)

    def relist(self, now_us: int) -> None:
        """List the instruments anew, as they are now, and break with everybody."""
        self._parts = list(_parts(replace(self._stage, now_us=now_us)))
        for section, server in self._sections.items():
            server.relist(self._feeds_of(section))

    def publish(self, moment: Moment) -> None:
        """Frame what has happened, for whoever has asked for it, and send it."""
        for section in self._sections.values():
            section.begin(moment.elapsed_ms)
        for part in self._parts:
            section = self._sections[part.section]
            wanted = section.wanted(part.symbol)
            events = part.events(moment, wanted)
            section.publish(part.symbol, part.feed.frames(events, moment.until_us, wanted))
        for section in self._sections.values():
            section.end(moment.happening)


def _parts(stage: Stage) -> Iterator[_Part]:
    for name, listing in stage.listings.items():
        section = CONNECTIONS[listing.instrument.connection]
        yield _Part(name, section, _feed(stage, name, listing))
        if section == USDM:
            contracts = coin_margined(listing)
            yield _Part(name, COINM, _feed(stage, name, contracts))


def _feed(stage: Stage, name: str, listing: Listing | ContractListing) -> InstrumentFeed:
    history = stage.history[name]
    return InstrumentFeed(
        listing,
        speed=stage.speed,
        now_us=stage.now_us,
        history=listing.history(history) if isinstance(listing, ContractListing) else history,
    )
