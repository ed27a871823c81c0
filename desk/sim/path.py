"""The fair prices of the coins and the premiums of their perpetuals: what trading will reveal.

Log volatility is a sum of mean-reverting factors at time scales from minutes to hours, most of
it shared by the coins; returns are Gaussian given volatility, with rare jumps that also raise
it. Nothing here depends on books or trades, so the large shape of a seed's day stays when the
details of trading change.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from desk.sim.calibration import COINS, CORRELATION, Coin
from desk.sim.dice import Dice

BEATS_PER_S = 20
YEAR_S = 365 * 86_400

# Factors of log volatility: (relaxation time in seconds, standard deviation).
SHARED_FACTORS = ((180.0, 0.25), (1_800.0, 0.36), (14_400.0, 0.25))
OWN_FACTOR = (1_800.0, 0.22)
LOG_VOLATILITY_LIMIT = 1.3

JUMP_CHANCE_PER_S = 1 / 9_000
JUMP_KICK = 0.5
"""What a jump adds to the fastest shared factor."""

PREMIUM_HALF_LIFE_S = 1_200.0


class CoinPath(msgspec.Struct):
    """One coin's state."""

    log_price: float
    premium: float
    """How far the premium is from its mean, in standard deviations."""
    own_factor: float
    log_volatility: float = 0.0
    step_std: float = 0.0
    """Standard deviation of the log price over one beat."""


class Push(msgspec.Struct):
    """A move that was asked for, and what is left of it."""

    coin: int
    log_step: float
    beats: int


class PathState(msgspec.Struct):
    """Everything the paths need to go on."""

    coins: list[CoinPath]
    shared: list[float]
    beat: int
    dice: list[Any]
    pushes: list[Push] = []
    """Empty in markets that were saved before they could be pushed."""


class FairPaths:
    """Advances the fair prices beat by beat, twenty beats a second of market time."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(f"market {seed}")
        self._beat = 0
        self._pushes: list[Push] = []
        self._shared = [self._dice.gauss(0.0, std) for _, std in SHARED_FACTORS]
        self.coins = [
            CoinPath(
                log_price=math.log(coin.start_price),
                premium=self._dice.gauss(0.0, 1.0),
                own_factor=self._dice.gauss(0.0, OWN_FACTOR[1]),
            )
            for coin in COINS
        ]
        self._set_volatility()

    def push(self, at: int, log_move: float, beats: int) -> None:
        """Let one coin's price move by a logarithm more, evenly over so many beats from now."""
        self._pushes.append(Push(at, log_move / beats, beats))

    def step(self) -> None:
        """Advance by one beat."""
        if self._beat % BEATS_PER_S == 0:
            self._second()
        self._beat += 1
        first = self._dice.gauss(0.0, 1.0)
        second = CORRELATION * first + _REST * self._dice.gauss(0.0, 1.0)
        btc, eth = self.coins
        btc.log_price += btc.step_std * first
        eth.log_price += eth.step_std * second
        for push in self._pushes:
            self.coins[push.coin].log_price += push.log_step
            push.beats -= 1
        self._pushes = [push for push in self._pushes if push.beats > 0]

    def _second(self) -> None:
        dice = self._dice
        for i, (relaxation_s, std) in enumerate(SHARED_FACTORS):
            self._shared[i] = _relaxed(self._shared[i], relaxation_s, std, dice)
        for coin in self.coins:
            coin.own_factor = _relaxed(coin.own_factor, *OWN_FACTOR, dice)
            coin.premium = _relaxed(coin.premium, PREMIUM_HALF_LIFE_S / math.log(2), 1.0, dice)
        if dice.random() < JUMP_CHANCE_PER_S:
            self._jump()
        self._set_volatility()

    def _jump(self) -> None:
        size = (8.0 + self._dice.expovariate(1 / 10.0)) * 1e-4
        direction = 1 if self._dice.random() < 0.5 else -1
        for coin, path in zip(COINS, self.coins, strict=True):
            path.log_price += direction * size * coin.jump_scale
        self._shared[0] += JUMP_KICK

    def _set_volatility(self) -> None:
        shared = sum(self._shared)
        for coin, path in zip(COINS, self.coins, strict=True):
            raw = shared + path.own_factor
            path.log_volatility = max(-LOG_VOLATILITY_LIMIT, min(LOG_VOLATILITY_LIMIT, raw))
            path.step_std = _beat_std(coin) * math.exp(path.log_volatility)

    def saved(self) -> PathState:
        """Return the state."""
        return PathState(self.coins, self._shared, self._beat, self._dice.saved(), self._pushes)

    def resume(self, state: PathState) -> None:
        """Take up a saved state; raise ValueError or TypeError when it does not fit."""
        if (len(state.coins), len(state.shared)) != (len(self.coins), len(self._shared)):
            raise ValueError("the saved market has other coins")
        self.coins = state.coins
        self._shared = state.shared
        self._beat = state.beat
        self._pushes = state.pushes
        self._dice.resume(state.dice)


_REST = math.sqrt(1 - CORRELATION**2)


def _beat_std(coin: Coin) -> float:
    return coin.volatility / math.sqrt(YEAR_S * BEATS_PER_S)


def _relaxed(value: float, relaxation_s: float, std: float, dice: Dice) -> float:
    """Advance a mean-reverting value by a second, keeping its long-run standard deviation."""
    kept = math.exp(-1.0 / relaxation_s)
    return value * kept + dice.gauss(0.0, std * math.sqrt(1 - kept * kept))
