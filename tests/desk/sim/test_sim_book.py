"""One side of the simulated book against a plain dictionary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sim.book import Book, Side
from desk.sim.events import LevelSet, TopOfBook

changes = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), max_size=60)


@given(changes, st.booleans())
def test_a_side_is_a_sorted_dictionary(changed, is_bid):
    side = Side(is_bid=is_bid)
    plain = {}
    for ticks, lots in changed:
        key = side.sign * ticks
        if lots:
            plain[ticks] = lots
        elif ticks not in plain:
            continue
        else:
            del plain[ticks]
        side.put(key, lots)
    expected = sorted(plain.items(), reverse=is_bid)
    assert side.levels(100) == expected
    assert side.levels(3) == expected[:3]
    other = Side(is_bid=is_bid)
    if plain:
        other.resume(side.saved())
        assert other.levels(100) == expected


def test_average_price_of_taking_lots():
    asks = Side(is_bid=False)
    for ticks, lots in ((101, 2), (103, 5), (110, 1)):
        asks.put(-ticks, lots)
    assert asks.average_ticks(2) == 101
    assert asks.average_ticks(4) == (2 * 101 + 2 * 103) / 4
    assert asks.average_ticks(9) is None


@pytest.mark.parametrize("saved", [[], [(5, 0)], [(5, -1)]], ids=["empty", "zero", "negative"])
def test_a_damaged_side_is_refused(saved):
    with pytest.raises(ValueError, match="saved book"):
        Side(is_bid=True).resume(saved)


def test_changes_are_numbered_and_the_top_is_told_only_when_it_changes():
    book = Book()
    book.put(1, book.bids, 100, 7)
    book.put(1, book.asks, -101, 3)
    book.settle()
    book.put(2, book.bids, 99, 4)
    book.publish_top(2)
    book.put(3, book.bids, 100, 6)
    book.publish_top(3)
    first = book.update_id - 1
    assert book.collect() == [
        LevelSet(2, first, True, 99, 4),
        LevelSet(3, first + 1, True, 100, 6),
        TopOfBook(3, first + 1, 100, 6, 101, 3),
    ]
    assert book.collect() == []
