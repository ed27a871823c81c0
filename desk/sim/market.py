"""The simulated market: a pure, seeded function of the time that passes.

The same seed and start give the same events bit for bit, however the time is cut into calls;
a saved state resumed goes on as if nothing had happened. Time is market time: wall time
multiplied by the speed, so that a faster market is the same market read faster.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.sim.calibration import BEHAVIOURS, COINS, Behaviour
from desk.sim.dice import Dice
from desk.sim.events import Event, MarkUpdate
from desk.sim.flow import BEAT_US
from desk.sim.forced import Drift, ForcedCloses
from desk.sim.funding import (
    PREMIUM_SAMPLE_MS,
    FundingState,
    Terms,
    average_premium,
    funding_rate,
    mark_price,
    next_funding_ms,
    premium_index,
    sample_basis,
    sample_premium,
    settle_if_due,
)
from desk.sim.listing import FINER, Listing, ListingState
from desk.sim.path import CoinPath, FairPaths, PathState
from desk.sim.stablecoins import Stablecoin, StablecoinState

BEAT_MS = BEAT_US // 1000
STATE_VERSION = 1
LARGEST_ACTIVITY = 8.0
SMALLEST_PATIENCE = 1e-9
IMPACT_NOTIONAL = 25_000.0
"""USDT; what the premium index imagines to trade."""
OWN_INDEX_WEIGHT = 0.5
"""The index is half this venue's spot mid, half other venues' view of the fair price."""


class CoinState(msgspec.Struct):
    """What the market has learnt of a coin's fair price."""

    known_log: float
    """Logarithm of the price that quotes follow."""
    patience: float
    """How far the fair price may run from it before they follow."""
    premium: float
    """Of the perpetual, in standard deviations, when they last followed."""


class MarketState(msgspec.Struct):
    """Everything a market needs to go on."""

    version: int
    seed: int
    time_ms: int
    path: PathState
    coins: list[CoinState]
    dice: list[Any]
    listings: dict[str, ListingState]
    funding: dict[str, FundingState]
    drifts: dict[str, Drift] = {}
    """Empty in markets that were saved before positions were closed by force."""
    stablecoins: dict[str, StablecoinState] = {}
    """Those that were not there yet begin afresh."""


class Market:
    """BTC and ETH, spot and perpetual: their books, tapes, marks and funding.

    Beside them stablecoins against the dollar, where they are asked for.
    """

    def __init__(
        self,
        instruments: list[Instrument],
        *,
        seed: int,
        start_ms: int,
        stablecoins: tuple[str, ...] = (),
    ) -> None:
        self.seed = seed
        self.time_ms = start_ms // BEAT_MS * BEAT_MS
        self._path = FairPaths(seed)
        self._dice = Dice(f"news {seed}")
        self._coins = [
            CoinState(path.log_price, SMALLEST_PATIENCE, path.premium) for path in self._path.coins
        ]
        self._terms: dict[str, Terms] = {}
        self.funding: dict[str, FundingState] = {}
        self.listings: dict[str, Listing] = {}
        self._forced: dict[str, ForcedCloses] = {}
        self._of_coin: list[list[Listing]] = [[] for _ in COINS]
        for instrument in instruments:
            self._list(instrument)
        stable = [Stablecoin(asset, seed) for asset in stablecoins]
        self.stablecoins: dict[str, Stablecoin] = {coin.name: coin for coin in stable}

    def _list(self, instrument: Instrument) -> None:
        at = next(i for i, coin in enumerate(COINS) if coin.asset == instrument.base)
        behaviour = BEHAVIOURS[instrument.id]
        listing = Listing(instrument, behaviour, self._fair_price(at, behaviour), self.seed)
        self.listings[instrument.id] = listing
        self._of_coin[at].append(listing)
        if instrument.kind is Kind.PERPETUAL:
            terms = Terms(interval_h=instrument.funding_interval_h or 8)
            self._terms[instrument.id] = terms
            self.funding[instrument.id] = FundingState(next_funding_ms(self.time_ms, terms))
            self._forced[instrument.id] = ForcedCloses(instrument, behaviour, self.seed)

    def advance(self, until_ms: int) -> dict[str, list[Event]]:
        """Let time pass up to `until_ms` (whole beats); return each instrument's events."""
        events: dict[str, list[Event]] = {name: [] for name in (*self.listings, *self.stablecoins)}
        while self.time_ms + BEAT_MS <= until_ms:
            self._step(events)
        return events

    def stand_still(self, until_ms: int) -> None:
        """Set the time without letting anything happen: the desk was closed."""
        self.time_ms = until_ms // BEAT_MS * BEAT_MS
        for name, state in self.funding.items():
            terms = self._terms[name]
            settle_if_due(state, self.time_ms, terms)
            state.next_ms = next_funding_ms(self.time_ms, terms)

    def shorten_interval(self, name: str, hours: int) -> None:
        """Let funding of a perpetual become due more often from now on."""
        listing = self.listings[name]
        listing.instrument = msgspec.structs.replace(listing.instrument, funding_interval_h=hours)
        self._terms[name] = Terms(interval_h=hours)
        state = self.funding[name]
        state.next_ms = min(state.next_ms, next_funding_ms(self.time_ms, self._terms[name]))

    def move(self, at: int, share: float, over_ms: int) -> None:
        """Move a coin's fair price by a share, evenly over a time of the market from now on."""
        self._path.push(at, math.log1p(share), max(1, over_ms // BEAT_MS))

    def relist(self, name: str) -> None:
        """Give the prices of an instrument another decimal, from now on."""
        self.listings[name].refine()
        if name in self._forced:
            self._forced[name].drift.slow_ticks *= FINER

    # ------------------------------------------------------------------ one beat

    def _step(self, events: dict[str, list[Event]]) -> None:
        self._path.step()
        start_us = self.time_ms * 1000
        for at, coin in enumerate(self._coins):
            path = self._path.coins[at]
            lean = self._learn(coin, path, COINS[at].follow_bps)
            activity = min(LARGEST_ACTIVITY, math.exp(0.9 * path.log_volatility))
            for listing in self._of_coin[at]:
                name = listing.instrument.id
                target = int(self._fair_price(at, listing.behaviour) / listing.tick)
                told = listing.beat(start_us, target, activity=activity, lean=lean)
                if name in self._forced:
                    told = self._forced[name].among(told, listing.last_ticks)
                events[name] += told
        for name, stablecoin in self.stablecoins.items():
            events[name] += stablecoin.beat(start_us)
        self.time_ms += BEAT_MS
        if self.time_ms % 1000 == 0:
            self._second(events)

    def _learn(self, coin: CoinState, path: CoinPath, follow_bps: float) -> float:
        """Let quotes follow a fair price that ran far enough; return where it leans, −1…1."""
        gap = path.log_price - coin.known_log
        if abs(gap) > coin.patience:
            coin.known_log = path.log_price
            coin.premium = path.premium
            scale = follow_bps * 1e-4 * math.exp(0.5 * path.log_volatility)
            coin.patience = scale * (0.3 + 0.7 * self._dice.expovariate(1.0))
            return 0.0
        return gap / coin.patience

    def _fair_price(self, at: int, behaviour: Behaviour) -> float:
        """Return the price that an instrument's quotes follow."""
        coin = self._coins[at]
        premium = behaviour.premium_mean + behaviour.premium_std * coin.premium
        return math.exp(coin.known_log) * (1 + premium)

    def _second(self, events: dict[str, list[Event]]) -> None:
        for at, listings in enumerate(self._of_coin):
            index_price = self._index_price(at)
            for listing in listings:
                name = listing.instrument.id
                if name in self.funding:
                    events[name].append(self._mark(listing, index_price))

    def _mark(self, listing: Listing, index_price: float) -> MarkUpdate:
        name = listing.instrument.id
        state, terms = self.funding[name], self._terms[name]
        sample_basis(state, listing.mid_price() - index_price)
        if self.time_ms % PREMIUM_SAMPLE_MS == 0:
            sample_premium(state, self._premium(listing, index_price))
        settle_if_due(state, self.time_ms, terms)
        return MarkUpdate(
            at_us=self.time_ms * 1000,
            mark_price=mark_price(
                state,
                index_price=index_price,
                last_price=listing.last_ticks * listing.tick,
                now_ms=self.time_ms,
                terms=terms,
            ),
            index_price=index_price,
            settle_price=index_price,
            premium=state.premium,
            funding_rate=funding_rate(average_premium(state), terms),
            next_funding_ms=state.next_ms,
            funding_interval_h=terms.interval_h,
        )

    def _premium(self, listing: Listing, index_price: float) -> float:
        lots = max(1, int(IMPACT_NOTIONAL / index_price / listing.lot))
        bid, _, ask, _ = listing.top()
        impact_bid = listing.book.bids.average_ticks(lots) or bid
        impact_ask = listing.book.asks.average_ticks(lots) or ask
        return premium_index(impact_bid * listing.tick, impact_ask * listing.tick, index_price)

    def _index_price(self, at: int) -> float:
        others = math.exp(self._coins[at].known_log)
        for listing in self._of_coin[at]:
            if listing.instrument.kind is Kind.SPOT:
                return OWN_INDEX_WEIGHT * listing.mid_price() + (1 - OWN_INDEX_WEIGHT) * others
        return others

    # ------------------------------------------------------------------ state

    def saved(self) -> MarketState:
        """Return the state; it shares nothing that later changes once it is encoded."""
        return MarketState(
            version=STATE_VERSION,
            seed=self.seed,
            time_ms=self.time_ms,
            path=self._path.saved(),
            coins=self._coins,
            dice=self._dice.saved(),
            listings={name: listing.saved() for name, listing in self.listings.items()},
            funding=self.funding,
            drifts={name: forced.drift for name, forced in self._forced.items()},
            stablecoins={name: coin.saved() for name, coin in self.stablecoins.items()},
        )

    def resume(self, state: MarketState) -> None:
        """Take up a saved state; raise ValueError or TypeError when it does not fit."""
        if state.version != STATE_VERSION:
            raise ValueError(f"the saved market is of version {state.version}")
        instruments = (state.listings.keys(), state.funding.keys(), len(state.coins))
        if instruments != (self.listings.keys(), self.funding.keys(), len(self._coins)):
            raise ValueError("the saved market has other instruments")
        self.seed = state.seed
        self.time_ms = state.time_ms
        self._path.resume(state.path)
        self._coins = state.coins
        self._dice.resume(state.dice)
        self.funding = state.funding
        for name, listing in self.listings.items():
            listing.resume(state.listings[name])
        for name, forced in self._forced.items():
            forced.resume(state.seed, state.drifts.get(name, Drift()))
        for name, stablecoin in self.stablecoins.items():
            if name in state.stablecoins:
                stablecoin.resume(state.stablecoins[name])
