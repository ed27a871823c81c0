"""Initial, maintenance and order margin."""

from decimal import Decimal as D
from decimal import localcontext
from fractions import Fraction as F
from itertools import pairwise

import msgspec
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    ETH,
    account,
    figures,
    flat_terms,
    isolated,
    only,
    order,
    position,
    terms,
)
from hypothesis import given
from hypothesis import strategies as st

from desk.margin.account import account_figures
from desk.margin.curve import maintenance_at, upper_envelope
from desk.margin.inputs import MarginTerms
from desk.margin.requirement import (
    Market,
    SideMargin,
    opening_loss,
    requirement,
    side_margin,
    worst_side,
)
from desk.margin.rounding import ratio_up, without_noise
from desk.model.orders import Side

BTC_TIERS = terms().tiers


@pytest.mark.parametrize(
    ("quantity", "mark", "leverage", "initial", "maintenance"),
    [
        # design/mockups/arithmetic.md, perp-1 at 10:24: tier 4, 1 % − 12,000.
        ("50", "61010.5", 5, "610105", "18505.25"),
        # 100,000 at 10×, first tier 0.4 %.
        ("2", "50000", 10, "10000", "400"),
        # Leverage 125 in a tier that allows 50: the tier's rate applies.
        ("100", "60000", 125, "120000", "48000"),
    ],
)
def test_initial_and_maintenance(quantity, mark, leverage, initial, maintenance):
    one = only(position(BTC, quantity, mark, leverage=leverage), balances={"USDT": "9000000"})
    assert one.initial_margin == D(initial)
    assert one.maintenance_margin == D(maintenance)


def test_without_a_leverage_the_tier_gives_it():
    one = only(position(BTC, "2", "50000", leverage=None), balances={"USDT": "9000"})
    assert one.leverage == 150
    assert 0 <= F(one.initial_margin) - F(100000, 150) < F(1, 10**30)


def test_without_tiers_either_initial_margin_is_unknown_and_the_rest_is_given():
    held = isolated(
        BTC,
        "2",
        "50000",
        terms=MarginTerms(model="binance"),
        leverage=None,
        isolated_margin="10000",
        maintenance_rate="0.01",
    )
    found = figures(held)
    one = found.positions[0]
    assert one.initial_margin is None
    assert one.unrealized_pnl == 0
    assert one.maintenance_margin == 1000
    assert abs(one.liquidation_price - D(90000) / D("1.98")) < D("1e-12")
    assert one.bankruptcy_price == 45000
    assert not found.known


def test_the_positions_own_rate_and_amount_replace_the_table():
    one = only(
        position(BTC, "10", "60000", maintenance_rate="0.02", maintenance_amount="500"),
        balances={"USDT": "100000"},
    )
    assert one.maintenance_margin == 600000 * D("0.02") - 500


def test_maintenance_is_never_below_zero():
    # Bybit help: 100 × 0.5 % − 1,000 is 0.
    one = only(
        position(BTC, "1", "100", maintenance_rate="0.005", maintenance_amount="1000"),
        balances={"USDT": "100"},
    )
    assert one.maintenance_margin == 0


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "BTCUSDC", "ETHUSDC"])
def test_maintenance_is_continuous_at_every_edge_of_the_shipped_tiers(symbol):
    """A row of the table that was copied wrong would show here as a jump."""
    envelope = terms(symbol).envelope
    tiers = terms(symbol).tiers
    for before, after in pairwise(tiers):
        edge = before.notional_cap
        below = edge * before.maintenance_rate - before.maintenance_amount
        above = edge * after.maintenance_rate - after.maintenance_amount
        assert below == above == maintenance_at(envelope, edge)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDC"])
def test_the_tier_of_the_venues_rule_is_the_envelope(symbol):
    """floor ≤ notional < cap picks one line; the largest of all lines is the same number."""
    for tier in terms(symbol).tiers:
        for notional in (tier.notional_floor, tier.notional_floor + 1, tier.notional_cap - 1):
            by_rule = notional * tier.maintenance_rate - tier.maintenance_amount
            assert maintenance_at(terms(symbol).envelope, notional) == max(by_rule, 0)


@given(
    st.lists(
        st.tuples(st.decimals(0, 1, places=4), st.decimals(-100, 10**6, places=2)), max_size=8
    ),
    st.decimals(0, 10**9, places=2),
)
def test_the_envelope_is_the_largest_of_any_lines(lines, notional):
    """Also of a table that is not convex: a wrong tier must never understate."""
    found = maintenance_at(upper_envelope(lines), notional)
    exact = max([D(0), *(notional * rate - amount for rate, amount in lines)])
    assert abs(found - exact) <= max(exact, D(1)) * D("1e-20")


@pytest.mark.parametrize(
    ("lines", "pieces"),
    [
        ([], [(0, 0, 0)]),
        ([("0.1", "0")], [(0, "0.1", 0)]),
        ([("0.1", "-5")], [(0, "0.1", -5)]),
        ([("0", "-5"), ("0", "3")], [(0, 0, -5)]),
        ([("0.1", "5")], [(0, 0, 0), (50, "0.1", 5)]),
        ([("0.1", "5"), ("0.1", "8")], [(0, 0, 0), (50, "0.1", 5)]),
        # Three lines through one point: the middle one is nowhere alone.
        ([("1", "1"), ("2", "2")], [(0, 0, 0), (1, 2, 2)]),
        ([("1", "0"), ("2", "6"), ("4", "15")], [(0, 1, 0), (5, 4, 15)]),
    ],
)
def test_an_envelope_has_the_pieces_that_are_highest_somewhere(lines, pieces):
    found = upper_envelope([(D(rate), D(amount)) for rate, amount in lines])
    assert [piece[:3] for piece in found] == [tuple(map(D, piece)) for piece in pieces]


def test_beyond_the_last_tier_the_last_goes_on_with_a_warning():
    beyond = figures(position(BTC, "40000", "60000"), balances={"USDT": "3000000000"})
    last = BTC_TIERS[-1]
    expected = D(2_400_000_000) * last.maintenance_rate - last.maintenance_amount
    assert beyond.positions[0].maintenance_margin == expected
    assert beyond.known
    assert beyond.warnings == ("BTCUSDT-PERP.BINANCE is beyond the last tier, which goes on.",)
    for mark, warned in (("60000", False), ("60000.1", True)):
        held = position(BTC, "30000", "60000", mark)  # the table ends at 1,800 m
        assert bool(figures(held, balances={"USDT": "3000000000"}).warnings) is warned


def test_requirements_round_up_and_collateral_down():
    found = figures(
        position(BTC, "1", "100000", leverage=3),
        balances={"USDT": "1", "BTC": "1"},
        haircuts={"BTC": "0"},
        prices={"BTC": D(100000) / 3},
    )
    assert F(found.initial_margin) * 3 > 100000
    assert F(found.collateral_value) * 3 < 100003


def test_a_ratio_rises_and_has_none_without_anything_to_divide_by():
    assert ratio_up(D("0.1"), D("0.5")) == D("0.2")
    assert ratio_up(D(1), D(3)) == D("0." + 39 * "3" + "4")
    assert ratio_up(D(1), D(0)) is None
    assert ratio_up(D(1), D(-1)) is None


def test_what_is_a_hundred_times_finer_than_figures_are_kept_is_noise():
    assert without_noise(D("-3E-38"), D(3)) == 0
    assert without_noise(D("3.1E-38"), D(3)) == D("3.1E-38")


def test_a_rate_without_an_end_leaves_nothing_behind():
    """Half of the initial margin at 3×: a sixth of 60,000 is 10,000 to the last digit."""
    with localcontext(prec=60):
        sixth = flat_terms(1 / D(6), "3")
    one = only(position(BTC, "1", "60000", leverage=3, terms=sixth), balances={"USDT": "30000"})
    assert one.maintenance_margin == 10_000
    assert one.initial_margin == 20_000


def test_what_is_wholly_spoken_for_leaves_nothing_available():
    """A third and two thirds of 100: each rounds up, and the account is not short for it."""
    held = (position(BTC, "1", "100", leverage=3), position(ETH, "2", "100", leverage=3))
    assert figures(*held, balances={"USDT": "100"}).available_margin == 0


# --- order margin --------------------------------------------------------------------------------


def order_margin(*orders, held=None, leverage=5, **more):
    positions = () if held is None else (held,)
    settings = {"leverages": {BTC.id: D(leverage)}, "terms": {BTC.id: terms()}}
    return figures(
        *positions,
        orders=orders,
        marks={BTC.id: D(60000)},
        balances={"USDT": "1000000"},
        **(settings | more),
    ).order_margin


@pytest.mark.parametrize(
    ("held", "orders", "expected"),
    [
        # design/mockups/arithmetic.md 10:24: BUY 4 BTC at 60,900 at 5×, stops reduce-only.
        (None, [("BUY", "4", "59000")], D(4) * 59000 / 5),
        # The larger side counts, not the sum.
        (None, [("BUY", "4", "59000"), ("SELL", "3", "61000")], D(4) * 59000 / 5),
        (None, [("BUY", "3", "59000"), ("SELL", "4", "61000")], D(4) * 61000 / 5),
        # Long 10: sells up to 20 only turn it round; what is beyond adds.
        ("10", [("SELL", "20", "61000")], D(0)),
        ("10", [("SELL", "25", "61000")], D(5) * 61000 / 5),
        ("10", [("BUY", "1", "59000"), ("SELL", "20", "61000")], D(59000) / 5),
        ("-10", [("BUY", "25", "59000")], D(5) * 59000 / 5),
        # Of orders that first close and then open, the dearest are taken to open.
        ("-10", [("BUY", "20", "58000"), ("BUY", "5", "59000")], D(5) * 59000 / 5),
    ],
    ids=["one", "larger-buys", "larger-sells", "turn", "beyond", "both", "short", "dearest"],
)
def test_order_margin(held, orders, expected):
    built = [order(BTC, *one) for one in orders]
    position_held = None if held is None else position(BTC, held, "60000")
    assert order_margin(*built, held=position_held) == expected


def test_reduce_only_orders_count_nothing():
    held = position(BTC, "10", "60000")
    reducing = order(BTC, "SELL", "50", "55000", reduce_only=True)
    assert order_margin(reducing, held=held) == 0


def test_an_order_through_the_mark_reserves_its_opening_loss():
    assert order_margin(order(BTC, "BUY", "2", "60500")) == D(2) * 60500 / 5 + 2 * 500
    assert order_margin(order(BTC, "SELL", "2", "59500")) == D(2) * 59500 / 5 + 2 * 500


def test_an_order_is_margined_at_what_its_tier_allows_though_nothing_is_held():
    """6 m at 125×: the tier allows 50."""
    assert order_margin(order(BTC, "BUY", "100", "60000"), leverage=125) == 120_000


def test_a_market_order_is_taken_at_the_collar():
    buying = order_margin(order(BTC, "BUY", "1"))
    assert buying == D(61800) / 5 + 1800
    assert order_margin(order(BTC, "SELL", "1")) == D(58200) / 5 + 1800


def test_order_margin_of_a_coin_margined_contract_is_in_coin():
    given = account(
        orders=[order(BTC_COIN, "BUY", "600", "60000")],
        settle="BTC",
        balances={"BTC": "1"},
        marks={BTC_COIN.id: D(60000)},
        terms={BTC_COIN.id: flat_terms("0.01")},
        leverages={BTC_COIN.id: D(5)},
    )
    assert account_figures(given).order_margin == D("0.2")


def test_orders_of_several_instruments_add_up():
    """design/mockups/arithmetic.md 10:24: 48,720 for BTC and 31,056 for ETH."""
    found = figures(
        orders=[order(BTC, "BUY", "4", "60900"), order(ETH, "BUY", "60", "2588")],
        marks={BTC.id: D("61010.5"), ETH.id: D("2602.18")},
        terms={BTC.id: terms(), ETH.id: terms("ETHUSDT")},
        leverages={BTC.id: D(5), ETH.id: D(5)},
        balances={"USDT": "1000000"},
    )
    assert found.order_margin == 79776


@pytest.mark.parametrize("missing", ["mark", "leverage"])
def test_order_margin_without_a_mark_or_leverage_is_unknown(missing):
    more = {"marks": {}} if missing == "mark" else {"leverages": {}, "terms": {}}
    fields = {
        "marks": {BTC.id: D(60000)},
        "leverages": {BTC.id: D(5)},
        "terms": {BTC.id: terms()},
    } | more
    found = figures(orders=[order(BTC, "BUY", "1", "60000")], balances={"USDT": "9"}, **fields)
    assert found.order_margin is None
    assert found.available_margin is None
    assert found.margin_utilization is None
    assert not found.known


def test_fills_that_make_the_tier_stricter_are_margined_at_its_leverage():
    """At 50×, 200 BTC of 60,000 would lie in the tier of 12 m that allows 25×."""
    held = position(BTC, "150", "60000", leverage=50)
    margin = order_margin(order(BTC, "BUY", "60", "60000"), held=held)
    assert margin == D(60) * 60000 / 25


FIVE_TIMES = Market(BTC, D(0), D(60000), terms(), D(5), D("0.03"))


def test_a_side_is_its_orders_what_they_add_and_what_that_takes():
    buys = (order(BTC, "BUY", "4", "59000"), order(BTC, "BUY", "1", "58000"))
    orders = (*buys, order(BTC, "SELL", "2", "61000"), order(BTC, "BUY", 9, reduce_only=True))
    assert side_margin(FIVE_TIMES, orders, Side.BUY) == SideMargin(buys, D(5), D(58800))
    sells = FIVE_TIMES._replace(position=D(3))
    assert side_margin(sells, orders, Side.SELL) == SideMargin(orders[2:3], D(0), D(0))
    blind = FIVE_TIMES._replace(mark=None)
    market = (order(BTC, "BUY", "1"),)
    assert side_margin(blind, market, Side.BUY) == SideMargin(market, D(1), None)
    assert side_margin(blind, (), Side.BUY) == SideMargin((), D(0), D(0))


def test_of_two_sides_that_require_the_same_it_is_the_buys():
    orders = (order(BTC, "SELL", "1", "60000"), order(BTC, "BUY", "1", "60000"))
    assert worst_side(FIVE_TIMES, orders).orders == orders[1:]
    blind = FIVE_TIMES._replace(leverage=None, terms=MarginTerms(model="binance"))
    assert worst_side(blind._replace(position=D(-1)), orders).margin is None
    assert worst_side(blind._replace(position=D(1)), orders).margin is None


def test_an_opening_loss_adds_up_over_all_orders_but_those_that_reduce():
    orders = (
        order(BTC, "SELL", "1", "50000", reduce_only=True),
        order(BTC, "BUY", "2", "60500"),
        order(BTC, "BUY", "1", "59000"),
        order(BTC, "SELL", "3", "59900"),
    )
    assert opening_loss(FIVE_TIMES, orders) == 1000 + 300
    assert opening_loss(FIVE_TIMES._replace(mark=None), orders[1:]) is None
    assert opening_loss(FIVE_TIMES._replace(mark=None), orders[:1]) == 0


def test_what_a_position_requires_is_found_once():
    held = position(BTC, 1, "60000")
    assert requirement(held) is requirement(held)
    assert requirement(held) is not requirement(position(BTC, 1, "60000"))


def test_a_position_without_a_mark_keeps_its_leverage_and_its_curve():
    blind = requirement(msgspec.structs.replace(position(BTC, 1, "60000"), mark=None))
    assert (blind.leverage, blind.curve) == (5, terms().envelope)


def test_flat_positions_require_nothing_whatever_is_unknown():
    flat = msgspec.structs.replace(
        position(BTC, "0", "60000"), mark=None, terms=MarginTerms(model="x")
    )
    found = figures(flat, balances={"USDT": "100"})
    assert found.known
    assert (found.initial_margin, found.maintenance_margin) == (0, 0)
    assert found.level == "NORMAL"
    (one,) = found.positions
    assert (one.notional, one.unrealized_pnl, one.leverage) == (0, 0, 5)
