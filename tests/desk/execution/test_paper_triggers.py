"""Orders that wait for a mark, held by the paper venue."""

from decimal import Decimal as D

import pytest
from paper_stage import BUY, PERP, SELL, Stage, fills, reasons, terms, words

from desk.model.orders import OrderStatus, OrderType

STOP, LIMITED, PROFIT = OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT
S = OrderStatus


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot([("99.9", "5"), ("99.0", "5")], [("100.1", "5"), ("101.0", "5")])
    stage.mark("100")
    return stage


def waiting(side, trigger, type_=STOP, quantity="1", price=None, **changes):
    return terms("s", side, quantity, price, type=type_, trigger=D(trigger), **changes)


@pytest.mark.parametrize(
    ("side", "type_", "trigger", "short_of", "there"),
    [
        (SELL, STOP, "98", "98.01", "98"),
        (BUY, STOP, "102", "101.99", "102"),
        (SELL, PROFIT, "102", "101.99", "102"),
        (BUY, PROFIT, "98", "98.01", "98"),
        (SELL, STOP, "98", "98.01", "90"),
        (BUY, STOP, "102", "101.99", "110"),
    ],
)
def test_it_waits_until_the_mark_has_come_to_its_trigger(
    stage, side, type_, trigger, short_of, there
):
    assert words(stage.place(waiting(side, trigger, type_))) == ["Accepted"]
    assert stage.orders["s"].status is S.WAITING
    assert stage.mark(short_of) == []
    outcomes = stage.mark(there)
    assert words(outcomes) == ["Triggered", "Filled"] or words(outcomes)[0] == "Triggered"
    assert outcomes[0].mark == D(there)
    assert outcomes[0].collar_price == D(there) * (1 + D("0.03") * side.sign)


def test_a_triggered_stop_takes_up_to_its_collar_and_ends(stage):
    stage.place(waiting(SELL, "99.5", quantity="12"))
    outcomes = stage.mark("99.5")
    assert fills(outcomes) == [("s", "5.000", "99.9"), ("s", "5.000", "99.0")]
    assert reasons(outcomes) == ["market order: nothing more in the book up to the collar of 96.6"]
    assert stage.orders["s"].status is S.CANCELLED


def test_a_triggered_stop_limit_rests_at_its_price(stage):
    stage.place(waiting(SELL, "99.5", LIMITED, "7", "99.5"))
    outcomes = stage.mark("99.5")
    assert words(outcomes) == ["Triggered", "Filled"]
    assert outcomes[0].collar_price is None
    assert stage.orders["s"].status is S.PARTIALLY_FILLED
    assert fills(stage.trade("99.6", "9", BUY)) == [("s", "2.000", "99.5")]


def test_a_waiting_order_is_in_no_book(stage):
    stage.place(waiting(SELL, "98", LIMITED, "1", "98"))
    assert stage.trade("103", "50", BUY) == []
    assert stage.delta(bids=[("100", "9")]) == []
    assert stage.venue.queue_ahead("s") is None


def test_a_mark_that_is_not_fresh_triggers_nothing(stage):
    stage.place(waiting(SELL, "98"))
    stage.marks.clear()
    assert stage.trade("97", "1", SELL) == []
    assert stage.delta(bids=[("97", "1")]) == []
    assert stage.orders["s"].status is S.WAITING
    assert words(stage.mark("97"))[0] == "Triggered"


def test_a_stop_that_the_mark_passed_on_its_way_acts_when_it_arrives(stage):
    stage.submit(waiting(SELL, "99.5"))
    assert stage.mark("99") == []
    assert words(stage.at(50)) == ["Accepted", "Triggered", "Filled"]


def test_a_triggered_stop_waits_for_a_book_that_can_be_used(stage):
    stage.place(waiting(SELL, "99.5"))
    stage.lose()
    assert words(stage.mark("99")) == ["Triggered"]
    assert stage.orders["s"].status is S.WORKING
    assert stage.mark("98") == []
    assert fills(stage.snapshot([("98.5", "5")], [("98.6", "5")])) == [("s", "1.000", "98.5")]


def test_a_decision_that_is_dropped_leaves_it_waiting(stage):
    stage.place(waiting(SELL, "99.5"))
    stage.marks[PERP.id] = D("99.5")
    book = stage.books[PERP.id]
    from desk.model.market_data import MarkPrice

    event = MarkPrice(PERP.id, D("99.5"), None, None, None, stage.now_ms, stage.now_ms)
    first = stage.venue.on_market(event, book, 0, stage)
    again = stage.venue.on_market(event, book, 0, stage)
    assert first.outcomes == again.outcomes
    assert [type(o).__name__ for o in first.outcomes] == ["Triggered", "Filled"]


def test_a_reduce_only_stop_is_held_to_the_position(stage):
    stage.positions["perp-1", PERP.id] = D("0.4")
    stage.place(waiting(SELL, "99.5", reduce_only=True))
    outcomes = stage.mark("99.5")
    assert fills(outcomes) == [("s", "0.400", "99.9")]
    assert reasons(outcomes) == ["reduce-only: there is no position left for it to reduce"]


@pytest.mark.parametrize("position", ["0", "-1"])
def test_a_reduce_only_stop_ends_with_the_position(stage, position):
    stage.positions["perp-1", PERP.id] = D(1)
    stage.place(waiting(SELL, "98", reduce_only=True))
    stage.positions["perp-1", PERP.id] = D(position)
    assert words(stage.trade("100", "1", BUY)) == ["Cancelled"]


def test_a_reduce_only_stop_without_a_position_never_begins(stage):
    assert words(stage.place(waiting(SELL, "98", reduce_only=True))) == ["Cancelled"]


def test_a_waiting_order_is_cancelled_like_any_other(stage):
    stage.place(waiting(SELL, "98"))
    stage.cancel("s")
    assert words(stage.at(200)) == ["Cancelled"]
    assert stage.mark("90") == []


@pytest.mark.parametrize("trigger", [None, "0", "-1"])
def test_a_stop_without_a_trigger_is_rejected(stage, trigger):
    given = None if trigger is None else D(trigger)
    stage.submit(terms("s", SELL, "1", None, type=STOP, trigger=given))
    (rejected,) = stage.at(50)
    assert rejected.reason == "it needs a positive trigger"


def test_a_waiting_order_waits_on_after_a_restart(stage):
    stage.place(waiting(SELL, "99.5"))
    stage.restart()
    stage.snapshot([("99.9", "5")], [("100.1", "5")])
    assert stage.orders["s"].status is S.WAITING
    assert words(stage.mark("99.5")) == ["Triggered", "Filled"]


def test_a_triggered_order_acts_after_a_restart_within_its_own_collar(stage):
    stage.place(waiting(SELL, "99.5", quantity="9"))
    stage.lose()
    stage.mark("99")
    stage.restart()
    stage.mark("50")
    outcomes = stage.snapshot([("96.1", "5"), ("96.0", "5")], [("96.2", "5")])
    assert fills(outcomes) == [("s", "5.000", "96.1")]
    assert reasons(outcomes) == ["market order: nothing more in the book up to the collar of 96.1"]


def test_a_triggered_stop_limit_rests_on_after_a_restart(stage):
    stage.place(waiting(SELL, "99.5", LIMITED, "7", "99.5"))
    stage.mark("99.5")
    stage.restart()
    stage.snapshot([("99.0", "5")], [("100.1", "5")])
    assert stage.orders["s"].status is S.PARTIALLY_FILLED
    assert fills(stage.trade("99.6", "9", BUY)) == [("s", "2.000", "99.5")]


def test_the_earlier_of_two_stops_takes_first(stage):
    stage.submit(terms("a", SELL, "4", None, type=STOP, trigger=D(98)))
    stage.submit(terms("b", SELL, "4", None, type=STOP, trigger=D(99)))
    stage.at(50)
    assert fills(stage.mark("97.9")) == [
        ("a", "4.000", "99.9"),
        ("b", "1.000", "99.9"),
        ("b", "3.000", "99.0"),
    ]
