"""When taker orders come, which way and how large.

Arrivals excite further arrivals, as measured: an order starts on average 0.25 more within
milliseconds and 0.3 more within a tenth of a second. Sides persist: most orders belong to a
longer intention that is carried out in pieces.
"""

from __future__ import annotations

import math

import msgspec

from desk.sim.calibration import Behaviour
from desk.sim.dice import Dice

BEAT_S = 0.05
BEAT_US = 50_000

FAST_CHILDREN = 0.25
FAST_DELAY_US = 4_000
SLOW_CHILDREN = 0.3
SLOW_DECAY_HZ = 8.0

INTENTION_ENDS = 1 / 15
"""Chance that the prevailing intention is a new one, at each order."""
FOLLOWS_INTENTION = 0.76
LEAN_SHARE = 0.2

TAIL_SHARE = 0.02
TAIL_EXPONENT = 1.3
"""Orders of the largest sizes have a power tail."""

_SLOW_KEPT = math.exp(-SLOW_DECAY_HZ * BEAT_S)


class FlowState(msgspec.Struct):
    """What is remembered between beats."""

    excitement_hz: float = 0.0
    """Taker orders a second that earlier ones still excite."""
    intention: int = 1
    """+1: buying prevails; −1: selling."""


class TakerFlow:
    """The taker orders of one instrument that follow no news."""

    def __init__(self, behaviour: Behaviour, lots_per_coin: float, dice: Dice) -> None:
        self._dice = dice
        self._rate_hz = behaviour.taker_rate_hz
        self._log_mean = behaviour.order_log_mean + math.log(lots_per_coin)
        self._log_std = behaviour.order_log_std
        self.state = FlowState()

    def arrivals_us(self, activity: float) -> list[int]:
        """Draw the offsets of the next beat's orders, in microseconds, unsorted."""
        dice = self._dice
        state = self.state
        rate_hz = self._rate_hz * activity + state.excitement_hz
        state.excitement_hz *= _SLOW_KEPT
        offsets = [int(dice.random() * BEAT_US) for _ in range(dice.count(rate_hz * BEAT_S))]
        for offset in offsets:  # grows while it is read: children have children
            for _ in range(dice.count(FAST_CHILDREN)):
                delay = int(dice.expovariate(1 / FAST_DELAY_US))
                offsets.append(min(offset + delay, BEAT_US - 1))
        self.excite(len(offsets))
        return offsets

    def excite(self, orders: int) -> None:
        """Let this many orders attract others."""
        self.state.excitement_hz += orders * SLOW_CHILDREN * SLOW_DECAY_HZ

    def side(self, lean: float) -> int:
        """Draw the side of the next order: +1 buys. `lean` in −1…1 pulls towards the fair price."""
        dice = self._dice
        if dice.random() < INTENTION_ENDS:
            self.state.intention = 1 if dice.random() < 0.5 else -1
        follows = FOLLOWS_INTENTION if self.state.intention > 0 else 1 - FOLLOWS_INTENTION
        return 1 if dice.random() < follows + LEAN_SHARE * lean else -1

    def lots(self) -> int:
        """Draw the size of the next order."""
        size = self._dice.size(self._log_mean, self._log_std)
        if self._dice.random() < TAIL_SHARE:
            size = int(size * self._dice.paretovariate(TAIL_EXPONENT))
        return size
