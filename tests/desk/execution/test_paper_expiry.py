"""Orders that are good till a moment, at the paper venue."""

from decimal import Decimal as D

import pytest
from paper_stage import BUY, SELL, WALL_MS, Stage, fills, reasons, terms, words

from desk.execution.port import NOTHING
from desk.model.market_data import Trade
from desk.model.orders import OrderStatus, OrderType, TimeInForce

UP_AT = 1_000
# date -u -d @1800000001 is 2027-01-15 08:00:01.
SAID = "its time was up: it was good till 2027-01-15 08:00:01 UTC"


def dated(order_id, side, quantity, price, **changes):
    given = {"tif": TimeInForce.GTD, "expires_ms": WALL_MS + UP_AT} | changes
    return terms(order_id, side, quantity, price, **given)


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot([("100.0", "5")], [("100.1", "1"), ("100.2", "4")])
    stage.mark("100")
    return stage


def test_what_is_left_is_cancelled_at_its_moment_and_not_before(stage):
    stage.place(dated("a", BUY, "3", "100.1"))
    assert stage.orders["a"].filled == D(1)
    assert stage.at(UP_AT - 1) == []
    outcomes = stage.at(UP_AT)
    assert reasons(outcomes) == [SAID]
    assert (outcomes[0].filled, stage.orders["a"].status) == (D(1), OrderStatus.CANCELLED)
    assert stage.trade("99", "9", SELL) == []


def test_it_rests_in_the_book_until_then(stage):
    stage.place(dated("a", BUY, "1", "99.9", post_only=True))
    stage.now_ms = UP_AT - 1
    assert fills(stage.trade("99.8", "1", SELL)) == [("a", "1.000", "99.9")]


def test_a_print_at_that_moment_comes_too_late(stage):
    stage.place(dated("a", BUY, "1", "99.9"))
    stage.now_ms = UP_AT
    assert reasons(stage.trade("99.8", "1", SELL)) == [SAID]


def test_a_market_event_alone_ends_it_too_before_it_fills(stage):
    stage.place(dated("a", BUY, "1", "99.9"))
    ticks, lots = stage.instruments["BTCUSDT-PERP.TEST"].ticks(D("99.8")), 9000
    trade = Trade("BTCUSDT-PERP.TEST", 1, ticks, lots, SELL, 0, 0)
    book = stage.books["BTCUSDT-PERP.TEST"]
    decision = stage.venue.on_market(trade, book, WALL_MS + UP_AT, stage)
    assert reasons(decision.outcomes) == [SAID]
    assert words(decision.outcomes) == ["Cancelled"]


def test_one_that_waits_for_its_trigger_expires_and_is_not_triggered_after(stage):
    stage.place(dated("a", SELL, "1", None, type=OrderType.STOP, trigger=D(99)))
    assert stage.orders["a"].status is OrderStatus.WAITING
    stage.now_ms = UP_AT
    assert words(stage.mark("98")) == ["Cancelled"]


def test_one_that_has_not_arrived_never_does(stage):
    stage.submit(dated("a", BUY, "1", "100.1", expires_ms=WALL_MS + 30))
    assert words(stage.at(60)) == ["Cancelled"]


def test_one_that_waits_for_a_book_does_not_act_on_it_when_it_comes_too_late(stage):
    stage.lose()
    stage.place(dated("a", BUY, "1", "100.1"))
    stage.now_ms = UP_AT
    assert words(stage.snapshot([("100.0", "5")], [("100.1", "5")])) == ["Cancelled"]


def test_an_amended_order_keeps_its_moment(stage):
    stage.place(dated("a", BUY, "2", "99.9"))
    stage.amend("a", quantity="1")
    assert words(stage.at(200)) == ["Amended"]
    assert stage.venue.queue_ahead("a") == 0
    assert words(stage.at(UP_AT)) == ["Cancelled"]


def test_an_amendment_that_comes_too_late_is_refused(stage):
    stage.place(dated("a", BUY, "2", "99.9"))
    stage.now_ms = UP_AT - 10
    stage.amend("a", quantity="1")
    assert words(stage.at(UP_AT + 90)) == ["AmendRefused", "Cancelled"]


@pytest.mark.fault("T32")
def test_a_wall_clock_that_is_put_back_revives_nothing(stage):
    stage.place(dated("a", BUY, "1", "99.9"))
    stage.now_ms = UP_AT
    dropped = stage.venue.on_time(UP_AT * 1_000_000, WALL_MS + UP_AT, stage.books, stage)
    assert reasons(dropped.outcomes) == [SAID]  # yet it could not be journaled
    stage.wall_ms -= 3_600_000
    assert reasons(stage.trade("99.8", "1", SELL)) == [SAID]


@pytest.mark.fault("T32")
def test_a_wall_clock_that_is_put_forward_ends_it_early(stage):
    stage.place(dated("a", BUY, "1", "99.9"))
    stage.wall_ms += 3_600_000
    assert reasons(stage.at(60)) == [SAID]


def test_what_expired_while_the_desk_was_down_ends_before_anything_fills(stage):
    stage.place(dated("a", BUY, "1", "99.9"))
    stage.place(terms("b", BUY, "1", "99.9"))
    stage.restart()
    stage.now_ms = UP_AT + 5_000
    outcomes = stage.snapshot([("99.7", "5")], [("99.8", "5")])
    assert words(outcomes) == ["Cancelled", "Filled"]
    assert (outcomes[0].order_id, outcomes[1].order_id) == ("a", "b")


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_ms": None},
        {"tif": TimeInForce.GTC},
        {"expires_ms": 0},
        {"expires_ms": -(10**30)},
        {"expires_ms": 10**30},
    ],
)
def test_a_date_that_is_none_is_refused_by_the_venue(stage, changes):
    stage.submit(dated("a", BUY, "1", "99.9", **changes))
    assert words(stage.at(50)) == ["Rejected"]
    assert stage.venue.on_time(60, WALL_MS * 2, stage.books, stage) == NOTHING
