"""Positions closed by force: few in calm, many in a run, and nothing else changes."""

from collections import Counter

import msgspec
import pytest
from simulated_day import PERPETUALS, instruments, new_market

from desk.sim.calibration import BEHAVIOURS
from desk.sim.events import Forced, Print
from desk.sim.forced import Drift, ForcedCloses

MINUTE = 60_000


pytestmark = [
    pytest.mark.thorough,
    pytest.mark.xdist_group("forced closes"),
]  # they share what is slow to make


@pytest.fixture(scope="module")
def half_hour():
    """Thirty minutes of a seed, the events of each."""
    market = new_market(2)
    return [market.advance(market.time_ms + MINUTE) for _ in range(30)]


def forced_in(events):
    return [event for event in events if isinstance(event, Forced)]


def test_books_and_tape_of_a_seed_are_the_same_without_them(monkeypatch):
    with_them = new_market(2)
    told = with_them.advance(with_them.time_ms + 5 * MINUTE)
    assert any(forced_in(events) for events in told.values())
    monkeypatch.setattr(ForcedCloses, "among", lambda self, events, last_ticks: events)
    without = new_market(2)
    for name, events in without.advance(without.time_ms + 5 * MINUTE).items():
        assert events == [event for event in told[name] if not isinstance(event, Forced)]


def test_a_forced_close_follows_the_prints_of_its_own_order(half_hour):
    checked = 0
    for events in half_hour:
        for name in PERPETUALS:
            prints = {}
            for event in events[name]:
                if isinstance(event, Print):
                    prints[event.trade_id] = event
                elif isinstance(event, Forced):
                    fills = [
                        prints[number]
                        for number in range(event.first_trade_id, event.last_trade_id + 1)
                    ]
                    assert {(f.at_us, f.buyer_is_taker) for f in fills} == {
                        (event.at_us, event.buys)
                    }
                    assert sum(fill.lots for fill in fills) == event.lots
                    assert max(prints) == event.last_trade_id
                    assert fills[-1].ticks == event.ticks
                    beyond = event.bankruptcy_ticks - event.ticks
                    assert 0 < (beyond if event.buys else -beyond) < 0.005 * event.ticks
                    checked += 1
    assert checked > 5


def test_forced_closes_are_rare_at_ordinary_times(half_hour):
    for name in PERPETUALS:
        counts = [len(forced_in(events[name])) for events in half_hour]
        assert counts.count(0) > 12, name
        assert sum(counts) < 60, name


def share_forced(run_bps, *, buys):
    """Of a thousand large orders, one in each beat, while the price has run so far."""
    (instrument,) = (i for i in instruments() if i.id == "BTCUSDT-PERP.BINANCE")
    forced, calm = 0, 600_000
    closes = ForcedCloses(instrument, BEHAVIOURS[instrument.id], seed=1)
    for number in range(1_000):
        closes.resume(1, Drift(float(calm)))
        ticks = calm + round(calm * run_bps / 10_000)
        fill = Print(number, number, ticks, 5_000, buys)
        forced += len(forced_in(closes.among([fill], ticks)))
    return forced / 1_000


def test_a_run_of_the_price_forces_orders_that_push_it_on():
    assert share_forced(0, buys=True) < 0.02
    assert 0.05 < share_forced(12, buys=True) < 0.2
    assert share_forced(30, buys=True) > 0.5
    assert share_forced(30, buys=False) < 0.02
    assert share_forced(-30, buys=False) > 0.5


def test_spot_has_no_forced_closes(half_hour):
    kinds = Counter(
        name for events in half_hour for name, told in events.items() if forced_in(told)
    )
    assert set(kinds) <= set(PERPETUALS)


def test_a_market_saved_before_there_were_forced_closes_goes_on():
    market, old = new_market(7), new_market(9)
    market.advance(market.time_ms + MINUTE)
    state = msgspec.to_builtins(market.saved())
    del state["drifts"]
    old.resume(msgspec.convert(state, type(market.saved())))
    for name, events in old.advance(old.time_ms + MINUTE).items():
        assert events
        assert len(forced_in(events)) < 30, name
