"""Bars of every length, against sums made another way and against a venue's own candles."""

import gzip
import json
import math
import random
from collections import defaultdict

import pytest
from helpers.shared import shared

from desk.market.bars import Bar, Bars, known
from desk.market.candles import LENGTHS_S, SECONDS_KEPT, CandleStore

T0 = 1_800_000_000_000 // 86_400_000 * 86_400_000
NAN = math.nan


def day(seconds=4_000, seed=3, start=T0 + 7_777_000):
    """Return trades (time, price, coins) of a walk, in order."""
    rng, price, told = random.Random(seed), 61_000.0, []
    time_ms = start
    while time_ms < start + seconds * 1_000:
        time_ms += round(rng.expovariate(1 / 900))
        price += rng.gauss(0, 2)
        told.append((time_ms, round(price, 1), rng.randrange(1, 50) / 1_000))
    return told


def by_hand(trades, bar_s):
    spans = defaultdict(list)
    for time_ms, price, coins in trades:
        spans[time_ms // (bar_s * 1_000)].append((price, coins))
    return {
        span * bar_s * 1_000: (
            rows[0][0],
            max(price for price, _ in rows),
            min(price for price, _ in rows),
            rows[-1][0],
            pytest.approx(sum(coins for _, coins in rows)),
        )
        for span, rows in spans.items()
    }


def shown(bars):
    return {bar.start_ms: tuple(bar[1:6]) for bar in bars.rows() if not math.isnan(bar.open)}


def filled(trades):
    store = CandleStore()
    for trade in trades:
        store.add_trade(*trade)
    return store


# ------------------------------------------------------------------ seconds


def test_a_second_keeps_its_last_mark_and_its_last_trade():
    seconds = Bars(1_000, 100)
    seconds.set_mark(T0 + 100, 1.0)
    seconds.add_trade(T0 + 200, 9.0, 1.0)
    seconds.set_mark(T0 + 900, 2.0)
    seconds.set_mark(T0 + 3_000, 3.0)
    assert seconds.start.tolist() == [T0, T0 + 3_000]
    assert seconds.mark.tolist() == [2.0, 3.0]
    assert known(seconds.close) == [9.0, None]


def test_a_mark_that_is_older_than_the_newest_second_is_passed_over():
    seconds = Bars(1_000, 100)
    seconds.set_mark(T0 + 5_000, 1.0)
    seconds.set_mark(T0 + 4_999, 7.0)
    assert seconds.mark.tolist() == [1.0]


@pytest.mark.parametrize(
    ("from_ms", "count"), [(0, 10), (T0, 10), (T0 + 1, 9), (T0 + 9_000, 1), (T0 + 9_001, 0)]
)
def test_bars_are_found_from_a_time_on(from_ms, count):
    seconds = Bars(1_000, 100)
    for second in range(10):
        seconds.set_mark(T0 + second * 1_000, float(second))
    assert len(seconds) - seconds.row_from(from_ms) == count


def test_only_the_newest_bars_are_kept():
    seconds = Bars(1_000, 80)
    for second in range(1_000):
        seconds.set_mark(T0 + second * 1_000, float(second))
    assert 80 <= len(seconds) <= 90
    assert seconds.mark[-80:].tolist() == [float(n) for n in range(920, 1_000)]


# ------------------------------------------------------------------ folding


@pytest.mark.parametrize("bar_s", LENGTHS_S)
def test_bars_of_every_length_are_the_sums_of_their_trades(bar_s):
    trades = day()
    assert shown(filled(trades).bars(bar_s)) == by_hand(trades, bar_s)


@pytest.mark.parametrize("bar_s", LENGTHS_S)
def test_asking_after_every_trade_gives_what_asking_once_gives(bar_s):
    trades, store = day(600), CandleStore()
    for n, trade in enumerate(trades):
        store.add_trade(*trade)
        store.set_mark(trade[0], trade[1] + 1, trade[1] + 2)
        if n % 3 == 0:
            store.bars(bar_s)
    bars = store.bars(bar_s)
    assert shown(bars) == by_hand(trades, bar_s)
    assert bars.mark[-1] == trades[-1][1] + 1
    assert bars.index[-1] == trades[-1][1] + 2
    assert bars.revision == 0, "nothing that was over has changed"


def test_a_print_that_comes_late_finds_its_own_bar_and_is_told_of_if_it_is_long_over():
    trades = day(300)
    store, late = filled(trades[:100] + trades[101:]), trades[100]
    store.bars(5)
    store.add_trade(*late)
    assert store.seconds.revision == 1
    bars = store.bars(5)
    assert bars.revision == 1
    expected, found = by_hand(trades, 5), shown(bars)
    assert {at: bar[4] for at, bar in found.items()} == {at: b[4] for at, b in expected.items()}


def walk(store, since, until):
    """Add a trade of one coin in each second: from 100 up, anew every 15 seconds."""
    for second in range(since, until):
        store.add_trade(T0 + second * 1_000, 100.0 + second % 15, 1.0)


UNTIL_CUT = SECONDS_KEPT + SECONDS_KEPT // 8
HALVED = T0 + 1_350_000
"""When seconds begin at the sixth, this bar of 15 has lost seven of its own after the first cut."""


def test_a_bar_whose_first_seconds_were_cut_stays_whole_when_all_is_folded_again():
    store = CandleStore()
    walk(store, 6, UNTIL_CUT)
    store.bars(15)
    walk(store, UNTIL_CUT, UNTIL_CUT + 12)
    assert store.seconds.start[0] == HALVED + 7_000
    store.add_trade(T0 + UNTIL_CUT * 1_000, 100.0 + UNTIL_CUT % 15, 0.0)
    found = store.bars(15)
    assert found.revision == 1, "a print came late, and all was folded again"
    assert shown(found)[HALVED] == (100, 114, 100, 114, 15)
    store.add_trade(HALVED + 14_000, 120.0, 1.0)
    assert shown(store.bars(15))[HALVED] == (100, 120, 100, 120, 15)


def test_a_bar_that_nobody_asked_for_until_it_was_cut_is_what_was_known_and_what_is_left():
    store = CandleStore()
    walk(store, 6, 1_354)
    store.bars(15)
    walk(store, 1_354, UNTIL_CUT + 7)
    assert store.seconds.start[0] == HALVED + 7_000
    assert shown(store.bars(15))[HALVED] == (100, 114, 100, 114, 8)


def test_a_bar_of_which_marks_alone_are_left_keeps_its_prices():
    store = CandleStore()
    for second in range(6, UNTIL_CUT + 7):
        if second == 1_352:
            walk(store, second, second + 1)
        store.set_mark(T0 + second * 1_000, float(second))
        if second == 1_354:
            store.bars(15)
    assert store.seconds.start[0] == HALVED + 7_000
    found = store.bars(15)
    assert shown(found)[HALVED] == (102, 102, 102, 102, 1)
    assert found.mark[found.row_from(HALVED)] == 1_364


def test_a_bar_of_marks_alone_has_no_prices():
    store = CandleStore()
    store.set_mark(T0, 5.0, 6.0)
    store.set_mark(T0 + 5_000, 7.0)
    bars = store.bars(5)
    assert shown(bars) == {}
    assert bars.mark.tolist() == [5.0, 7.0]
    assert bars.index[0] == 6.0
    assert math.isnan(bars.index[1]), "an index that nobody told is not the one before"


def test_there_is_no_other_length():
    assert CandleStore().bars(7) is None
    with pytest.raises(ValueError, match="7 s"):
        CandleStore().take_past(7, [])


# ------------------------------------------------------------------ what the venue tells


def past(first_ms, bar_ms, count, price=50_000.0):
    return [
        Bar(first_ms + n * bar_ms, price, price + 9, price - 9, price, 10.0) for n in range(count)
    ]


def test_what_was_before_the_desk_listened_comes_first_and_what_it_heard_whole_stays():
    trades = day(600)
    store = filled(trades)
    first_ms = trades[0][0] // 60_000 * 60_000
    store.take_past(60, past(first_ms - 5 * 60_000, 60_000, 6))
    expected = by_hand(trades, 60)
    found = shown(store.bars(60))
    assert [found[first_ms - n * 60_000][0] for n in range(6)] == [50_000.0] * 6, (
        "the minute in which the desk began is the venue's"
    )
    assert {at: bar for at, bar in found.items() if at > first_ms} == {
        at: bar for at, bar in expected.items() if at > first_ms
    }
    assert store.minutes.revision == 1


def test_longer_bars_are_the_venues_as_far_as_minutes_do_not_reach_and_go_on_from_these():
    trades = day(1_200)
    store = filled(trades)
    first_ms = trades[0][0] // 60_000 * 60_000
    hour_ms = first_ms // 3_600_000 * 3_600_000
    before = store.bars(3_600).revision
    store.take_past(3_600, past(hour_ms - 9 * 3_600_000, 3_600_000, 10, price=40_000.0))
    store.take_past(60, past(first_ms - 200 * 60_000, 60_000, 201))
    found = shown(store.bars(3_600))
    assert store.bars(3_600).revision > before
    assert found[hour_ms - 9 * 3_600_000][0] == 40_000.0
    assert found[hour_ms - 3_600_000][0] == 50_000.0, "folded from minutes that reach over it"
    assert found[hour_ms][3] == trades[-1][1], "the running hour closes at the last trade"
    store.add_trade(trades[-1][0] + 1, 1.0, 1.0)
    assert shown(store.bars(3_600))[hour_ms][2:4] == (1.0, 1.0)


def test_an_hour_that_began_unheard_stays_as_the_venue_told_it():
    trades = day(600, start=T0 + 1_800_000)
    store = filled(trades)
    store.take_past(3_600, past(T0 - 3_600_000, 3_600_000, 2, price=40_000.0))
    assert shown(store.bars(3_600))[T0][:4] == (40_000.0, 40_009.0, 39_991.0, 40_000.0)


def test_a_minute_that_the_venue_has_closed_stands_as_it_drew_it_with_the_marks_heard():
    store = CandleStore()
    store.set_mark(T0, 5.0, 6.0)
    store.add_trade(T0 + 1, 10.0, 1.0)
    store.set_mark(T0 + 60_000, 7.0)
    store.minutes.put(Bar(T0, 9.0, 12.0, 8.0, 11.0, 4.0))
    assert store.minutes.bar(0) == Bar(T0, 9.0, 12.0, 8.0, 11.0, 4.0, 5.0, 6.0)
    assert store.minutes.revision == 0, "a minute that has just closed is asked for anyway"


def test_past_beyond_what_is_kept_is_cut_to_the_newest():
    bars = Bars(60_000, 100)
    bars.take_past(past(T0, 60_000, 1_000))
    assert (len(bars), bars.start[0], bars.whole_from_ms) == (
        100,
        T0 + 900 * 60_000,
        T0 + 900 * 60_000,
    )


def test_running_minutes_of_2021_are_those_that_binance_drew():
    path = shared("data/captures/binance/raw_cryptofeed_usdm_alts_20210722.txt.gz")
    prints, drawn = defaultdict(list), []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            data = json.loads(line[line.find("{") :])["data"] if "{" in line else {}
            if data.get("e") == "aggTrade":
                prints[data["s"]].append(data)
            elif data.get("e") == "kline":
                drawn.append(data["k"])
    compared = 0
    for kline in drawn:
        heard = [one for one in prints[kline["s"]] if one["l"] <= kline["L"]]
        if not heard or heard[0]["T"] >= kline["t"] or heard[-1]["l"] != kline["L"]:
            continue  # some of its prints are not in the recording, or are told with later ones
        store = filled([(one["T"], float(one["p"]), float(one["q"])) for one in heard])
        if kline["t"] >= store.minutes.whole_from_ms:
            told = tuple(float(kline[name]) for name in "ohlcv")
            assert shown(store.minutes)[kline["t"]] == pytest.approx(told)
            compared += 1
    assert compared >= 10
