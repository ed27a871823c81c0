"""Amending at the paper venue: the queue, the races, the answers."""

from decimal import Decimal as D
from itertools import permutations

import pytest
from paper_stage import BUY, PERP, SELL, Stage, fills, reasons, terms, words

from desk.model.orders import OrderStatus, OrderType, TimeInForce

S = OrderStatus


@pytest.fixture
def stage():
    """An own bid for 4 at 99.9, behind 3 of others."""
    stage = Stage()
    stage.snapshot([("99.9", "3"), ("99.8", "3")], [("100.1", "3")])
    stage.place(terms("a", BUY, "4", "99.9"))
    return stage


def amended(stage, **changes):
    """Amend and let it arrive; return the outcomes."""
    assert stage.amend("a", **changes)
    return stage.at(stage.now_ms + 50) + stage.at(stage.now_ms + 70)


def test_nothing_changes_before_the_latency_has_passed(stage):
    stage.amend("a", quantity="1")
    assert stage.at(99) == []
    assert stage.orders["a"].terms.quantity == 4
    assert words(stage.at(100)) == ["Amended"]
    assert stage.orders["a"].terms.quantity == 1
    assert stage.orders["a"].amending is None


def test_less_of_it_at_the_same_price_keeps_the_place(stage):
    stage.trade("99.9", "2", SELL)
    assert words(amended(stage, quantity="2")) == ["Amended"]
    assert stage.venue.queue_ahead("a") == D(1)
    assert fills(stage.trade("99.9", "4", SELL)) == [("a", "2.000", "99.9")]


@pytest.mark.parametrize("changes", [{"quantity": "5"}, {"price": "99.8"}])
def test_more_of_it_or_another_price_goes_to_the_back(stage, changes):
    stage.trade("99.9", "3", SELL)
    assert stage.venue.queue_ahead("a") == 0
    assert words(amended(stage, **changes)) == ["Amended"]
    assert stage.venue.queue_ahead("a") == D(3)


def test_less_of_it_at_another_price_goes_to_the_back_as_well(stage):
    amended(stage, quantity="1", price="99.8")
    assert stage.venue.queue_ahead("a") == D(3)


def test_it_goes_behind_own_orders_too(stage):
    stage.place(terms("b", BUY, "1", "99.9"))
    amended(stage, quantity="5")
    assert fills(stage.trade("99.8", "2", SELL)) == [("b", "1.000", "99.9"), ("a", "1.000", "99.9")]


def test_a_price_that_crosses_takes(stage):
    outcomes = amended(stage, price="100.1")
    assert words(outcomes) == ["Amended", "Filled"]
    assert fills(outcomes) == [("a", "3.000", "100.1")]
    assert stage.orders["a"].remaining == 1


def test_a_post_only_order_that_would_take_ends():
    stage = Stage()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    stage.place(terms("a", BUY, "4", "99.9", post_only=True))
    outcomes = amended(stage, price="100.1")
    assert words(outcomes) == ["Amended", "Cancelled"]
    assert reasons(outcomes) == ["post-only: it would take liquidity at 100.1"]


def test_what_has_filled_counts(stage):
    stage.trade("99.9", "4", SELL)
    assert stage.orders["a"].filled == 1
    amended(stage, quantity="2")
    assert stage.orders["a"].remaining == 1
    assert fills(stage.trade("99.8", "9", SELL)) == [("a", "1.000", "99.9")]
    assert stage.orders["a"].status is S.FILLED


@pytest.mark.parametrize("printed", ["4", "5"])
def test_an_order_that_filled_as_much_meanwhile_ends(stage, printed):
    stage.amend("a", quantity="1")
    stage.trade("99.9", printed, SELL)
    outcomes = stage.at(100)
    assert words(outcomes) == ["AmendRefused", "Cancelled"]
    filled = {"4": "1", "5": "2"}[printed]
    assert reasons(outcomes)[-1:] == [f"amended to 1, of which {filled} had filled"]
    assert stage.orders["a"].filled == D(filled)
    assert not stage.orders["a"].is_live


def test_an_order_that_filled_wholly_meanwhile_says_so_once(stage):
    stage.amend("a", quantity="9")
    outcomes = stage.trade("99.8", "20", SELL)
    assert words(outcomes) == ["AmendRefused", "Filled"]
    assert outcomes[0].reason == "it had filled before it could be amended"
    assert stage.at(500) == []
    assert stage.orders["a"].status is S.FILLED


@pytest.mark.parametrize("first", ["cancel", "amend"])
def test_a_cancel_and_an_amendment_end_in_a_cancel(stage, first):
    for what in (first, {"cancel": "amend", "amend": "cancel"}[first]):
        assert stage.cancel("a") if what == "cancel" else stage.amend("a", quantity="9")
    stage.at(100)
    stage.at(120)
    assert stage.orders["a"].status is S.CANCELLED
    assert stage.orders["a"].amending is None


STEPS = {
    "amend": lambda stage, quantity: stage.amend("a", quantity=quantity),
    "cancel": lambda stage, _: stage.cancel("a"),
    "print": lambda stage, _: stage.trade("100", "2", BUY),
    "wait": lambda stage, _: stage.at(stage.now_ms + 60),
    "trigger": lambda stage, _: stage.mark("99.5"),
}


@pytest.mark.parametrize("quantity", ["1", "2", "9"])
def test_whatever_comes_first_it_is_never_filled_beyond_what_it_is(quantity):
    """A stop-limit that is amended, cancelled, triggered and traded through, in every order."""
    ends = set()
    for order in permutations(STEPS):
        stage = Stage()
        stage.snapshot([("99.9", "1"), ("99.8", "3")], [("100.1", "3")])
        stage.mark("100")
        stage.place(terms("a", SELL, "4", "99.8", type=OrderType.STOP_LIMIT, trigger=D("99.5")))
        for step in order:
            STEPS[step](stage, quantity)
        for _ in range(4):
            stage.at(stage.now_ms + 30)
        end = stage.orders["a"]
        assert not end.is_live
        assert end.amending is None
        assert end.filled <= max(D(4), D(quantity))
        ends.add(end.status)
    assert ends == {S.CANCELLED, S.FILLED}


def test_an_order_on_its_way_is_amended_after_it_has_arrived():
    stage = Stage()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    stage.submit(terms("a", BUY, "4", "99.9"))
    stage.amend("a", quantity="1")
    assert words(stage.at(50)) == ["Accepted", "Amended"]
    assert stage.venue.queue_ahead("a") == D(3)


def test_a_waiting_order_takes_its_new_trigger():
    stage = Stage()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    stage.mark("100")
    stage.place(terms("a", SELL, "1", None, type=OrderType.STOP, trigger=D(98)))
    assert words(amended(stage, trigger="99")) == ["Amended"]
    assert stage.orders["a"].status is S.WAITING
    assert words(stage.mark("99"))[0] == "Triggered"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": "1.0001"}, "BTCUSDT-PERP.TEST: quantity 1.0001 is off the 0.001 lot"),
        ({"price": "99.95"}, "BTCUSDT-PERP.TEST: price 99.95 is off the 0.1 tick"),
        ({"price": "-1"}, "a limit order needs a positive price"),
    ],
)
def test_what_the_venue_cannot_read_it_refuses_and_the_order_works_on(stage, changes, reason):
    (refused,) = amended(stage, **changes)
    assert (refused.number, refused.reason) == (1, reason)
    assert stage.orders["a"].status is S.WORKING
    assert stage.venue.queue_ahead("a") == D(3)
    assert words(amended(stage, quantity="1")) == ["Amended"]


def test_an_order_that_is_gone_cannot_be_amended(stage):
    amendment = amended(stage, quantity="1")[0].amendment
    stage.cancel("a")
    stage.at(500)
    assert stage.venue.amend(amendment, 0) is False


def test_an_amendment_on_its_way_is_asked_for_again_after_a_restart(stage):
    stage.amend("a", quantity="1")
    stage.restart()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    assert words(stage.at(stage.now_ms + 50)) == ["Amended"]
    assert stage.orders["a"].terms.quantity == 1
    assert fills(stage.trade("99.8", "9", SELL)) == [("a", "1.000", "99.9")]


def test_a_restart_keeps_what_an_order_was_amended_to(stage):
    amended(stage, price="99.8", quantity="2")
    stage.restart()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    assert fills(stage.trade("99.7", "9", SELL)) == [("a", "2.000", "99.8")]


def test_immediate_orders_stay_as_they_are():
    stage = Stage()
    stage.snapshot([("99.9", "3")], [("100.1", "3")])
    stage.place(terms("a", BUY, "1", "100.1", tif=TimeInForce.IOC))
    assert PERP.id in stage.books
    assert stage.orders["a"].status is S.FILLED
