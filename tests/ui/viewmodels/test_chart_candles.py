"""Candles in arrays: what is asked for, what is replaced, what is refused; where they stand."""

import math

import msgspec
import numpy as np
import pytest
from helpers.candles import candles_of
from helpers.frames import BTC, ETH

from desk.engine.chart_snapshot import CandlesView, HeatView
from desk.model.commands import ChartWanted
from ui.viewmodels.candles import CANDLE_LIMIT, Candles, Heat, Shelf
from ui.viewmodels.chart_scale import (
    MOST_BARS,
    Scale,
    Span,
    moment_words,
    price_range,
    time_label,
)
from ui.viewmodels.chart_words import reading, volume_words, why_empty

T0 = 1_795_055_040  # 2026-11-19 02:24 UTC, a whole minute


def view(first, *closes, bar_s=60, **changes):
    count = len(closes)
    fields = {
        "instrument": BTC,
        "bar_s": bar_s,
        "start_ms": [(T0 + (first + n) * bar_s) * 1_000 for n in range(count)],
        "open": [100.0] * count,
        "high": [max(100.0, close) + 1 for close in closes],
        "low": [min(100.0, close) - 1 for close in closes],
        "close": list(closes),
        "volume": [2.0] * count,
        "mark": [None] * count,
        "index": [99.0] * count,
    }
    return CandlesView(**fields | changes)


@pytest.fixture
def candles():
    """Three candles, the last one running, all that the desk had."""
    one = Candles(BTC, 60)
    one.wanted(heat=False, wall_ms=0)
    one.take(view(0, 101.0, 102.0, 103.0), 0)
    return one


def ask(one, wall_ms=0, heat=False):
    return one.wanted(heat=heat, wall_ms=wall_ms).from_ms


def test_everything_is_asked_for_once_then_from_the_running_candle_on(candles):
    assert Candles(BTC, 60).wanted(heat=True, wall_ms=0) == ChartWanted(
        instrument=BTC, bar_s=60, from_ms=0, heat=True, heat_from_ms=0
    )
    assert ask(candles) == (T0 + 120) * 1_000
    assert ask(candles, wall_ms=61_000) == 0  # now and then, whatever was promised


def test_the_running_candle_is_replaced_and_what_was_over_stays_painted(candles):
    version = candles.version
    ask(candles)
    candles.take(view(1, 102.0, 104.0), 0)  # the desk says two bars more than it was asked for
    assert (candles.version, len(candles), candles.bar(-1).close) == (version, 3, 104.0)
    candles.take(view(2, 105.0, 106.0), 0)
    assert (candles.version, len(candles)) == (version + 1, 4)
    assert candles.values["close"].tolist() == [101.0, 102.0, 105.0, 106.0]


def test_the_short_way_for_a_running_candle_ends_where_the_long_way_does(candles):
    """Views of every kind one after the other; the long way has forgotten what was before."""
    whole = Candles(BTC, 60)
    whole.wanted(heat=False, wall_ms=0)
    whole.take(view(0, 101.0, 102.0, 103.0), 0)
    views = [
        view(1, 102.0, 104.0),
        view(1, 102.0, 99.0, mark=[None, 98.5]),
        view(1, 102.0, 98.0, mark=[None, None]),
        view(1, 102.0, math.nan),  # no price: refused
        view(1, 102.5, 97.0),  # what was over has changed
        view(1, 102.5, 96.0),
        view(2, 96.0, 95.0),  # the next candle has begun
        view(2, 96.0, 94.0),
        view(2, 96.0, 93.0, volume=[2.0]),  # no candles: refused
    ]
    for one in views:
        for kept in (candles, whole):
            kept.wanted(heat=False, wall_ms=1)
        whole._last = None
        assert candles.take(one, 1) == whole.take(one, 1)
        assert list(candles.start) == list(whole.start)
        assert all(
            np.array_equal(candles.values[name], whole.values[name], equal_nan=True)
            for name in candles.values
        )
    assert candles.bar(-1).close == 94.0


def test_a_candle_that_was_over_may_change(candles):
    ask(candles)
    candles.take(view(1, 109.0, 104.0), 0)
    assert candles.values["close"].tolist() == [101.0, 109.0, 104.0]


def test_history_that_came_later_is_asked_for(candles):
    ask(candles)
    candles.take(view(2, 103.5, revision=1), 0)
    assert ask(candles) == 0
    candles.take(view(-2, 98.0, 99.0, 101.0, 102.0, 103.5, revision=1), 0)
    assert (len(candles), ask(candles)) == (5, (T0 + 120) * 1_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"close": [1.0]},
        {"high": [math.nan, 1.0]},
        {"low": [math.inf, 1.0]},
        {"open": [-5.0, 1.0]},
        {"start_ms": [T0 * 1_000 + 1, T0 * 1_000]},
        {"start_ms": [T0 * 1_000, T0 * 1_000]},
        {"volume": []},
    ],
)
def test_what_is_no_candle_is_not_taken_and_the_last_good_ones_stay(candles, changes):
    ask(candles)
    before = candles.values["close"].tolist()
    assert not candles.take(view(1, 102.0, 103.0, **changes), 0)
    assert candles.values["close"].tolist() == before


def test_no_more_is_kept_than_the_limit(candles):
    ask(candles)
    candles.take(view(3, *([100.0] * (CANDLE_LIMIT + 5))), 0)
    assert len(candles) == CANDLE_LIMIT == len(candles.values["mark"])


def test_two_charts_of_the_same_candles_ask_once_and_what_nobody_sees_asks_nothing():
    shelf = Shelf()
    one, other = shelf.get(BTC, 60), shelf.get(ETH, 60)
    wanted = shelf.wanted([(one, False), (one, True), (other, False)], 0)
    assert [(each.instrument, each.heat) for each in wanted] == [(BTC, True), (ETH, False)]
    assert shelf.wanted([], 0) == []


def test_a_frame_is_taken_once_whatever_was_asked_for_since():
    shelf = Shelf()
    one = shelf.get(BTC, 60)
    shelf.wanted([(one, False)], 0)
    views = [view(0, 101.0, 102.0), view(0, 7.0, instrument=ETH)]
    assert shelf.take(views, 0) == {one}
    shelf.wanted([(one, False)], 61_000)
    assert shelf.take(views, 61_000) == set()
    assert shelf.wanted([(one, False)], 61_000)[0].from_ms == 0


def test_depth_that_is_known_is_not_asked_for_again_whatever_the_size_of_a_candle():
    shelf = Shelf()
    one = shelf.get(BTC, 300)
    (wanted,) = shelf.wanted([(one, True)], 0)
    assert wanted.heat_from_ms == 0
    shelf.take([candles_of(wanted)], 0)
    newest = round(one.heat.time_s[-1] * 1_000)
    (wanted,) = shelf.wanted([(shelf.get(BTC, 60), True)], 0)
    assert (wanted.from_ms, wanted.heat_from_ms) == (0, newest + 1)


def test_depth_is_laid_on_a_grid_of_time_and_price():
    heat = Heat()
    heat.take(HeatView(step=10.0, time_ms=[1_000, 2_000], low=[100.0, 90.0],
                       sizes=[[1.0, 2.0], [3.0, math.nan]]))  # fmt: skip
    grid = heat.grid(np.array([0.5, 1.5, 9.0]), 90.0, 120.0)
    assert grid.tolist() == [[0, 0, 0], [0, 1, 2], [3, 0, 0]]
    heat.take(HeatView(step=10.0, time_ms=[2_000], low=[110.0], sizes=[[4.0]]))
    assert heat.grid(np.array([9.0]), 90.0, 120.0).tolist() == [[0, 0, 4]]
    heat.take(HeatView(step=0.0, time_ms=[3_000], low=[1.0], sizes=[[9.0]]))
    assert len(heat.time_s) == 2


def test_a_wanted_walk_is_whole_and_sound():
    shelf = Shelf()
    one = shelf.get(BTC, 300)
    (wanted,) = shelf.wanted([(one, True)], 0)
    shelf.take([candles_of(wanted)], 0)
    assert len(one) == 200
    assert len(one.heat.time_s) == 60
    assert one.at(one.start[5] + 299) == 5
    assert one.between(one.start[5], one.start[7]) == (5, 7)


# ---- span and scale ------------------------------------------------------------------------------


def fitted(bars=100, oldest=0, newest=60_000):
    span = Span(60)
    span.fit(bars * 6, oldest, newest)
    return span


def test_the_live_edge_is_followed_until_somebody_moves_and_then_comes_back():
    span = fitted()
    assert span.fit(600, 0, 60_000) == (60_060 - 6_000, 60_060)
    assert span.fit(600, 0, 60_060)[1] == 60_120
    span.pan(-10)
    assert not span.is_live
    assert span.fit(600, 0, 90_000)[1] == 60_120 - 600  # it stands still
    span.pan(10_000)
    assert span.is_live
    span.pan(-10_000)
    assert span.fit(600, 0, 90_000)[1] == 15 * 60  # candles stay in sight
    span.go_live()
    assert span.is_live


def test_zoom_keeps_what_is_under_the_pointer_and_has_an_end():
    span = fitted()
    span.pan(-100)
    start, end = span.fit(600, 0, 60_000)
    under = start + 0.25 * (end - start)
    span.zoom(0.5, 0.25)
    start, end = span.fit(600, 0, 60_000)
    assert start + 0.25 * (end - start) == pytest.approx(under)
    for _ in range(60):
        span.zoom(2.0)
    assert span.bars == MOST_BARS


def test_a_candle_out_of_sight_is_brought_in():
    span = fitted()
    span.bring_in(6_000)
    start, end = span.fit(600, 0, 60_000)
    assert (start, end) == (6_000, 12_000)
    span.bring_in(12_000)
    assert span.fit(600, 0, 60_000)[1] == 12_060


def test_prices_and_times_have_one_place_each_way():
    scale = Scale(0, 600, 0, 300, 1_000, 2_000, 50.0, 80.0)
    assert scale.y_of(80) == 0
    assert scale.price_at(scale.y_of(61.5)) == pytest.approx(61.5)
    assert scale.time_at(scale.x_of(1_234)) == pytest.approx(1_234)


def test_the_range_stands_still_while_what_is_shown_fits():
    first = price_range(100, 110, [], None)
    assert first == (99.0, 111.0)
    assert price_range(100, 110.5, [], first) == first
    assert price_range(100, 111.5, [], first)[1] > 111.5
    assert price_range(104, 106, [], first) != first  # much too wide by now
    assert price_range(100, 110, [115, 500], None)[1] > 115
    low, high = price_range(100, 100, [], None)
    assert high - low == pytest.approx(100 * 0.0004 * 1.2)


@pytest.mark.parametrize(
    ("moment", "is_day", "words"),
    [(T0, False, "10:24"), (T0 + 1, False, "10:24:01"), (T0 // 86_400 * 86_400, True, "11-19"),
     ((T0 + 8 * 3_600) // 86_400 * 86_400 - 8 * 3_600, False, "11-19")],
)  # fmt: skip
def test_times_are_hong_kong_s_and_midnight_is_a_date(moment, is_day, words):
    assert time_label(moment, is_day=is_day) == words


def test_a_moment_in_full():
    assert moment_words(T0 + 5, 1) == "11-19 10:24:05"
    assert moment_words(T0, 60) == "11-19 10:24"
    assert moment_words(T0, 86_400) == "2026-11-19"


# ---- words ---------------------------------------------------------------------------------------


def test_a_candle_is_read_in_full(candles):
    candles.funding = {(T0 + 130) * 1_000: -0.0001}
    said = reading(candles, 2, 1)
    assert [cell[:2] for cell in said.cells] == [
        ("O", "100.0"), ("H", "104.0"), ("L", "99.0"), ("C", "103.0"), ("", "+3.00%"),
        ("Vol", "2.000"), ("Funding", "−0.0100%"),
    ]  # fmt: skip
    assert said.spoken == (
        "1m candle 11-19 10:26: open 100.0, high 104.0, low 99.0, close 103.0, +3.00%, "
        "volume 2.000, Funding −0.0100%"
    )
    assert reading(Candles(BTC, 60), None, 1).cells == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.500"), (123.4, "123.4"), (1_234, "1,234"), (12_345, "12.3K"), (2e6, "2.0M"),
     (math.nan, "—")],
)  # fmt: skip
def test_volumes_take_little_room(value, words):
    assert volume_words(value) == words


def test_a_chart_without_candles_says_why():
    empty = Candles(BTC, 60)
    assert "asked for" in why_empty(empty, lost=False)[0]
    assert "does not answer" in why_empty(empty, lost=True)[0]
    empty.wanted(heat=False, wall_ms=0)
    empty.take(view(0, source="The venue keeps no history"), 0)
    head, more = why_empty(empty, lost=False)
    assert head == "No 1m candle yet"
    assert "made of trades" in more
    assert more.endswith("The venue keeps no history")
    assert why_empty(None, lost=False)[0] == "No instrument is chosen"


def test_views_are_sent_as_they_are_read():
    sent = candles_of(ChartWanted(instrument=BTC, bar_s=60, heat=True), count=3)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=CandlesView) == sent
