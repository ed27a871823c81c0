"""`desk risk rehearse`: what a close-out would do after a shock, and what it would leave.

The steps are those the engine would take: its own planners, given the document at other prices.
Of a margin loan pledged coins are sold, and its ratio is the utilization.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.margin.inputs import AccountInput
from desk.margin.pool import total
from desk.margin.whatif import after_fill
from desk.risk.close_out import rehearsed
from desk.risk.close_out_step import CloseOutStep, PriceFor
from desk.risk.evaluation import equity, evaluate
from desk.risk.fill_price import price_beside_mark
from desk.risk.loan_rehearsal import LoanStep, loan_steps
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
    `preferences`: account → instruments that are reduced first.
    """
    after = shocked(situation, Shock(moves=moves))
    marks = after.portfolio.marks
    price_for = price_beside_mark(marks) if prices_for is None else prices_for(after)
    steps: list[dict[str, Any]] = []
    accounts = dict(after.accounts)
    for name, account in after.accounts.items():
        plan = rehearsed(account, price_for, (preferences or {}).get(name, ()))
        steps += [_row(name, step) for step in plan]
        accounts[name] = _filled(account, plan)
    left = evaluate(msgspec.structs.replace(after, accounts=accounts))
    parts = {one.id: equity(left, one.id) for one in after.portfolio.accounts}
    for sale in loan_steps(left):
        steps.append(_sale_row(sale))
        worth = parts[sale.account]
        parts[sale.account] = None if worth is None else worth - sale.cost
    return {
        "steps": steps,
        "residual_equity": text(total(parts.values())),
        "accounts": [{"account": name, "residual_equity": text(v)} for name, v in parts.items()],
    }


def _row(account: str, step: CloseOutStep) -> dict[str, Any]:
    return {
        "account": account,
        "instrument": step.instrument,
        "side": step.side.value,
        "quantity": text(step.quantity),
        "expected_price": text(step.expected_price),
        "fee": text(step.fee),
        "margin_ratio_after": text(step.margin_ratio_after),
    }


def _sale_row(step: LoanStep) -> dict[str, Any]:
    return {
        "account": step.account,
        "instrument": step.instrument,
        "side": "SELL",
        "quantity": text(step.quantity),
        "expected_price": text(step.expected_price),
        "fee": text(step.fee),
        "margin_ratio_after": text(step.utilization_after),
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
