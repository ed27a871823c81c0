"""Candles and volatility, each against figures worked out apart."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.market.series import HourVolatility, MinuteCandles

T0 = 1_800_000_000_000


@given(
    st.lists(st.tuples(st.integers(0, 300_000), st.integers(1, 50), st.integers(1, 9)), min_size=1),
    st.randoms(),
)
def test_candles_do_not_depend_on_the_order_of_arrival(trades, rng):
    numbered = [(T0 + ms, n, price, lots) for n, (ms, price, lots) in enumerate(sorted(trades))]
    shuffled = numbered.copy()
    rng.shuffle(shuffled)
    candles = MinuteCandles()
    for trade in shuffled:
        candles.add(*trade)
    minutes = {}
    for ms, _, price, lots in numbered:
        minutes.setdefault(ms // 60_000 * 60_000, []).append((price, lots))
    assert [
        (c.start_ms, c.open, c.high, c.low, c.close, c.volume, c.trades) for c in candles.all()
    ] == [
        (
            start,
            rows[0][0],
            max(p for p, _ in rows),
            min(p for p, _ in rows),
            rows[-1][0],
            sum(q for _, q in rows),
            len(rows),
        )
        for start, rows in sorted(minutes.items())
    ]


def test_the_oldest_candles_go_first():
    candles = MinuteCandles(capacity=3)
    for minute in range(10):
        candles.add(T0 + minute * 60_000, minute, 100, 1)
    assert [candle.first_id for candle in candles.all()] == [7, 8, 9]


def feed(prices, step_ms=60_000):
    volatility = HourVolatility()
    for n, price in enumerate(prices):
        volatility.add(T0 + n * step_ms, price)
    return volatility


def test_half_an_hour_of_history_is_needed():
    # 30 returns need 31 whole minutes, and the 31st is whole when the next begins.
    assert feed([100.0] * 31).sigma is None
    assert feed([100.0] * 32).sigma == 0.0


def test_a_steady_zigzag_has_the_volatility_of_its_steps():
    up = math.exp(0.001)
    assert feed([100.0, 100.0 * up] * 100).sigma == pytest.approx(0.001 * math.sqrt(60), rel=1e-9)


def test_it_is_the_weighted_mean_of_squared_minute_returns():
    rng = random.Random(5)
    prices = [100.0]
    for _ in range(400):
        prices.append(prices[-1] * math.exp(rng.gauss(0, 0.0007)))
    returns = [math.log(b / a) for a, b in pairwise(prices[:-1])]
    weights = [0.5 ** (age / 60) for age in range(len(returns) - 1, -1, -1)]
    mean = sum(w * r * r for w, r in zip(weights, returns, strict=True)) / sum(weights)
    assert feed(prices).sigma == pytest.approx(math.sqrt(60 * mean), rel=1e-9)


def test_the_last_mark_of_a_minute_is_the_minutes_mark():
    noisy = [price for n in range(100) for price in (50.0, 70.0, 100.0 * math.exp(0.001 * (n % 2)))]
    assert feed(noisy, step_ms=20_000).sigma == pytest.approx(0.001 * math.sqrt(60), rel=1e-9)


def test_minutes_without_a_mark_spread_their_return():
    prices = [100.0 * math.exp(0.002 * n) for n in range(60)]
    every_fourth = feed(prices, step_ms=240_000)
    # 0.002 over four minutes is a squared return of 1e-6 a minute.
    assert every_fourth.sigma == pytest.approx(math.sqrt(60 * 0.002**2 / 4), rel=1e-9)


def test_a_mark_of_a_minute_that_is_over_is_passed_over():
    volatility = feed([100.0] * 40)
    volatility.add(T0, 5.0)
    volatility.add(T0 + 41 * 60_000, 100.0)
    assert volatility.sigma == 0.0
