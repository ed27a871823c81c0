"""Ages: by receipt, and by the venue's own stamps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.market.marks import VenueClock, age_ns, is_fresh

MS = 1_000_000
S = 1_000 * MS
VENUE_MS = 1_800_000_000_000


def clock_after(*messages):
    """A venue clock that has seen (receipt in ms, stamp in ms after VENUE_MS)."""
    clock = VenueClock()
    for recv_ms, stamp_ms in messages:
        clock.observe(recv_ms * MS, VENUE_MS + stamp_ms)
    return clock


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(0, True), (1, True), (2 * S, True), (2 * S + 1, False), (-1, False), (None, False)],
)
def test_fresh_is_from_zero_to_two_seconds(age, fresh):
    assert is_fresh(age) is fresh


def test_an_unknown_receipt_is_no_age():
    assert age_ns(5 * S, 0, None, None) is None


def test_without_stamps_the_receipt_decides():
    assert age_ns(5 * S, 3 * S, None, VenueClock()) == 2 * S
    assert age_ns(3 * S, 5 * S, None, VenueClock()) == -2 * S


@pytest.mark.fault("T32")
@given(st.integers(-(10**15), 10**15), st.integers(0, 10**4))
def test_a_constant_difference_of_clocks_ages_nothing(skew_ms, waited_ms):
    clock = VenueClock()
    for second in range(1, 10):
        clock.observe(second * S, second * 1000 + skew_ms)
    age = age_ns(9 * S + waited_ms * MS, 9 * S, 9_000 + skew_ms, clock)
    assert age == pytest.approx(waited_ms * MS, abs=waited_ms * MS // 1000 + 10 * MS)


def test_stamps_that_stand_still_grow_old_though_messages_come():
    clock = VenueClock()
    for second in range(1, 60):
        clock.observe(second * S, VENUE_MS + second * 1000)
    for second in range(60, 70):
        clock.observe(second * S, VENUE_MS + 59_000)
    age = age_ns(69 * S, 69 * S, VENUE_MS + 59_000, clock)
    assert age == pytest.approx(10 * S, abs=S // 10)


def test_they_stay_old_for_hours():
    clock = clock_after((1_000, 1_000))
    for second in range(2, 3 * 3600, 7):
        clock.observe(second * S, VENUE_MS + 1_000)
        if second > 5:
            age = age_ns(second * S, second * S, VENUE_MS + 1_000, clock)
            assert not is_fresh(age)


@pytest.mark.fault("T32")
@pytest.mark.parametrize("ppm", [-500, 500])
def test_clocks_that_drift_apart_for_a_day_age_nothing(ppm):
    clock = VenueClock()
    for second in range(1, 86_400, 5):
        now = int(second * S * (1 + ppm / 1e6))
        clock.observe(now, VENUE_MS + second * 1000)
        assert is_fresh(age_ns(now + S, now, VENUE_MS + second * 1000, clock))


def test_a_late_message_is_as_old_as_it_is_late():
    clock = clock_after((1_000, 1_000), (2_000, 2_000), (5_500, 3_000))
    assert age_ns(5_500 * MS, 5_500 * MS, VENUE_MS + 3_000, clock) == pytest.approx(
        2.5 * S, abs=10 * MS
    )


def test_one_mad_stamp_does_not_make_the_rest_look_old():
    clock = clock_after((1_000, 1_000), (2_000, 10**11), (3_000, 3_000))
    assert is_fresh(age_ns(3_000 * MS, 3_000 * MS, VENUE_MS + 3_000, clock))
    assert not is_fresh(age_ns(2_000 * MS, 2_000 * MS, VENUE_MS + 10**11, clock))


def test_mad_stamps_between_good_ones_are_never_believed():
    messages = [m for n in range(1, 8) for m in ((n * 100, n * 100), (n * 100, 10**11 + n * 100))]
    clock = clock_after(*messages)
    assert is_fresh(age_ns(700 * MS, 700 * MS, VENUE_MS + 700, clock))


def test_a_first_stamp_that_was_old_is_corrected_by_the_next_ones():
    clock = clock_after((1_000, -3_600_000))
    for second in range(2, 6):
        clock.observe(second * S, VENUE_MS + second * 1000)
    assert is_fresh(age_ns(5 * S, 5 * S, VENUE_MS + 5_000, clock))
    assert not is_fresh(age_ns(5 * S, 5 * S, VENUE_MS - 3_600_000, clock))


@pytest.mark.parametrize("ahead_ms", [700, 5_000, 3_600_000, 10**11])
def test_three_mad_stamps_are_taken_back_by_three_good_ones(ahead_ms):
    """Else all that follows would look old: for a leap of 5 s, close to an hour."""
    clock = clock_after((1_000, 1_000), *((ms, ms + ahead_ms) for ms in (2_000, 3_000, 4_000)))
    assert is_fresh(age_ns(4_000 * MS, 4_000 * MS, VENUE_MS + 4_000 + ahead_ms, clock))
    for ms in (5_000, 6_000, 7_000):
        clock.observe(ms * MS, VENUE_MS + ms)
    assert age_ns(7_000 * MS, 7_000 * MS, VENUE_MS + 7_000, clock) == pytest.approx(0, abs=10 * MS)
    ahead = VENUE_MS + 7_000 + ahead_ms
    assert not is_fresh(age_ns(7_000 * MS, 7_000 * MS, ahead, clock)), "mad again"


def test_late_messages_do_not_take_a_true_leap_back():
    clock = clock_after((1_000, 1_000), *((ms, ms + 5_000) for ms in (2_000, 3_000, 4_000)))
    for ms in (5_000, 7_000, 9_000, 11_000):
        clock.observe(ms * MS, VENUE_MS + ms)  # one that is late lies between good ones
        clock.observe((ms + 1_000) * MS, VENUE_MS + ms + 6_000)
    late = age_ns(12_000 * MS, 12_000 * MS, VENUE_MS + 12_000, clock)
    assert late == pytest.approx(5 * S, abs=20 * MS)


@pytest.mark.parametrize(("waited_ms", "fresh"), [(59_000, True), (61_000, False)])
def test_a_leap_that_has_held_for_a_minute_is_not_taken_back(waited_ms, fresh):
    clock = clock_after((1_000, 1_000), *((ms, ms + 5_000) for ms in (2_000, 3_000, 4_000)))
    for ms in (waited_ms, waited_ms + 500, waited_ms + 1_000):
        clock.observe((4_000 + ms) * MS, VENUE_MS + 4_000 + ms)
    now_ms = 5_000 + waited_ms
    assert is_fresh(age_ns(now_ms * MS, now_ms * MS, VENUE_MS + now_ms, clock)) is fresh


def test_the_offset_is_shown():
    assert VenueClock().offset_ms is None
    assert clock_after((1_000, 2_273)).offset_ms == 1_000 - VENUE_MS - 2_273


@given(st.lists(st.tuples(st.integers(1, 60_000), st.integers(-5_000, 65_000)), max_size=20))
def test_an_age_is_never_less_than_by_receipt_unless_it_is_negative(messages):
    clock = clock_after(*sorted(messages))
    for recv_ms, stamp_ms in messages:
        now = 61 * S
        age = age_ns(now, recv_ms * MS, VENUE_MS + stamp_ms, clock)
        assert age < 0 or age >= now - recv_ms * MS
