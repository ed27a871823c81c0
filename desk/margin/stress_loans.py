"""Margin loans in float64 under many joint moves at once: equity, utilization, level."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from desk.margin.financing import LoanInput, LoanTerms, Pledge, capped_as
from desk.margin.levels import CLOSE_OUT, MARGIN_CALL, WARNING
from desk.margin.stress import Codes, Flags, Floats, Scenarios, near_threshold, reached


class StressedLoan(NamedTuple):
    """By scenario; nan is unknown."""

    equity: Floats
    """Market value − loan, in the reporting currency."""
    levels: Codes
    near: Flags
    debt: Floats
    margin: Floats
    """Margin value, in the reporting currency as the debt."""


def stress_loan(loan: LoanInput, scenarios: Scenarios, currency: str) -> StressedLoan:
    """Return a loan under every scenario."""

    def moved(asset: str, amount: Decimal | None) -> Floats:
        now = np.nan if amount is None else float(amount)
        return now * scenarios.worth(asset, currency)

    nothing = np.zeros(scenarios.count)
    worth = [(pledge, moved(asset, pledge.market_value)) for asset, pledge in loan.pledges]
    debt = sum((moved(asset, amount) for asset, amount in loan.owed), nothing)
    margin = _margin_value(worth, loan.terms, nothing)
    terms = loan.terms
    steps = ((terms.close_out, CLOSE_OUT), (terms.call, MARGIN_CALL), (terms.warn, WARNING))
    return StressedLoan(
        equity=sum((value for _, value in worth), -debt),
        levels=_unless_free(reached(debt, margin, steps), debt),
        near=near_threshold(debt[np.newaxis], margin[np.newaxis], steps),
        debt=debt,
        margin=margin,
    )


def _unless_free(levels: Codes, debt: Floats) -> Codes:
    """A debt of nothing is NORMAL, whatever its collateral is worth."""
    return np.where(debt == 0, np.int8(0), levels)


def _margin_value(
    worth: Sequence[tuple[Pledge, Floats]], terms: LoanTerms, nothing: Floats
) -> Floats:
    """Return what collateral counts: each coin capped over all its pieces, then all together."""
    coins: dict[str, Floats] = {}
    fixed = nothing
    for number, (pledge, value) in enumerate(worth):
        uncut, coin = value * _rate(pledge), capped_as(number, pledge)
        if coin is None:
            fixed = fixed + uncut
        else:
            coins[coin] = coins.get(coin, nothing) + uncut
    total = sum(coins.values(), fixed)
    single = float(terms.single_cap) * total
    virtual = sum((np.minimum(value, single) for value in coins.values()), nothing)
    return fixed + np.minimum(virtual, float(terms.group_cap) * total)


def _rate(pledge: Pledge) -> float:
    return float(1 - pledge.haircut) if pledge.eligible else 0.0
