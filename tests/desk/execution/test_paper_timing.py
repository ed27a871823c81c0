from decimal import Decimal as D

import pytest
from msgspec.structs import replace
from paper_stage import BUY, MS, OTHER, PERP, SELL, Stage, fills, reasons, terms, words

from desk.execution.order import apply
from desk.execution.port import NOTHING, StaleDecision
from desk.model.market_data import FeedStatus, MarkPrice, Trade
from desk.model.orders import OrderStatus, TimeInForce

BIDS, ASKS = [("100.0", "5")], [("100.1", "1"), ("100.2", "4")]


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot(BIDS, ASKS)
    return stage


def test_an_order_acts_after_its_latency_on_the_book_as_it_is_then(stage):
    stage.submit(terms("a", BUY, "1", "100.1"))
    stage.at(20)
    stage.delta(asks=[("100.1", "0.25")])
    assert stage.at(49) == []
    assert fills(stage.at(50)) == [("a", "0.250", "100.1")]


def test_an_order_that_is_due_acts_before_a_later_event_changes_the_book(stage):
    stage.submit(terms("a", BUY, "1", "100.1"))
    stage.now_ms = 60
    assert fills(stage.delta(asks=[("100.1", "0")])) == [("a", "1.000", "100.1")]


def test_the_latency_is_the_venues(stage):
    slow = Stage(latency_ms=200)
    slow.snapshot(BIDS, ASKS)
    slow.submit(terms("a", BUY, "1", "100.1"))
    assert slow.at(199) == []
    assert fills(slow.at(200)) == [("a", "1.000", "100.1")]


def test_a_cancel_acts_after_its_latency_and_may_lose_the_race(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.now_ms = 100
    assert stage.cancel("a")
    stage.now_ms = 149
    assert fills(stage.trade("99.9", "1", SELL)) == [("a", "1.000", "100.0")]
    assert stage.at(150) == []
    assert stage.orders["a"].status is OrderStatus.FILLED


def test_an_order_and_its_cancel_sent_together_arrive_in_that_order(stage):
    stage.submit(terms("a", BUY, "3", "100.1"))
    stage.cancel("a")
    stage.cancel("a")
    assert words(stage.at(50)) == ["Accepted", "Filled", "Cancelled"]
    assert stage.orders["a"].filled == D(1)
    assert stage.at(10_000) == []


def test_a_second_cancel_does_not_delay_the_first(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.now_ms = 100
    stage.cancel("a")
    stage.now_ms = 130
    stage.cancel("a")
    assert words(stage.at(150)) == ["Cancelled"]


def test_a_cancel_that_arrives_with_the_order_it_came_too_late_for_says_nothing(stage):
    stage.submit(terms("a", BUY, "1", "100.1"))
    stage.cancel("a")
    assert words(stage.at(50)) == ["Accepted", "Filled"]


def test_arrivals_and_cancels_of_several_orders_happen_as_they_fell_due(stage):
    stage.submit(terms("a", BUY, "1", "100.0"))
    stage.now_ms = 20
    stage.submit(terms("b", BUY, "1", "100.0"))
    stage.now_ms = 40
    stage.cancel("a")
    happened = [(type(o).__name__, o.order_id) for o in stage.at(500)]
    assert happened == [("Accepted", "a"), ("Accepted", "b"), ("Cancelled", "a")]


def test_what_is_due_together_happens_in_the_order_it_was_due(stage):
    stage.submit(terms("late", BUY, "1", "100.1", tif=TimeInForce.IOC))
    stage.now_ms = 10
    stage.submit(terms("later", BUY, "1", "100.1", tif=TimeInForce.IOC))
    assert fills(stage.at(500)) == [("late", "1.000", "100.1")]


def test_nothing_fills_while_the_book_is_not_synced(stage):
    stage.place(terms("rests", BUY, "1", "100.0"))
    stage.submit(terms("waits", BUY, "1"), "103")
    stage.lose()
    assert stage.at(5_000) == []
    assert stage.trade("90.0", "99", SELL) == []
    assert stage.delta(asks=[("90.0", "99")]) == []
    assert stage.orders["waits"].status is OrderStatus.PENDING
    assert fills(stage.snapshot(BIDS, ASKS)) == [("waits", "1.000", "100.1")]
    assert stage.at(5_001) == []


def test_an_order_that_waited_for_its_book_arrives_once(stage):
    stage.lose()
    stage.place(terms("a", BUY, "1", "100.0"))
    assert words(stage.snapshot(BIDS, ASKS)) == ["Accepted"]
    stage.cancel("a")
    assert stage.delta(bids=[("99.0", "1")]) == []
    assert words(stage.at(stage.now_ms + 50)) == ["Cancelled"]


def test_an_order_waits_for_its_own_book(stage):
    stage.place(terms("a", BUY, "1", "100.1", OTHER))
    assert stage.delta(bids=[("99.0", "1")]) == []
    assert fills(stage.snapshot(BIDS, ASKS, OTHER)) == [("a", "1.000", "100.1")]


def test_a_cancel_works_while_the_book_is_not_synced(stage):
    stage.place(terms("rests", BUY, "1", "100.0"))
    stage.lose()
    stage.submit(terms("waits", BUY, "1", "100.1"))
    stage.at(1_000)
    assert stage.cancel("rests")
    assert stage.cancel("waits")
    assert words(stage.at(1_050)) == ["Cancelled", "Cancelled"]
    stage.snapshot(BIDS, ASKS)
    assert stage.at(2_000) == []


def test_an_instrument_without_a_book_waits():
    stage = Stage()
    del stage.books[OTHER.id]
    stage.submit(terms("a", BUY, "1", "100.1", OTHER))
    assert stage.at(1_000) == []
    assert stage.venue.on_market(None, None, 0, stage) is NOTHING


def test_the_next_due_moment_skips_orders_that_wait_for_their_book(stage):
    assert stage.venue.next_due_ns(0) is None
    stage.lose()
    stage.submit(terms("a", BUY, "1", "100.1"))
    assert stage.venue.next_due_ns(0) == 50 * MS
    stage.at(60)
    assert stage.venue.next_due_ns(60 * MS) is None
    stage.cancel("a")
    assert stage.venue.next_due_ns(60 * MS) == 110 * MS
    stage.at(110)
    assert stage.venue.next_due_ns(0) is None


def test_events_that_move_no_order_decide_nothing(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    book = stage.books[PERP.id]
    mark = MarkPrice(PERP.id, D(1), None, None, None, 0)
    for event in (mark, FeedStatus("test", up=False, reason="", ts_recv_ns=0)):
        assert stage.venue.on_market(event, book, 0, stage) is NOTHING
    assert stage.trade("90.0", "9", SELL, OTHER) == []


def test_a_second_order_of_the_same_id_is_never_executed(stage):
    order = terms("a", BUY, "0.5", "100.1")
    stage.place(order)
    stage.place(order)
    stage.place(terms("a", SELL, "5", "100.0"))
    assert fills(stage.log) == [("a", "0.500", "100.1")]


def test_a_decision_that_is_not_committed_has_not_happened(stage):
    stage.submit(terms("a", BUY, "3", "100.1"))
    first = stage.venue.on_time(50 * MS, 7, stage.books, stage)
    again = stage.venue.on_time(50 * MS, 7, stage.books, stage)
    assert words(first.outcomes) == ["Accepted", "Filled"]
    assert again.outcomes == first.outcomes
    with pytest.raises(StaleDecision):
        stage.venue.commit(first)
    stage.venue.commit(again)
    with pytest.raises(StaleDecision):
        stage.venue.commit(again)
    assert stage.venue.on_time(60 * MS, 7, stage.books, stage) is NOTHING


def test_a_dropped_fill_leaves_the_resting_order_whole(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    book = stage.books[PERP.id]
    stage.delta(bids=[("100.0", "0")])
    trade = _trade(stage, "99.9", "0.4")
    dropped = stage.venue.on_market(trade, book, 0, stage)
    taken = stage.venue.on_market(_trade(stage, "99.9", "1"), book, 0, stage)
    assert [o.fill.id for o in (*dropped.outcomes, *taken.outcomes)] == ["a-1", "a-1"]
    assert taken.outcomes[0].fill.quantity == D(1)


def _trade(stage, price, quantity):
    return Trade(PERP.id, 1, PERP.ticks(price), PERP.lots(quantity), SELL, 0, stage.now_ms)


def test_a_restart_puts_live_orders_back_behind_everything(stage):
    stage.place(terms("part", BUY, "2", "100.0"))
    stage.trade("99.9", "0.5", SELL)
    stage.place(terms("done", BUY, "0.1", "100.1"))
    stage.submit(terms("pending", BUY, "1"), "103")
    stage.restart()
    assert stage.trade("99.9", "9", SELL) == []  # no book yet, nothing fills
    stage.snapshot([("100.0", "3")], [("100.3", "2")])
    assert stage.venue.queue_ahead("part") == D(3)
    assert fills(stage.at(stage.now_ms + 50)) == [("pending", "1.000", "100.3")]
    outcomes = stage.trade("100.0", "4", SELL)
    assert [(o.fill.id, o.fill.quantity) for o in outcomes] == [("part-2", D(1))]
    assert fills(stage.trade("100.0", "9", SELL)) == [("part", "0.500", "100.0")]
    stage.submit(terms("done", BUY, "1", "100.3"))
    assert stage.at(stage.now_ms + 50) == []


def test_a_restart_in_the_middle_of_an_immediate_order_cancels_its_rest(stage):
    stage.submit(terms("a", BUY, "3"), "100.2")
    decision = stage.venue.on_time(50 * MS, 0, stage.books, stage)
    for outcome in decision.outcomes[:2]:  # the journal ends before the second fill
        stage.orders["a"] = apply(stage.orders["a"], outcome)
    stage.restart()
    assert reasons(stage.at(51)) == [
        "the desk restarted before the rest of this immediate order was decided"
    ]
    assert (stage.orders["a"].status, stage.orders["a"].filled) == (OrderStatus.CANCELLED, D(1))


def test_a_resting_order_that_the_instrument_can_no_longer_count_is_cancelled(stage):
    stage.place(terms("a", BUY, "1.001", "100.0"))
    stage.trade("99.9", "0.5", SELL)
    stage.instruments[PERP.id] = replace(PERP, lot_size=D("0.01"))
    stage.restart()
    outcomes = stage.at(stage.now_ms)
    assert [(o.filled, "off the 0.01 lot" in o.reason) for o in outcomes] == [(D("0.5"), True)]
    assert stage.orders["a"].status is OrderStatus.CANCELLED


def test_a_restored_order_that_the_market_has_passed_is_filled_at_its_price(stage):
    stage.place(terms("a", BUY, "1", "100.0"))
    stage.restart()
    assert fills(stage.snapshot([("98.0", "1")], [("98.5", "0.6")])) == [("a", "0.600", "100.0")]
