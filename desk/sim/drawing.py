"""Candles drawn by dice: a walk of prices, and the shorter candles that a longer one is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from desk.sim.calibration import COINS, CORRELATION
from desk.sim.candles import Candle
from desk.sim.dice import Dice

_COINS = frozenset(coin.asset for coin in COINS)
_SHARED, _OWN = math.sqrt(CORRELATION), math.sqrt(1 - CORRELATION)

_WANDER = 0.5
"""How far prices stray inside a candle, as a share of its height."""
_WICK = 0.6
"""Of a shorter candle, as a share of what it would be if all had the same."""
_SIZES_STD = 0.6
"""Of the logarithm of volume, from one candle to the next."""


def normals(key: str, what: str, count: int) -> list[float]:
    """Return normal numbers of a market's coin (`SEED COIN`); those of the coins go together."""
    seed, coin = key.split()
    own = Dice(f"past {key} {what}").gauss
    if coin not in _COINS:
        return [own(0.0, 1.0) for _ in range(count)]
    shared = Dice(f"past {seed} {what}").gauss
    return [_SHARED * shared(0.0, 1.0) + _OWN * own(0.0, 1.0) for _ in range(count)]


def drawn_into(whole: Candle, parts: int, length_ms: int, key: str) -> list[Candle]:
    """Return so many candles of a length that are one of them together, as it may have been."""
    if parts <= 1:
        return [whole]
    what = f"{whole.start_ms} {parts}"
    prices = _stretched(_strayed(whole, normals(key, what, parts)), whole)
    dice = Dice(f"within {key} {what}")
    wick = _WICK * (whole.high - whole.low) / parts
    shares = [math.exp(dice.gauss(0.0, _SIZES_STD)) for _ in range(parts)]
    volumes, trades = split(whole.volume, shares), split(whole.trades, shares)
    drawn = [
        made(
            whole.start_ms + at * length_ms,
            (first, last),
            (
                min(whole.high, max(first, last) + int(wick * dice.random())),
                max(whole.low, min(first, last) - int(wick * dice.random())),
            ),
            volumes[at],
            trades[at],
            whole.last_trade_id,
        )
        for at, (first, last) in enumerate(pairwise(prices))
    ]
    max(drawn, key=lambda candle: candle.high).high = whole.high
    min(drawn, key=lambda candle: candle.low).low = whole.low
    return drawn


def made(
    start_ms: int,
    ends: tuple[int, int],
    reach: tuple[int, int],
    volume: int,
    trades: int,
    trade_id: int,
) -> Candle:
    """Return a candle by its open and close, high and low; a little more than half is bought in
    one that rises."""
    (first, last), (high, low) = ends, reach
    bought = volume * (11 if last > first else 9) // 20
    average = (first + high + low + last) // 4
    return Candle(
        start_ms=start_ms,
        open=first,
        high=high,
        low=low,
        close=last,
        volume=volume,
        tick_lots=average * volume,
        trades=trades,
        taker_buy_volume=bought,
        taker_buy_tick_lots=average * bought,
        first_trade_id=trade_id,
        last_trade_id=trade_id,
        last_lots=max(1, volume // max(1, trades)),
    )


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers in about these proportions that add up to a total; none is zero."""
    spare, whole = max(0, total - len(shares)), sum(shares)
    sums = [0, *(round(spare * part / whole) for part in accumulate(shares))]
    return [1 + after - before for before, after in pairwise(sums)]


def _strayed(whole: Candle, steps: list[float]) -> list[float]:
    """Return prices from open to close that wander on the way."""
    parts = len(steps)
    scale = _WANDER * (whole.high - whole.low) / math.sqrt(parts)
    walk = [0.0, *accumulate(steps)]
    trend = whole.close - whole.open
    return [
        whole.open + trend * at / parts + scale * (walk[at] - walk[-1] * at / parts)
        for at in range(parts + 1)
    ]


def _stretched(prices: list[float], whole: Candle) -> list[int]:
    """Return prices as ticks, those beyond open and close stretched to reach high and low."""
    top, bottom = max(whole.open, whole.close), min(whole.open, whole.close)
    above = (whole.high - top) / max(max(prices) - top, 1.0)
    below = (bottom - whole.low) / max(bottom - min(prices), 1.0)
    return [
        round(top + (price - top) * above)
        if price > top
        else round(bottom - (bottom - price) * below)
        if price < bottom
        else round(price)
        for price in prices
    ]
