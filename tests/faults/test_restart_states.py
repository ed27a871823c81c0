"""T18: a restart with an order in each state there is, over a position of each kind.

That a restart after any row of a bracket, stop, close-out, TWAP or random history gives the same
desk is shown where those are tested; here no state of an order is left out, and money is compared.
"""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader
from helpers.linked import Practice, agree, live

from desk.model.commands import CancelOrder
from desk.model.orders import OrderStatus, OrderType, Side

HELD = {"flat": None, "long": Side.BUY, "short": Side.SELL}


def nothing(trader):
    """The order stays as it was sent."""


def at_work(trader):
    trader.run(100)


def partly(trader):
    at_work(trader)
    trader.trade("58999", "0.05")


def whole(trader):
    at_work(trader)
    trader.trade("58999", "5")


def cancelled(trader):
    at_work(trader)
    trader.give(CancelOrder(id="c", order_id="one"))
    trader.run(100)


LIMIT = {"price": "59000"}
REACHED = {
    # status: the order, and what happens to it until it stands so
    OrderStatus.PENDING: (LIMIT, nothing),
    OrderStatus.WORKING: (LIMIT, at_work),
    OrderStatus.WAITING: (
        {"price": None, "type": OrderType.STOP, "trigger": D(61_000)},
        at_work,
    ),
    OrderStatus.PARTIALLY_FILLED: (LIMIT, partly),
    OrderStatus.FILLED: (LIMIT, whole),
    OrderStatus.CANCELLED: (LIMIT, cancelled),
    OrderStatus.REJECTED: ({"price": "59990", "post_only": True}, at_work),
}


def holding(trader, side):
    trader.deposit()
    trader.market()
    if side is not None:
        (trader.buy if side is Side.BUY else trader.sell)("0.5", None, id="before")
        trader.run(100)
    return trader


def figures(trader):
    """Positions, averages, P&L and margin, to the last digit."""
    trader.market()
    position = trader.state.position("perp-1", BTC)
    return trader.desk.figures("perp-1"), position, trader.state.ledger.document()


def seen_through(trader):
    """Let the market go through every price the order could act at."""
    trader.trade("58999", "5")
    trader.mark(BTC, "61000")
    trader.book(BTC, bids=(("60999.9", "10"),), asks=(("61000.0", "10"),))
    trader.run(500)


def nothing_is_doubled(trader):
    fills = trader.state.fills
    assert len({fill.id for fill in fills}) == len(fills)
    assert all(order.filled <= order.terms.quantity for order in trader.state.orders.values())
    folded = sum(fill.quantity * fill.side.sign for fill in fills)
    assert trader.state.position("perp-1", BTC).quantity == folded


def test_no_state_of_an_order_is_left_out():
    assert {*REACHED, OrderStatus.UNKNOWN} == {*OrderStatus}


@pytest.mark.fault("T18")
@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("status", REACHED, ids=lambda status: status.value)
def test_a_restart_with_an_order_in_any_state_is_the_same_desk(status, held, figure):
    trader = holding(Trader(), HELD[held])
    fields, happens = REACHED[status]
    if status is OrderStatus.REJECTED:  # the book comes down to it while it is on its way
        happens = falls_to_it
    trader.buy("0.2", **fields, id="one")
    happens(trader)
    assert trader.state.orders["one"].status is status

    again = trader.restarted(now_ns=trader.now_ns, wall_ms=trader.wall_ms)

    assert again.state.hash() == trader.state.hash()
    assert again.state.orders["one"].status is status
    assert figures(again) == figures(trader)
    for desk in (trader, again):
        seen_through(desk)
        nothing_is_doubled(desk)
    assert again.state.orders["one"].filled == trader.state.orders["one"].filled
    assert again.restarted().state.hash() == again.state.hash()
    figure(f"{status.value} over {held}: the same desk, each fill once")


def falls_to_it(trader):
    trader.book(BTC, bids=(("59979.9", "10"),), asks=(("59980.0", "10"),))
    trader.run(100)


@pytest.mark.fault("T18")
@pytest.mark.parametrize("held", HELD)
def test_a_restart_with_an_order_nobody_knows_about_asks_and_doubles_nothing(held):
    practice = Practice()
    trader = practice.ready()
    if HELD[held] is not None:
        (trader.buy if HELD[held] is Side.BUY else trader.sell)("0.5", None, id="before")
        live(trader, 500)
    practice.fault("lose:p=1,error:p=1")
    trader.buy("0.2", None, id="one", confirmed=True)
    live(trader, 6_000)
    assert trader.state.orders["one"].status is OrderStatus.UNKNOWN

    again = practice.trader(trader.rows, like=trader)
    assert again.state.hash() == trader.state.hash()
    assert again.state.position("perp-1", BTC) == trader.state.position("perp-1", BTC)
    practice.fault("")
    again.market()
    live(again, 6_000)

    assert again.state.orders["one"].status is OrderStatus.FILLED
    agree(practice, again)
    assert again.state.position("perp-1", ETH).quantity == 0
