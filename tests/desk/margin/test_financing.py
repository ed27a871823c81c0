"""Margin loans: utilization, falls, caps."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.margin.financing import LoanTerms, Pledge, loan_figures, loan_level, stressed

RULES = LoanTerms(
    single_cap=D("0.4"), group_cap=D("0.5"), warn=D("0.8"), call=D(1), close_out=D("1.25")
)
WITHOUT_CAPS = LoanTerms(
    single_cap=D(1), group_cap=D(1), warn=D("0.8"), call=D(1), close_out=D("1.25")
)


def coins(value, haircut="0.6", **more):
    return Pledge(market_value=D(value), haircut=D(haircut), is_virtual=True, **more)


def shares(value, haircut="0.3"):
    return Pledge(market_value=D(value), haircut=D(haircut), is_virtual=False)


@pytest.mark.parametrize(
    ("loan", "used", "to_call", "to_close_out", "to_shortfall"),
    [
        # reference/regulation.md section 5: coins worth 100 at a haircut of 60 %, no caps.
        (24, "0.6", "0.40", "0.52", "0.76"),
        (32, "0.8", "0.20", "0.36", "0.68"),
        (36, "0.9", "0.10", "0.28", "0.64"),
        (40, "1.0", "0", "0.20", "0.60"),
    ],
)
def test_golden_numbers_of_a_sixty_percent_haircut(loan, used, to_call, to_close_out, to_shortfall):
    found = loan_figures([coins(100)], D(loan), WITHOUT_CAPS)
    assert found.utilization == D(used)
    assert found.fall_to_call == D(to_call)
    assert found.fall_to_close_out == D(to_close_out)
    assert found.fall_to_shortfall == D(to_shortfall)


@pytest.mark.parametrize(
    ("btc", "eth", "securities", "loan", "used", "ltv", "falls", "level"),
    [
        # design/mockups/arithmetic.md, loan-1 in HKD; a reached fall is 0, an unreachable null.
        ("10444299", "4049401", "8600000", "7212821", "61.035", "31.23",
         ("79.43", None, None), "NORMAL"),
        ("10210054", "3923268", "8330000", "11612821", "101.119", "51.70",
         ("0", "38.81", "76.77"), "MARGIN_CALL"),
        ("9999385", "3808436", "8330000", "10892821", "95.937", "49.20",
         ("8.35", "47.80", "81.44"), "WARNING"),
    ],
    ids=["10:24", "13:41", "15:07"],
)  # fmt: skip
def test_the_story_of_the_mock_ups(btc, eth, securities, loan, used, ltv, falls, level):
    found = loan_figures([coins(btc), coins(eth), shares(securities)], D(loan), RULES)
    assert abs(found.utilization * 100 - D(used)) < D("0.001")
    assert abs(found.loan_to_value * 100 - D(ltv)) < D("0.01")
    reached = (found.fall_to_call, found.fall_to_close_out, found.fall_to_shortfall)
    for ours, printed in zip(reached, falls, strict=True):
        if printed is None:
            assert ours is None
        else:
            assert abs(ours * 100 - D(printed)) < D("0.01")
    assert found.level == level
    assert found.capital_value == D(securities) * D("0.7")


def test_caps_are_taken_before_any_cut():
    """The mock-ups' remark: pledging 7.02 BTC more at 13:41 cures the loan to 95.0 %."""
    btc = D(10210054) / 22 * (22 + D("7.02"))
    found = loan_figures([coins(btc), coins(3923268), shares(8330000)], D(11612821), RULES)
    assert abs(found.utilization - D("0.95")) < D("0.0005")
    before = D(10210054) / 22 * D("29.02") * D("0.4") + 3923268 * D("0.4") + 5831000
    assert abs(found.margin_value - (before / 2 + 5831000)) < D("1e-9")


def test_a_single_virtual_asset_is_capped_before_the_group():
    found = loan_figures([coins(2000), shares(1000)], D(100), RULES)
    # 800 + 700 = 1,500: the coins count 600.
    assert found.margin_values == (600, 700)
    two = loan_figures([coins(2000), coins(1000), shares(1000)], D(100), RULES)
    # 800 + 400 + 700 = 1,900: 760 and 400 alone, 950 together, cut evenly.
    assert abs(sum(two.margin_values[:2]) - 950) < D("1e-12")
    assert abs(two.margin_values[0] / two.margin_values[1] - D("1.9")) < D("1e-12")


def test_ineligible_collateral_counts_nothing_and_still_has_a_market_value():
    found = loan_figures([coins(500, eligible=False), shares(1000)], D(100), RULES)
    assert found.market_value == 1500
    assert found.margin_value == 700
    assert found.margin_values[0] == 0


@pytest.mark.parametrize(
    ("loan", "level"),
    [("559.99", "NORMAL"), ("560", "WARNING"), ("700", "MARGIN_CALL"), ("875", "CLOSE_OUT")],
)
def test_levels_by_utilization(loan, level):
    assert loan_figures([shares(1000)], D(loan), RULES).level == level


def test_nothing_pledged_is_close_out_if_anything_is_owed():
    assert loan_figures([], D(1), RULES).level == "CLOSE_OUT"
    assert loan_figures([], D(0), RULES).level == "NORMAL"
    assert loan_figures([], D(1), RULES).utilization is None
    assert loan_figures([], D(1), RULES).fall_to_call == 0


def test_without_a_loan_no_fall_reaches_anything():
    found = loan_figures([coins(100)], D(0), RULES)
    assert (found.fall_to_call, found.fall_to_close_out, found.fall_to_shortfall) == (None,) * 3


@pytest.mark.parametrize("missing", ["value", "loan"])
def test_what_is_unknown_is_none(missing):
    blind = Pledge(market_value=None, haircut=D("0.6"), is_virtual=True)
    pledges = [blind if missing == "value" else coins(100), shares(1000)]
    found = loan_figures(pledges, None if missing == "loan" else D(100), RULES)
    assert not found.known
    assert found.level == "UNKNOWN"
    assert found.utilization is None
    assert found.margin_value is None


@pytest.mark.parametrize(
    ("loan", "level"),
    [(None, "UNKNOWN"), ("0.01", "UNKNOWN"), ("100", "UNKNOWN"), ("0", "NORMAL")],
)
def test_of_a_loan_in_part_unknown_only_what_does_not_move_has_a_margin_value(loan, level):
    pledges = [
        Pledge(market_value=None, haircut=D("0.3"), is_virtual=False),
        coins(100),
        shares(1000),
        Pledge(market_value=D(500), haircut=D("0.3"), is_virtual=False, eligible=False),
    ]
    owed = None if loan is None else D(loan)
    found = loan_figures(pledges, owed, RULES)
    assert (found.level, found.loan) == (level, owed)
    assert found.margin_values == (None, None, 700, None)
    assert found.shares == (None,) * 4
    rest = [name for name in found.__struct_fields__ if getattr(found, name) is not None]
    assert set(rest) - {"loan"} == {"level", "margin_values", "known", "shares"}


def test_every_figure_of_a_small_loan_by_hand():
    """20, 10 and 70 of 100 before a cut, and no cap binds: 50 owed of 175 pledged."""
    found = loan_figures([coins(50), coins(25), shares(100)], D(50), RULES)
    assert found.known
    assert found.market_value == 175
    assert (found.margin_values, found.margin_value) == ((20, 10, 70), 100)
    assert (found.loan, found.utilization, found.excess) == (50, D("0.5"), 50)
    assert found.loan_to_value == D("0." + "285714" * 6 + "2858")  # 2 / 7, up
    assert found.capital_value == 70
    assert found.shares == (D("0.2"), D("0.1"), D("0.7"))
    assert (found.largest_share, found.group_share) == (D("0.2"), D("0.3"))
    assert found.securities_share == D("0.7")


def test_a_fall_to_nothing_may_be_just_what_it_takes():
    pledges = [coins(50), coins(25), shares(100)]
    assert loan_figures(pledges, D(70), RULES).fall_to_call == 1
    assert loan_figures(pledges, D("69.99"), RULES).fall_to_call is None


@pytest.mark.parametrize(
    ("loan", "kept"),
    [
        # 120 in bonds, coins of 300 and 60. All coins: half of everything, 180 + 180 z …
        ("315", "0.75"), ("270", "0.5"),
        # … then the first is 40 % of it and the second whole: 168 + 204 z …
        ("249.6", "0.4"),
        # … and from 4 / 13 on nothing is cut: 120 + 360 z.
        ("192", "0.2"), ("120", "0"),
    ],
)  # fmt: skip
def test_caps_let_go_one_after_the_other_on_the_way_down(loan, kept):
    found = loan_figures([coins(300, "0"), coins(60, "0"), shares(120, "0")], D(loan), RULES)
    assert abs(found.fall_to_call - (1 - D(kept))) < D("1e-30")


@pytest.mark.parametrize(
    ("coins_now", "loan", "kept"),
    [
        # 150 + 150 z above a third, where no coin is capped alone; 100 + 300 z below.
        (("150", "150"), "270", "0.8"), (("150", "150"), "160", "0.2"),
        # 150 + 61.25 z above 8 / 9, and from 4 / 5 to there the larger coin is capped alone.
        (("99", "23.5"), "208.1875", "0.95"), (("99", "23.5"), "201.625", "0.85"),
    ],
)  # fmt: skip
def test_the_cap_of_all_binds_between_those_of_each(coins_now, loan, kept):
    pledges = [*(coins(one, "0") for one in coins_now), shares(100, "0")]
    found = loan_figures(pledges, D(loan), RULES)
    assert abs(found.fall_to_call - (1 - D(kept))) < D("1e-30")


def test_less_than_one_unit_of_margin_value_is_margin_value():
    assert loan_figures([shares("0.5", "0")], D("0.1"), RULES).level == "NORMAL"


values = st.decimals(0, 10**7, places=2)


@given(values, values, values, st.decimals(1, 10**7, places=2))
def test_a_fall_that_is_named_is_the_fall_that_does_it(btc, eth, securities, loan):
    pledges = [coins(btc), coins(eth, "0.65"), shares(securities)]
    found = loan_figures(pledges, loan, RULES)
    for fall, threshold in ((found.fall_to_call, 1), (found.fall_to_close_out, D("1.25"))):
        if not fall:
            continue
        fallen = [coins(btc * (1 - fall)), coins(eth * (1 - fall), "0.65"), shares(securities)]
        there = loan_figures(fallen, loan, RULES)
        assert abs(there.margin_value * threshold - loan) <= loan * D("1e-12")


@given(values, values, values, st.decimals(1, 10**7, places=2), values)
def test_more_collateral_never_hurts(btc, eth, securities, loan, more):
    poor = loan_figures([coins(btc), coins(eth), shares(securities)], loan, RULES)
    rich = loan_figures([coins(btc), coins(eth), shares(securities + more)], loan, RULES)
    assert rich.margin_value >= poor.margin_value
    assert rich.excess >= poor.excess


def test_two_pledges_of_one_coin_are_capped_as_one():
    """Splitting a pledge is no way around a concentration limit."""
    whole = loan_figures([coins(1000), shares(1000, "0")], D(100), RULES)
    halves = [coins(400, asset="BTC"), coins(600, asset="BTC"), shares(1000, "0")]
    split = loan_figures(halves, D(100), RULES)
    assert split.margin_value == whole.margin_value
    assert split.fall_to_call == whole.fall_to_call
    assert split.largest_share == whole.largest_share
    assert split.margin_values[0] * 3 == split.margin_values[1] * 2
    two_coins = [coins(400, asset="BTC"), coins(600, asset="ETH"), shares(100, "0")]
    assert loan_figures(two_coins, D(100), RULES).margin_value == D(100) + D(250)


def test_a_cut_leaves_nothing_of_a_loan_that_is_just_covered():
    found = loan_figures([coins(1000, "0.65"), coins(700), shares(300, "0")], D(765), RULES)
    assert found.margin_value == 765
    assert found.excess == 0
    assert (found.level, found.fall_to_call) == ("MARGIN_CALL", 0)


def test_a_loan_of_exactly_what_is_pledged_is_not_yet_short():
    assert loan_figures([shares(100)], D(100), RULES).fall_to_shortfall is None
    assert loan_figures([shares(100)], D(101), RULES).fall_to_shortfall == 0
    assert loan_figures([shares(100), coins(50)], D(100), RULES).fall_to_shortfall is None
    assert loan_figures([shares(100), coins(50)], D(150), RULES).fall_to_shortfall == 0


NOTHING = LoanTerms(single_cap=D(0), group_cap=D(0), warn=D(0), call=D(0), close_out=D(0))


def test_stress_moves_virtual_assets_and_nothing_else():
    pledges = [coins(1000), shares(1000), coins(100, eligible=False)]
    found = stressed(pledges, D(600), RULES, D("-0.25"))
    assert found == loan_figures(
        [coins(750), shares(1000), coins(75, eligible=False)], D(600), RULES
    )
    assert found.market_value == D(1825)
    assert stressed(pledges, D(600), RULES, D(0)) == loan_figures(pledges, D(600), RULES)
    assert pledges[0] == coins(1000), "what is pledged stays as it was"


def test_stress_of_what_is_unknown_is_unknown():
    blind = Pledge(market_value=None, haircut=D("0.6"), is_virtual=True)
    found = stressed([blind, shares(1000)], D(600), RULES, D("-0.25"))
    assert (found.known, found.level, found.shares) == (False, "UNKNOWN", (None, None))
    assert stressed([coins(1000)], None, RULES, D("-0.25")).level == "UNKNOWN"


def test_relief_makes_utilization_worse_by_a_share_of_the_margin_value():
    assert loan_level(D("74.99"), D(100), RULES, D("0.05")) == "NORMAL"
    assert loan_level(D(75), D(100), RULES, D("0.05")) == "WARNING"
    assert loan_level(D(95), D(100), RULES, D("0.05")) == "MARGIN_CALL"
    assert loan_level(D(120), D(100), RULES, D("0.05")) == "CLOSE_OUT"


def test_nothing_owed_is_normal_even_under_no_rules():
    assert loan_level(D(0), D(100), NOTHING, D("0.05")) == "NORMAL"
    assert loan_level(D(0), D(0), NOTHING) == "NORMAL"
    assert loan_level(D("0.01"), D(100), NOTHING) == "CLOSE_OUT"
    assert loan_level(D("0.01"), D(-1), RULES) == "CLOSE_OUT"


def test_under_no_rules_any_loan_is_where_every_fall_leads():
    found = loan_figures([shares(1000)], D(1), NOTHING)
    assert (found.fall_to_call, found.fall_to_close_out) == (0, 0)
    assert found.level == "CLOSE_OUT"


def test_shares_are_taken_before_any_cut():
    found = loan_figures([coins(2000), coins(500), shares(1000)], D(100), RULES)
    # 800, 200 and 700 of 1,700.
    assert [round(share, 6) for share in found.shares] == [
        D("0.470588"),
        D("0.117647"),
        D("0.411765"),
    ]
    assert found.largest_share == found.shares[0]
    assert loan_figures([], D(0), RULES).shares == ()
    assert loan_figures([coins(100, eligible=False)], D(0), RULES).shares == (None,)
