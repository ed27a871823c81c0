"""What a preview tells beside before and after: every unit, the walk, the loss, the largest."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader, order

from desk.engine.frame import build_frame
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import NextFrame, PreviewOrder, SetLeverage, SetMarginMode
from desk.model.orders import MarginMode, OrderType, Side


@pytest.fixture
def trader():
    made = Trader()
    made.market()
    made.deposit()
    return made


def previewed(trader, side=Side.BUY, quantity="1", price="60000", **fields):
    asked = PreviewOrder(order=order(side, quantity, price, **fields))
    return trader.give(asked)[-1]


def test_preview_tells_the_quantity_in_coin_and_value_and_the_fee_it_assumes(trader):
    cost = previewed(trader, quantity="0.5", price="60000", post_only=True).cost
    assert (cost["quantity"], cost["quantity_base"], cost["contracts"]) == ("0.5", "0.5", None)
    assert D(cost["notional"]) == 30_000
    assert (cost["liquidity"], D(cost["fee"])) == ("maker", D(cost["fee_rate"]) * 30_000)


def test_value_that_was_written_is_told_in_coin(trader):
    written = Quantity(D(6000), QuantityUnit.NOTIONAL)
    cost = previewed(trader, quantity=written).cost
    assert (cost["quantity"], D(cost["notional"])) == ("0.1", D(6000))


def test_market_order_walks_the_book_and_names_average_worst_and_levels(trader):
    trader.book(asks=(("60000.0", "1"), ("60010.0", "1"), ("60030.0", "5")))
    cost = previewed(trader, quantity="1.5", price=None).cost
    assert D(cost["average_price"]) == (60_000 + D("0.5") * 60_010) / D("1.5")
    assert (cost["worst_price"], cost["levels"]) == ("60010", 2)
    assert D(cost["slippage_bps"]) == D("0.56")


def test_limit_that_meets_nothing_takes_no_level(trader):
    cost = previewed(trader, price="59000").cost
    assert (cost["levels"], cost["average_price"], cost["slippage_bps"]) == (0, None, None)


def test_book_that_ends_before_the_order_gives_no_slippage(trader):
    trader.book(asks=(("60000.0", "0.5"),))
    cost = previewed(trader, quantity="1", price=None).cost
    assert (cost["levels"], cost["slippage_bps"]) == (1, None)


def test_loss_at_the_stop_holds_both_fees_and_its_share_of_equity(trader):
    cost = previewed(trader, quantity="1", price="60000", stop_loss=D(59_000)).cost
    rate = D(cost["fee_rate"])
    assert D(cost["loss_at_stop"]) == -1000 - 60_000 * rate - 59_000 * rate
    assert D(cost["loss_share"]) == round(-D(cost["loss_at_stop"]) / 100_000, 6)


def test_quantity_from_risk_loses_no_more_than_was_risked(trader):
    risk = Quantity(D(500), QuantityUnit.RISK)
    cost = previewed(trader, quantity=risk, price="60000", stop_loss=D(59_000)).cost
    assert D(-500) <= D(cost["loss_at_stop"]) < D(-499)


def test_denied_order_is_told_the_largest_quantity_that_passes(trader):
    found = previewed(trader, quantity="20", price="60000")
    assert not found.accepted
    largest = D(found.cost["largest"])
    assert previewed(trader, quantity=str(largest)).accepted
    assert not previewed(trader, quantity=str(largest + D("0.01"))).accepted


def test_order_that_no_size_makes_pass_has_no_largest(trader):
    found = previewed(trader, quantity="1", price="70000")
    assert not found.accepted
    assert found.cost["largest"] is None
    assert previewed(trader, quantity="1").cost["largest"] is None


def test_quantity_off_the_lot_is_told_the_one_below(trader):
    found = previewed(trader, quantity="1.0005")
    assert not found.accepted
    assert found.cost["largest"] == "1"


def test_refused_quantity_has_no_cost_at_all(trader):
    found = previewed(trader, quantity=Quantity(D(5), QuantityUnit.RISK))
    assert found.denials
    assert set(found.cost.values()) == {None}


def test_liquidation_distance_after_the_fill_is_told(trader):
    cost = previewed(trader, quantity="5").cost
    assert 0 < D(cost["liquidation_distance"]) < 1


def setting(trader, selected=BTC):
    wanted = NextFrame(selected=selected)
    return build_frame(trader.desk, wanted, number=1, engine_ms=0, notes={}).setting


def test_frame_tells_leverage_and_mode_of_the_shown_instrument(trader):
    trader.give(SetLeverage(id="l", instrument=BTC, leverage=D(3)))
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    shown = setting(trader)
    assert (shown.leverage, shown.margin_mode, shown.max_leverage) == (3, "isolated", 5)
    assert (shown.flat, shown.working) == (True, 0)
    trader.buy("1", "59000")
    trader.run(100)
    assert setting(trader).working == 1
    trader.give(order(Side.BUY, "0.5", None, id="taken", type=OrderType.MARKET))
    trader.run(100)
    assert not setting(trader).flat


def test_spot_and_what_is_not_traded_have_no_setting(trader):
    assert setting(trader, SPOT) is None
    assert setting(trader, None) is None
    assert setting(trader, "X.NOWHERE") is None
