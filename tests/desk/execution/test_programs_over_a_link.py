"""Ladders, TWAPs, pairs and trailing stops while the link breaks: no part doubled, none lost."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, order
from helpers.linked import Practice, agree, live
from helpers.programs import alerts, ladder, twap

from desk.model.commands import CancelOrder
from desk.model.order_commands import ReversePosition, SubmitOco
from desk.model.orders import OrderStatus, OrderType, Side

S = OrderStatus


def parts(trader, name):
    """Each order of a program: its state and what it filled."""
    return {
        one.id: (one.status, one.filled)
        for one in trader.state.orders.values()
        if one.terms.program == name
    }


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def settled(practice, trader):
    """Reconciled, nothing unknown, the same at both ends, and the same from its journal."""
    live(trader, 9_000)
    assert S.UNKNOWN not in {one.status for one in trader.state.live_orders()}
    assert not trader.state.latches
    agree(practice, trader)
    there = {one.id for one in practice.exchange.orders.values() if one.is_live}
    assert {one.id for one in trader.state.live_orders()} == there
    assert trader.restarted().state.hash() == trader.state.hash()


@pytest.mark.parametrize(("down_s", "end"), [(3, S.WORKING), (8, S.CANCELLED)])
def test_a_ladders_orders_are_all_known_after_an_outage(down_s, end):
    """After five seconds without the desk the exchange cancels what could add risk."""
    practice = Practice()
    trader = practice.ready()
    trader.give(ladder())
    trader.run(100)
    practice.fault(f"down:at=0s:for={down_s}s")
    live(trader, down_s * 1000)
    settled(practice, trader)
    assert [state for state, _ in parts(trader, "L").values()] == [end] * 5


def test_a_ladder_that_is_on_its_way_when_the_link_breaks_is_known_order_by_order():
    practice = Practice()
    trader = practice.ready()
    trader.give(ladder())
    practice.fault("down:at=0s:for=3s")
    live(trader, 3000)
    settled(practice, trader)
    known = parts(trader, "L")
    assert len(known) == 5
    assert {state for state, _ in known.values()} <= {S.WORKING, S.REJECTED}
    trader.give(CancelOrder(id="c", order_id="L"))
    settled(practice, trader)
    assert not trader.state.live_orders()


def test_a_twap_whose_part_falls_into_an_outage_ends_and_says_so():
    practice = Practice()
    trader = practice.ready()
    trader.give(twap("1"))
    live(trader, 8000)
    practice.fault("down:at=0s:for=4s")
    live(trader, 4000)
    settled(practice, trader)
    live(trader, 20_000)
    assert parts(trader, "T") == {"T-1": (S.FILLED, D("0.2"))}
    assert held(trader) == D("0.2")
    (said,) = alerts(trader.events, "TWAP_ENDED")
    assert "part 2 was denied: The venue cannot be reached" in said


def test_a_twap_goes_on_after_an_outage_between_two_parts():
    practice = Practice()
    trader = practice.ready()
    trader.give(twap("1"))
    live(trader, 2000)
    practice.fault("down:at=0s:for=4s")
    live(trader, 40_000)
    settled(practice, trader)
    assert list(parts(trader, "T").values()) == [(S.FILLED, D("0.2"))] * 5
    assert held(trader) == 1


def test_a_part_that_is_on_its_way_when_the_link_breaks_is_sent_once():
    practice = Practice()
    trader = practice.ready()
    trader.give(twap("1"))
    while "T-2" not in trader.state.orders:
        trader.market()
        trader.run(500)
    trader.run(40)
    practice.fault("down:at=0s:for=2s")
    live(trader, 40_000)
    settled(practice, trader)
    filled = [filled for _, filled in parts(trader, "T").values()]
    assert len(filled) == 5
    assert sum(filled) == held(trader)
    assert set(filled) <= {D(0), D("0.2")}


def test_a_twap_that_only_reduces_is_held_in_an_outage_and_goes_on():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e")
    trader.run(100)
    trader.give(twap("1", side=Side.SELL, reduce_only=True))
    live(trader, 8000)
    practice.fault("down:at=0s:for=4s")
    live(trader, 36_000)
    settled(practice, trader)
    assert list(parts(trader, "T").values()) == [(S.FILLED, D("0.2"))] * 5
    assert held(trader) == 0


def test_a_pair_of_which_one_fills_in_an_outage_has_filled_once_and_ended_once():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e")
    trader.run(100)
    like = {"id": "", "reduce_only": True}
    first = order(Side.SELL, "1", "61500", **like)
    second = order(Side.SELL, "1", None, **like, type=OrderType.STOP, trigger=D(58500))
    trader.give(SubmitOco(id="x", first=first, second=second))
    trader.run(100)
    practice.fault("down:at=0s:for=3s")
    live(trader, 1000)
    trader.book(bids=(("61600", "10"),), asks=(("61601", "10"),))
    live(trader, 2000)
    assert held(trader) == 1  # nobody has told the desk yet
    settled(practice, trader)
    assert [trader.state.orders[name].status for name in ("x-1", "x-2")] == [S.FILLED, S.CANCELLED]
    assert held(trader) == 0


def test_a_trailing_stop_that_acts_in_an_outage_has_acted_once():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e")
    trader.run(100)
    trader.sell("1", None, id="t", type=OrderType.TRAILING_STOP, trail=D(300), reduce_only=True)
    trader.run(100)
    practice.fault("down:at=0s:for=3s")
    trader.run(100)
    for price in ("60500", "60300", "60190"):
        trader.mark(price=price)
        trader.run(200)
    assert trader.state.orders["t"].status is S.WAITING
    live(trader, 3000)
    settled(practice, trader)
    assert (trader.state.orders["t"].status, held(trader)) == (S.FILLED, 0)


def test_a_reversal_that_never_arrives_leaves_the_position_its_stop():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e", stop_loss=D(58500))
    trader.run(200)
    practice.fault("drop:p=1:for=1s")
    trader.give(ReversePosition(id="R", instrument=BTC))
    live(trader, 3000)
    assert trader.state.orders["R"].status is S.UNKNOWN
    assert trader.state.orders["e-sl"].status is S.WAITING
    settled(practice, trader)
    assert trader.state.orders["R"].status is S.REJECTED
    assert (trader.state.orders["e-sl"].status, held(trader)) == (S.WAITING, 1)
    (said,) = alerts(trader.events, "REVERSED_SHORT")
    assert said.endswith("1 is held, -1 was meant; the venue never had it.")
    assert not alerts(trader.events, "UNPROTECTED")


def test_a_reversal_whose_fill_is_told_late_ends_the_old_stop_and_says_what_is_bare():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e", stop_loss=D(58500))
    trader.run(200)
    trader.give(ReversePosition(id="R", instrument=BTC))
    trader.run(40)
    practice.fault("down:at=0s:for=3s")
    live(trader, 3000)
    settled(practice, trader)
    assert (held(trader), trader.state.live_orders()) == (-1, [])
    assert not alerts(trader.events, "REVERSED_SHORT")
    (said,) = alerts(trader.events, "UNPROTECTED")
    assert said.startswith(f"1 of {BTC} is NOT protected")
