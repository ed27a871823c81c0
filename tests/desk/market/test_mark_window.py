"""The lowest and the highest mark of the last seconds."""

from decimal import Decimal as D

from desk.market.mark_window import NS_PER_S, MarkWindow


def window(*marks):
    found = MarkWindow()
    for second, mark in marks:
        found.add(int(second * NS_PER_S), D(mark))
    return found


def span(found, second, within_s):
    return found.span(int(second * NS_PER_S), within_s)


def test_a_window_without_marks_says_nothing():
    assert MarkWindow().span(0, 60) is None
    assert span(window((100, "1")), 111, 10) is None


def test_the_span_is_of_the_seconds_asked_for():
    found = window((100, "5"), (105, "7"), (105.5, "6"), (110, "4"))
    assert span(found, 110, 0) == (4, 4)
    assert span(found, 110, 4) == (4, 4)
    assert span(found, 110, 5) == (4, 7)
    assert span(found, 110, 10) == (4, 7)
    assert span(found, 104.9, 4) == (4, 7)
    assert window((100, "5"), (100.9, "9"), (100.95, "2")).span(100 * NS_PER_S, 0) == (2, 9)


def test_a_mark_that_comes_late_counts_for_the_newest_second():
    assert span(window((100, "5"), (90, "1")), 100, 0) == (1, 5)


def test_a_minute_is_kept_and_no_more():
    found = window(*((second, str(second)) for second in range(200)))
    assert span(found, 199, 1000) == (139, 199)
