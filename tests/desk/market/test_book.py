"""The book against a naive model, and what it does when it may not be trusted."""

from decimal import Decimal

import pytest
from helpers.binance_frames import CATALOGUE
from hypothesis import given
from hypothesis import strategies as st

from desk.market.book import Book, average_price
from desk.model.market_data import BookDelta, BookSnapshot
from desk.model.orders import Side

BUY, SELL = Side.BUY, Side.SELL


def snapshot(bids, asks):
    return BookSnapshot("X", 10, bids, asks, 1_000, 5)


def delta(bids=(), asks=(), last_id=11):
    return BookDelta("X", last_id, last_id, list(bids), list(asks), 2_000, 6)


@pytest.fixture
def book():
    book = Book("X")
    book.apply_snapshot(snapshot([(100, 5), (99, 7), (90, 1)], [(101, 4), (103, 6), (200, 2)]))
    return book


def test_a_book_is_empty_and_unsynced_before_its_snapshot():
    book = Book("X")
    book.apply_delta(delta(bids=[(100, 5)]))
    assert book.state == "UNSYNCED"
    assert not book.synced
    assert book.best_bid is book.best_ask is None
    assert list(book.levels(BUY)) == []
    assert book.lots_at(BUY, 100) == 0
    assert book.applied == 0


def test_levels_come_best_first(book):
    assert list(book.levels(BUY)) == [(100, 5), (99, 7), (90, 1)]
    assert list(book.levels(SELL)) == [(101, 4), (103, 6), (200, 2)]
    assert (book.best_bid, book.best_ask) == ((100, 5), (101, 4))
    assert (book.lots_at(BUY, 99), book.lots_at(SELL, 99), book.lots_at(SELL, 103)) == (7, 0, 6)


def test_a_delta_sets_whole_quantities_and_zero_removes(book):
    book.apply_delta(delta(bids=[(100, 0), (98, 3)], asks=[(101, 9), (102, 1)]))
    assert list(book.levels(BUY)) == [(99, 7), (98, 3), (90, 1)]
    assert list(book.levels(SELL)) == [(101, 9), (102, 1), (103, 6), (200, 2)]
    assert (book.last_id, book.ts_recv_ns, book.ts_venue_ms) == (11, 2_000, 6)
    assert book.applied == 1


def test_removing_what_is_not_there_is_counted_and_harmless(book):
    book.apply_delta(delta(bids=[(77, 0)], asks=[(101, 0), (101, 0)]))
    assert book.orphan_deletes == 2
    assert book.best_ask == (103, 6)


@pytest.mark.parametrize("bid", [101, 102, 5_000])
def test_a_crossed_or_locked_book_is_not_used_again_until_a_snapshot(book, bid):
    book.apply_delta(delta(bids=[(bid, 1)]))
    assert (book.crossed, book.state, book.lost_reason) == (1, "UNSYNCED", "crossed")
    assert list(book.levels(BUY)) == list(book.levels(SELL)) == []
    book.apply_delta(delta(bids=[(bid, 0)]))
    assert not book.synced
    book.apply_snapshot(snapshot([(100, 5)], [(101, 4)]))
    assert book.synced
    assert book.best_bid == (100, 5)


def test_a_crossed_snapshot_is_no_book():
    book = Book("X")
    book.apply_snapshot(snapshot([(100, 5)], [(100, 4)]))
    assert (book.crossed, book.synced) == (1, False)


def test_a_lost_book_says_why(book):
    book.lose("gap")
    assert (book.state, book.lost_reason, book.best_bid) == ("UNSYNCED", "gap", None)


def test_one_empty_side_is_a_book_with_one_price(book):
    book.apply_delta(delta(asks=[(101, 0), (103, 0), (200, 0)]))
    assert book.synced
    assert (book.best_bid, book.best_ask) == ((100, 5), None)
    book.apply_delta(delta(asks=[(150, 2)]))
    assert book.best_ask == (150, 2)


def test_a_walk_takes_what_an_order_would(book):
    assert book.walk(BUY, 3) == [(101, 3)]
    assert book.walk(BUY, 7) == [(101, 4), (103, 3)]
    assert book.walk(BUY, 100) == [(101, 4), (103, 6), (200, 2)]
    assert book.walk(BUY, 100, limit=103) == [(101, 4), (103, 6)]
    assert book.walk(BUY, 100, limit=100) == []
    assert book.walk(SELL, 9, limit=99) == [(100, 5), (99, 4)]
    assert book.walk(SELL, 0) == []


def test_the_average_of_a_linear_walk_is_weighted_by_quantity():
    linear = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
    taken = [(600_000, 1_000), (600_100, 3_000)]
    assert average_price(linear, taken) == (60_000 + 3 * Decimal(60010)) / 4
    assert average_price(linear, []) is None


def test_the_average_of_an_inverse_walk_is_the_price_of_its_coins():
    inverse = CATALOGUE.get("BTCUSD-PERP.BINANCE")
    taken = [(600_000, 300), (300_000, 100)]
    coins = Decimal(300) / 60_000 + Decimal(100) / 30_000
    assert average_price(inverse, taken) == 400 / coins == Decimal(48_000)


levels = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 9)), max_size=8)


@given(st.lists(st.tuples(levels, levels), max_size=40))
def test_any_deltas_give_the_book_that_a_naive_one_gives(deltas):
    # Bids below 1,000 and asks above never cross; far ones make the best jump.
    book, bids, asks = Book("X"), {}, {}
    book.apply_snapshot(snapshot([], []))
    for bid_levels, ask_levels in deltas:
        asked = [(1_000 + ticks, lots) for ticks, lots in ask_levels]
        book.apply_delta(delta(bids=bid_levels, asks=asked))
        bids.update(bid_levels)
        asks.update(asked)
        bids = {ticks: lots for ticks, lots in bids.items() if lots}
        asks = {ticks: lots for ticks, lots in asks.items() if lots}
        assert list(book.levels(BUY)) == sorted(bids.items(), reverse=True)
        assert list(book.levels(SELL)) == sorted(asks.items())
        assert book.best_bid == max(bids.items(), default=None)
        assert book.best_ask == min(asks.items(), default=None)


@given(levels, st.integers(1, 60), st.sampled_from(Side))
def test_a_walk_never_takes_more_than_wanted_or_offered(some, lots, side):
    book = Book("X")
    offered = [(ticks, q) for ticks, q in dict(some).items() if q]
    book.apply_snapshot(snapshot(offered if side is SELL else [], offered if side is BUY else []))
    taken = book.walk(side, lots)
    assert sum(q for _, q in taken) == min(lots, sum(q for _, q in offered))
    assert all(0 < q <= dict(offered)[ticks] for ticks, q in taken)
