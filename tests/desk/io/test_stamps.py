"""Stamps that go on, repeat themselves, or are not there."""

from desk.io.stamps import Stamps
from desk.model.market_data import BookLost, BookTop, FeedStatus


def top(recv_ns, venue_ms, name="X"):
    return BookTop(name, 1, 1, 1, 2, 1, recv_ns, venue_ms)


def changed(*batches):
    stamps = Stamps()
    for batch in batches:
        stamps.note(batch)
    return stamps.changed_ns


def test_a_venue_without_stamps_is_never_suspected():
    assert changed([top(1, None), BookLost("X", None, None, "gap", 2)]) is None
    assert changed([FeedStatus("c", True, "connected", 1)]) is None


def test_repeated_stamps_are_no_news_whatever_else_is_said_in_between():
    first = [top(1, 5), top(1, 7, "Y")]
    again = [top(2, 5), top(2, 7, "Y")]
    assert changed(first, first, again, again) == 1
    late = [top(9, 5), top(9, 7, "Y")]
    assert changed(first, first, again, late) == 1


def test_a_step_back_is_a_change():
    assert changed([top(1, 5)], [top(2, 4)]) == 2
