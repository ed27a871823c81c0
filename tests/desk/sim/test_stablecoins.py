"""Stablecoins of the market: near the peg, quiet, saved, and without influence on the coins."""

import itertools

import msgspec
import pytest
from simulated_day import START_MS, instruments, new_market

from desk.sim.events import Print
from desk.sim.market import Market

COINS = ("USDT", "USDC")
SECOND = 1000


def market_with(seed, coins=COINS):
    return Market(instruments(), seed=seed, start_ms=START_MS, stablecoins=coins)


def passed(market, seconds):
    """Each second's dollar prices of USDT, and all events by name."""
    prices, events = [], {name: [] for name in (*market.listings, *market.stablecoins)}
    for _ in range(seconds):
        for name, happened in market.advance(market.time_ms + SECOND).items():
            events[name] += happened
        prices.append(market.stablecoins["USDT-USD"].known_ticks)
    return prices, events


@pytest.mark.thorough
def test_a_stablecoin_stays_near_the_peg_and_moves_in_small_steps():
    market = market_with(3)
    prices, events = passed(market, 1_800)
    assert all(abs(price - 100_000) <= 106 for price in prices)
    steps = [abs(b - a) for a, b in itertools.pairwise(prices) if a != b]
    assert 20 < len(steps) < 180  # it stands still most of the time
    assert max(steps) < 20
    listing = market.stablecoins["USDT-USD"].listing
    assert len(listing.book.bids.keys) > 30 < len(listing.book.asks.keys)
    assert len(events["USDT-USD"]) < len(events["BTCUSDT.BINANCE"]) / 20
    assert any(isinstance(event, Print) for event in events["USDT-USD"])


def test_stablecoins_leave_a_seeds_day_of_the_coins_as_it_is():
    _, with_them = passed(market_with(7), 20)
    alone = new_market(7)
    for name, events in alone.advance(alone.time_ms + 20 * SECOND).items():
        assert with_them[name] == events
    assert passed(market_with(7), 20)[1] == with_them


def test_a_saved_stablecoin_goes_on_as_if_nothing_had_happened():
    market, other = market_with(7), market_with(999)
    passed(market, 90)
    saved = msgspec.msgpack.decode(
        msgspec.msgpack.encode(market.saved()), type=type(market.saved())
    )
    other.resume(saved)
    assert passed(other, 90) == passed(market, 90)


def test_a_market_saved_before_there_were_stablecoins_gets_fresh_ones():
    old = new_market(7)
    old.advance(START_MS + 5 * SECOND)
    state = old.saved()
    assert state.stablecoins == {}
    market = market_with(7)
    market.resume(state)
    assert market.listings["BTCUSDT.BINANCE"].top() == old.listings["BTCUSDT.BINANCE"].top()
    prices, _ = passed(market, 5)
    assert prices[-1] == pytest.approx(100_000, abs=100)
