"""The running simulator: a market in step with the wall clock, and the venues that publish it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from desk.model.instrument import Instrument
from desk.sim.binance.candles import History
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.binance.server import SectionServer
from desk.sim.binance.streams import SPOT, USDM
from desk.sim.events import Event
from desk.sim.faults import Fault, FaultInjector
from desk.sim.market import BEAT_MS, Market
from desk.sim.state import SavedMarket, encode_state

CONNECTIONS = {"binance-spot": SPOT, "binance-usdm": USDM}
SHORTEST_PAUSE_S = 0.01
LONGEST_ADVANCE_MS = 100
"""Wall time that is caught up in one go, so that sockets are served in between."""
LONGEST_LAG_MS = 2_000
"""Behind by more than this (the machine slept, the clock was set), the market stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a simulator runs."""

    seed: int = 1
    speed: int = 1
    port: int = 0
    faults: tuple[Fault, ...] = ()
    save_every_s: float = 5.0


class Simulator:
    """Binance spot and USDⓈ-M on loopback."""

    def __init__(
        self,
        instruments: list[Instrument],
        settings: Settings,
        *,
        wall_ms: Callable[[], int],
        saved: SavedMarket | None = None,
    ) -> None:
        """Take up a saved market when there is one; ValueError when it does not fit."""
        self._settings = settings
        self._wall_ms = wall_ms
        self._started_ms = wall_ms()
        # At least a second has passed when the first client comes: there is a mark price.
        self._now_ms = self._started_ms // 1000 * 1000 - 1000
        simulated = [i for i in instruments if i.connection in CONNECTIONS]
        start_ms = self._now_ms * settings.speed
        self.market = Market(simulated, seed=settings.seed, start_ms=start_ms)
        history: dict[str, History] = {}
        if saved is not None:
            self.market.resume(saved.market)
            self.market.stand_still(start_ms)
            history = saved.history
        self.feeds = {
            name: InstrumentFeed(
                listing,
                speed=settings.speed,
                now_us=start_ms * 1000,
                history=history.get(name) or History(),
            )
            for name, listing in self.market.listings.items()
        }
        injector = FaultInjector(list(settings.faults), settings.seed)
        self._injector = injector
        self._sections = {
            section: SectionServer(
                section,
                {
                    feed.spelling.symbol: feed
                    for feed in self.feeds.values()
                    if feed.listing.instrument.connection == connection
                },
                speed=settings.speed,
                wall_ms=wall_ms,
                faults=injector,
            )
            for connection, section in CONNECTIONS.items()
        }

    async def start(self) -> dict[str, dict[str, dict[str, str]]]:
        """Listen and return the ready line; raise OSError when a port is taken."""
        for _ in range(2 * LONGEST_LAG_MS // LONGEST_ADVANCE_MS):
            if not self.step():
                break
        ready: dict[str, dict[str, str]] = {}
        for offset, (section, server) in enumerate(self._sections.items()):
            asked = self._settings.port
            port = await server.start(asked + offset if asked else 0)
            ready[section] = {"rest": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}"}
        return {"binance": ready}

    async def run(self, stop: asyncio.Event, save: Callable[[bytes], None] | None = None) -> None:
        """Keep the market in step with the wall until told to stop; then save and close.

        `save` is called in a thread every few seconds, and once more at the end.
        """
        saving = None if save is None else asyncio.create_task(self._save_often(stop, save))
        try:
            while not stop.is_set():
                behind_ms = self.step()
                await asyncio.sleep(0 if behind_ms else self._pause_s())
        finally:
            stop.set()
            if saving is not None:
                await saving
            await self.stop()

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        for server in self._sections.values():
            await server.stop()

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return sum(server.clients() for server in self._sections.values())

    def state(self) -> bytes:
        """Return the market and its history as they are now."""
        history = {name: feed.history for name, feed in self.feeds.items()}
        return encode_state(SavedMarket(self.market.saved(), history))

    def _pause_s(self) -> float:
        """Return how long it takes until the next beat of the market has passed."""
        next_ms = (self.market.time_ms + BEAT_MS) / self._settings.speed
        return max(SHORTEST_PAUSE_S, (next_ms - self._wall_ms()) / 1000)

    async def _save_often(self, stop: asyncio.Event, save: Callable[[bytes], None]) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.save_every_s)
            await asyncio.to_thread(save, self.state())

    def step(self) -> int:
        """Let the market happen up to the wall time, or a part of the way, and publish it.

        Returns the milliseconds of wall time that are still to be caught up.
        """
        now_ms = self._wall_ms()
        lag_ms = now_ms - self._now_ms
        if not -LONGEST_LAG_MS <= lag_ms <= LONGEST_LAG_MS:
            self._stand_still(now_ms // 1000 * 1000)
        until_ms = min(now_ms, self._now_ms + LONGEST_ADVANCE_MS)
        if until_ms > self._now_ms:
            self._now_ms = until_ms
            self._publish(self.market.advance(until_ms * self._settings.speed))
        return max(0, now_ms - self._now_ms)

    def _stand_still(self, until_ms: int) -> None:
        self._now_ms = until_ms
        market_ms = until_ms * self._settings.speed
        self.market.stand_still(market_ms)
        for feed in self.feeds.values():
            feed.restart(market_ms * 1000)

    def _publish(self, events: dict[str, list[Event]]) -> None:
        elapsed_ms = self._now_ms - self._started_ms
        broken = self._injector.breaks(elapsed_ms)
        until_us = self.market.time_ms * 1000
        for name, feed in self.feeds.items():
            section = self._sections[CONNECTIONS[feed.listing.instrument.connection]]
            symbol = feed.spelling.symbol
            frames = feed.frames(events[name], until_us, section.wanted(symbol))
            section.publish(symbol, frames, elapsed_ms)
        for section in self._sections.values():
            section.flush()
            for fault in broken:
                section.break_off(fault)
