"""The rule of sequence, event by event, as the venue writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.model.market_data import BookDelta
from desk.venues.binance_sync import BUFFER_LIMIT, Sequence, Verdict
from desk.venues.protocol import BookSync


def delta(first, last):
    return BookDelta("X", first, last, [], [], 1)


class Stream:
    """A sequence, fed with ids."""

    def __init__(self, *, futures):
        self.counters = BookSync()
        self.sequence = Sequence(futures=futures, counters=self.counters)
        self.futures = futures

    def send(self, first, last, previous=None):
        previous = previous if self.futures else first - 1
        return self.sequence.receive(delta(first, last), previous)

    def snapshot(self, last_id):
        held = self.sequence.receive_snapshot(last_id)
        return None if held is None else [d.last_id for d in held]


@pytest.fixture
def spot():
    return Stream(futures=False)


@pytest.fixture
def futures():
    return Stream(futures=True)


def test_spot_drops_what_the_snapshot_holds_and_applies_the_rest(spot):
    for ids in [(98, 99), (100, 104), (105, 107), (108, 108)]:
        assert spot.send(*ids) is Verdict.WAIT
    assert spot.snapshot(104) == [107, 108]
    assert spot.counters == BookSync(buffered=4, buffered_applied=2)


def test_futures_keep_the_update_that_holds_the_snapshot_id(futures):
    futures.send(90, 95, 80)
    futures.send(97, 104, 95)
    futures.send(110, 117, 104)
    assert futures.snapshot(100) == [104, 117]


def test_futures_keep_an_update_that_ends_at_the_snapshot_id(futures):
    futures.send(97, 104, 95)
    futures.send(110, 117, 104)
    assert futures.snapshot(104) == [104, 117]


@pytest.mark.parametrize(
    ("first", "last", "accepted"),
    [(99, 100, False), (98, 101, True), (101, 101, True), (101, 105, True), (102, 105, False)],
)
def test_the_first_update_of_spot_must_hold_the_id_after_the_snapshot(spot, first, last, accepted):
    assert spot.snapshot(100) == []
    assert (spot.send(first, last) is Verdict.APPLY) is accepted


@pytest.mark.parametrize(
    ("first", "last", "accepted"),
    [(98, 99, False), (98, 100, True), (100, 100, True), (100, 105, True), (101, 105, False)],
)
def test_the_first_update_of_futures_must_hold_the_id_of_the_snapshot(
    futures, first, last, accepted
):
    assert futures.snapshot(100) == []
    assert (futures.send(first, last, first - 7) is Verdict.APPLY) is accepted


def test_a_first_update_before_the_snapshot_is_passed_over_one_behind_it_is_not(futures):
    futures.snapshot(100)
    assert futures.send(90, 99, 80) is Verdict.WAIT
    assert futures.sequence.last_id == 100
    assert futures.send(101, 105, 99) is Verdict.GAP
    assert futures.sequence.last_id is None
    assert futures.counters.gaps == 0, "the snapshot was too old: nothing was missed"


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_a_snapshot_older_than_the_buffer_is_refused_and_the_buffer_kept(futures):
    stream = Stream(futures=futures)
    stream.send(101, 105, 95)
    stream.send(106, 110, 105)
    assert stream.snapshot(50) is None
    assert stream.snapshot(103) == [105, 110]


def test_a_snapshot_that_ends_just_before_the_buffer_is_refused_all_the_same(spot):
    spot.send(101, 105)
    assert spot.snapshot(100) is None, "the venue's rule: older than the first buffered"
    assert spot.snapshot(101) == [105]


def test_after_the_first_spot_goes_on_at_the_next_id(spot):
    spot.snapshot(100)
    assert spot.send(101, 105) is Verdict.APPLY
    assert spot.send(104, 107) is Verdict.APPLY, "an overlap loses nothing"
    assert spot.send(108, 108) is Verdict.APPLY
    assert spot.send(110, 111) is Verdict.GAP
    assert spot.counters.gaps == 1


def test_after_the_first_futures_follow_the_id_they_name(futures):
    futures.snapshot(100)
    assert futures.send(95, 105, 90) is Verdict.APPLY
    assert futures.send(131, 140, 105) is Verdict.APPLY, "ids in between belong to others"
    assert futures.send(141, 150, 139) is Verdict.GAP


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_a_repeat_changes_nothing(futures):
    stream = Stream(futures=futures)
    stream.snapshot(100)
    stream.send(100, 105, 99)
    assert stream.send(100, 105, 99) is Verdict.WAIT
    assert stream.send(106, 110, 105) is Verdict.APPLY
    assert stream.counters.stale_dropped == 1


def test_two_updates_that_changed_places_cost_one_snapshot(futures):
    futures.snapshot(100)
    futures.send(99, 105, 98)
    assert futures.send(111, 115, 110) is Verdict.GAP
    assert futures.send(106, 110, 105) is Verdict.WAIT
    assert futures.send(116, 120, 115) is Verdict.WAIT
    assert futures.snapshot(112) == [115, 120]
    assert futures.send(121, 125, 120) is Verdict.APPLY


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_a_hole_in_the_buffer_waits_for_a_newer_snapshot(futures):
    stream = Stream(futures=futures)
    stream.send(100, 105, 99)
    stream.send(106, 110, 105)
    stream.send(121, 125, 120)
    assert stream.snapshot(103) is None
    assert stream.counters.gaps == 1
    assert stream.snapshot(103) is None, "older than what is left"
    assert stream.snapshot(122) == [125]


def test_a_buffer_without_a_snapshot_does_not_grow_for_ever(futures):
    for n in range(BUFFER_LIMIT + 10):
        futures.send(10 * n + 1, 10 * n + 10, 10 * n)
    assert futures.snapshot(5) is None
    assert len(futures.snapshot(10 * 100)) == BUFFER_LIMIT + 10 - 99


@given(st.lists(st.integers(1, 5), min_size=2, max_size=30), st.data())
def test_whatever_is_lost_is_noticed_at_the_next_update(sizes, data):
    """No update after a lost one is ever applied before a new snapshot."""
    futures = data.draw(st.booleans())
    stream = Stream(futures=futures)
    lost = data.draw(st.integers(0, len(sizes) - 1))
    stream.snapshot(1000)
    first, verdicts = (1000 if futures else 1001), []
    for number, size in enumerate(sizes):
        if number != lost:
            verdicts.append(stream.send(first, first + size, first - 1))
        first += size + 1
    before, after = verdicts[:lost], verdicts[lost:]
    assert set(before) <= {Verdict.APPLY}
    assert not after or after[0] is Verdict.GAP
    assert Verdict.APPLY not in after
