from decimal import Decimal as D

import pytest
from paper_stage import BUY, PERP, SELL, Stage, fills, terms, words

from desk.execution.queue_position import QueuePosition
from desk.model.orders import Liquidity, OrderStatus

BIDS = [("100.0", "5"), ("99.9", "2")]
ASKS = [("100.2", "4"), ("100.3", "6")]


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot(BIDS, ASKS)
    return stage


def ahead(stage, order_id="a"):
    return stage.venue.queue_ahead(order_id)


def test_a_resting_order_starts_behind_what_its_price_shows(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.place(terms("b", BUY, "1", "100.1"))
    assert (ahead(stage, "a"), ahead(stage, "b")) == (D(5), D(0))
    stage.delta(bids=[("100.0", "8")])  # others join behind
    assert ahead(stage, "a") == D(5)
    assert ahead(stage, "unknown") is None


def test_a_print_at_the_price_first_trades_with_the_quantity_ahead(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    assert stage.trade("100.0", "3", SELL) == []
    assert ahead(stage) == D(2)
    assert fills(stage.trade("100.0", "2.4", SELL)) == [("a", "0.400", "100.0")]
    assert fills(stage.trade("100.0", "9", SELL)) == [("a", "0.600", "100.0")]
    assert stage.orders["a"].status is OrderStatus.FILLED
    assert stage.trade("100.0", "9", SELL) == []


def test_a_print_whose_taker_is_on_the_orders_own_side_does_not_fill_it(stage):
    stage.place(terms("a", BUY, "1", "100.1"))
    assert stage.trade("100.1", "9", BUY) == []


@pytest.mark.parametrize("taker", [BUY, SELL], ids=["bought", "sold"])
def test_a_print_through_the_price_fills_with_up_to_the_whole_print(stage, taker):
    stage.place(terms("a", BUY, "1", "100.0"))
    assert fills(stage.trade("99.9", "0.25", taker)) == [("a", "0.250", "100.0")]
    assert ahead(stage) == D(0)
    assert fills(stage.trade("100.0", "9", SELL)) == [("a", "0.750", "100.0")]


def test_a_print_above_a_bid_or_below_an_ask_leaves_it_alone(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.place(terms("b", SELL, "1", "100.3"))
    assert stage.trade("100.1", "99", SELL) == []
    assert stage.trade("100.2", "99", BUY) == []


def test_a_maker_pays_the_maker_rate_at_its_own_price(stage):
    stage.place(terms("a", SELL, "1", "100.3"))
    fill = stage.trade("100.4", "9", BUY)[0].fill
    # 1 × 100.3 × 0.02 %
    assert (fill.price, fill.fee, fill.liquidity) == (D("100.3"), D("0.02006"), Liquidity.MAKER)


def test_one_print_is_shared_by_price_and_then_by_time(stage):
    stage.place(terms("late", BUY, "1", "100.0"))
    stage.place(terms("later", BUY, "1", "100.0"))
    stage.place(terms("best", BUY, "1", "100.1"))
    # 7.5 printed at 100.0: 1 to the better price, 5 to the others ahead, 1 and 0.5 to ours.
    assert fills(stage.trade("100.0", "7.5", SELL)) == [
        ("best", "1.000", "100.1"),
        ("late", "1.000", "100.0"),
        ("later", "0.500", "100.0"),
    ]


def test_prints_do_not_move_a_later_order_past_an_earlier_one_of_ours(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.delta(bids=[("100.0", "8")])
    stage.place(terms("b", BUY, "1", "100.0"))
    assert fills(stage.trade("100.0", "7", SELL)) == [("a", "1.000", "100.0")]
    assert ahead(stage, "b") == D(2)  # 8 less the 6 that did not go to us


def test_a_shrinking_level_shrinks_from_behind(stage):
    stage.delta(bids=[("100.0", "9")])
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.delta(bids=[("100.0", "12")])
    stage.delta(bids=[("100.0", "10")])
    assert ahead(stage) == D(9)
    stage.delta(bids=[("100.0", "3")])
    assert ahead(stage) == D(3)
    stage.delta(bids=[("100.0", "0")])
    assert ahead(stage) == D(0)


def test_a_print_and_the_level_it_shrank_move_the_order_once(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.now_ms = 1000
    stage.delta(bids=[("100.0", "2")], venue_ms=900)  # the book is faster than the tape
    assert stage.trade("100.0", "3", SELL, venue_ms=890) == []
    assert ahead(stage) == D(2)
    assert fills(stage.trade("100.0", "2.5", SELL, venue_ms=950)) == [("a", "0.500", "100.0")]


def test_a_print_of_the_same_moment_as_the_book_is_in_the_book():
    queue = QueuePosition(10)
    queue.see_level(6, 900)
    assert queue.see_print(4, 900) == 0
    assert queue.ahead == 6


def test_a_later_print_ends_what_a_shrunken_level_may_explain():
    queue = QueuePosition(10)
    queue.see_level(6, 900)
    queue.see_print(1, 950)
    queue.see_level(4, 1000)
    assert queue.see_print(5, 990) == 0  # 1 of the 5 is in the book already
    assert queue.ahead == 0


def test_at_the_front_nothing_is_explained_by_the_book_any_more():
    queue = QueuePosition(10)
    queue.see_level(6, 900)
    queue.jump_to_front()
    assert queue.see_print(2, 890) == 2


def test_a_level_that_shrank_without_a_venue_time_may_hold_any_later_print():
    queue = QueuePosition()
    assert queue.see_print(9, 1) == 0  # nothing is known yet
    queue.see_level(5, None)
    queue.see_level(2, None)
    assert queue.see_print(4, 10**15) == 0
    assert (queue.ahead, queue.shrunk) == (1, 0)


def test_a_book_that_moves_through_an_order_fills_it_at_its_own_price(stage):
    stage.place(terms("a", BUY, "3", "100.1"))
    outcomes = stage.delta(
        bids=[("100.0", "0"), ("99.9", "0")], asks=[("100.0", "1"), ("100.1", "1")]
    )
    assert fills(outcomes) == [("a", "2.000", "100.1")]
    assert outcomes[0].fill.liquidity is Liquidity.MAKER
    # the same two levels are not met again, a changed one is
    assert stage.delta(asks=[("100.5", "1")]) == []
    assert fills(stage.delta(asks=[("100.0", "0.5")])) == [("a", "0.500", "100.1")]


def test_quantity_that_met_a_resting_order_cannot_be_taken_by_another(stage):
    stage.place(terms("a", SELL, "1", "100.1"))
    assert fills(stage.delta(bids=[("100.1", "1.5")])) == [("a", "1.000", "100.1")]
    assert fills(stage.place(terms("b", SELL, "1", "100.1"))) == [("b", "0.500", "100.1")]


def test_a_crossed_book_fills_nothing(stage):
    stage.place(terms("a", BUY, "1", "100.1"))
    assert stage.delta(asks=[("99.0", "5")]) == []
    assert not stage.books[PERP.id].synced


def test_the_remainder_of_a_taker_rests_and_fills_as_a_maker(stage):
    outcomes = stage.place(terms("a", BUY, "5", "100.2"))
    assert words(outcomes) == ["Accepted", "Filled"]
    assert ahead(stage) == D(0)
    fill = stage.trade("100.2", "0.4", SELL)[0].fill
    assert (fill.quantity, fill.liquidity) == (D("0.4"), Liquidity.MAKER)


def test_a_cancelled_order_is_not_filled_any_more(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.trade("99.9", "0.3", SELL)
    assert stage.cancel("a")
    outcomes = stage.at(stage.now_ms + 50)
    assert [(o.filled, o.reason) for o in outcomes] == [(D("0.3"), "cancelled on request")]
    assert stage.trade("99.9", "9", SELL) == []
    assert not stage.cancel("a")
