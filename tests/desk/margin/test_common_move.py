"""The joint move of BTC and ETH, and the worked story of the mock-ups."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    BTC_USDC,
    ETH,
    account,
    figures,
    flat_terms,
    isolated,
    order,
    position,
    terms,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from desk.margin.account import account_figures
from desk.margin.common_move import Leg, common_moves, moves, moving_assets
from desk.margin.curve import Piece, constant, maintenance_at, parabola, upper_envelope
from desk.margin.inputs import MarginTerms, Tier
from desk.margin.pool import Joint, cross_exposure, joint_of, pool_of
from desk.margin.requirement import requirement
from desk.model.numbers import ZERO

GOLD = msgspec.structs.replace(BTC, id="XAUUSDT-PERP.BINANCE", base="XAU")
GOLD_COIN = msgspec.structs.replace(BTC_COIN, id="XAUUSD-PERP.BINANCE", base="XAU")
HAIRCUTS = {"BTC": "0.05", "ETH": "0.05"}

# design/mockups/arithmetic.md: quantity, entry, mark; prices of collateral; what it prints.
MOMENTS = {
    "10:24": (
        ("50.000", "60412.30", "61010.50"), ("760.000", "2571.45", "2602.18"),
        ("61004.20", "2601.74"), [("BUY", "4", "60900", BTC), ("BUY", "60", "2588", ETH)],
        {
            "collateral_value": "1699287.92", "utilization": "63.87", "ratio": "1.757",
            "available": "613875.56", "leverage": "2.959", "move": "-30.403",
            "btc": ("610105.00", "18505.25", "30859.40", "49.42"),
            "eth": ("395531.36", "11354.77", "547.08", "78.97"),
        },
    ),
    "13:41": (
        ("64.000", "60318.40", "59640.20"), ("1050.000", "2566.12", "2521.06"),
        ("59636.00", "2520.70"), [],
        {
            "collateral_value": "1542887.30", "utilization": "83.79", "ratio": "2.714",
            "available": "250070.14", "leverage": "4.190", "move": "-21.777",
            "btc": ("763394.56", "26169.73", "37934.20", "36.39"),
            "eth": ("529422.60", "15706.23", "1156.72", "54.11"),
        },
    ),
    "15:07": (
        ("72.000", "60268.90", "58412.00"), ("1200.000", "2561.84", "2447.30"),
        ("58405.50", "2446.92"), [],
        {
            "collateral_value": "1351240.99", "utilization": "105.72", "ratio": "3.526",
            "available": "-77243.81", "leverage": "5.286", "move": "-17.258",
            "btc": ("841132.80", "30056.64", "41478.30", "28.99"),
            "eth": ("587352.00", "17588.94", "1403.75", "42.64"),
        },
    ),
}  # fmt: skip


def perp_1(moment):
    btc, eth, (btc_price, eth_price), orders, _ = MOMENTS[moment]
    return account(
        position(BTC, *btc),
        position(ETH, *eth),
        orders=[order(instrument, side, q, p) for side, q, p, instrument in orders],
        balances={"USDT": "1150000", "BTC": "6", "ETH": "60"},
        haircuts=HAIRCUTS,
        prices={"BTC": btc_price, "ETH": eth_price},
    )


def printed(value, like):
    """Whether a figure is what a page with so many digits would print, give or take the last."""
    last = D(1).scaleb(D(like).as_tuple().exponent)
    return abs(value - D(like)) <= last


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_story_of_the_mock_ups(moment):
    found = account_figures(perp_1(moment))
    expected = MOMENTS[moment][4]
    assert printed(found.collateral_value, expected["collateral_value"])
    assert printed(found.margin_utilization * 100, expected["utilization"])
    assert printed(found.margin_ratio * 100, expected["ratio"])
    assert printed(found.available_margin, expected["available"])
    assert printed(found.leverage, expected["leverage"])
    assert printed(found.common_move_down * 100, expected["move"])
    assert found.common_move_up is None
    for one, name in zip(found.positions, ("btc", "eth"), strict=True):
        initial, maintenance, edge, away = expected[name]
        assert printed(one.initial_margin, initial)
        assert printed(one.maintenance_margin, maintenance)
        # The screen rounds to the tick, away from safety: up for a long.
        assert 0 <= D(edge) - one.liquidation_price < D("0.1") * (1 if name == "btc" else D("0.1"))
        assert printed(one.liquidation_distance * 100, away)


@pytest.mark.parametrize(
    ("moment", "level"), [("10:24", "NORMAL"), ("13:41", "WARNING"), ("15:07", "MARGIN_CALL")]
)
def test_levels_of_the_story(moment, level):
    assert account_figures(perp_1(moment)).level == level


@pytest.mark.parametrize(
    ("mark", "ratio"), [("61012.3", "2.395"), ("59642.0", "2.109"), ("58413.6", "1.896")]
)
def test_the_isolated_short_of_the_story_stands_on_its_own_wallet(mark, ratio):
    held = isolated(BTC_USDC, -8, "61240", mark, isolated_margin="97984", terms=terms("BTCUSDC"))
    found = figures(held, settle="USDC", balances={"USDC": "90000"})
    assert (found.margin_utilization, found.margin_ratio) == (0, 0)
    assert printed(found.positions[0].margin_ratio * 100, ratio)
    assert 0 <= found.positions[0].liquidation_price - D("73075.9") < D("0.1")


# --- both sides, none, through -------------------------------------------------------------------


def test_a_short_is_hurt_by_a_rise():
    found = figures(
        position(BTC, -1, "60000", terms=flat_terms("0.01")), balances={"USDT": "12000"}
    )
    # 12,000 − 60,000 x = 600 (1 + x)
    assert found.common_move_down is None
    assert abs(found.common_move_up - D(11400) / 60600) < D("1e-15")


def test_a_hedged_book_can_be_hurt_on_both_sides():
    """105 coins against 100 short: little is left, and maintenance grows with the price."""
    found = figures(
        position(BTC, "-100", "60000"),
        balances={"USDT": "-6100000", "BTC": "105"},
        haircuts={"BTC": "0"},
        prices={"BTC": "60000"},
    )
    # As for one price (test_liquidation): here all coins there are move, so it is the same move.
    assert abs(found.common_move_down - (D(98500) / D("4.35") / 60000 - 1)) < D("1e-15")
    assert abs(found.common_move_up - (D(14_382_000) / 5 / 60000 - 1)) < D("1e-15")


def test_through_is_the_nearest_move_back():
    found = figures(position(BTC, 1, "60000", "50000"), balances={"USDT": "5000"})
    assert found.level == "CLOSE_OUT"
    assert found.common_move_down is None
    assert found.common_move_up > 0


def test_exactly_at_the_edge_is_a_move_of_nothing():
    held = position(BTC, 1, "60000", terms=flat_terms("0.01"))
    found = figures(held, balances={"USDT": "600"})
    assert (found.common_move_down, found.common_move_up) == (0, None)
    assert found.level == "CLOSE_OUT"
    short = position(BTC, -1, "60000", terms=flat_terms("0.01"))
    found = figures(short, balances={"USDT": "600"})
    assert (found.common_move_down, found.common_move_up) == (None, 0)


def test_what_a_fall_to_nothing_just_uses_up_is_no_close_out():
    assert figures(position(BTC, 1, "60000"), balances={"USDT": "60000"}).common_move_down is None


def test_a_maintenance_that_no_price_changes_is_met_on_the_way_down():
    """60,100 less the fall of 60,000 meets 0.5 % of the entry at 200 / 60,000 of the price."""
    own = msgspec.structs.replace(flat_terms("0.005"), model="bybit-2025")
    found = figures(position(BTC, 1, "60000", terms=own), balances={"USDT": "60100"})
    assert abs(found.common_move_down - (D(200) / 60000 - 1)) < D("1e-15")
    assert found.common_move_up is None


@pytest.mark.parametrize(
    ("instrument", "settle", "moving"),
    [
        (BTC, "USDT", True), (BTC, "BTC", False), (BTC_COIN, "BTC", True), (BTC_COIN, "ETH", True),
        (GOLD, "USDT", False), (GOLD, "BTC", True), (GOLD_COIN, "BTC", False),
    ],
)  # fmt: skip
def test_what_is_quoted_in_the_coin_it_is_priced_against_does_not_move(instrument, settle, moving):
    assert moves(instrument, settle) is moving


@pytest.mark.parametrize(
    ("settle", "moving"), [("USDT", "7"), ("BTC", "1100"), ("ETH", "1100"), ("USDC", "7")]
)
def test_collateral_that_moves_is_the_coins_or_in_a_coin_all_the_rest(settle, moving):
    values = {"BTC": D(3), "ETH": D(4), "USDT": D(100), "HKD": D(1000)}
    assert moving_assets(settle, values) == D(moving)


def test_what_the_move_does_not_touch_has_no_common_move():
    found = figures(position(GOLD, 1, "2000", terms=flat_terms("0.01")), balances={"USDT": "500"})
    assert (found.common_move_down, found.common_move_up) == (None, None)


def test_a_coin_account_moves_with_its_coin():
    """One coin against 60,000 dollars long: −50 % halves what the coin pays of the loss."""
    found = figures(
        position(BTC_COIN, 600, "60000", terms=flat_terms("0.01")),
        settle="BTC",
        balances={"BTC": "1"},
    )
    # 1 + 1 − 1/(1 + x) = 0.01/(1 + x)
    assert abs(found.common_move_down - (D("1.01") / 2 - 1)) < D("1e-15")
    price = found.positions[0].liquidation_price
    assert abs(price / 60000 - 1 - found.common_move_down) < D("1e-15")


def test_without_positions_there_is_nothing_to_close_out():
    found = figures(
        balances={"USDT": "-1000", "BTC": "1"}, haircuts={"BTC": "0"}, prices={"BTC": "60000"}
    )
    assert (found.common_move_down, found.common_move_up) == (None, None)
    assert found.level == "NORMAL"


@pytest.mark.parametrize("quantity", [100, -100])
def test_a_lone_coin_margined_position_is_closed_out_where_the_joint_move_ends(quantity):
    """Other collateral stands still in money, so it moves against the coin: both ways say so."""
    held = position(BTC_COIN, quantity, "50000", "50000", terms=flat_terms("0.01"))
    found = figures(
        held,
        settle="BTC",
        balances={"BTC": "0.02", "USDT": "2000"},
        haircuts={"USDT": "0.001"},
        prices={"USDT": "0.00002"},
    )
    edge = found.positions[0].liquidation_price / 50000 - 1
    move = found.common_move_down if quantity > 0 else found.common_move_up
    assert abs(edge - move) < D("1e-15")


def test_a_requirement_that_grows_just_as_the_gain_does_is_met_nowhere_beyond():
    """In a tier at a rate of 1 a coin short stays as far from close-out however low the coin."""
    rows = (
        ("0", "1", "0.1", "0"), ("1", "4", "0.125", "0.025"), ("4", "6", "0.15", "0.125"),
        ("6", "7", "0.25", "0.725"), ("7", None, "1", "5.975"),
    )  # fmt: skip
    tiers = tuple(
        Tier(
            notional_floor=D(floor),
            notional_cap=None if cap is None else D(cap),
            maintenance_rate=D(rate),
            maintenance_amount=D(amount),
            max_leverage=D(2),
        )
        for floor, cap, rate, amount in rows
    )
    held = position(
        msgspec.structs.replace(BTC_COIN, contract_size=D(10)), "-901", "1316.80", leverage=2,
        terms=MarginTerms(model="binance", tiers=tiers),
    )  # fmt: skip
    found = figures(held, settle="BTC", balances={"BTC": "0.12354821"})
    assert (found.common_move_down, found.common_move_up) == (None, None)


# --- the walk over pieces ------------------------------------------------------------------------

PARABOLA = Leg(D(100), D(100), parabola(D(0), D("0.001")), D(1))  # 10 v²
KINKED = Leg(D(-100), D(100), upper_envelope([(D("0.35"), D("29.4"))]), D(1))  # 35 v − 29.4
"""Against 60 of collateral at v = 1; `surplus` is what is there at v = 1 before their margin."""


def test_a_parabola_and_a_tier_meet_on_both_sides_in_the_tier_that_is_walked_into():
    """−43.775 + 60 v − 10 v², and from v = 0.84 on −14.375 + 25 v − 10 v²: v = (5 ± √2) / 4."""
    found = common_moves("USDT", D("16.225"), D(60), [PARABOLA, KINKED])
    root = D(2).sqrt()
    assert abs(found.down - (1 - root) / 4) < D("1e-20")
    assert abs(found.up - (1 + root) / 4) < D("1e-20")


def test_where_nothing_is_met_below_the_edge_above_is_walked_down_to():
    """5 + 60 v − 10 v² falls through 0 beyond 6, but the tier's 34.4 + 25 v − 10 v² before 3.5."""
    found = common_moves("USDT", D(65), D(60), [PARABOLA, KINKED])
    assert found.down is None
    assert abs(found.up - ((25 + D(2001).sqrt()) / 20 - 1)) < D("1e-20")


def test_past_its_peak_and_still_below_there_is_no_edge():
    # −43.775 less what 0.1 more would have to be: 25² < 40 × 15.7.
    assert common_moves("USDT", D("14.9"), D(60), [PARABOLA, KINKED]) == (None, None)


def test_a_leg_in_another_asset_counts_at_its_rate():
    """Half a unit for one: 100 v of value and 1 % of 200 v, less a constant 3 at half."""
    leg = Leg(D(100), D(200), (Piece(ZERO, D("0.01"), D(-3)),), D("0.5"))
    # surplus 50 at v = 1: 50 + 100 (v − 1) = 1 v + 1.5
    found = common_moves("USDT", D(50), ZERO, [leg])
    assert abs(found.down - (D("51.5") / 99 - 1)) < D("1e-20")
    assert found.up is None


def test_an_account_that_is_solvent_at_no_price_has_no_move():
    found = figures(position(BTC, -1, "60000"), balances={"USDT": "-60000"})
    assert (found.common_move_down, found.common_move_up) == (None, None)


@st.composite
def legs(draw):
    slope = D(draw(st.integers(-200, 200).filter(bool)))
    rates = st.decimals("0", "0.9", places=2)
    kind = draw(st.sampled_from(("tiers", "tiers", "parabola", "constant")))
    if kind == "tiers":
        curve = upper_envelope(draw(st.lists(st.tuples(rates, st.integers(0, 80).map(D)))))
    elif kind == "parabola":
        curve = parabola(draw(rates), draw(st.sampled_from((D("0.0001"), D("0.004")))))
    else:
        curve = constant(D(draw(st.integers(0, 20))))
    rate = draw(st.sampled_from((D(1), D("0.5"))))
    return Leg(slope, abs(slope) / rate, curve, rate)


@settings(max_examples=200)
@given(st.lists(legs(), min_size=1, max_size=4), st.integers(-200, 300), st.integers(-150, 150))
def test_between_the_moves_the_account_is_solvent_and_beyond_them_it_is_not(held, surplus, coins):
    """Judged at forty prices from a thousandth to a thousand times those of now."""

    def left(v):
        required = sum(leg.rate * maintenance_at(leg.curve, leg.notional * v) for leg in held)
        return surplus + (coins + sum(leg.slope for leg in held)) * (v - 1) - required

    now = left(D(1))
    assume(abs(now) > D("1e-12"))
    found = common_moves("USDT", D(surplus), D(coins), held)
    low, high = (None if move is None else 1 + move for move in found)
    for edge in (low, high):
        assert edge is None or abs(left(edge)) < D("1e-15") * (1 + edge)
    sign = 1 if now > 0 else -1
    for step in range(-20, 21):
        v = D(1000) ** (D(step) / 20)
        between = (low is None or v >= low) and (high is None or v <= high)
        if between:
            assert sign * left(v) > D("-1e-15")
        elif sign > 0:
            assert left(v) < D("1e-15")


# --- what moves of a pool ------------------------------------------------------------------------


def pool(*positions, **more):
    return pool_of(account(*positions, **more), [requirement(one) for one in positions])


GOLD_LONG = position(GOLD, 1, "2000", terms=flat_terms("0.01"))
USDC_SHORT = position(BTC_USDC, -2, "60000", terms=flat_terms("0.01"))


def test_the_joint_of_a_pool_has_each_leg_in_its_asset_and_what_stands_still_in_the_surplus():
    """120,000 short at 0.98, with 1,176 to maintain; gold maintains 20 and does not move."""
    given = pool(GOLD_LONG, USDC_SHORT, balances={"USDT": "20000"}, prices={"USDC": "0.98"})
    joint = joint_of(given)
    (leg,) = joint.legs
    assert (joint.surplus, joint.collateral) == (19_980, 0)
    assert (leg.slope, leg.notional, leg.rate) == (-117_600, 120_000, D("0.98"))
    own = joint_of(pool(position(BTC, 1, "60000", terms=flat_terms("0.01"))))
    assert [(leg.slope, leg.notional, leg.rate) for leg in own.legs] == [(60_000, 60_000, 1)]
    assert own.surplus == 0


def test_a_pair_of_the_coin_an_account_settles_in_is_no_leg():
    given = pool(
        position(BTC, 1, "60000", terms=flat_terms("0.01")),
        settle="BTC", balances={"BTC": "1"}, prices={"USDT": D("0.00002")},
    )  # fmt: skip
    assert joint_of(given) == Joint(D("0.988"), D(0), [])


def test_a_pool_in_which_anything_is_unknown_has_no_joint_move():
    for name in ("maintenance", "curve"):
        seen_anew = msgspec.structs.replace(USDC_SHORT)
        given = pool(GOLD_LONG, seen_anew, balances={"USDT": "20000"}, prices={"USDC": "0.98"})
        assert joint_of(given._replace(free=None)) is None
        blind = given.cross[1]._replace(**{name: None})
        assert joint_of(given._replace(cross=[given.cross[0], blind])) is None
    free = position(BTC_USDC, 2, "60000", maintenance_rate="0", terms=flat_terms("0.01"))
    unpriced = pool(free, balances={"USDT": "20000"})
    assert (unpriced.free, joint_of(unpriced)) == (20_000, None)


def test_collateral_in_the_base_asset_is_taken_in_the_asset_of_the_position():
    """One coin of 60,000 at 0.98 against 120,000 short: its gain is that much less than −1."""
    given = pool(
        USDC_SHORT, balances={"BTC": "1"}, haircuts={"BTC": "0"},
        prices={"USDC": "0.98", "BTC": "60000"},
    )  # fmt: skip
    exposure = cross_exposure(given, given.cross[0])
    assert abs(exposure.gain - (D(1) / D("1.96") - 1)) < D("1e-20")
    # At a price of nothing: the short's 120,000 are won and the coin is gone.
    assert abs(exposure.constant - 120_000) < D("1e-20")
