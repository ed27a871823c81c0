"""Whether the market is believable: what the venue's real tape shows, the simulated one shows.

Bounds of an hour are wide; those of three whole days are the ones the market is built to.
"""

import itertools

import numpy as np
import pytest
from simulated_day import (
    PERPETUALS,
    autocorrelation,
    dispersion,
    half_life_minutes,
    kurtosis,
    minute_returns,
    run_market,
)

SEEDS = (1, 2, 3)


pytestmark = [
    pytest.mark.thorough,
    pytest.mark.xdist_group("hour"),
]  # they share what is slow to make


@pytest.fixture(scope="module")
def hour():
    return run_market(seed=1, hours=1)


@pytest.fixture(scope="module")
def days():
    return [run_market(seed, hours=24) for seed in SEEDS]


def basis_bps(day, perpetual):
    spot = PERPETUALS[perpetual]
    return (np.array(day[perpetual].mids) / np.array(day[spot].mids) - 1) * 1e4


def one_tick_share(tapes):
    wide_us = np.concatenate([tape.wide_us for tape in tapes])
    return 1 - wide_us.mean() / 1e6


def wide_when_busy(tapes):
    """Share of time wider than a tick in the busiest twentieth of seconds, and in the others."""
    wide_us = np.concatenate([tape.wide_us for tape in tapes]) / 1e6
    trades = np.concatenate([tape.trades for tape in tapes])
    busy = trades >= np.quantile(trades, 0.95)
    return wide_us[busy].mean(), wide_us[~busy].mean()


def sweeps(tapes):
    """Rows: spread right after, spread 100 ms later, best lots then, best lots 3 s later."""
    return np.array([sweep for tape in tapes for sweep in tape.sweeps], float)


def assert_funding_follows_the_published_premium(marks, interval_ms=28_800_000):
    """Recompute every published rate from the published premiums, by the venue's formula."""
    weighted = count = checked = 0
    for before, mark in itertools.pairwise(marks):
        if mark.next_funding_ms != before.next_funding_ms:
            weighted = count = 0
        elif mark.at_us % 5_000_000 == 0:
            count += 1
            weighted += count * mark.premium
        if count == 0 or mark.next_funding_ms - interval_ms < marks[0].at_us // 1000:
            continue  # the interval did not begin under our eyes
        average = weighted / (count * (count + 1) / 2)
        rate = average + min(max(0.0001 - average, -0.0005), 0.0005)
        assert mark.funding_rate == pytest.approx(rate, abs=1e-12)
        checked += 1
    return checked


# ---------------------------------------------------------------------- one hour


def test_trades_come_in_clusters(hour):
    for name, tape in hour.items():
        assert dispersion([np.array(tape.trades)]) > 3, name


def test_spread_is_one_tick_most_of_the_time_and_wider_in_bursts(hour):
    for name, tape in hour.items():
        busy, calm = wide_when_busy([tape])
        assert 0.97 < one_tick_share([tape]) < 0.9999, name
        assert busy > 1.5 * calm, name


def test_the_book_recovers_from_a_sweep(hour):
    for name, tape in hour.items():
        swept = sweeps([tape])
        assert len(swept) > 200, name
        assert np.median(swept[:, 0]) > 1
        assert (swept[:, 1] == 1).mean() > 0.9, name
        assert np.median(swept[:, 3]) > 1.15 * np.median(swept[:, 2]), name


def test_the_premium_reverts_within_minutes_to_hours(hour):
    for perpetual in PERPETUALS:
        assert 1 < half_life_minutes([basis_bps(hour, perpetual)[59::60]]) < 120


def test_prices_move_as_much_as_prices_do(hour):
    for name, tape in hour.items():
        returns = minute_returns(tape)
        assert 2e-4 < returns.std() < 30e-4, name
        assert kurtosis(returns) > 2, name
        assert abs(autocorrelation([returns], 1)) < 0.3, name


def test_the_coins_move_together(hour):
    btc, eth = (minute_returns(hour[name]) for name in PERPETUALS)
    assert 0.3 < np.corrcoef(btc, eth)[0, 1] < 0.95


def test_perpetual_and_spot_are_one_market(hour):
    for perpetual, spot in PERPETUALS.items():
        pair = minute_returns(hour[perpetual]), minute_returns(hour[spot])
        assert np.corrcoef(*pair)[0, 1] > 0.95


# ---------------------------------------------------------------------- three days


def row(name, value, bound):
    print(f"{name:58} {value:10.4f}   {bound}")  # noqa: T201


@pytest.mark.slow
def test_three_days_pooled_look_like_the_market(days, capsys):
    with capsys.disabled():
        print()  # noqa: T201
        for name in days[0]:
            prove_instrument(name, [day[name] for day in days])
        for perpetual in PERPETUALS:
            prove_perpetual(perpetual, days)


def prove_instrument(name, tapes):
    returns = [minute_returns(tape) for tape in tapes]
    fat, clustered = (
        kurtosis(np.concatenate(returns)),
        autocorrelation([abs(r) for r in returns], 10),
    )
    memory = max((autocorrelation(returns, lag) for lag in range(1, 11)), key=abs)
    clumped = dispersion([np.array(tape.trades) for tape in tapes])
    share, (busy, calm) = one_tick_share(tapes), wide_when_busy(tapes)
    swept = sweeps(tapes)
    closed = (swept[:, 1] == 1).mean()
    regrown = np.median(swept[:, 3]) / np.median(swept[:, 2])
    row(f"{name} kurtosis of 1-minute returns", fat, "> 5")
    row(f"{name} autocorrelation of |returns|, 10 min", clustered, "> 0.1")
    row(f"{name} largest autocorrelation of returns, 1-10 min", memory, "within 0.05")
    row(f"{name} variance/mean of trades a second", clumped, "> 3")
    row(f"{name} time share at one tick", share, "> 0.97")
    row(f"{name} time share wider, busiest seconds / others", busy / calm, "> 1.5")
    row(f"{name} closed 100 ms after a sweep", closed, "> 0.9")
    row(f"{name} best size 3 s / 0.1 s after a sweep", regrown, "> 1.15")
    assert fat > 5
    assert clustered > 0.1
    assert abs(memory) < 0.05
    assert clumped > 3
    assert 0.97 < share < 0.9999
    assert busy > 1.5 * calm
    assert closed > 0.9
    assert regrown > 1.15


def prove_perpetual(perpetual, days):
    half_life = half_life_minutes([basis_bps(day, perpetual)[59::60] for day in days])
    checked = sum(assert_funding_follows_the_published_premium(d[perpetual].marks) for d in days)
    row(f"{perpetual} half-life of the basis, minutes", half_life, "5-60")
    row(f"{perpetual} funding rates recomputed", checked, "> 100,000")
    assert 5 < half_life < 60
    assert checked > 100_000
