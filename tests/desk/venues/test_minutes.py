"""Which minute runs and which are closed, where the venue does not say."""

from decimal import Decimal

import pytest

from desk.model.market_data import VenueCandle
from desk.venues.minutes import Minutes
from desk.venues.protocol import StreamHealth
from desk.venues.subscription import Subscription
from desk.venues.unreadable import Unusable

M = 60_000


def candle(minute, close=100, at=5):
    return VenueCandle("X", minute * M, 100, 200, 50, close, Decimal(1), False, at)


def told(events):
    """Minute, last price, whether it is over, and when that was heard."""
    return [(e.start_ms // M, e.close, e.closed, e.ts_recv_ns) for e in events]


@pytest.fixture
def stream():
    made = Subscription("candle", "X", StreamHealth("candle:X"), [])
    made.opened(1)
    made.asked(1)
    return made


@pytest.fixture
def minutes(stream):
    return Minutes(stream)


def test_the_running_minute_is_told_as_it_changes(minutes):
    assert told(minutes.take([candle(7, 101)])) == [(7, 101, False, 5)]
    assert told(minutes.take([candle(7, 102, 6)])) == [(7, 102, False, 6)]


def test_a_minute_is_closed_when_a_newer_one_begins_and_told_as_it_was_last(minutes):
    minutes.take([candle(7, 101)])
    minutes.take([candle(7, 102, 6)])
    assert told(minutes.take([candle(8, 103, 9)])) == [(7, 102, True, 9), (8, 103, False, 9)]
    assert told(minutes.take([candle(8, 104, 9)])) == [(8, 104, False, 9)]


def test_minutes_without_a_candle_between_two_make_no_difference(minutes):
    minutes.take([candle(7)])
    assert [e.closed for e in minutes.take([candle(12)])] == [True, False]


def test_a_last_word_on_the_minute_before_is_closed_and_the_newer_one_still_runs(minutes):
    minutes.take([candle(7)])
    minutes.take([candle(8)])
    assert told(minutes.take([candle(7, 105)])) == [(7, 105, True, 5)]
    assert told(minutes.take([candle(8, 106)])) == [(8, 106, False, 5)]


def test_of_several_minutes_the_newest_runs_in_whatever_order_they_come(minutes):
    history = [candle(9, 90), candle(7, 70), candle(8, 80)]
    assert told(minutes.take(history)) == [(7, 70, True, 5), (8, 80, True, 5), (9, 90, False, 5)]
    both = [candle(9, 91, 6), candle(10, 100, 6)]
    assert told(minutes.take(both)) == [(9, 91, True, 6), (10, 100, False, 6)], "once, as told now"


def test_nothing_is_closed_that_somebody_missed_the_end_of(minutes, stream):
    minutes.take([candle(7)])
    stream.closed()
    stream.opened(8)
    stream.asked(8)
    assert told(minutes.take([candle(8)])) == [(8, 100, False, 5)]


def test_a_clock_that_is_set_back_closes_nothing(minutes):
    minutes.take([candle(70)])
    assert told(minutes.take([candle(10)])) == [(10, 100, False, 5)]
    assert told(minutes.take([candle(11)])) == [(10, 100, True, 5), (11, 100, False, 5)]


def test_a_minute_told_twice_at_once_is_refused_and_changes_nothing(minutes):
    minutes.take([candle(7)])
    with pytest.raises(Unusable):
        minutes.take([candle(8, 1), candle(8, 2)])
    assert [e.closed for e in minutes.take([candle(8)])] == [True, False]


def test_no_minutes_are_none(minutes):
    assert minutes.take([]) == []
