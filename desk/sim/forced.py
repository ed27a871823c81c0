"""Which taker orders were positions closed by force: few in calm, many when the price runs.

The trades are there already. Only which of the large ones were forced is decided here, from the
trades and the seed alone, so that paths, books and tapes are the same with and without.
"""

from __future__ import annotations

import math
from itertools import groupby

import msgspec

from desk.model.instrument import Instrument
from desk.sim.calibration import Behaviour
from desk.sim.dice import Dice
from desk.sim.events import Event, Forced, Print
from desk.sim.flow import BEAT_S

LARGE_STDS = 1.0
"""An order is large when so many standard deviations above the median."""
CALM_SHARE = 0.004
"""Of the large orders, when the price stands still or comes back."""
HIGHEST_SHARE = 0.6
RUN_BPS = 4.0
"""How far the price must have run in the order's direction for e times as many."""
MEMORY_S = 60.0
BUFFER = (0.001, 0.004)
"""What is left between the fills and bankruptcy, a fraction of the price: from, to."""

_ENOUGH = math.log(HIGHEST_SHARE / CALM_SHARE) + 1.0
_KEPT = math.exp(-BEAT_S / MEMORY_S)


class Drift(msgspec.Struct):
    """What is remembered of an instrument's price between beats."""

    slow_ticks: float = 0.0
    """Average of the last minute or so; 0: not yet known."""


class ForcedCloses:
    """The forced closes of one perpetual."""

    def __init__(self, instrument: Instrument, behaviour: Behaviour, seed: int) -> None:
        self._name = instrument.id
        self._seed = seed
        log_lots = behaviour.order_log_mean + LARGE_STDS * behaviour.order_log_std
        self._large_lots = int(math.exp(log_lots) / float(instrument.lot_size))
        self.drift = Drift()

    def resume(self, seed: int, drift: Drift) -> None:
        """Take up a saved state."""
        self._seed = seed
        self.drift = drift

    def among(self, events: list[Event], last_ticks: int) -> list[Event]:
        """Return a beat's events, each forced order followed by the word that it was forced."""
        drift = self.drift
        drift.slow_ticks = drift.slow_ticks or float(last_ticks)
        told = {forced.last_trade_id: forced for forced in self._find(events)}
        drift.slow_ticks += (1 - _KEPT) * (last_ticks - drift.slow_ticks)
        if not told:
            return events
        result: list[Event] = []
        for event in events:
            result.append(event)
            if isinstance(event, Print) and event.trade_id in told:
                result.append(told[event.trade_id])
        return result

    def _find(self, events: list[Event]) -> list[Forced]:
        fills = [event for event in events if isinstance(event, Print)]
        orders = (list(order) for _, order in groupby(fills, _order))
        return [forced for order in orders if (forced := self._forced(order)) is not None]

    def _forced(self, fills: list[Print]) -> Forced | None:
        """Decide on one order; the dice are the order's own, so that no state is kept of them."""
        lots = sum(fill.lots for fill in fills)
        if lots < self._large_lots:
            return None
        first, last = fills[0], fills[-1]
        dice = Dice(f"forced {self._name} {self._seed} {first.trade_id}")
        if dice.random() >= self._share(last):
            return None
        low, high = BUFFER
        buffer = last.ticks * (low + (high - low) * dice.random())
        return Forced(
            at_us=first.at_us,
            buys=first.buyer_is_taker,
            ticks=last.ticks,
            lots=lots,
            bankruptcy_ticks=round(last.ticks + (buffer if first.buyer_is_taker else -buffer)),
            first_trade_id=first.trade_id,
            last_trade_id=last.trade_id,
        )

    def _share(self, last: Print) -> float:
        """Return which share of large orders is forced now, on this side."""
        run_bps = (last.ticks / self.drift.slow_ticks - 1) * 1e4
        if not last.buyer_is_taker:
            run_bps = -run_bps
        ran = min(max(0.0, run_bps) / RUN_BPS, _ENOUGH)  # e to the power of a crash is no float
        return min(HIGHEST_SHARE, CALM_SHARE * math.exp(ran))


def _order(fill: Print) -> tuple[int, bool]:
    return fill.at_us, fill.buyer_is_taker
