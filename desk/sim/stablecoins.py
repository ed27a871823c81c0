"""Dollars for a stablecoin: a small, quiet book near the peg, and what a dollar price is made with.

The fair price reverts to one dollar and stays within a tenth of a per cent. Quotes follow it in
steps, so that the book stands still for half a minute at a time. Everything is drawn from dice of
its own: the coins' day of a seed is the same with and without.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE, ZERO
from desk.sim.calibration import Behaviour
from desk.sim.dice import Dice
from desk.sim.events import Event
from desk.sim.listing import Listing, ListingState

TICK = Decimal("0.00001")
LOT = Decimal("0.01")
ASSETS = ("USDT", "USDC")

PEG_TICKS = 100_000
WIDEST = 0.001
"""How far from the peg the fair price may be, a fraction."""
RELAXATION_S = 1_800.0
STD = 0.0003
FOLLOW_TICKS = 5.0
"""How far the fair price runs before quotes follow: half a basis point."""

QUIET = Behaviour(
    follow_delay_us=(0, 40_000),
    taker_rate_hz=0.06,
    quote_rate_hz=0.3,
    churn_rate_hz=1.5,
    order_log_mean=6.0,
    order_log_std=1.6,
    best_quantity=40_000.0,
    thin_quantity=6_000.0,
    thick_ticks=20.0,
    gap_ticks=3.0,
    place_log_mean=3.6,
    place_log_std=1.0,
    levels=60,
    reach_ticks=400,
    ordinary_move=0.5e-4,
    trade_share=0.3,
)

_KEPT = math.exp(-1.0 / RELAXATION_S)


def pair(asset: str) -> Instrument:
    """Return the simulated pair of a stablecoin against the dollar."""
    return Instrument(
        id=InstrumentId(f"{asset}-USD"),
        venue="SIMULATED",
        connection="simulated",
        symbol=f"{asset}-USD",
        kind=Kind.SPOT,
        contract=Contract.LINEAR,
        base=asset,
        quote="USD",
        settle="USD",
        contract_size=ONE,
        tick_size=TICK,
        lot_size=LOT,
        min_quantity=LOT,
        min_notional=ZERO,
        maker_fee_rate=ZERO,
        taker_fee_rate=ZERO,
    )


class StablecoinState(msgspec.Struct):
    """Everything a stablecoin needs to go on."""

    deviation: float
    known_ticks: int
    dice: list[Any]
    listing: ListingState


class Stablecoin:
    """One stablecoin's price and book."""

    def __init__(self, asset: str, seed: int) -> None:
        self.asset = asset
        self._dice = Dice(f"peg {asset} {seed}")
        self._deviation = self._clipped(self._dice.gauss(0.0, STD))
        self.known_ticks = self._fair_ticks()
        """The price that quotes follow: what a dollar price of a coin quoted in it is made with."""
        self.listing = Listing(pair(asset), QUIET, self.known_ticks * float(TICK), seed)

    @property
    def name(self) -> str:
        """The id of its pair."""
        return self.listing.instrument.id

    def beat(self, start_us: int) -> list[Event]:
        """Let a beat of 50 ms pass and return what happened."""
        if start_us % 1_000_000 == 0:
            self._second()
        return self.listing.beat(start_us, self.known_ticks, activity=1.0, lean=0.0)

    def saved(self) -> StablecoinState:
        """Return the state between two beats."""
        return StablecoinState(
            self._deviation, self.known_ticks, self._dice.saved(), self.listing.saved()
        )

    def resume(self, state: StablecoinState) -> None:
        """Take up a saved state; raise ValueError or TypeError when it does not hold."""
        self._deviation = self._clipped(state.deviation)
        self.known_ticks = state.known_ticks
        self._dice.resume(state.dice)
        self.listing.resume(state.listing)

    def _second(self) -> None:
        noise = self._dice.gauss(0.0, STD * math.sqrt(1 - _KEPT * _KEPT))
        self._deviation = self._clipped(self._deviation * _KEPT + noise)
        if abs(PEG_TICKS * (1 + self._deviation) - self.known_ticks) > FOLLOW_TICKS:
            self.known_ticks = self._fair_ticks()

    def _fair_ticks(self) -> int:
        return round(PEG_TICKS * (1 + self._deviation))

    @staticmethod
    def _clipped(deviation: float) -> float:
        return max(-WIDEST, min(WIDEST, deviation))
