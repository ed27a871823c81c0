"""An order with what is no number in any of its fields is denied, and nothing is raised."""

from decimal import Decimal as D

import pytest
from helpers.engines import Trader, order

from desk.model.command import Quantity
from desk.model.commands import AmendOrder, PreviewOrder
from desk.model.orders import Side

NONE = ["NaN", "sNaN", "Infinity", "-Infinity", "1e999", "1e24", "1e-25"]


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "59000", id="r")
    trader.run(60)
    return trader


def said(events):
    return [(denial.code, denial.message) for denial in events[-1].denials]


@pytest.mark.fault("T13")
@pytest.mark.parametrize("text", NONE)
def test_no_command_raises_for_what_is_no_number(trader, text, figure):
    number = D(text)
    commands = (
        order(Side.BUY, price=text),
        order(Side.BUY, Quantity(number)),
        order(Side.BUY, trigger=number),
        order(Side.BUY, stop_loss=number),
        order(Side.BUY, take_profit=number),
        AmendOrder(id="a", order_id="r", price=number),
        AmendOrder(id="a", order_id="r", trigger=number),
        AmendOrder(id="a", order_id="r", quantity=Quantity(number)),
        PreviewOrder(id="p", order=order(Side.BUY, stop_loss=number)),
    )
    for command in commands:
        assert {code for code, _ in said(trader.give(command))} == {"NUMBER"}
    assert trader.state.orders["r"].amending is None
    figure(f"{len(commands)} commands × {len(NONE)} texts that are no number: denied, 0 raised")


def test_what_is_small_and_fine_is_left_to_the_checks_of_its_command(trader):
    assert said(trader.buy("1", "60000.000000000000000000000001"))[0][0] == "TICK_SIZE"
    assert said(trader.buy("-1", "60000"))[0][0] == "QUANTITY_UNIT"
