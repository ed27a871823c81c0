"""Liquidation, bankruptcy and distance, against figures that venues and others have published."""

from decimal import Decimal as D
from fractions import Fraction as F

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
    position,
    terms,
)

from desk.margin.account import account_figures
from desk.margin.curve import upper_envelope
from desk.margin.inputs import MarginTerms, Tier
from desk.margin.liquidation import (
    Exposure,
    Interval,
    bankruptcy_price,
    distance,
    solvent_between,
)

# Binance FAQ "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts"
# (b3c689c1f50a44cabb3a84e663b81d93): two longs in one wallet of 1,535,443.01 USDT.
WALLET = "1535443.01"
FAQ_BTC = ("109.488", "32481.98", "31967.27")
FAQ_ETH = ("3683.979", "1456.84", "1335.18")
BTC_2021 = (
    ("50000", "0.004", "0"),
    ("250000", "0.005", "50"),
    ("1000000", "0.01", "1300"),
    ("10000000", "0.025", "16300"),
    ("20000000", "0.05", "266300"),
    ("50000000", "0.1", "1266300"),
)
ETH_2021 = (
    ("10000", "0.005", "0"),
    ("100000", "0.0065", "15"),
    ("500000", "0.01", "365"),
    ("1000000", "0.02", "5365"),
    ("2000000", "0.05", "35365"),
    ("5000000", "0.1", "135365"),
    ("10000000", "0.125", "260365"),
)


def terms_2021(rows):
    floors = ["0", *(cap for cap, _, _ in rows)]
    return MarginTerms(
        model="binance",
        tiers=tuple(
            Tier(
                notional_floor=D(floor),
                notional_cap=D(cap),
                maintenance_rate=D(rate),
                maintenance_amount=D(amount),
                max_leverage=D(20),
            )
            for floor, (cap, rate, amount) in zip(floors, rows, strict=False)
        ),
    )


def faq_pair(build):
    return (
        build(BTC, *FAQ_BTC, terms=terms_2021(BTC_2021)),
        build(ETH, *FAQ_ETH, terms=terms_2021(ETH_2021)),
    )


def near(value, expected, tolerance="0.01"):
    return abs(value - D(expected)) <= D(tolerance)


def test_binance_faq_two_cross_positions():
    btc, eth = figures(*faq_pair(position), balances={"USDT": WALLET}).positions
    assert near(btc.liquidation_price, "26316.89")
    assert near(eth.liquidation_price, "1153.26")


def test_binance_faq_isolated_positions():
    assert near(
        only(
            isolated(BTC, *FAQ_BTC, isolated_margin=WALLET, terms=terms_2021(BTC_2021)),
        ).liquidation_price,
        "18778.73",
    )
    assert near(
        only(
            isolated(ETH, *FAQ_ETH, isolated_margin=WALLET, terms=terms_2021(ETH_2021)),
        ).liquidation_price,
        "1114.78",
    )


def test_the_tier_is_that_of_the_mark_not_of_the_entry():
    # At entry the ETH notional of the FAQ lies in the 12.5 % bracket, at the mark in that of 10 %.
    eth = only(position(ETH, *FAQ_ETH, terms=terms_2021(ETH_2021)), balances={"USDT": WALLET})
    assert eth.maintenance_margin == eth.notional * D("0.1") - 135365


@pytest.mark.parametrize(
    ("side", "leverage", "rate", "price"),
    [
        # reference: P = E(1 ∓ IM)/(1 ∓ MM), E = 100
        (1, 2, "0.25", "66.667"),
        (-1, 2, "0.25", "120.000"),
        (1, 5, "0.10", "88.889"),
        (-1, 5, "0.10", "109.091"),
        (1, 5, "0.05", "84.211"),
        (-1, 5, "0.05", "114.286"),
        (1, 10, "0.05", "94.737"),
        (-1, 10, "0.05", "104.762"),
    ],
)
def test_isolated_closed_form(side, leverage, rate, price):
    one = only(isolated(BTC, side, "100", leverage=leverage, maintenance_rate=rate))
    assert near(one.liquidation_price, price, "0.0005")
    assert one.liquidation_price_upper is None
    assert F(one.liquidation_distance) == abs(F(one.liquidation_price) - 100) / 100


@pytest.mark.parametrize(
    ("side", "leverage", "wallet", "entry", "quantity", "rate", "price"),
    [
        # freqtrade, tests/exchange/test_exchange.py::test_get_liquidation_price (rate 1 %, 0.01)
        (1, 5, "1.6", "8", "1.0", "0.01", "6.454545454545454"),
        (1, 5, "1.2", "10", "0.6", "0.01", "8.063973063973064"),
    ],
)
def test_amount_of_the_tier_counts(side, leverage, wallet, entry, quantity, rate, price):
    one = only(
        isolated(
            BTC,
            D(quantity) * side,
            entry,
            leverage=leverage,
            isolated_margin=wallet,
            maintenance_rate=rate,
            maintenance_amount="0.01",
        )
    )
    assert near(one.liquidation_price, price, "0.00001")


@pytest.mark.parametrize(
    ("quantity", "entry", "wallet", "max_leverage", "price"),
    [
        # Real positions as Hyperliquid reported them (freqtrade's test data).
        ("0.0199", "2459.5", "24.454895", 50, "1243.0411908"),
        ("-0.019", "2642.8", "25.091876", 50, "3924.18322043"),
        ("0.00121", "67033.0", "20.251817", 50, "50804.00091827"),
        ("-0.00099", "65536.0", "21.604172", 50, "86493.46174617"),
        ("-0.48", "163.11", "15.650731", 20, "190.94213618"),
    ],
)
def test_hyperliquid_positions(quantity, entry, wallet, max_leverage, price):
    rate = 1 / (2 * D(max_leverage))
    one = only(
        isolated(BTC, quantity, entry, isolated_margin=wallet, terms=flat_terms(rate, max_leverage))
    )
    assert abs(one.liquidation_price / D(price) - 1) < D("1e-4")


@pytest.mark.parametrize(("side", "bankruptcy"), [(1, "58800"), (-1, "61200")])
def test_bankruptcy_price_is_where_the_wallet_is_gone(side, bankruptcy):
    # Bybit help: 60,000 at 50× long: 58,800 = E × (1 − 1/50).
    one = only(isolated(BTC, side, "60000", leverage=50))
    assert one.bankruptcy_price == D(bankruptcy)


def test_a_cross_position_has_no_bankruptcy_price():
    assert only(position(BTC, 1, "60000"), balances={"USDT": "5000"}).bankruptcy_price is None


# --- coin-margined -------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
def test_coin_margined_formula_of_binance(sign):
    # Long Q(1+r)/(WB+c+Q/E), short Q(1−r)/(Q/E−WB−c) (FAQ ceccfcfb…), one tier of 1 %.
    contracts, entry, wallet, rate = D(600), D(50000), D("0.3"), D("0.01")
    value = contracts * 100
    expected = value * (1 + sign * rate) / (value / entry + sign * wallet)
    held = position(BTC_COIN, contracts * sign, entry, terms=flat_terms(rate))
    one = only(held, settle="BTC", balances={"BTC": wallet})
    assert near(one.liquidation_price, expected, "1e-12")
    alone = only(
        isolated(BTC_COIN, contracts * sign, entry, terms=flat_terms(rate), isolated_margin="0.3"),
        settle="BTC",
    )
    assert alone.liquidation_price == one.liquidation_price


def test_an_inverse_long_mirrors_a_linear_short_at_reciprocal_prices():
    """Seen from the coin, dollars are the asset: Q contracts long are Q dollars short."""
    coin = only(
        isolated(BTC_COIN, 600, "50000", leverage=5, terms=flat_terms("0.01")), settle="BTC"
    )
    plain = msgspec.structs.replace(BTC, contract_size=D(100))
    linear = only(isolated(plain, -600, D(1) / 50000, leverage=5, terms=flat_terms("0.01")))
    assert abs(coin.liquidation_price * linear.liquidation_price - 1) < D("1e-15")
    assert abs(coin.bankruptcy_price * linear.bankruptcy_price - 1) < D("1e-15")
    assert coin.initial_margin - linear.initial_margin < D("1e-15")


def test_a_fully_covered_coin_short_has_no_liquidation_price():
    """One coin against contracts worth one coin at entry: worth the same dollars at any price."""
    one = only(
        isolated(BTC_COIN, -607, "60700", leverage=1, terms=flat_terms("0.004")), settle="BTC"
    )
    assert one.liquidation_known
    assert one.liquidation_price is None
    assert one.bankruptcy_price is None


# --- none, two, through --------------------------------------------------------------------------


def test_no_price_above_zero_is_none_not_zero():
    one = only(position(BTC, 1, "60000"), balances={"USDT": "60000"})
    assert one.liquidation_price is None
    assert one.liquidation_known
    assert one.liquidation_distance is None


def test_never_solvent_has_no_price_and_is_in_close_out():
    found = figures(position(BTC, -1, "60000", "60001"), balances={"USDT": "-60000"})
    assert found.positions[0].liquidation_price is None
    assert found.level == "CLOSE_OUT"


def test_collateral_in_the_base_asset_moves_with_the_price():
    """A short against coins can be hurt from above, or, when the coins are more, from below."""
    held = position(BTC, "-3", "60000", terms=terms())
    found = only(
        held,
        balances={"USDT": "-80000", "BTC": "2"},
        haircuts={"BTC": "0.05"},
        prices={"BTC": "60000"},
    )
    # 100,000 − 1.1 p = 3 p × 0.4 % (the notional there is below 300,000).
    assert near(found.liquidation_price, D(100000) / D("1.112"), "1e-9")
    assert found.liquidation_price_upper is None
    deep = only(
        position(BTC, "-1", "60000"),
        balances={"USDT": "-150000", "BTC": "4"},
        haircuts={"BTC": "0.05"},
        prices={"BTC": "60000"},
    )
    # −90,000 + 2.8 p = p × 0.4 %.
    assert near(deep.liquidation_price, D(90000) / D("2.796"), "1e-9")
    assert deep.liquidation_price_upper is None


def test_two_edges_stand_lower_and_upper():
    """105 coins against 100 short: −100,000 + 5 p is left, less maintenance.

    Falling it meets 0.5 % − 300 … 1 % of 100 p; rising, 10 % of it (rate above 5 / 100) − 14.482 m.
    """
    found = only(
        position(BTC, "-100", "60000"),
        balances={"USDT": "-6100000", "BTC": "105"},
        haircuts={"BTC": "0"},
        prices={"BTC": "60000"},
    )
    # Between 0.8 m and 3 m of notional maintenance is 0.65 p − 1,500.
    assert near(found.liquidation_price, D(98500) / D("4.35"), "1e-9")
    assert near(found.liquidation_price_upper, D(14_382_000) / 5, "1e-9")
    assert near(found.liquidation_distance, (60000 - found.liquidation_price) / 60000, "1e-15")


def test_through_is_a_signed_distance():
    one = only(isolated(BTC, 1, "60000", "50000", leverage=10))
    assert one.liquidation_price > 50000
    assert one.liquidation_distance < 0
    assert one.level == "CLOSE_OUT"


def test_other_marks_stay_also_on_the_same_base():
    quarterly = msgspec.structs.replace(BTC, id="BTCUSDT-260925.BINANCE")
    alone = only(position(BTC, 1, "60000"), balances={"USDT": "20000"})
    hedged = only(
        position(BTC, 1, "60000"),
        position(quarterly, -1, "60000", terms=flat_terms("0.004")),
        balances={"USDT": "20000"},
    )
    # The hedge's gain is not counted; only its maintenance (240) is.
    assert near(hedged.liquidation_price, alone.liquidation_price + 240 / D("0.996"), "0.01")


def test_an_isolated_position_needs_no_mark_for_its_liquidation_price():
    marked = isolated(BTC, 1, "60000", leverage=10)
    unmarked = msgspec.structs.replace(marked, mark=None)
    assert only(unmarked).liquidation_price == only(marked).liquidation_price
    assert only(unmarked).liquidation_distance is None


def test_a_tick_on_the_safe_side_is_not_liquidated_and_one_beyond_is():
    held = position(BTC, "1.5", "60000", "58000", leverage=20)
    pool = account(held, balances={"USDT": "9000"})
    edge = account_figures(pool).positions[0].liquidation_price
    for step, out in ((D("0.1"), False), (D("-0.1"), True)):
        moved = msgspec.structs.replace(held, mark=edge + step)
        found = account_figures(msgspec.structs.replace(pool, positions=(moved,)))
        assert (found.level == "CLOSE_OUT") is out
        assert (found.margin_ratio >= 1) is out


# --- edges by hand -------------------------------------------------------------------------------


def test_an_edge_in_the_second_of_three_tiers_is_that_of_its_own_line():
    """132 − N meets 0.1 N only beyond 100, where 0.5 N − 40 holds, and from 200 on 0.9 N − 120."""
    curve = upper_envelope([(D("0.1"), D(0)), (D("0.5"), D(40)), (D("0.9"), D(120))])
    found = solvent_between(Exposure(D(132), D(-1), D(1), inverse=False), curve)
    assert found.lower is None
    assert abs(found.upper - D(172) / D("1.5")) < D("1e-30")


def test_a_maintenance_that_no_price_changes_is_an_edge_for_more_than_the_whole_value():
    """60,100 behind 60,000 with 300 to maintain, whatever the price: gone at 200."""
    own = msgspec.structs.replace(flat_terms("0.005"), model="bybit-2025")
    assert only(
        isolated(BTC, 1, "60000", isolated_margin="60100", terms=own)
    ).liquidation_price == (200)


def test_less_than_one_unit_behind_a_short_is_something():
    # 0.6 of notional and 0.06 behind it: 0.66 = N × 1.004
    one = only(
        isolated(BTC, "-0.00001", "60000", isolated_margin="0.06", terms=flat_terms("0.004"))
    )
    assert near(one.liquidation_price, D(66000) / D("1.004"), "1e-9")


def test_value_that_moves_twice_as_fast_is_gone_in_half_the_way():
    assert bankruptcy_price(Exposure(D(-50), D(2), D(1), inverse=False)) == 25
    assert bankruptcy_price(Exposure(D(-50), D(2), D(1000), inverse=True)) == 40
    assert bankruptcy_price(Exposure(D(50), D(1), D(1), inverse=False)) is None


@pytest.mark.parametrize(
    ("lower", "upper", "away"),
    [
        (None, None, None), ("90", None, "0.1"), (None, "130", "0.3"), ("95", "110", "0.05"),
        ("50", "110", "0.1"), ("100", "110", "0"), ("105", None, "-0.05"), (None, "90", "-0.1"),
        ("50", "99", "-0.01"),
    ],
)  # fmt: skip
def test_the_distance_is_to_the_nearer_edge_and_signed(lower, upper, away):
    between = Interval(*(None if one is None else D(one) for one in (lower, upper)))
    assert distance(between, D(100)) == (None if away is None else D(away))
