"""The account after fills, and at other marks."""

from decimal import Decimal as D

import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    COIN_TIERS,
    ETH,
    account,
    isolated,
    order,
    position,
    terms,
)
from hypothesis import given
from hypothesis import strategies as st

from desk.ledger.position import Position
from desk.margin.account import account_figures
from desk.margin.inputs import MarginTerms
from desk.margin.whatif import after_fill, after_working_orders, at_marks
from desk.model.orders import MarginMode, Side

NOTHING = D(0)


def flat(**more):
    fields = {
        "balances": {"USDT": "100000"},
        "marks": {BTC.id: D(60000), ETH.id: D(2500)},
        "terms": {BTC.id: terms(), ETH.id: terms("ETHUSDT")},
        "leverages": {BTC.id: D(5), ETH.id: D(5)},
    } | more
    return account(**fields)


def filled(given, *fills, instrument=BTC, fee_rate=NOTHING):
    for side, quantity, price in fills:
        given = after_fill(given, instrument, Side(side), D(quantity), D(price), fee_rate)
    return given


def test_a_sequence_of_fills_nets_at_average_cost():
    # nautilus_trader, position tests: B 12 @ 100, B 17 @ 99, S 9 @ 101, S 4 @ 105, B 3 @ 103.
    fills = [("BUY", 12, 100), ("BUY", 17, 99), ("SELL", 9, 101), ("SELL", 4, 105), ("BUY", 3, 103)]
    two = filled(flat(), *fills[:2]).positions[0]
    assert abs(two.entry_price - D("99.41379310344827")) < D("1e-13")
    given = filled(flat(), *fills, fee_rate=D("0.0001"))
    assert given.positions[0].quantity == 19
    assert abs(given.positions[0].entry_price - D("99.98003629764065")) < D("1e-13")
    # 1.586 and 5.586 a piece were earned on 9 and 4; every fill paid 0.01 %.
    earned = D("14.27586207") + D("22.34482759")
    fees = sum(D(quantity) * price for _, quantity, price in fills) * D("0.0001")
    assert abs(given.balances["USDT"] - 100000 - (earned - fees)) < D("1e-7")


def test_a_flip_realizes_only_what_it_closes():
    # nautilus_trader issue 2657: long 0.001 @ 50,000, sold 0.002 @ 50,075: 0.075.
    given = filled(flat(), ("BUY", "0.001", "50000"), ("SELL", "0.002", "50075"))
    assert given.balances["USDT"] == D("100000.075")
    assert given.positions[0].quantity == D("-0.001")
    assert given.positions[0].entry_price == 50075


def test_coin_margined_fills_average_harmonically():
    # Bybit help: 1,000 @ 5,000 and 2,000 @ 6,000 are 3,000 @ 5,625.
    given = filled(
        account(settle="BTC", balances={"BTC": "1"}),
        ("BUY", 10, 5000),
        ("BUY", 20, 6000),
        instrument=BTC_COIN,
    )
    assert given.positions[0].entry_price == D(5625)


def test_a_fill_leaves_positions_where_they_are_and_adds_new_ones_at_the_end():
    given = account(position(BTC, 2, "60000"), position(ETH, 20, "2500"))
    assert names(filled(given, ("BUY", "1", "61000"))) == [BTC.id, ETH.id]
    assert names(filled(given, ("SELL", "2", "61000"))) == [ETH.id]
    only_eth = account(position(ETH, 20, "2500"))
    assert names(filled(only_eth, ("BUY", "1", "61000"))) == [ETH.id, BTC.id]
    flat_beside = account(position(BTC, 0, "60000"), position(ETH, 20, "2500"))
    assert names(filled(flat_beside, ("BUY", "1", "61000"))) == [BTC.id, ETH.id]


def names(given):
    return [one.instrument.id for one in given.positions]


def test_a_closed_position_is_gone_and_gives_its_margin_back():
    given = filled(flat(), ("BUY", 1, 60000), ("SELL", 1, 61000), fee_rate=D("0.0005"))
    assert given.positions == ()
    assert given.balances["USDT"] == 100000 + 1000 - D("60.5")
    found = account_figures(given)
    assert (found.initial_margin, found.maintenance_margin) == (0, 0)


def test_a_fill_moves_margin_into_and_out_of_an_isolated_wallet():
    given = flat(modes={BTC.id: MarginMode.ISOLATED})
    opened = filled(given, ("BUY", 1, 60000))
    assert opened.balances["USDT"] == 88000
    assert opened.positions[0].isolated_margin == 12000
    added = filled(opened, ("BUY", 1, 61000))
    assert added.positions[0].isolated_margin == 12000 + 12200
    halved = filled(added, ("SELL", 1, 61000))
    assert halved.positions[0].isolated_margin == 12100
    closed = filled(halved, ("SELL", 1, 61000))
    assert closed.positions == ()
    # Two bought at 60,500 on average and sold at 61,000.
    assert closed.balances["USDT"] == 101000


def test_a_derived_wallet_is_written_down_before_it_moves():
    held = isolated(BTC, 2, "60000", leverage=10, extra_margin=D(1000))
    given = account(held, balances={"USDT": "5000"})
    halved = filled(given, ("SELL", 1, 60000))
    assert halved.positions[0].isolated_margin == 6500
    assert halved.balances["USDT"] == 11500
    before, after = account_figures(given), account_figures(halved)
    assert after.equity == before.equity


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["BUY", "SELL"]),
            st.decimals("0.001", 5, places=3),
            st.decimals(1000, 90000, places=1),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(list(MarginMode)),
    st.decimals(1000, 90000, places=1),
)
def test_fills_conserve_equity_as_the_ledger_counts_it(fills, mode, mark):
    """Balance, wallet and unrealized P&L together are cash flow plus value."""
    given = filled(flat(modes={BTC.id: mode}, marks={BTC.id: mark}), *fills)
    booked = Position()
    for side, quantity, price in fills:
        booked = booked.filled(BTC, quantity if side == "BUY" else -quantity, price)
    expected = 100000 + booked.realized_pnl + booked.unrealized_pnl(BTC, mark)
    assert abs(account_figures(given).equity - expected) < D("1e-6")
    held = sum((p.quantity for p in given.positions), D(0))
    assert held == booked.quantity


def test_working_orders_fill_on_the_worse_side_only():
    held = position(BTC, 1, "60000")
    given = account(
        held,
        orders=[
            order(BTC, "BUY", "2", "59000"),
            order(BTC, "SELL", "5", "61000"),
            order(BTC, "SELL", "9", "57000", reduce_only=True),
        ],
        balances={"USDT": "500000"},
    )
    after = after_working_orders(given)
    assert after.orders == ()
    # Sells would leave 4 short: 3 more than now; buys add 2.
    assert after.positions[0].quantity == -4
    fee = D(5) * 61000 * BTC.taker_fee_rate
    assert after.balances["USDT"] == 500000 + 1000 - fee


@pytest.mark.parametrize(("held", "side"), [(1, "SELL"), (-1, "BUY")])
def test_orders_that_only_reduce_do_not_fill(held, side):
    """The worse case of a position with a resting order against it is that it does not fill."""
    given = account(
        position(BTC, held, "60000"),
        orders=[order(BTC, side, "1", "60500")],
        balances={"USDT": "500000"},
    )
    assert after_working_orders(given).positions == given.positions


def test_market_orders_fill_at_their_collar():
    given = flat(orders=[order(BTC, "BUY", "1"), order(ETH, "SELL", "2")])
    after = after_working_orders(given)
    assert {p.instrument.id: p.entry_price for p in after.positions} == {
        BTC.id: 61800,
        ETH.id: 2425,
    }


def test_orders_that_cannot_be_priced_stay_and_keep_the_account_unknown():
    given = flat(orders=[order(BTC, "BUY", "1", "60000")], leverages={}, terms={})
    after = after_working_orders(given)
    assert after.orders == given.orders
    assert account_figures(after).available_margin is None


def test_margin_after_all_orders_is_at_least_what_they_had_reserved():
    given = flat(orders=[order(BTC, "BUY", "3", "60000"), order(ETH, "SELL", "10", "2500")])
    before, after = account_figures(given), account_figures(after_working_orders(given))
    assert after.initial_margin == before.order_margin
    assert after.order_margin == 0


def test_other_marks_change_positions_and_what_orders_see():
    given = account(position(BTC, 1, "60000"), balances={"USDT": "20000"})
    there = at_marks(given, {BTC.id: D(59000)})
    assert account_figures(there).equity == 19000
    assert account_figures(given).equity == 20000


@pytest.mark.parametrize("side", list(Side))
def test_coin_margined_fill_fees_are_in_coin(side):
    given = after_fill(
        account(settle="BTC", balances={"BTC": "1"}, terms={BTC_COIN.id: COIN_TIERS}),
        BTC_COIN,
        side,
        D(600),
        D(60000),
        D("0.0005"),
    )
    assert given.balances["BTC"] == D("0.9995")
    assert given.positions[0].quantity == 600 * side.sign


def test_half_of_a_position_takes_half_of_its_wallet_with_it():
    given = account(isolated(BTC, 4, "60000", isolated_margin="24000"), balances={"USDT": "0"})
    after = filled(given, ("SELL", 2, 60000))
    assert (after.positions[0].isolated_margin, after.balances["USDT"]) == (12000, 12000)


def test_what_half_of_a_position_loses_beyond_its_share_comes_out_of_the_other_half():
    given = account(isolated(BTC, 1, "60000", isolated_margin="12000"), balances={"USDT": "100"})
    half = after_fill(given, BTC, Side.SELL, D("0.5"), D("46999.9"), D("0.0005"))
    # 6,500.05 and a fee of 11.749975 are more than 6,000, and less than 12,000.
    assert half.positions[0].isolated_margin == D("5488.200025")
    assert half.balances["USDT"] == 100
    gone = after_fill(given, BTC, Side.SELL, D("0.5"), D(30000), D(0))
    assert (gone.positions[0].isolated_margin, gone.balances["USDT"]) == (0, 100 - 3000)


def test_a_fill_of_what_the_account_did_not_hold_takes_what_is_set_for_it():
    given = flat(modes={ETH.id: MarginMode.ISOLATED})
    btc, eth = filled(filled(given, ("BUY", 1, 60000)), ("SELL", 1, 2500), instrument=ETH).positions
    assert (btc.terms, btc.leverage, btc.margin_mode) == (terms(), 5, MarginMode.CROSS)
    assert (eth.terms, eth.leverage, eth.margin_mode) == (
        terms("ETHUSDT"), 5, MarginMode.ISOLATED,
    )  # fmt: skip
    (bare,) = filled(account(), ("BUY", 1, 60000)).positions
    assert (bare.terms, bare.leverage, bare.mark) == (MarginTerms(model="binance"), None, None)


def test_a_settle_balance_that_was_not_there_begins_at_nothing():
    given = account(balances={"BTC": "1"})
    after = filled(given, ("BUY", 1, 60000), fee_rate=D("0.0005"))
    assert after.balances == {"BTC": 1, "USDT": -30}


def test_without_a_leverage_an_isolated_wallet_takes_the_whole_notional():
    given = flat(modes={BTC.id: MarginMode.ISOLATED}, leverages={}, terms={})
    after = filled(given, ("BUY", 2, 30000))
    assert (after.positions[0].isolated_margin, after.balances["USDT"]) == (60000, 40000)


def test_orders_that_cannot_be_priced_do_not_keep_others_from_filling():
    blind, seen = order(BTC, "BUY", "1", "60000"), order(ETH, "BUY", "2", "2500")
    given = flat(orders=[blind, seen], leverages={ETH.id: D(5)}, terms={ETH.id: terms("ETHUSDT")})
    after = after_working_orders(given)
    assert after.orders == (blind,)
    assert [(one.instrument.id, one.quantity) for one in after.positions] == [(ETH.id, 2)]


def test_marks_that_are_not_named_stay():
    given = flat(orders=[order(ETH, "BUY", 1)])
    held = position(BTC, 1, "60000"), position(ETH, 1, "2500")
    there = at_marks(account(*held, marks=given.marks), {ETH.id: D(2600)})
    assert [one.mark for one in there.positions] == [60000, 2600]
    assert there.marks == {BTC.id: 60000, ETH.id: 2600}
    assert at_marks(account(*held), {}).positions == held
