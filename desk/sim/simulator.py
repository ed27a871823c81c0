"""The running simulator: a market in step with the wall clock, and the venues that publish it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from desk.model.instrument import Instrument
from desk.sim.calibration import BEHAVIOURS, COINS
from desk.sim.candles import History
from desk.sim.dialect import Moment, Stage
from desk.sim.dialects import DIALECTS
from desk.sim.events import Event, Print
from desk.sim.faults import Fault, FaultKind
from desk.sim.injector import FaultInjector
from desk.sim.listing import FINER
from desk.sim.market import BEAT_MS, Market
from desk.sim.past import habits, live_through
from desk.sim.stablecoins import ASSETS
from desk.sim.state import SavedMarket, encode_state

SHORTEST_PAUSE_S = 0.01
LONGEST_ADVANCE_MS = 100
"""Wall time that is caught up in one go, so that sockets are served in between."""
LONGEST_LAG_MS = 2_000
"""Behind by more than this (the machine slept, the clock was set), the market stands still."""

MARKET = "market"
"""What faults call the market itself."""
SHORT_INTERVAL_H = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a simulator runs."""

    dialects: tuple[str, ...] = ("binance",)
    """Names of DIALECTS, each once."""
    seed: int = 1
    speed: int = 1
    port: int = 0
    faults: tuple[Fault, ...] = ()
    save_every_s: float = 5.0


class Simulator:
    """One market on loopback, in the dialects of the venues that are asked for."""

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
        simulated = [i for i in instruments if i.id in BEHAVIOURS]
        start_ms = self._now_ms * settings.speed
        self.market = Market(simulated, seed=settings.seed, start_ms=start_ms, stablecoins=ASSETS)
        traded = (*self.market.listings, *self.market.stablecoins)
        self._history = {name: History() for name in traded}
        if saved is not None:
            self.market.resume(saved.market)
            self.market.stand_still(start_ms)
            self._history |= saved.history
        self._live_through()
        self._injector = FaultInjector(list(settings.faults), settings.seed, self._started_ms)
        stage = Stage(
            listings=self.market.listings,
            stablecoins=self.market.stablecoins,
            history=self._history,
            speed=settings.speed,
            now_us=start_ms * 1000,
            wall_ms=wall_ms,
            faults=self._injector,
        )
        self._dialects = {name: DIALECTS[name](stage) for name in settings.dialects}

    def _live_through(self) -> None:
        """Give every instrument a past up to now: nobody looked, and it went on."""
        market, speed = self.market, self._settings.speed
        stable = {name: coin.listing for name, coin in market.stablecoins.items()}
        for name, listing in {**market.listings, **stable}.items():
            history = self._history[name]
            history.key = f"{market.seed} {listing.instrument.base}"
            live_through(history, self._now_ms, listing, habits(listing, speed))

    async def start(self) -> dict[str, Any]:
        """Listen and return the ready line; raise OSError when a port is taken."""
        if self._wall_ms() - self._now_ms > LONGEST_LAG_MS:
            # Making it took that long. Again a second passes first: there is a mark price.
            self._stand_still(self._wall_ms() // 1000 * 1000 - 1000)
        for _ in range(2 * LONGEST_LAG_MS // LONGEST_ADVANCE_MS):
            if not self.step():
                break
        ready: dict[str, Any] = {}
        port = self._settings.port
        for name, dialect in self._dialects.items():
            ready[name] = await dialect.start(port)
            port = port + dialect.ports if port else 0
        return ready

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
        """Close every connection and stop listening: of all venues at once, for some are slow."""
        await asyncio.gather(*(dialect.stop() for dialect in self._dialects.values()))

    def clients(self) -> int:
        """Return how many websocket connections there are."""
        return sum(dialect.clients() for dialect in self._dialects.values())

    def state(self) -> bytes:
        """Return the market and its history as they are now."""
        return encode_state(SavedMarket(self.market.saved(), self._history))

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
        for dialect in self._dialects.values():
            dialect.restart(market_ms * 1000)

    def _publish(self, events: dict[str, list[Event]]) -> None:
        self._remember(self.market.stablecoins, events)  # few dialects frame them
        elapsed_ms = self._now_ms - self._started_ms
        happening = self._injector.begin(elapsed_ms)
        moment = Moment(
            events=events,
            until_us=self.market.time_ms * 1000,
            elapsed_ms=elapsed_ms,
            happening=happening,
        )
        for dialect in self._dialects.values():
            dialect.publish(moment)
        # Dialects keep the candles of what they frame, as they go; here come those of the rest.
        self._remember(self.market.listings, events)
        for fault in happening:
            self._change_market(fault)

    def _change_market(self, fault: Fault) -> None:
        """Change the terms that a fault changes, of all instruments or of the one it names."""
        market = self.market
        names = [name for name in market.listings if fault.hits(MARKET, name)]
        if fault.kind is FaultKind.INTERVAL:
            for name in market.funding.keys() & set(names):
                market.shorten_interval(name, SHORT_INTERVAL_H)
        elif fault.kind is FaultKind.MOVE:
            over_ms = (fault.until_ms - fault.from_ms) * self._settings.speed
            for at, coin in enumerate(COINS):
                if fault.hits(MARKET, coin.asset):
                    market.move(at, fault.by_share, over_ms)
        elif fault.kind is FaultKind.RELIST:
            for name in names:
                market.relist(name)
                self._history[name].refine(FINER)
            for dialect in self._dialects.values():
                dialect.relist(market.time_ms * 1000)

    def _remember(self, names: Iterable[str], events: dict[str, list[Event]]) -> None:
        """Keep candles; a trade that is in them already is passed over."""
        for name in names:
            for event in events.get(name, ()):
                if isinstance(event, Print):
                    self._history[name].add(event.at_us // self._settings.speed // 1000, event)
