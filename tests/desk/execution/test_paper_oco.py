"""Two orders of which one cancels the other, at the paper venue: never both."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_stage import BUY, PERP, SELL, Stage, fills, reasons, terms, words

from desk.execution.outcome import Cancelled, Filled
from desk.model.orders import OrderStatus, OrderType, TimeInForce

S = OrderStatus
STOP = OrderType.STOP


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot([("99.9", "5"), ("98.9", "5")], [("100.1", "5"), ("101.0", "5")])
    stage.mark("100")
    return stage


def pair(stage, quantity="2", limit="101", trigger="99", **changes):
    """A limit above and a stop below."""
    stage.submit(terms("x-1", SELL, quantity, limit, oco="x", **changes))
    stage.submit(
        terms("x-2", SELL, quantity, None, type=STOP, trigger=D(trigger), oco="x", **changes)
    )
    return stage.at(stage.now_ms + 50)


def states(stage):
    return [stage.orders[name].status for name in ("x-1", "x-2")]


def test_both_work_until_one_fills(stage):
    assert words(pair(stage)) == ["Accepted", "Accepted"]
    assert states(stage) == [S.WORKING, S.WAITING]


def test_the_limit_fills_and_the_stop_is_gone_in_the_same_decision(stage):
    pair(stage)
    outcomes = stage.trade("101.1", "9", BUY)
    assert words(outcomes) == ["Filled", "Cancelled"]
    assert reasons(outcomes) == ["x-1 has filled, of which it is the alternative"]
    assert stage.mark("90") == []
    assert states(stage) == [S.FILLED, S.CANCELLED]


def test_the_stop_fills_and_the_limit_is_gone_before_its_next_level(stage):
    pair(stage, "7")
    stage.delta(bids=[("99.0", "3")])
    outcomes = stage.mark("99")
    assert words(outcomes)[:3] == ["Triggered", "Filled", "Cancelled"]
    assert [o.order_id for o in outcomes if isinstance(o, Cancelled)] == ["x-1"]
    assert sum(o.fill.quantity for o in outcomes if isinstance(o, Filled)) == 7
    assert stage.trade("102", "9", BUY) == []


def test_a_fill_in_part_ends_the_other_and_the_rest_works_on(stage):
    pair(stage)
    assert words(stage.trade("101.1", "0.5", BUY)) == ["Filled", "Cancelled"]
    assert states(stage) == [S.PARTIALLY_FILLED, S.CANCELLED]
    assert fills(stage.trade("101.1", "9", BUY)) == [("x-1", "1.500", "101.0")]


def test_a_print_that_reaches_both_fills_the_better_placed_alone(stage):
    stage.submit(terms("x-1", SELL, "1", "101", oco="x"))
    stage.submit(terms("x-2", SELL, "1", "100.5", oco="x"))
    stage.at(50)
    outcomes = stage.trade("102", "9", BUY)
    assert fills(outcomes) == [("x-2", "1.000", "100.5")]
    assert states(stage) == [S.CANCELLED, S.FILLED]


def test_a_book_that_comes_to_both_fills_one(stage):
    stage.submit(terms("x-1", SELL, "1", "101", oco="x"))
    stage.submit(terms("x-2", SELL, "1", "100.5", oco="x"))
    stage.at(50)
    outcomes = stage.snapshot([("102", "9")], [("102.1", "9")])
    assert fills(outcomes) == [("x-2", "1.000", "100.5")]


def test_two_that_would_take_on_arrival_are_one_fill(stage):
    stage.submit(terms("x-1", SELL, "1", "99.9", oco="x"))
    stage.submit(terms("x-2", SELL, "1", None, oco="x", tif=TimeInForce.IOC), collar="90")
    assert words(stage.at(50)) == ["Accepted", "Filled", "Cancelled"]
    assert states(stage) == [S.FILLED, S.CANCELLED]


def test_two_that_waited_for_a_book_are_one_fill(stage):
    stage.lose()
    stage.submit(terms("x-1", SELL, "1", "99.9", oco="x"))
    stage.submit(terms("x-2", SELL, "1", "99.8", oco="x"))
    stage.at(50)
    outcomes = stage.snapshot([("99.9", "5")], [("100.1", "5")])
    assert words(outcomes) == ["Accepted", "Filled", "Cancelled"]


def test_a_stop_that_is_triggered_and_waits_for_a_book_goes_with_the_fill_of_the_limit(stage):
    pair(stage)
    stage.lose()
    assert words(stage.mark("99")) == ["Triggered"]
    outcomes = stage.snapshot([("101", "9")], [("101.1", "9")])
    assert fills(outcomes) == [("x-1", "2.000", "101.0")]
    assert states(stage) == [S.FILLED, S.CANCELLED]


def test_an_amendment_on_its_way_is_refused_with_the_end(stage):
    pair(stage)
    stage.amend("x-2", trigger="98")
    outcomes = stage.trade("101.1", "9", BUY)
    assert words(outcomes) == ["Filled", "AmendRefused", "Cancelled"]
    assert stage.at(500) == []


def test_one_that_is_cancelled_leaves_the_other_alone(stage):
    pair(stage)
    stage.cancel("x-1")
    assert words(stage.at(stage.now_ms + 50)) == ["Cancelled"]
    assert states(stage) == [S.CANCELLED, S.WAITING]
    assert words(stage.mark("99")) == ["Triggered", "Filled"]


def test_a_decision_that_is_dropped_leaves_both(stage):
    pair(stage)
    from desk.model.market_data import Trade

    trade = Trade(PERP.id, 1, PERP.ticks(D("101.1")), PERP.lots(D(9)), BUY, 0, 0)
    stage.venue.on_market(trade, stage.books[PERP.id], 0, stage)
    assert states(stage) == [S.WORKING, S.WAITING]
    assert words(stage.mark("98.9"))[:3] == ["Triggered", "Filled", "Cancelled"]


def test_a_pair_survives_a_restart(stage):
    pair(stage)
    stage.restart()
    stage.snapshot([("99.9", "5")], [("100.1", "5")])
    assert words(stage.trade("101.1", "1", BUY)) == ["Filled", "Cancelled"]
    stage.restart()
    stage.snapshot([("98.9", "5")], [("100.1", "5")])
    assert stage.mark("98") == []
    assert states(stage) == [S.PARTIALLY_FILLED, S.CANCELLED]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(985, 1015), st.integers(1, 40)),
        st.tuples(st.just("mark"), st.integers(985, 1015), st.just(0)),
        st.tuples(st.just("book"), st.integers(985, 1015), st.integers(1, 40)),
        st.tuples(st.just("lose"), st.just(0), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 80), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(1, 2), st.just(0)),
        st.tuples(st.just("amend"), st.integers(1, 2), st.integers(1, 40)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


def step(stage, what, number, size):
    price, quantity = str(D(number) / 10), str(D(size) / 10)
    match what:
        case "trade":
            stage.trade(price, quantity, BUY)
        case "mark":
            stage.mark(price)
        case "book":
            stage.snapshot([(price, quantity)], [(str(D(number + 1) / 10), quantity)])
        case "lose":
            stage.lose()
        case "wait":
            stage.at(stage.now_ms + number)
        case "cancel":
            stage.cancel(f"x-{number}")
        case "amend":
            known = stage.orders[f"x-{number}"]
            if known.is_live and known.amending is None:
                stage.amend(known.id, quantity=quantity)
        case _:
            stage.restart()


@settings(max_examples=80)
@given(STEPS, st.integers(995, 1012), st.integers(988, 1005))
def test_whatever_happens_only_one_of_the_two_ever_fills(steps, limit, trigger):
    stage = Stage()
    stage.snapshot([("99.9", "2")], [("100.1", "2")])
    stage.mark("100")
    pair(stage, limit=str(D(limit) / 10), trigger=str(D(trigger) / 10))
    for one in steps:
        step(stage, *one)
        filled = [name for name in ("x-1", "x-2") if stage.orders[name].filled]
        assert len(filled) <= 1
        if filled:
            assert not stage.orders["x-1" if filled == ["x-2"] else "x-2"].is_live
