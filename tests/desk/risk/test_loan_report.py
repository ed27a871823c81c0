"""What the risk report says of a margin loan beside its figures: stress, and explanations."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import GONE, LOAN
from helpers.portfolios import report as whole_report

WITH_LOAN = ("accounts/1", LOAN)
# 2 BTC × 61,000 × 0.4 = 48,800 and 5,000,000 HKD × 0.1285 × 0.7 = 449,750 USD of margin value.


def report(*changes):
    return whole_report(WITH_LOAN, *changes)


def owing(principal):
    return ("accounts/1/loans/0/principal", principal), ("accounts/1/loans/0/accrued_interest", "0")


def line(found, rule):
    return next(one for one in found["rules"] if one["rule"] == rule)


def explained(found, figure):
    told = dict(found["explain"][f"loan-1.{figure}"])
    told.pop("filled")
    return told


@pytest.mark.parametrize(
    ("principal", "status", "message", "value"),
    [
        # Half the coins gone: 474,150 USD are 3,689,883.27 HKD.
        ("3689883", "OK", "No shock brings a loan to a margin call.", None),
        ("3689884", "WARN",
         "loan-1: a fall of 50% of virtual assets brings a margin call.", "1.000000"),
        # 10 % gone: 493,670 USD.
        ("3841790", "WARN",
         "loan-1: a fall of 10% of virtual assets brings a margin call.", "1.000000"),
        ("5000000", "WARN",
         "loan-1: a fall of 10% of virtual assets brings a close-out.", "1.301477"),
        ("0", "OK", "No shock brings a loan to a margin call.", None),
    ],
)  # fmt: skip
def test_the_smallest_shock_that_calls_a_loan_is_named(principal, status, message, value):
    found = line(report(*owing(principal)), "vaf.stress")
    assert (found["status"], found["message"]) == (status, message)
    assert (found["origin"], found["limit"]) == ("HOUSE", None if value is None else "1")
    assert value is None or str(round(D(found["value"]), 6)) == value


def test_the_gap_of_a_quarter_is_among_the_shocks():
    # 486,350 USD are 3,784,824.90 HKD; 20 % gone leaves 3,803,813.
    found = line(report(*owing("3784825")), "vaf.stress")
    assert found["message"] == "loan-1: a fall of 25% of virtual assets brings a margin call."


def test_stress_without_a_price_is_unknown():
    found = line(report(("prices/HKD", GONE)), "vaf.stress")
    assert (found["status"], found["message"]) == ("UNKNOWN", "Stress of loan-1: unknown.")


def test_of_two_loans_the_one_that_is_called_first_is_named():
    other = {**LOAN, "id": "loan-2", "loans": [{"asset": "HKD", "principal": "3841790"}]}
    found = line(report(*owing("3689884"), ("accounts/2", other)), "vaf.stress")
    assert found["message"].startswith("loan-2: a fall of 10%")


def test_every_figure_of_a_loan_is_explained():
    found = report()
    behind = ("loan-1.collateral.", "loan-1.market_value", "loan-1.loan")
    names = [name for name in found["explain"] if name.startswith("loan-1.")]
    assert [n for n in names if not n.startswith(behind) or n == "loan-1.loan_to_value"] == [
        f"loan-1.{figure}"
        for figure in (
            "margin_value",
            "capital_value",
            "utilization",
            "loan_to_value",
            "excess",
            "largest_share",
            "group_share",
            "securities_share",
            "price_fall_to_margin_call",
            "price_fall_to_close_out",
            "price_fall_to_shortfall",
            "HKD.interest_per_day",
            "credit_free",
            "stress",
        )
    ]
    owed = {"loan": "128654.2"}
    assert explained(found, "margin_value") == {
        "formula": (
            "sum of market value × (1 − haircut), virtual assets capped alone, then together"
        ),
        "inputs": {"1. BTC": "48800", "2. HK blue chips": "449750"},
    }
    assert explained(found, "capital_value") == {
        "formula": "sum of margin values, virtual assets 0",
        "inputs": {"1. BTC": "0", "2. HK blue chips": "449750"},
    }
    assert explained(found, "utilization") == {
        "formula": "loan, accrued interest included, / margin_value",
        "inputs": {**owed, "margin_value": "498550"},
    }
    assert explained(found, "loan_to_value") == {
        "formula": "loan / market_value",
        "inputs": {**owed, "market_value": "764500"},
    }
    assert explained(found, "excess") == {
        "formula": "margin_value − loan",
        "inputs": {**owed, "margin_value": "498550"},
    }


def test_shares_are_explained_with_their_caps():
    found = report()
    before = "total margin value before any cut"
    share = explained(found, "largest_share")
    assert share["formula"] == f"margin value of the largest virtual asset / {before}"
    assert share["inputs"]["cap"] == "0.4"
    assert share["inputs"]["share"].startswith("0.09788386320")
    group = explained(found, "group_share")
    assert group["formula"] == f"margin value of all virtual assets / {before}"
    assert group["inputs"] == {**share["inputs"], "cap": "0.5"}
    fixed = explained(found, "securities_share")
    assert fixed["formula"] == "margin value of securities and cash / margin_value"
    assert fixed["inputs"]["share"].startswith("0.9021161367")


def test_falls_are_explained_by_what_they_reach():
    found = report()
    owed = {"loan": "128654.2"}
    fall = "fall of all virtual assets at which "
    assert explained(found, "price_fall_to_margin_call") == {
        "formula": f"{fall}loan / margin_value = 1",
        "inputs": {**owed, "margin_value": "498550"},
    }
    assert explained(found, "price_fall_to_close_out") == {
        "formula": f"{fall}loan / margin_value = 1.25",
        "inputs": {**owed, "margin_value": "498550"},
    }
    assert explained(found, "price_fall_to_shortfall") == {
        "formula": f"{fall}the loan is more than market_value",
        "inputs": {**owed, "market_value": "764500"},
    }


def test_interest_is_explained_by_days():
    found = explained(report(), "HKD.interest_per_day")
    assert found["formula"] == "principal × annual_rate / days a year, at 00:00 in Hong Kong"
    assert found["inputs"] == {
        "principal": "1000000",
        "annual_rate": "0.08",
        "days a year": "365",
        "accrued_interest": "1200",
        # 80,000 / 365, rounded up.
        "interest_per_day": "219.17808219178082192",
    }
    dollars = report(("accounts/1/loans/0/asset", "USD"))
    assert explained(dollars, "USD.interest_per_day")["inputs"]["days a year"] == "360"
    unsaid = report(("accounts/1/loans/0/annual_rate", None))
    assert explained(unsaid, "HKD.interest_per_day")["inputs"]["interest_per_day"] is None


def test_what_is_left_of_the_credit_limit_is_explained():
    found = explained(report(), "credit_free")
    assert found["formula"] == "credit_limit − loan; virtual assets never raise the limit"
    assert found["inputs"] == {
        "credit_limit": "385500",
        "loan": "128654.2",
        "credit_free": "256845.8",
    }
    without = explained(report(("accounts/1/credit_limit", None)), "credit_free")
    assert without["inputs"] == {"credit_limit": None, "loan": "128654.2", "credit_free": None}
    in_the_dark = explained(report(("prices/HKD", GONE)), "credit_free")
    assert in_the_dark["inputs"] == {"credit_limit": None, "loan": None, "credit_free": None}


def test_each_shock_is_explained_with_level_and_utilization():
    found = explained(report(*owing("3841790")), "stress")
    assert found["formula"] == (
        "level and utilization after one fall of all virtual assets, the rest standing still"
    )
    assert list(found["inputs"]) == ["-0.1", "-0.2", "-0.25", "-0.3", "-0.5"]
    assert found["inputs"]["-0.1"].startswith("MARGIN_CALL 1.00000003")
    assert found["inputs"]["-0.5"].startswith("MARGIN_CALL 1.04116")
    in_the_dark = explained(report(("prices/HKD", GONE)), "stress")
    assert set(in_the_dark["inputs"].values()) == {None}
