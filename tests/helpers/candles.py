"""Candles that a test's desk answers with: a believable walk that ends at the mark."""

import math
import random
from functools import lru_cache

from helpers.frames import WALL_MS

from desk.engine.chart_snapshot import CandlesView, HeatView

BUCKETS = 60
HOUR_MS = 3_600_000


@lru_cache
def walk(instrument, bar_s, count=1_000, end_price=61_010.5):
    """Open, high, low, close, volume of `count` candles, the last of them running."""
    chance = random.Random(f"{instrument} {bar_s}")
    rough = end_price * 0.0001 * math.sqrt(bar_s)
    last_start = WALL_MS // (bar_s * 1_000) * bar_s * 1_000
    close, bars = end_price, []
    for number in range(count):
        opened = close - chance.gauss(0.02, 1) * rough / 4
        high = max(opened, close) + abs(chance.gauss(0, 1)) * rough / 8
        low = min(opened, close) - abs(chance.gauss(0, 1)) * rough / 8
        volume = abs(chance.gauss(1, 0.6)) * bar_s / 6
        start = last_start - number * bar_s * 1_000
        bars.append((start, *(round(x, 1) for x in (opened, high, low, close)), round(volume, 3)))
        close = opened
    return bars[::-1]


def candles_of(wanted, count=200, **changes):
    """What a desk answers to a `ChartWanted`: no more than a pipe takes at once."""
    price = 2_602.18 if wanted.instrument.startswith("ETH") else 61_010.5
    bars = walk(wanted.instrument, wanted.bar_s, count, price)
    bars = [bar for bar in bars if bar[0] >= wanted.from_ms]
    columns = list(map(list, zip(*bars, strict=True))) or [[] for _ in range(6)]
    starts, opened, high, low, close, volume = columns
    fields = {
        "instrument": wanted.instrument,
        "bar_s": wanted.bar_s,
        "start_ms": starts,
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "mark": [round(x + price * 0.00003, 1) for x in close],
        "index": [round(x - price * 0.0001, 1) for x in close],
        "funding": [(ms, 0.0001) for ms in funding_times(starts)],
        "heat": heat_of(wanted.heat_from_ms or 0, starts, close, price * 0.0005)
        if wanted.heat
        else None,
    }
    return CandlesView(**fields | changes)


def funding_times(starts):
    if not starts:
        return []
    every = 8 * HOUR_MS
    return list(range(-(-starts[0] // every) * every, starts[-1] + 1, every))


def heat_of(from_ms, starts, close, step, count=60):
    """Depth that grows away from the price, with a few walls that stand."""
    chance = random.Random(5)
    kept = [pair for pair in zip(starts, close, strict=True) if pair[0] >= from_ms][-count:]
    starts, close = [start for start, _ in kept], [price for _, price in kept]
    walls = {round(61_300 / step): 40.0, round(60_700 / step): 55.0}
    lows, sizes = [], []
    for price in close:
        first = round(price / step) - BUCKETS // 2
        lows.append(first * step)
        column = []
        for bucket in range(first, first + BUCKETS):
            away = abs(bucket - price / step)
            column.append(walls.get(bucket, 0) + min(away, 30) * chance.uniform(0.2, 1.0))
        sizes.append([round(size, 3) for size in column])
    return HeatView(step=step, time_ms=starts, low=lows, sizes=sizes)
