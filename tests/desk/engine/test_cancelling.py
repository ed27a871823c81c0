"""Cancels by scope: exactly what was meant, and nothing silently."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, SPOT, Trader
from helpers.programs import codes, live_ids

from desk.model.commands import CancelAll
from desk.model.order_commands import CancelScope
from desk.model.orders import OrderType, Side


@pytest.fixture
def trader():
    """Long 1 BTC behind a stop, with entries on both sides, in two instruments and in spot."""
    one = Trader()
    one.deposit()
    one.deposit("10000", account="spot-1", command_id="s")
    one.market()
    one.book(SPOT, bids=(("59999", "9"),), asks=(("60000", "9"),))
    one.buy("1", stop_loss=D(57000), id="E")
    one.run(200)
    one.buy("0.1", "59000", id="buy")
    one.sell("0.1", "61000", id="sell")
    one.sell("0.2", "61500", id="exit", reduce_only=True)
    one.buy("1", "2450", id="eth", instrument=ETH)
    one.buy("0.1", "59000", id="spot", instrument=SPOT)
    stop = {"type": OrderType.STOP, "trigger": D(61000), "price": None}
    one.buy("0.1", id="in", **stop)
    one.run(100)
    return one


ALL = {"E-sl", "buy", "sell", "exit", "eth", "spot", "in"}


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({}, ALL),
        ({"instrument": BTC}, ALL - {"eth", "spot"}),
        ({"account": "spot-1"}, {"spot"}),
        ({"side": Side.SELL}, {"E-sl", "sell", "exit"}),
        ({"scope": CancelScope.ENTRIES}, ALL - {"E-sl", "exit"}),
        ({"scope": CancelScope.PROTECTIVE}, {"E-sl"}),
        ({"instrument": BTC, "side": Side.BUY, "scope": CancelScope.ENTRIES}, {"buy", "in"}),
        ({"instrument": ETH, "side": Side.SELL}, set()),
    ],
)
def test_a_scope_takes_what_it_names(trader, fields, gone):
    assert set(live_ids(trader)) == ALL
    (said,) = trader.give(CancelAll(id="c", **fields))
    assert set(said.data["cancels"]) == gone
    trader.run(100)
    assert set(live_ids(trader)) == ALL - gone


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"instrument": "BTCUSD"}, "UNKNOWN_INSTRUMENT"),
        ({"account": "perp1"}, "ACCOUNT"),
    ],
)
def test_a_slip_of_the_pen_is_told_and_not_taken_for_nothing_to_do(trader, fields, code):
    assert codes(trader.give(CancelAll(id="c", **fields))) == [code]
