"""A market's past: drawn once, whole, the same each time, and up to the present price."""

from itertools import pairwise

import pytest

from desk.cli.shipped import shipped
from desk.sim.calibration import BEHAVIOURS
from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS, History, grouped
from desk.sim.market import Market
from desk.sim.past import candles, habits, live_through, settlements
from desk.sim.stablecoins import ASSETS
from desk.sim.state import SavedMarket, decode_state, encode_state

NOW = 1_795_000_437_000
NAMES = ("BTCUSDT-PERP.BINANCE", "ETHUSDT.BINANCE", "USDT-USD")
SPANS = [
    (MINUTE_MS, 2_880),
    (5 * MINUTE_MS, 576),
    (15 * MINUTE_MS, 300),
    (HOUR_MS, 1_440),
    (4 * HOUR_MS, 360),
    (DAY_MS, 365),
]


@pytest.fixture(scope="module")
def market():
    simulated = [i for i in shipped().catalogue.all() if i.id in BEHAVIOURS]
    return Market(simulated, seed=1, start_ms=NOW, stablecoins=ASSETS)


def listing_of(market, name):
    return market.listings.get(name) or market.stablecoins[name].listing


def lived(market, name, now_ms=NOW, history=None):
    listing = listing_of(market, name)
    history = history or History(key=f"1 {listing.instrument.base}")
    live_through(history, now_ms, listing, habits(listing, 1))
    return history


def told(history, span_ms, count, now_ms=NOW):
    return candles(history, span_ms, now_ms - count * span_ms, now_ms)


def prices(rows):
    return [(c.start_ms, c.open, c.high, c.low, c.close, c.volume) for c in rows]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("span_ms", "count"), SPANS)
def test_the_past_is_without_holes_and_leads_to_the_last_price(market, name, span_ms, count):
    rows = told(lived(market, name), span_ms, count)
    assert len(rows) >= count - 1
    assert {after.start_ms - before.start_ms for before, after in pairwise(rows)} == {span_ms}
    assert all(before.close == after.open for before, after in pairwise(rows))
    assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in rows)
    assert all(c.volume > 0 for c in rows)
    assert rows[-1].close == listing_of(market, name).last_ticks


def test_shorter_candles_are_the_longer_ones_together(market):
    history = lived(market, NAMES[0])
    since = NOW // DAY_MS * DAY_MS - 10 * DAY_MS
    days = candles(history, DAY_MS, since, NOW)
    hours = candles(history, HOUR_MS, since, NOW)
    minutes = candles(history, MINUTE_MS, since + 8 * DAY_MS, NOW)
    assert prices(grouped(hours, DAY_MS)) == prices(days)
    assert prices(grouped(minutes, HOUR_MS)) == prices(hours)[-len(grouped(minutes, HOUR_MS)) :]


def test_the_same_seed_has_the_same_past_and_the_coins_go_together(market):
    one, again = lived(market, NAMES[0]), lived(market, NAMES[0])
    assert prices(told(one, HOUR_MS, 500)) == prices(told(again, HOUR_MS, 500))
    pair = [told(lived(market, name), DAY_MS, 365) for name in NAMES[:2]]
    same = sum((b.close > b.open) == (e.close > e.open) for b, e in zip(*pair, strict=True))
    assert same / 365 > 0.6
    assert 0.01 < max(abs(c.close / c.open - 1) for c in pair[0]) < 0.2


def test_a_peg_keeps_its_price(market):
    assert all(
        98_000 < c.low <= c.high < 102_000 for c in told(lived(market, "USDT-USD"), DAY_MS, 365)
    )


@pytest.mark.parametrize("away_ms", [7 * MINUTE_MS, 5 * HOUR_MS, 40 * DAY_MS, 800 * DAY_MS])
def test_while_nobody_looked_it_went_on_and_came_back_to_its_price(market, away_ms):
    history = lived(market, NAMES[0])
    before = prices(told(history, DAY_MS, 300))
    later = NOW + away_ms
    saved = SavedMarket(market.saved(), {NAMES[0]: history})
    history = lived(market, NAMES[0], later, decode_state(encode_state(saved)).history[NAMES[0]])
    for span_ms in (MINUTE_MS, HOUR_MS, DAY_MS):
        rows = told(history, span_ms, 300, later)
        assert len(rows) >= 299
        assert all(first.close == after.open for first, after in pairwise(rows))
    again = prices(candles(history, DAY_MS, before[0][0], later))
    kept = [row for row in before[:-1] if again and row[0] >= again[0][0]]
    assert again[: len(kept)] == kept


def test_what_is_not_kept_is_drawn_the_same_each_time(market):
    history = lived(market, NAMES[0])
    known = prices(told(history, MINUTE_MS, 600))
    del history.minutes[:60]
    del history.hours[:24]
    assert prices(told(history, MINUTE_MS, 600)) == known


def test_the_last_day_of_a_ticker_is_the_last_day_of_the_candles(market):
    history = lived(market, NAMES[0])
    day = history.day(NOW)
    quarters = candles(history, 15 * MINUTE_MS, NOW - DAY_MS + 1, NOW)
    assert (day.open, day.close) == (history.quarters[-96].open, quarters[-1].close)


def test_fundings_are_those_of_the_stamps_and_the_same_each_time():
    rows = settlements("1 BTC", 8, 1, NOW, 90)
    assert [at % (8 * HOUR_MS) for at, _ in rows] == [0] * 90
    assert rows[-1][0] == NOW // (8 * HOUR_MS) * 8 * HOUR_MS
    assert settlements("1 BTC", 8, 1, NOW + 8 * HOUR_MS, 91)[:-1] == rows
    assert all(abs(rate) < 0.001 for _, rate in rows)
