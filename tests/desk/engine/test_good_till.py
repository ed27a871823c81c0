"""Orders that are good till a moment, on the real engine."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, START_MS, Trader, order

from desk.model.command import Quantity
from desk.model.commands import AmendOrder
from desk.model.events import Acknowledged, Denied, OrderChanged
from desk.model.orders import OrderStatus, OrderType, Side, TimeInForce

DAY_MS = 86_400_000
GTD = TimeInForce.GTD


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


def denials(events):
    return [(d.code, d.message) for e in events if isinstance(e, Denied) for d in e.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tif": GTD}, "A GTD order says until when it is good."),
        ({"expires_ms": START_MS + 1000}, "Only a GTD order is good until a moment."),
        (
            {"tif": TimeInForce.IOC, "expires_ms": START_MS + 1000},
            "Only a GTD order is good until a moment.",
        ),
        (
            {"tif": GTD, "expires_ms": START_MS},
            "The moment until which it would be good is past.",
        ),
        ({"tif": GTD, "good_for_s": 0}, "The moment until which it would be good is past."),
        ({"tif": GTD, "good_for_s": -9}, "The moment until which it would be good is past."),
        (
            {"tif": GTD, "expires_ms": START_MS + 366 * DAY_MS + 1},
            "An order is good for a year at most.",
        ),
        ({"tif": GTD, "good_for_s": 366 * 86_400 + 1}, "An order is good for a year at most."),
        (
            {"tif": GTD, "good_for_s": 9, "expires_ms": START_MS + 9000},
            "It is good until a moment or for a time, not both.",
        ),
    ],
)
def test_a_moment_that_makes_no_sense_is_denied_in_a_sentence(trader, fields, message):
    assert denials(trader.buy("1", "59000", **fields)) == [("EXPIRY", message)]
    assert not trader.state.orders


def test_a_market_order_is_never_good_till_a_moment(trader):
    given = {"tif": GTD, "good_for_s": 60}
    assert denials(trader.buy("1", None, **given)) == [("TIF", "A market order is IOC or FOK.")]


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63])
def test_a_number_that_no_journal_holds_is_denied(trader, number):
    for name in ("expires_ms", "good_for_s"):
        ((code, _),) = denials(trader.buy("1", "59000", tif=GTD, **{name: number}))
        assert code == "NUMBER"


def test_it_is_cancelled_at_its_moment_which_is_counted_from_when_it_was_taken(trader):
    assert acked(trader.buy("1", "59000", id="g", tif=GTD, good_for_s=5400, post_only=True))
    until_ms = trader.wall_ms + 5_400_000
    assert trader.state.orders["g"].terms.expires_ms == until_ms
    trader.run(60)
    assert trader.state.orders["g"].status is OrderStatus.WORKING
    trader.tick(until_ms - trader.wall_ms - 1)
    assert trader.state.orders["g"].is_live
    trader.tick(1)
    assert trader.state.orders["g"].status is OrderStatus.CANCELLED
    said = [e for e in trader.events if isinstance(e, OrderChanged)][-1]
    # START_MS is 2026-11-18 11:06:40 UTC, and 1 ms of latency steps come on top of it.
    assert said.reason == "its time was up: it was good till 2026-11-18 12:36:40 UTC"
    assert trader.rows[-1].entry.type == "cancelled"


def test_the_same_command_again_is_the_same_order_though_time_has_passed(trader):
    trader.buy("1", "59000", id="g", tif=GTD, good_for_s=600)
    rows = len(trader.rows)
    trader.run(2000, step=500)
    assert trader.buy("1", "59000", id="g", tif=GTD, good_for_s=600)[-1].data["repeated"] is True
    again = trader.restarted(wall_ms=trader.wall_ms)
    assert again.buy("1", "59000", id="g", tif=GTD, good_for_s=600)[-1].data["repeated"] is True
    assert len(again.rows) == rows + 1  # the acceptance


def test_a_stuck_key_is_seen_though_each_is_good_till_another_moment(trader):
    trader.buy("1", "59000", id="a", tif=GTD, good_for_s=600)
    ((code, _),) = denials(trader.buy("1", "59000", id="b", tif=GTD, good_for_s=600))
    assert code == "REPEATED"


def test_a_stop_may_be_good_till_a_moment_and_margin_is_free_after_it(trader):
    trader.buy("1", None, id="s", type=OrderType.STOP, trigger=D(62000), tif=GTD, good_for_s=60)
    trader.run(60)
    assert trader.desk.figures("perp-1").order_margin > 0
    trader.tick(60_000)
    assert trader.state.orders["s"].status is OrderStatus.CANCELLED
    assert trader.desk.figures("perp-1").order_margin == 0


def test_expiry_while_the_desk_was_down_comes_before_any_fill(trader):
    trader.buy("1", "59000", id="g", tif=GTD, good_for_s=60)
    trader.buy("1", "58900", id="c")
    trader.run(60)
    again = trader.restarted(wall_ms=trader.wall_ms + 61_000)
    again.book(bids=(("58800", "9"),), asks=(("58801", "9"),))
    assert again.state.orders["g"].status is OrderStatus.CANCELLED
    assert again.state.orders["g"].filled == 0
    assert again.state.orders["c"].status is OrderStatus.FILLED


def test_a_restart_after_every_row_ends_the_same(trader):
    trader.buy("1", "59000", id="g", tif=GTD, good_for_s=60)
    trader.run(60)
    trader.trade("58999", "0.4")
    trader.tick(60_000)
    assert trader.state.orders["g"].status is OrderStatus.CANCELLED
    assert trader.restarted().state.hash() == trader.state.hash()
    sent = 1 + [row.entry.type for row in trader.rows].index("order")
    for cut in range(sent, len(trader.rows) + 1):
        again = Trader(trader.rows[:cut], wall_ms=trader.wall_ms)
        again.tick()
        assert again.state.orders["g"].status is OrderStatus.CANCELLED
        assert again.state.orders["g"].filled in {D(0), D("0.4")}


def test_price_and_quantity_are_amended_and_the_moment_stays(trader):
    trader.buy("1", "59000", id="g", tif=GTD, good_for_s=60)
    trader.run(60)
    before = trader.state.orders["g"].terms.expires_ms
    amend = AmendOrder(id="a", order_id="g", price=D(58900), quantity=Quantity(D(2)))
    assert acked(trader.give(amend))
    trader.run(60)
    terms = trader.state.orders["g"].terms
    assert (terms.price, terms.quantity, terms.expires_ms) == (D(58900), D(2), before)


def test_an_immediate_order_is_as_it_was(trader):
    trader.give(order(Side.BUY, "1", "60000", id="i", tif=TimeInForce.IOC))
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 1
