"""`desk risk rehearse`: what a close-out would do after a shock, and what it would leave.

The steps are those the engine would take: its own planners, given the document at other prices.
Of a margin loan pledged coins are sold, and its ratio is the utilization.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountInput
from desk.margin.pool import total
from desk.margin.whatif import after_fill
from desk.model.numbers import ZERO
from desk.risk.close_out import rehearsed
from desk.risk.close_out_step import TARGET_RATIO, CloseOutStep, PriceFor
from desk.risk.evaluation import Evaluation, equity, evaluate, worst_ratio
from desk.risk.fill_price import price_beside_mark
from desk.risk.loan_rehearsal import DOLLAR, LoanStep, loan_steps
from desk.risk.loan_row import Loan
from desk.risk.loan_sale import CURED
from desk.risk.report_rows import text
from desk.risk.shock import Shock, shocked
from desk.risk.situation import Situation

PricesFor: TypeAlias = Callable[[Situation], PriceFor]
"""What quantities would trade at in a situation after the shock."""


def rehearse_report(
    situation: Situation,
    moves: Mapping[str, Decimal],
    prices_for: PricesFor | None = None,
    preferences: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return the steps of every account that a shock brings to close-out.

    `residual_equity` is that of the whole portfolio after shock and steps, in its currency;
    `preferences`: account → instruments that are reduced first. `margins` has each account's
    ratio at the shock and after its steps: of a loan its utilization.
    """
    after = shocked(situation, Shock(moves=moves))
    marks = after.portfolio.marks
    price_for = price_beside_mark(marks) if prices_for is None else prices_for(after)
    steps: list[dict[str, Any]] = []
    accounts = dict(after.accounts)
    for name, account in after.accounts.items():
        plan = rehearsed(account, price_for, (preferences or {}).get(name, ()))
        steps += _rows(account, plan)
        accounts[name] = _filled(account, plan)
    left = evaluate(msgspec.structs.replace(after, accounts=accounts))
    parts = {one.id: equity(left, one.id) for one in after.portfolio.accounts}
    sales = loan_steps(left)
    for number, sale in enumerate(sales, 1):
        steps.append(_sale_row(left, sales[:number]))
        worth = parts[sale.account]
        parts[sale.account] = None if worth is None else worth - sale.cost
    return {
        "steps": steps,
        "residual_equity": text(total(parts.values())),
        "accounts": [{"account": name, "residual_equity": text(v)} for name, v in parts.items()],
        "margins": [
            *(_margins(after.accounts[name], account) for name, account in accounts.items()),
            *(_loan_margins(name, loan, sales) for name, loan in left.loans.items()),
        ],
    }


def _margins(before: AccountInput, after: AccountInput) -> dict[str, Any]:
    then, left = account_figures(before), account_figures(after)
    return {
        "account": before.id,
        "currency": before.settle,
        "ratio_at_shock": text(worst_ratio([then])),
        "ratio_after": text(worst_ratio([left])),
        "value_after": text(left.collateral_value),
        "target": text(TARGET_RATIO),
    }


def _loan_margins(account: str, loan: Loan, sales: Sequence[LoanStep]) -> dict[str, Any]:
    now = loan.figures.utilization
    after = [sale.utilization_after for sale in sales if sale.account == account]
    return {
        "account": account,
        "currency": None,
        "ratio_at_shock": text(now),
        "ratio_after": text(after[-1] if after else now),
        "value_after": None,
        "target": text(CURED),
    }


def _rows(account: AccountInput, plan: Sequence[CloseOutStep]) -> list[dict[str, Any]]:
    held: dict[str, Decimal] = {p.instrument.id: abs(p.quantity) for p in account.positions}
    rows: list[dict[str, Any]] = []
    for step in plan:
        held[step.instrument] -= step.quantity
        rows.append(_row(account.id, step, held[step.instrument]))
    return rows


def _row(account: str, step: CloseOutStep, left: Decimal) -> dict[str, Any]:
    """`cost` is fee and slippage, as the fee in the settle asset; `left` of the position."""
    return {
        "account": account,
        "instrument": step.instrument,
        "side": step.side.value,
        "quantity": text(step.quantity),
        "expected_price": text(step.expected_price),
        "fee": text(step.fee),
        "margin_ratio_after": text(step.margin_ratio_after),
        "cost": text(step.cost),
        "left": text(left),
    }


def _sale_row(left: Evaluation, sales: Sequence[LoanStep]) -> dict[str, Any]:
    """Return the last of some sales.

    `cost` is in the document's currency; `left` of the pledged coins, in one piece or several.
    """
    step = sales[-1]
    coin = step.instrument.partition(".")[0].removesuffix(DOLLAR)
    pledged = left.loans[step.account].account.collateral
    held = sum((row.quantity or ZERO for row in pledged if row.asset == coin), ZERO)
    same = (sale for sale in sales if (sale.account, sale.instrument) == step[:2])
    sold = sum((sale.quantity for sale in same), ZERO)
    return {
        "account": step.account,
        "instrument": step.instrument,
        "side": "SELL",
        "quantity": text(step.quantity),
        "expected_price": text(step.expected_price),
        "fee": text(step.fee),
        "margin_ratio_after": text(step.utilization_after),
        "cost": text(step.cost),
        "left": text(held - sold),
    }


def _filled(account: AccountInput, plan: Sequence[CloseOutStep]) -> AccountInput:
    for step in plan:
        instrument = next(
            p.instrument for p in account.positions if p.instrument.id == step.instrument
        )
        notional = instrument.notional(step.quantity, step.expected_price)
        account = after_fill(
            account,
            instrument,
            step.side,
            step.quantity,
            step.expected_price,
            step.fee / notional,
        )
    return account
