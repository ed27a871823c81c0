from decimal import Decimal as D

import pytest
from paper_stage import BUY, PERP, SELL, Stage, fills, reasons, terms, words

from desk.model.orders import OrderStatus, TimeInForce

GONE = "reduce-only: there is no position left for it to reduce"


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot([("100.0", "2"), ("99.9", "2")], [("100.1", "2"), ("100.2", "2")])
    return stage


def hold(stage, quantity, account="perp-1"):
    stage.positions[account, PERP.id] = D(quantity)


def reducing(order_id, side, quantity, price=None, **changes):
    return terms(order_id, side, quantity, price, reduce_only=True, **changes)


def test_a_reducing_taker_is_cut_to_the_position(stage):
    hold(stage, "2.5")
    outcomes = stage.place(reducing("a", SELL, "4"), "99")
    assert fills(outcomes) == [("a", "2.000", "100.0"), ("a", "0.500", "99.9")]
    assert reasons(outcomes) == [GONE]
    assert stage.position("perp-1", PERP.id) == 0


@pytest.mark.parametrize("held", ["0", "-1"], ids=["flat", "on-the-other-side"])
def test_without_a_position_to_reduce_nothing_is_done(stage, held):
    hold(stage, held)
    assert words(stage.place(reducing("a", SELL, "1"), "99")) == ["Cancelled"]
    assert stage.orders["a"].reason == GONE


def test_the_position_is_the_orders_own_account_s(stage):
    hold(stage, "5", account="perp-2")
    assert reasons(stage.place(reducing("a", SELL, "1"), "99")) == [GONE]


def test_all_or_nothing_means_all_of_the_position(stage):
    hold(stage, "-3")
    order = reducing("a", BUY, "9", "100.2", tif=TimeInForce.FOK)
    assert fills(stage.place(order)) == [("a", "2.000", "100.1"), ("a", "1.000", "100.2")]


def test_orders_that_act_together_reduce_one_position_once(stage):
    hold(stage, "1")
    stage.submit(reducing("a", SELL, "0.7"), "99")
    stage.submit(reducing("b", SELL, "0.7"), "99")
    assert fills(stage.at(50)) == [("a", "0.700", "100.0"), ("b", "0.300", "100.0")]
    assert stage.orders["b"].status is OrderStatus.CANCELLED


def test_one_print_closes_a_position_once(stage):
    hold(stage, "1")
    stage.place(reducing("a", SELL, "0.7", "100.3"))
    stage.place(reducing("b", SELL, "0.7", "100.4"))
    outcomes = stage.trade("100.5", "9", BUY)
    assert fills(outcomes) == [("a", "0.700", "100.3"), ("b", "0.300", "100.4")]
    assert reasons(outcomes) == [GONE]


def test_a_resting_reducing_order_ends_when_its_position_is_gone(stage):
    hold(stage, "1")
    stage.place(reducing("a", SELL, "1", "100.3"))
    hold(stage, "0.4")
    assert stage.delta(bids=[("99.0", "1")]) == []
    hold(stage, "0")
    assert reasons(stage.delta(bids=[("99.0", "2")])) == [GONE]


def test_a_resting_reducing_order_does_not_reduce_the_next_position(stage):
    hold(stage, "1")
    stage.place(reducing("a", SELL, "1", "100.3"))
    hold(stage, "-1")
    outcomes = stage.trade("100.4", "9", SELL)
    assert (fills(outcomes), reasons(outcomes)) == ([], [GONE])


def test_a_partly_filled_reducing_order_rests_with_what_is_left(stage):
    hold(stage, "3")
    assert words(stage.place(reducing("a", SELL, "5", "100.0"))) == ["Accepted", "Filled"]
    assert fills(stage.trade("100.1", "9", BUY)) == [("a", "1.000", "100.0")]
    assert stage.orders["a"].reason == GONE


@pytest.mark.parametrize("by_print", [True, False], ids=["print", "book"])
def test_an_order_that_ended_is_not_revived_by_a_fill_of_the_same_moment(stage, by_print):
    stage.snapshot([("100.0", "2")], [("100.6", "2")])
    hold(stage, "1")
    stage.place(terms("opens", BUY, "1", "100.5"))
    stage.place(reducing("a", SELL, "1", "100.3"))
    hold(stage, "0")
    if by_print:
        outcomes = stage.trade("100.4", "9", SELL)
    else:
        outcomes = stage.delta(bids=[("100.4", "9")], asks=[("100.5", "9")])
    assert reasons(outcomes) == [GONE]
    assert fills(outcomes) == [("opens", "1.000", "100.5")]
