"""How every figure of the risk report came about: formula, numbers put in, inputs, sources.

`formula` says it in words, `filled` is plain arithmetic that comes to the figure, `inputs` has the
numbers by name with their ages, dates and sources.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from desk.risk.evaluation import Evaluation
from desk.risk.explain_loan import explain_loan
from desk.risk.explain_loan_figures import loan_filled, loan_rows
from desk.risk.explain_pool import explain_account
from desk.risk.explain_totals import explain_rules, explain_spot, explain_totals
from desk.risk.filled import UNKNOWN, Explained
from desk.risk.loan_limits import loan_terms
from desk.risk.portfolio import SpotAccount
from desk.risk.rule_line import RuleLine


def explain(evaluation: Evaluation, rules: Iterable[RuleLine] = ()) -> dict[str, Any]:
    """Return the explanations of all figures: `account.figure` → formula, filled, inputs.

    Of a figure that is null `filled` is null and the inputs show what is missing. Account figures
    are in the report's currency, position figures in their settle asset.
    """
    result: dict[str, Any] = {}
    for name in evaluation.perpetual:
        _tell(result, name, explain_account(evaluation, name))
    portfolio, profile = evaluation.situation.portfolio, evaluation.situation.profile
    for name, loan in evaluation.loans.items():
        filled = loan_filled(loan, loan_terms(profile))
        for figure, formula, inputs in explain_loan(loan, portfolio, profile):
            told = Explained(figure, formula, filled.get(figure, UNKNOWN), inputs)
            _tell(result, name, [told])
        _tell(result, name, loan_rows(loan, portfolio, profile))
    for account in portfolio.accounts:
        if isinstance(account, SpotAccount):
            _tell(result, account.id, explain_spot(evaluation, account))
    _tell(result, "totals", explain_totals(evaluation))
    _tell(result, "rules", explain_rules(rules, profile))
    return result


def _tell(result: dict[str, Any], owner: str, told: Iterable[Explained]) -> None:
    for one in told:
        result[f"{owner}.{one.figure}"] = {
            "formula": one.formula,
            "filled": None if UNKNOWN in one.filled else one.filled,
            "inputs": one.inputs,
        }
