"""The smallest acts that bring a margin loan just out of its call: repay, pay in, pledge.

Collateral counts by the caps of the profile, so more of one coin may be worth less than it seems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from desk.margin.financing import LoanFigures
from desk.model.numbers import ZERO
from desk.risk.cure_action import (
    CALLED,
    MOST_STEPS,
    Action,
    in_currency,
    minor_unit,
    smallest,
    steps_in,
)
from desk.risk.evaluation import Evaluation
from desk.risk.loan_row import Loan, loan_of
from desk.risk.portfolio import CollateralRow, FinancingAccount, LoanRow
from desk.risk.prices import FIAT, price_of

UTILIZATION_TARGET = Decimal("0.95")


class Act(NamedTuple):
    """One way out of the call of a loan."""

    kind: str
    asset: str
    most: int
    """Minor units of the asset that could be moved."""
    change: Callable[[Decimal], FinancingAccount]
    """The account after so much of the asset."""


def loan_cures(evaluation: Evaluation, loan: Loan) -> list[Action]:
    """Return the cures of one loan; none where there is no call or its figures are unknown."""
    if loan.figures.level not in CALLED or not loan.figures.known:
        return []
    return [_sized(evaluation, loan, act) for act in _acts(evaluation, loan)]


def _acts(evaluation: Evaluation, loan: Loan) -> Iterator[Act]:
    account, portfolio = loan.account, evaluation.situation.portfolio
    eligible = evaluation.situation.profile.words("vaf.eligible_collateral")
    for owed in account.loans:
        amount = owed.principal + owed.accrued_interest
        if amount:
            most = steps_in(amount, minor_unit(owed.asset))
            yield Act("repay", owed.asset, most, _repaying(account, owed))
            if owed.asset in FIAT:
                yield Act("add_cash", owed.asset, MOST_STEPS, _pledging(account, owed.asset))
    for asset in eligible:
        if price_of(portfolio, asset) is not None:
            yield Act("pledge", asset, MOST_STEPS, _pledging(account, asset))


def _repaying(account: FinancingAccount, owed: LoanRow) -> Callable[[Decimal], FinancingAccount]:
    def repaid(quantity: Decimal) -> FinancingAccount:
        interest = min(quantity, owed.accrued_interest)
        left = msgspec.structs.replace(
            owed,
            accrued_interest=owed.accrued_interest - interest,
            principal=max(ZERO, owed.principal - (quantity - interest)),
        )
        loans = [left if row is owed else row for row in account.loans]
        return msgspec.structs.replace(account, loans=loans)

    return repaid


def _pledging(account: FinancingAccount, asset: str) -> Callable[[Decimal], FinancingAccount]:
    """Return the account with more of an asset: beside what is there of it, for the caps."""
    held = next((row for row in account.collateral if row.asset == asset), None)

    def pledged(quantity: Decimal) -> FinancingAccount:
        if held is None:
            more = CollateralRow(asset=asset, quantity=quantity)
            return msgspec.structs.replace(account, collateral=[*account.collateral, more])
        more = msgspec.structs.replace(held, quantity=(held.quantity or ZERO) + quantity)
        collateral = [more if row is held else row for row in account.collateral]
        return msgspec.structs.replace(account, collateral=collateral)

    return pledged


def _sized(evaluation: Evaluation, loan: Loan, act: Act) -> Action:
    """Return an act in the smallest size that is enough, or in the size that gets farthest."""
    portfolio, profile = evaluation.situation.portfolio, evaluation.situation.profile
    unit = minor_unit(act.asset)

    def figures(steps: int) -> LoanFigures:
        return loan_of(act.change(steps * unit), portfolio, profile).figures

    enough = smallest(lambda steps: _is_cured(figures(steps)), act.most)
    steps = enough
    if steps is None:
        best = figures(act.most)
        steps = smallest(lambda n: figures(n).utilization == best.utilization, act.most)
        assert steps is not None, "the most is as good as the most"
    used = figures(steps).utilization
    quantity = steps * unit
    return Action(
        account=loan.account.id,
        kind=act.kind,
        asset_or_instrument=act.asset,
        quantity=quantity,
        cost=ZERO,
        size=in_currency(quantity, price_of(portfolio, act.asset)),
        margin_ratio_after=used,
        utilization_after=used,
        sufficient=enough is not None,
    )


def _is_cured(figures: LoanFigures) -> bool:
    loan, value = figures.loan, figures.margin_value
    if loan is None or value is None:
        return False
    return loan <= max(ZERO, UTILIZATION_TARGET * value)
