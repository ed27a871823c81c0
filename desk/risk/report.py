"""The risk report `desk.risk/1` of a portfolio document."""

from __future__ import annotations

from typing import Any

from desk.margin.pool import total
from desk.risk.evaluation import (
    Evaluation,
    capital_view,
    delta,
    equity,
    evaluate,
    quality,
    state,
)
from desk.risk.explain import explain
from desk.risk.portfolio import Account, FinancingAccount, PerpetualAccount
from desk.risk.report_rows import Row, loan_row, perpetual_row, spot_row, text
from desk.risk.rule_lines import rule_lines
from desk.risk.situation import Situation

SCHEMA = "desk.risk/1"


def risk_report(situation: Situation) -> dict[str, Any]:
    """Return the report; every field is there, what is unknown is null."""
    evaluation = evaluate(situation)
    portfolio, profile = situation.portfolio, situation.profile
    lines = rule_lines(evaluation)
    return {
        "schema": SCHEMA,
        "as_of": portfolio.as_of,
        "currency": portfolio.currency,
        "profile": {"name": profile.name, "hash": profile.hash},
        "quality": quality(evaluation),
        "state": state(evaluation),
        "accounts": [account_row(evaluation, account) for account in portfolio.accounts],
        "totals": {
            "equity": text(total(equity(evaluation, one.id) for one in portfolio.accounts)),
            "btc_delta": text(delta(evaluation, "BTC")),
            "eth_delta": text(delta(evaluation, "ETH")),
            "capital_view": text(capital_view(evaluation)),
        },
        "rules": [line.row() for line in lines],
        "explain": explain(evaluation, lines),
    }


def account_row(evaluation: Evaluation, account: Account) -> Row:
    """Return the row of one account of the document."""
    if isinstance(account, PerpetualAccount):
        spans = {
            instrument: span
            for (owner, instrument), span in evaluation.spans.items()
            if owner == account.id
        }
        return perpetual_row(evaluation.perpetual[account.id], evaluation.rate(account.id), spans)
    if isinstance(account, FinancingAccount):
        return loan_row(evaluation.loans[account.id])
    return spot_row(evaluation, account)
