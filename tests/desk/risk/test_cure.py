"""Cures: one unit less is not enough; a sentence of numbers checked by hand where it can be."""

import json
from decimal import Decimal as D
from pathlib import Path

import msgspec
import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SHIPPED, SPOT, report, situation

from desk.margin.financing import LoanTerms, loan_figures
from desk.risk import loan_cure
from desk.risk.cure import Standing, cure_report, cures
from desk.risk.cure_action import Action, minor_unit, order_of, smallest
from desk.risk.evaluation import evaluate
from desk.risk.fill_price import price_beside_mark
from desk.risk.situation import read_situation

STORY = Path(__file__).parent / "story"

# 2 BTC at 61,010.5: initial margin 24,404.20, maintenance 488.08 of a gain of 2,021.
CALLED = [
    ("accounts/0/orders", []), ("accounts/0/haircuts", {}),
    ("accounts/0/balances", [{"asset": "USDT", "quantity": "20000"}]),
]  # fmt: skip
HELD_ALONE = {
    "instrument": BTC, "quantity": "2", "entry_price": "60000", "leverage": "5",
    "margin_mode": "isolated", "isolated_margin": "-1500",
}  # fmt: skip
ALONE = [*CALLED, ("accounts/0/positions", [HELD_ALONE])]
# 122,021 of notional, maintenance 488.08 against 521: 93.7 %.


def actions(*changes):
    return cure_report(situation(*changes))["actions"]


def of(found, kind, name=None):
    (one,) = [a for a in found if a["kind"] == kind and name in {None, a["asset_or_instrument"]}]
    return one


def story(moment):
    path = STORY / f"at_{moment}.json"
    return cure_report(read_situation(path.read_bytes(), str(path), SHIPPED))["actions"]


def test_without_a_call_nothing_is_missing():
    assert actions() == []
    warned = [*CALLED, ("accounts/0/balances", [{"asset": "USDT", "quantity": "24000"}])]
    assert report(*warned)["accounts"][0]["level"] == "WARNING"
    assert actions(*warned) == []
    assert actions(("accounts", [SPOT])) == []


def test_a_call_lists_cash_and_reductions_in_the_form_of_the_command_line():
    found = actions(*CALLED)
    assert [one["kind"] for one in found] == ["add_cash", "reduce"]
    for one in found:
        assert list(one) == [
            "account", "kind", "asset_or_instrument", "quantity", "cost", "margin_ratio_after",
            "utilization_after", "sufficient",
        ]  # fmt: skip
        assert one["account"] == "perp-1"
        assert one["sufficient"] is True
    json.dumps(found)


def test_cash_is_sized_to_the_minor_unit_that_is_just_enough():
    cash = of(actions(*CALLED), "add_cash", "USDT")
    # 24,404.20 / 0.95 − 22,021 = 3,667.6315…
    assert cash["quantity"] == "3667.64"
    assert cash["cost"] == "0"
    assert D(cash["utilization_after"]) == pytest.approx(
        D("24404.20") / D("25688.64"), abs=D("1e-19")
    )
    assert D(cash["margin_ratio_after"]) == pytest.approx(
        D("488.084") / D("25688.64"), abs=D("1e-19")
    )


def test_a_reduction_is_sized_to_the_lot_and_pays_fee_and_slippage():
    sell = of(actions(*CALLED), "reduce", BTC)

    def used(coins):
        price = D("61010.5") * D("0.9998")
        cost = coins * (D("61010.5") - price) + coins * price * D("0.0005")
        return (2 - coins) * D("61010.5") / 5 / (22021 - cost), cost

    coins = D(sell["quantity"])
    assert used(coins)[0] <= D("0.95") < used(coins - D("0.001"))[0]
    assert abs(D(sell["cost"]) - used(coins)[1]) < D("1e-12")
    assert abs(D(sell["utilization_after"]) - used(coins)[0]) < D("1e-15")


def test_a_cure_by_the_margin_ratio_ends_at_three_quarters():
    # No leverage and a high rate: the ratio is what calls.
    held = {"instrument": BTC, "quantity": "2", "entry_price": "60000", "leverage": "150",
            "maintenance_rate": "0.15"}  # fmt: skip
    found = actions(*CALLED, ("accounts/0/positions", [held]))
    cash = of(found, "add_cash")
    # 18,303.15 / 0.75 − 22,021 = 2,383.20 exactly
    assert cash["quantity"] == "2383.2"
    assert cash["margin_ratio_after"] == "0.75"
    assert cash["utilization_after"] != "0.75"


def test_other_collateral_counts_after_its_haircut():
    found = actions(*CALLED, ("accounts/0/haircuts", {"BTC": "0.05", "ETH": "0.5", "SOL": "0.2"}))
    btc, eth = (of(found, "add_collateral", coin) for coin in ("BTC", "ETH"))
    needed = D("24404.20") / D("0.95") - 22021
    for one, price, cut in ((btc, 61000, "0.05"), (eth, 2600, "0.5")):
        exact = needed / (price * (1 - D(cut)))
        assert 0 <= D(one["quantity"]) - exact < D("1e-8")
    assert [one["asset_or_instrument"] for one in found] == ["USDT", "BTC", "ETH", BTC]


def test_collateral_that_counts_only_so_far_is_listed_last_with_how_far_it_gets():
    slices = {"BTC": [{"up_to": "0.01", "rate": "0.05"}]}
    found = actions(*CALLED, ("accounts/0/haircuts", slices))
    last = found[-1]
    assert (last["kind"], last["asset_or_instrument"]) == ("add_collateral", "BTC")
    assert last["sufficient"] is False
    assert last["quantity"] == "0.01"
    value = 22021 + D("0.01") * 61000 * D("0.95")
    assert D(last["utilization_after"]) == pytest.approx(D("24404.20") / value, abs=D("1e-19"))
    assert D(last["utilization_after"]) > 1


def test_a_reduction_that_cannot_be_enough_closes_all_and_says_so():
    deep = [*CALLED, ("accounts/0/balances", [{"asset": "USDT", "quantity": "-3000"}])]
    cash, sell = actions(*deep)
    assert (cash["kind"], cash["sufficient"]) == ("add_cash", True)
    assert (sell["kind"], sell["sufficient"], sell["quantity"]) == ("reduce", False, "2")
    assert sell["margin_ratio_after"] is None


def test_a_position_of_a_part_of_a_lot_is_closed_whole_and_never_past_flat():
    held = {"instrument": BTC, "quantity": "-2.0005", "entry_price": "60000", "leverage": "5"}
    deep = [*CALLED, ("accounts/0/positions", [held]),
            ("accounts/0/balances", [{"asset": "USDT", "quantity": "2100"}])]  # fmt: skip
    sell = of(actions(*deep), "reduce")
    assert sell["quantity"] == "2.0005"


def test_the_smallest_order_of_an_instrument_is_the_smallest_reduction():
    edge = [*CALLED, ("accounts/0/balances", [{"asset": "USDT", "quantity": "22383"}])]
    assert report(*edge)["accounts"][0]["level"] == "MARGIN_CALL"
    coarse = {"min_quantity": "0.5"}
    assert of(actions(*edge, (f"instruments/{BTC}", coarse)), "reduce")["quantity"] == "0.5"
    assert D(of(actions(*edge), "reduce")["quantity"]) < D("0.2")


def test_an_isolated_position_asks_for_margin_of_its_own_or_to_be_closed():
    found = actions(*ALONE)
    assert [one["kind"] for one in found] == ["add_margin", "reduce"]
    added, closed = found
    # 488.084 / 0.75 − 521 = 129.7786…
    assert (added["asset_or_instrument"], added["quantity"]) == (BTC, "129.78")
    assert added["utilization_after"] is None
    assert D(added["margin_ratio_after"]) <= D("0.75")
    # A part that is closed takes its part of the wallet along: the ratio stays.
    assert closed["quantity"] == "2"
    assert (closed["margin_ratio_after"], closed["sufficient"]) == (None, True)


def test_an_isolated_call_is_no_call_of_the_pool():
    beside = {"instrument": ETH, "quantity": "1", "entry_price": "2600", "leverage": "5"}
    found = actions(*ALONE, ("accounts/0/positions/1", beside), (f"marks/{ETH}", "2600"))
    assert {one["asset_or_instrument"] for one in found} == {BTC}


def test_both_a_pool_and_an_isolated_position_in_call_are_cured_each():
    beside = {"instrument": ETH, "quantity": "40", "entry_price": "2600", "leverage": "5"}
    found = actions(*ALONE, ("accounts/0/positions/1", beside), (f"marks/{ETH}", "2600"))
    assert of(found, "add_cash")["quantity"] == "1894.74"
    kinds = [(one["kind"], one["asset_or_instrument"]) for one in found]
    assert kinds == [("add_margin", BTC), ("add_cash", "USDT"), ("reduce", ETH), ("reduce", BTC)]


@pytest.mark.parametrize("gone", [f"marks/{BTC}", "prices/USDT"])
def test_of_an_account_whose_figures_are_unknown_nothing_is_planned(gone):
    found = actions(*CALLED, (gone, GONE))
    if gone == "prices/USDT":
        # Its own figures are known; what they are worth in USD is not.
        assert {one["kind"]: one["cost"] for one in found} == {"add_cash": "0", "reduce": None}
    else:
        assert found == []


def test_one_account_can_be_asked_about():
    debt = {**LOAN, "loans": [{"asset": "HKD", "principal": "4000000"}]}
    evaluation = evaluate(situation(*CALLED, ("accounts/1", debt)))
    price_for = price_beside_mark(evaluation.situation.portfolio.marks)
    assert {a.account for a in cures(evaluation, price_for)} == {"perp-1", "loan-1"}
    assert {a.account for a in cures(evaluation, price_for, "loan-1")} == {"loan-1"}
    assert {a.account for a in cures(evaluation, price_for, "perp-1")} == {"perp-1"}
    assert cures(evaluation, price_for, "perp-9") == []


# --- loans ---------------------------------------------------------------------------------------


def test_the_loan_of_the_story_is_cured_by_repaying_or_by_pledging():
    found = story("1341")
    assert {one["account"] for one in found} == {"loan-1"}
    assert [(a["kind"], a["asset_or_instrument"]) for a in found] == [
        ("repay", "HKD"), ("add_cash", "HKD"), ("pledge", "ETH"), ("pledge", "BTC"),
    ]  # fmt: skip
    # design/mockups/arithmetic.md: repay 702,708.28; pledging 7.02 BTC would cure to 95.0 %.
    assert found[0]["quantity"] == "702708.28"
    assert round(D(found[3]["quantity"]), 2) == D("7.01")
    for one in found:
        assert one["cost"] == "0"
        assert one["margin_ratio_after"] == one["utilization_after"]
        assert D("0.9499999") < D(one["margin_ratio_after"]) <= D("0.95")


def test_the_call_of_the_story_at_15_07_is_cured_by_cash_or_by_selling():
    found = story("1507")
    assert {one["account"] for one in found} == {"perp-1"}
    # 1,428,484.80 / 0.95 − 1,351,240.99 (design/mockups/arithmetic.md)
    assert of(found, "add_cash")["quantity"] == "152427.23"
    assert of(found, "reduce", BTC)["quantity"] == "12.437"
    assert story("1024") == []


def loan(loans, collateral=None):
    given = {**LOAN, "loans": loans, "credit_limit": None}
    if collateral is not None:
        given["collateral"] = collateral
    return [("accounts", [given])]


SHARES = {"description": "shares", "market_value": "100000", "currency": "USD", "haircut": "0.5"}


def test_what_is_owed_is_the_most_that_can_be_repaid_and_interest_comes_first():
    owed = [
        {"asset": "USD", "principal": "60000", "accrued_interest": "100.005"},
        {"asset": "HKD", "principal": "1000"},
    ]
    found = actions(*loan(owed, [SHARES]))
    # 47,500 may be owed of 60,100.005 and 128.50.
    assert of(found, "repay", "USD")["quantity"] == "12728.51"
    hkd = of(found, "repay", "HKD")
    assert (hkd["quantity"], hkd["sufficient"]) == ("1000", False)
    assert hkd["margin_ratio_after"] == "1.2020001"
    assert found[-1] == hkd


def test_a_coin_that_is_not_eligible_or_has_no_price_is_not_offered():
    found = actions(*loan([{"asset": "USD", "principal": "60000"}], [SHARES]), ("prices/ETH", GONE))
    assert [one["asset_or_instrument"] for one in found if one["kind"] == "pledge"] == ["BTC"]


def test_a_pledge_counts_only_up_to_its_cap():
    found = actions(*loan([{"asset": "USD", "principal": "60000"}], [SHARES]))
    # BTC may be 40 % of everything before any cut: 0.4 (50,000 + 0.4 v) + 50,000 = 63,157.89…
    exact = ((60000 / D("0.95") - 50000) / D("0.4") - 50000) / D("0.4") / 61000
    assert exact < (60000 / D("0.95") - 50000) / D("0.4") / 61000
    plain = (60000 / D("0.95") - 50000) / D("0.4") / 61000
    assert 0 <= D(of(found, "pledge", "BTC")["quantity"]) - plain < D("1e-8")
    bold = actions(*loan([{"asset": "USD", "principal": "90000"}], [SHARES]))
    needed = 90000 / D("0.95") - 50000
    raw = (needed / D("0.4") - 50000) / D("0.4") / 61000
    assert 0 <= D(of(bold, "pledge", "BTC")["quantity"]) - raw < D("1e-8")


def test_more_of_a_coin_that_is_pledged_is_capped_together_with_it():
    held = [SHARES, {"asset": "BTC", "quantity": "1"}]
    found = actions(*loan([{"asset": "USD", "principal": "90000"}], held))
    raw = ((90000 / D("0.95") - 50000) / D("0.4") - 50000) / D("0.4") / 61000
    assert 0 <= D(of(found, "pledge", "BTC")["quantity"]) - (raw - 1) < D("1e-8")


def test_where_coins_may_count_nothing_a_pledge_is_not_enough():
    none = ("limits", {"vaf.collateral_concentration": {"value": "0", "unit": "fraction"}})
    found = actions(*loan([{"asset": "USD", "principal": "60000"}], [SHARES]), none)
    for one in found[-2:]:
        assert (one["kind"], one["sufficient"]) == ("pledge", False)
        assert one["margin_ratio_after"] == "1.2"
        assert one["quantity"] == "0.00000001"


def test_cash_is_offered_in_money_of_states_alone():
    found = actions(*loan([{"asset": "USDT", "principal": "60000"}], [SHARES]))
    assert [one["kind"] for one in found] == ["repay", "pledge", "pledge"]


def test_a_loan_that_is_not_in_call_or_unknown_is_left_alone():
    assert actions(*loan([{"asset": "USD", "principal": "49999"}], [SHARES])) == []
    assert actions(*loan([{"asset": "USD", "principal": "50000"}], [SHARES])) != []
    assert actions(*loan([{"asset": "XYZ", "principal": "60000"}], [SHARES])) == []
    empty = [{"asset": "USD", "principal": "60000"}, {"asset": "HKD", "principal": "0"}]
    assert "HKD" not in [a["asset_or_instrument"] for a in actions(*loan(empty, [SHARES]))]


# --- sizes and order -----------------------------------------------------------------------------


@pytest.mark.parametrize("least", [1, 2, 3, 7, 8, 9, 100, 127, 128, 999, 1000])
def test_the_smallest_number_that_is_enough_is_found(least):
    asked = []

    def is_enough(steps):
        asked.append(steps)
        return steps >= least

    assert smallest(is_enough, 1000) == least
    assert max(asked) <= 1000
    assert min(asked) >= 1
    assert smallest(is_enough, least - 1) is None
    assert len(asked) < 60


def action(**changes):
    fields = {
        "account": "a", "kind": "k", "asset_or_instrument": "x", "quantity": D(1), "cost": D(0),
        "size": D(1), "margin_ratio_after": None, "utilization_after": None, "sufficient": True,
    }  # fmt: skip
    return Action(**{**fields, **changes})


def test_the_cheapest_comes_first_then_the_smallest_then_what_is_not_enough():
    ordered = [
        action(size=D(5)),
        action(size=D(7), kind="a"),
        action(size=D(7), kind="b", asset_or_instrument="a"),
        action(size=D(7), kind="b", asset_or_instrument="b"),
        action(size=None),
        action(cost=D(1), size=D(1)),
        action(cost=None, size=D(1)),
        action(sufficient=False, size=D(0)),
    ]
    assert sorted([*ordered[3:], *ordered[:3]], key=order_of) == ordered


@pytest.mark.parametrize(
    ("asset", "unit"),
    [("USD", "0.01"), ("USDT", "0.01"), ("HKD", "0.01"), ("JPY", "1"), ("KRW", "1"),
     ("BTC", "0.00000001"), ("ETH", "0.00000001"), ("DAI", "0.01")],
)  # fmt: skip
def test_amounts_are_counted_in_minor_units(asset, unit):
    assert minor_unit(asset) == D(unit)


@pytest.mark.parametrize(
    ("initial", "maintenance", "value", "cured"),
    [
        (95, 75, 100, True), ("95.01", 75, 100, False), (95, "75.01", 100, False),
        (0, 0, 0, True), (0, 0, -5, False), (0, 1, 0, False), (1, 0, 0, False),
        (None, 0, 1, False), (0, None, 1, False), (0, 0, None, False),
    ],
)  # fmt: skip
def test_cured_is_at_most_95_and_75_percent(initial, maintenance, value, cured):
    numbers = (None if one is None else D(one) for one in (initial, maintenance, value))
    assert Standing(*numbers).is_cured is cured


def test_a_loan_whose_figures_became_unknown_is_not_cured():
    known = financed(loan="95", margin_value="100")
    assert loan_cure._is_cured(known)
    assert not loan_cure._is_cured(financed(loan="95.01", margin_value="100"))
    assert not loan_cure._is_cured(financed(loan=None, margin_value="100"))
    assert not loan_cure._is_cured(financed(loan="0", margin_value=None))
    assert loan_cure._is_cured(financed(loan="0", margin_value="0"))


def test_all_that_is_owed_can_be_repaid_interest_included():
    owed = [{"asset": "USD", "principal": "1000", "accrued_interest": "200"}]
    worthless = {**SHARES, "market_value": "0"}
    repay = of(actions(*loan(owed, [worthless])), "repay", "USD")
    assert (repay["quantity"], repay["sufficient"]) == ("1200", True)


def test_a_short_in_call_is_cured_by_buying_back():
    short = {"instrument": BTC, "quantity": "-2", "entry_price": "62021", "leverage": "5"}
    found = actions(*CALLED, ("accounts/0/positions", [short]))
    buy = of(found, "reduce", BTC)
    # The same figures as of the long: 24,404.20 of 22,021, but bought above the mark.
    sell = of(actions(*CALLED), "reduce", BTC)
    assert buy["sufficient"]
    assert abs(D(buy["quantity"]) - D(sell["quantity"])) <= D("0.001")
    assert D(buy["cost"]) > 0


def test_one_step_that_is_enough_is_the_smallest():
    assert smallest(lambda steps: steps >= 1, 1) == 1
    assert smallest(lambda steps: steps >= 2, 1) is None
    assert smallest(lambda steps: True, 0) is None


def financed(loan, margin_value):
    figures = loan_figures([], D(0), TERMS)
    return msgspec.structs.replace(
        figures,
        loan=None if loan is None else D(loan),
        margin_value=None if margin_value is None else D(margin_value),
    )


TERMS = LoanTerms(single_cap=D(1), group_cap=D(1), warn=D("0.8"), call=D(1), close_out=D("1.25"))
