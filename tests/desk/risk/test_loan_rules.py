"""The rules of margin loans in the report: each line whole, both sides of each trigger.

The document: 2 BTC at 61,000 cut by 60 % are 48,800 USD, shares of 5,000,000 HKD at 0.1285 cut by
30 % are 449,750: a margin value of 498,550 USD. 1,001,200 HKD are owed, 128,654.2 USD.
"""

import pytest
from helpers.portfolios import GONE, LOAN, report

BTC = {"asset": "BTC", "quantity": "2"}
SHARES = {
    "description": "HK blue chips", "market_value": "5000000", "currency": "HKD", "haircut": "0.3",
}  # fmt: skip
NO_LOAN = ("OK", None, None, "There is no margin loan.")
SECURITIES, LARGEST = "loan-1: securities and cash", "loan-1: the largest virtual asset"
TOGETHER, LENT = "loan-1: all virtual assets together", "loan-1: the loan"
USED = "Utilization of loan-1"
REACHED = f"{USED} has reached the trigger."
SHARE = "vaf.securities_collateral_present"
SINGLE, GROUP = "vaf.collateral_concentration", "vaf.collateral_concentration.correlated_group"
WARN, CALL, CLOSE = "vaf.margin_warn", "vaf.margin_call", "vaf.margin_closeout"
NO_PRICE = ("prices/BTC", GONE)


def loan(**changes):
    return ("accounts/1", {**LOAN, **changes})


def owing(dollars):
    return loan(loans=[{"asset": "USD", "principal": dollars}])


def limited(asset, quantity):
    return loan(credit_limit={"asset": asset, "quantity": quantity})


def shown(changes, rule):
    found = next(one for one in report(*changes)["rules"] if one["rule"] == rule)
    return found["status"], found["value"], found["limit"], found["message"]


@pytest.mark.parametrize(
    "rule",
    ["client.smf_client", SHARE, SINGLE, GROUP, "vaf.credit_limit", WARN, CALL, CLOSE,
     "vaf.frr_capital_view"],
)  # fmt: skip
def test_without_a_loan_there_is_nothing_to_hold_against_a_rule(rule):
    assert shown([], rule) == NO_LOAN
    if rule != "vaf.frr_capital_view":
        assert shown([owing("0")], rule) == NO_LOAN


@pytest.mark.parametrize(
    ("changes", "rule", "line"),
    [
        ([loan()], "client.smf_client",
         ("OK", None, None, "The client is a securities margin client.")),
        ([loan(), ("client", GONE)], "client.smf_client",
         ("BREACH", None, None, "The client is not a securities margin client.")),
        ([loan()], "vaf.eligible_collateral", ("OK", None, None, "All collateral is eligible.")),
        ([loan(collateral=[SHARES, {"asset": "SOL", "quantity": "1"}])], "vaf.eligible_collateral",
         ("WARN", "SOL", None, "SOL in loan-1 is not eligible and counts 0.")),
        ([], "vaf.haircut", ("OK", None, None, "No virtual asset is pledged.")),
        ([loan(collateral=[SHARES, {"asset": "SOL", "quantity": "1"}])], "vaf.haircut",
         ("OK", None, None, "No virtual asset is pledged.")),
        ([loan()], "vaf.haircut", ("OK", "0.6", "0.6", "The haircut of BTC: not below the limit.")),
        ([loan(collateral=[{**BTC, "haircut": "0.7"}])], "vaf.haircut",
         ("OK", "0.7", "0.6", "The haircut of BTC: not below the limit.")),
        ([loan(collateral=[{**BTC, "haircut": "0.60"}])], "vaf.haircut",
         ("OK", "0.6", "0.6", "The haircut of BTC: not below the limit.")),
        ([loan(collateral=[SHARES, {**BTC, "haircut": "0.50"}])], "vaf.haircut",
         ("WARN", "0.5", "0.6", "BTC: a haircut of 0.5 is below the floor; 0.6 is applied.")),
        # 449,750 ÷ 498,550
        ([loan()], SHARE,
         ("OK", "0.90211613679671046033", "0.5", f"{SECURITIES}: not below the limit.")),
        ([loan(collateral=[BTC])], SHARE,
         ("BREACH", "0", "0.5", f"{SECURITIES}: below the limit.")),
        ([loan(), NO_PRICE], SHARE, ("UNKNOWN", None, "0.5", f"{SECURITIES}: unknown.")),
        # 48,800 ÷ 498,550
        ([loan()], SINGLE,
         ("OK", "0.097883863203289539665", "0.4", f"{LARGEST}: within the limit.")),
        ([loan(collateral=[BTC])], SINGLE, ("BREACH", "1", "0.4", f"{LARGEST}: over the limit.")),
        ([loan(), NO_PRICE], SINGLE, ("UNKNOWN", None, "0.4", f"{LARGEST}: unknown.")),
        ([loan()], GROUP,
         ("OK", "0.097883863203289539665", "0.5", f"{TOGETHER}: within the limit.")),
        ([loan(collateral=[BTC])], GROUP, ("BREACH", "1", "0.5", f"{TOGETHER}: over the limit.")),
        ([loan(), NO_PRICE], GROUP, ("UNKNOWN", None, "0.5", f"{TOGETHER}: unknown.")),
        # 3,000,000 HKD at 0.1285
        ([loan()], "vaf.credit_limit",
         ("OK", "128654.2", "385500", f"{LENT}: within the limit.")),
        ([limited("USDT", "128654.2")], "vaf.credit_limit",
         ("OK", "128654.2", "128654.2", f"{LENT}: within the limit.")),
        ([limited("USDT", "128654.1")], "vaf.credit_limit",
         ("BREACH", "128654.2", "128654.1", f"{LENT}: over the limit.")),
        ([limited("SOL", "1")], "vaf.credit_limit",
         ("UNKNOWN", None, None, "The loan of loan-1 cannot be converted.")),
        ([limited("USDT", "1"), ("prices/HKD", GONE)], "vaf.credit_limit",
         ("UNKNOWN", None, None, "The loan of loan-1 cannot be converted.")),
        ([loan(credit_limit=None)], "vaf.credit_limit",
         ("BREACH", None, None, "loan-1 has no credit limit.")),
        # 498,550 × 0.8, × 1 and × 1.25, and a cent less.
        ([owing("398839.99")], WARN,
         ("OK", "0.7999999799418313108", "0.8", f"{USED}: within the limit.")),
        ([owing("398840")], WARN, ("WARN", "0.8", "0.8", REACHED)),
        ([owing("498549.99")], CALL,
         ("OK", "0.9999999799418313108", "1", f"{USED}: within the limit.")),
        ([owing("498550")], CALL, ("BREACH", "1", "1", REACHED)),
        ([owing("623187.49")], CLOSE,
         ("OK", "1.2499999799418313108", "1.25", f"{USED}: within the limit.")),
        ([owing("623187.5")], CLOSE, ("BREACH", "1.25", "1.25", REACHED)),
        ([loan(), NO_PRICE], CALL, ("UNKNOWN", None, "1", "Utilization of loan-1 is unknown.")),
        ([loan(collateral=[])], CALL, ("BREACH", None, "1", REACHED)),
        ([loan()], "vaf.stop_advances", ("OK", None, None, "No account is in call.")),
        ([owing("498550")], "vaf.stop_advances",
         ("WARN", None, None, "Advances are stopped: loan-1 in call or close-out.")),
        ([owing("623187.5"), ("accounts/0/balances", [{"asset": "USDT", "quantity": "10000"}])],
         "vaf.stop_advances",
         ("WARN", None, None, "Advances are stopped: perp-1, loan-1 in call or close-out.")),
        ([loan(), NO_PRICE], "vaf.stop_advances",
         ("UNKNOWN", None, None, "The level of perp-1, loan-1 is unknown.")),
        ([owing("498550"), ("marks", {})], "vaf.stop_advances",
         ("WARN", None, None, "Advances are stopped: loan-1 in call or close-out.")),
        ([loan()], "vaf.frr_capital_view",
         ("OK", "1", "1", "The capital haircut of virtual assets: not below the limit.")),
        ([loan()], "vaf.stress",
         ("OK", None, None, "No shock brings a loan to a margin call.")),
        ([loan(), NO_PRICE], "vaf.stress",
         ("UNKNOWN", None, None, "Stress of loan-1: unknown.")),
        # A tenth off 48,800: 498,550 ÷ 493,670, and 617,087.5 = 493,670 × 1.25 closes out.
        ([owing("498550")], "vaf.stress",
         ("WARN", "1.0098851459476978548", "1",
          "loan-1: a fall of 10% of virtual assets brings a margin call.")),
        ([owing("617087.5")], "vaf.stress",
         ("WARN", "1.25", "1", "loan-1: a fall of 10% of virtual assets brings a close-out.")),
        ([loan(collateral=[])], "vaf.stress",
         ("WARN", None, "1", "loan-1: a fall of 10% of virtual assets brings a close-out.")),
    ],
)  # fmt: skip
def test_loans_are_held_against_their_rules(changes, rule, line):
    assert shown(changes, rule) == line
