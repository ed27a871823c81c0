"""A level that a float cannot tell is worked out exactly, in each part of the map of stress."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.portfolios import LOAN, situation

from desk.margin.account import margin_figures
from desk.margin.financing import loan_figures
from desk.risk.loan_row import loan_input
from desk.risk.shock import Shock, shocked_account
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import loan_subject, perpetual_subject

changed = msgspec.structs.replace
A_HAIR = D("1e-11")
"""Of a dollar: far less than a float knows of a hundred thousand."""

PLACES = {
    "now": (Shock(), 0),
    "cells": (Shock(moves={"BTC": D("-0.05"), "ETH": D("0.1")}), 7 * 13 + 10),
    "basis": (Shock(basis=D("-0.10")), 0),
    "depeg": (Shock(moves={"USDT": D("-0.05")}), 2),
}
"""Of each part of the map a shock, and its place there."""


def placed(found, part):
    _, place = PLACES[part]
    if part == "basis":
        place = found["basis"]["shock"].index(-0.10)
    return found[part]["level"][place]


@pytest.mark.parametrize("part", PLACES)
def test_a_perpetual_account_on_its_call_is_called_wherever_it_stands(part):
    shock, _ = PLACES[part]
    given = situation(
        ("accounts/0/balances", [{"asset": "USDT", "quantity": "100000"}]),
        ("accounts/0/orders", []),
    )
    (account,) = given.accounts.values()
    there = margin_figures(shocked_account(account, shock, given.instruments))
    spare = there.collateral_value - there.initial_margin
    for more, level in ((D(0), "MARGIN_CALL"), (A_HAIR, "WARNING")):
        coins = {"USDT": account.balances["USDT"] - spare + more}
        subject = perpetual_subject(changed(account, balances=coins), D(0))
        assert placed(stress_map(subject), part) == level


@pytest.mark.parametrize(("part", "owes"), [("now", "HKD"), ("cells", "HKD"), ("depeg", "USDT")])
def test_a_loan_on_its_call_is_called_wherever_it_stands(part, owes):
    shock, _ = PLACES[part]
    given = situation(("accounts/1", LOAN))
    (account,) = (one for one in given.portfolio.accounts if one.id == LOAN["id"])
    currency = given.portfolio.currency
    loan = loan_input(account, given.portfolio, given.profile)
    pledges = [
        changed(pledge, market_value=pledge.market_value * shock.worth(asset, currency))
        for asset, pledge in loan.pledges
    ]
    counted = loan_figures(pledges, D(0), loan.terms).margin_value
    most = counted * loan.terms.call / shock.worth(owes, currency)
    for more, level in ((A_HAIR, "MARGIN_CALL"), (-A_HAIR, "WARNING")):
        subject = loan_subject(changed(loan, owed=[(owes, most + more)]), currency)
        assert placed(stress_map(subject), part) == level
