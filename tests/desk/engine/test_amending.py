"""Amending on the real engine: the whole pipeline, the races, the restart."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader

from desk.engine.message import NotCommitted
from desk.model.command import Quantity
from desk.model.commands import AmendOrder, CancelOrder, Kill
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import OrderStatus, OrderType, TimeInForce

S = OrderStatus


@pytest.fixture
def trader():
    """A bid for 1 at 59,000 rests."""
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "59000", id="r")
    trader.run(60)
    return trader


def amend(trader, order_id="r", quantity=None, command_id="a", **changes):
    prices = {name: D(value) for name, value in changes.items()}
    size = None if quantity is None else Quantity(D(quantity))
    return trader.give(AmendOrder(id=command_id, order_id=order_id, quantity=size, **prices))


def denials(events):
    return [(d.code, d.message) for e in events if isinstance(e, Denied) for d in e.denials]


def codes(events):
    return [code for code, _ in denials(events)]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def test_an_amendment_is_journaled_answered_and_keeps_the_id(trader):
    assert acked(amend(trader, price="58900", quantity="2"))
    assert trader.rows[-1].entry.type == "amend"
    assert trader.state.orders["r"].amending is not None
    trader.run(60)
    assert trader.rows[-1].entry.type == "amended"
    terms = trader.state.orders["r"].terms
    assert (terms.price, terms.quantity, trader.state.orders["r"].status) == (
        D(58900),
        D(2),
        S.WORKING,
    )


def test_the_same_command_twice_amends_once(trader):
    amend(trader, quantity="2")
    rows = len(trader.rows)
    assert amend(trader, quantity="2")[-1].data["repeated"] is True
    assert len(trader.rows) == rows
    assert codes(amend(trader, quantity="3")) == ["ID_REUSED"]


@pytest.mark.parametrize(
    ("prepare", "asked", "code", "message"),
    [
        (None, {"order_id": "no"}, "UNKNOWN_ORDER", "There is no order no."),
        ("fill", {"quantity": "2"}, "ORDER_ENDED", "Order r is FILLED already."),
        ("cancel", {"quantity": "2"}, "CANCEL_ASKED", "Order r is being cancelled."),
        ("amend", {"quantity": "3"}, "AMEND_ASKED",
         "Order r is being amended; wait for the answer."),
        (None, {"quantity": "1"}, "AMEND_NOTHING", "Order r is that already."),
        (None, {"price": "59000"}, "AMEND_NOTHING", "Order r is that already."),
        (None, {"trigger": "59000"}, "TRIGGER", "Order r has no trigger."),
        ("part", {"quantity": "0.4"}, "AMEND_FILLED",
         "0.4 of r has filled already: cancel what is left."),
    ],
)  # fmt: skip
def test_what_cannot_be_amended_says_why(trader, prepare, asked, code, message):
    match prepare:
        case "fill":
            trader.trade("58999", "5")
        case "part":
            trader.trade("58999", "0.4")
        case "cancel":
            trader.give(CancelOrder(id="c", order_id="r"))
        case "amend":
            amend(trader, quantity="2", command_id="before")
    assert denials(amend(trader, **asked)) == [(code, message)]


def test_an_immediate_order_and_a_price_beside_a_trigger_are_refused(trader):
    trader.buy("1", "59500", id="i", tif=TimeInForce.IOC)
    assert denials(amend(trader, "i", "2")) == [
        ("AMEND_AT_ONCE", "Order i acts at once: there is nothing to amend.")
    ]
    trader.buy("1", None, id="s", type=OrderType.STOP, trigger=D(61000))
    assert denials(amend(trader, "s", price="62000", trigger="62000")) == [
        ("PRICE", "Order s has no limit price.")
    ]


def test_it_passes_the_pipeline_as_the_order_it_would_become(trader):
    found = codes(amend(trader, price="62000", quantity="45"))
    assert {"PRICE_COLLAR", "MAX_VALUE", "MARGIN_AFTER_FILL", "LEVERAGE_OVER_CAP"} <= set(found)
    assert codes(amend(trader, price="59000.05", command_id="t")) == ["TICK_SIZE"]
    trader.give(Kill(id="k", reason="test"))
    assert codes(amend(trader, quantity="0.5", command_id="h")) == ["CANCEL_ASKED"]


def test_the_old_order_is_out_of_the_way_of_the_new(trader):
    # Nine instead of one fit, nine beside one would not.
    assert acked(amend(trader, quantity="9"))
    trader.run(60)
    assert "MARGIN_AFTER_FILL" in codes(amend(trader, quantity="10", command_id="b"))


def test_until_it_is_answered_margin_is_held_for_the_worse_of_both(trader):
    before = trader.desk.figures("perp-1").order_margin
    assert before == D(11800)
    amend(trader, quantity="3")
    assert trader.desk.figures("perp-1").order_margin == D(35400)
    trader.run(60)
    assert trader.desk.figures("perp-1").order_margin == D(35400)
    amend(trader, quantity="0.5", price="58500", command_id="b")
    assert trader.desk.figures("perp-1").order_margin == D(35400)
    trader.run(60)
    assert trader.desk.figures("perp-1").order_margin == D(5850)


def test_a_selling_order_is_margined_at_the_dearer_price_until_then(trader):
    trader.give(CancelOrder(id="c", order_id="r"))
    trader.run(60)
    trader.sell("1", "61000", id="x")
    trader.run(60)
    amend(trader, "x", price="61500")
    assert trader.desk.figures("perp-1").order_margin == D(12300)
    trader.run(60)
    amend(trader, "x", price="61000", command_id="b")
    assert trader.desk.figures("perp-1").order_margin == D(12300)


def test_what_fills_before_it_arrives_is_never_filled_again(trader):
    amend(trader, quantity="0.4")
    trader.trade("58999", "9")
    assert held(trader) == 1
    trader.run(100)
    trader.trade("58999", "9")
    order = trader.state.orders["r"]
    assert (held(trader), order.status, order.filled) == (D(1), S.FILLED, D(1))
    (said,) = [e for e in trader.events if isinstance(e, Alerted)]
    assert (said.code, said.message) == (
        "AMEND_REFUSED",
        "r was not amended: it had filled before it could be amended.",
    )


def test_what_filled_in_part_before_it_arrives_counts(trader):
    amend(trader, quantity="0.6")
    trader.trade("58999", "0.4")
    trader.run(100)
    trader.trade("58999", "9")
    assert held(trader) == D("0.6")
    assert trader.state.orders["r"].status is S.FILLED


def test_a_bigger_order_never_fills_beyond_it(trader):
    amend(trader, quantity="1.5")
    trader.trade("58999", "0.7")
    trader.run(100)
    trader.mark()
    trader.trade("58999", "9")
    assert held(trader) == D("1.5")


def test_less_keeps_the_place_in_the_queue_and_more_loses_it(trader):
    venue = trader.desk.venue
    trader.delta(bids=(("59000", "3"),))
    trader.buy("2", "59000", id="q")
    trader.run(60)
    trader.trade("59000", "2")  # one of them meets the older own order
    assert venue.queue_ahead("q") == D(2)
    amend(trader, "q", "1")
    trader.run(100)
    assert venue.queue_ahead("q") == D(2)
    amend(trader, "q", "2", command_id="b")
    trader.run(100)
    assert venue.queue_ahead("q") == D(3)


def test_an_amended_order_that_takes_acts_in_the_look_that_amends_it(trader):
    """No later look, which another instrument's traffic would bring, is needed for it."""
    amend(trader, price="60000")
    trader.tick(50)
    assert [row.entry.type for row in trader.rows[-2:]] == ["amended", "fill"]
    assert held(trader) == 1


def test_it_acts_in_that_look_where_nothing_can_be_journaled_as_well(trader):
    amend(trader, price="60000")
    trader.refuse = NotCommitted(full=False, reason="the disk is gone")
    trader.tick(50)
    assert held(trader) == 1


def test_restart_at_every_row_takes_an_amendment_along(trader):
    amend(trader, price="58900", quantity="2")
    trader.run(60)
    amend(trader, quantity="1.5", command_id="b")
    assert trader.restarted().state.hash() == trader.state.hash()
    for cut in range(3, len(trader.rows) + 1):
        again = Trader(trader.rows[:cut])
        asked = again.state.orders["r"].largest if again.state.orders else D(0)
        again.market()
        again.run(100)
        again.trade("58000", "9")
        assert held(again) in {D(1), D(2), D("1.5"), D(0)}
        assert held(again) <= asked
        assert not again.state.live_orders()


def test_a_stop_is_amended_by_its_trigger_or_as_its_price(trader):
    trader.buy("7", "60000", id="e")
    trader.run(60)
    trader.give(CancelOrder(id="c", order_id="r"))
    trader.sell("7", None, id="s", type=OrderType.STOP, trigger=D(58000), reduce_only=True)
    trader.run(60)
    assert acked(amend(trader, "s", price="58500"))
    trader.run(60)
    assert acked(amend(trader, "s", trigger="59000", command_id="b"))
    trader.run(60)
    assert trader.state.orders["s"].terms.trigger == D(59000)
    assert codes(amend(trader, "s", trigger="60000", command_id="w")) == ["WOULD_TRIGGER"]
    beyond = amend(trader, "s", trigger="47000", command_id="l")
    assert codes(beyond) == ["STOP_BEYOND_LIQUIDATION"]
    (limit,) = [d.limit for d in beyond[-1].denials]
    assert acked(amend(trader, "s", trigger=limit, command_id="m"))


@pytest.mark.parametrize(
    ("own", "rests", "amended", "crosses"),
    [
        ("buy", "59000", "59500", "59500"),
        ("buy", "59500", "59000", "59500"),
        ("sell", "61000", "60500", "60500"),
        ("sell", "60500", "61000", "60500"),
    ],
)
def test_until_it_is_amended_an_order_is_ones_own_at_either_price(own, rests, amended, crosses):
    trader = Trader()
    trader.deposit()
    trader.market()
    send, against = (trader.buy, trader.sell) if own == "buy" else (trader.sell, trader.buy)
    send("0.1", rests, id="own")
    trader.run(60)
    assert acked(amend(trader, "own", price=amended))
    assert codes(against("0.01", crosses, id="while")) == ["SELF_MATCH"]
    trader.run(60)
    assert trader.state.orders["own"].terms.price == D(amended)
    left = ["SELF_MATCH"] if amended == crosses else []
    assert codes(against("0.01", crosses, id="after")) == left


def test_while_amended_an_order_counts_its_larger_quantity_beside_others(trader):
    trader.buy("1", "60100", id="open")
    trader.run(60)
    trader.sell("0.2", "61000", id="exit")
    trader.run(60)
    for quantity, price in (("0.8", "61500"), ("0.2", "61600")):  # on the way up, and down again
        assert acked(amend(trader, "exit", quantity, command_id=f"to-{quantity}"))
        assert acked(trader.sell("0.5", price, id=f"beside-{quantity}"))
        assert trader.rows[-1].entry.data["what"]["reduces"] is False
        trader.give(CancelOrder(id=f"c-{quantity}", order_id=f"beside-{quantity}"))
        trader.run(60)
