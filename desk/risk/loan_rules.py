"""The rules of margin loans, held against a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from desk.margin.financing import LoanFigures, stressed
from desk.margin.levels import CLOSE_OUT, MARGIN_CALL, UNKNOWN
from desk.model.numbers import plain
from desk.risk.evaluation import Evaluation
from desk.risk.gates import margin_client_gate
from desk.risk.loan_limits import loan_shocks, loan_terms
from desk.risk.loan_row import Loan
from desk.risk.prices import price_in
from desk.risk.profile import Rule
from desk.risk.rule_line import (
    BREACH,
    OK,
    WARN,
    Finding,
    at_least,
    at_most,
    fine,
    limit_of,
    number,
    unknown,
    worst,
)

NO_LOAN = "There is no margin loan."

Check = Callable[[Evaluation, Rule], Finding]

CALLED = (MARGIN_CALL, CLOSE_OUT)


def _owing(evaluation: Evaluation) -> Iterator[Loan]:
    for loan in evaluation.loans.values():
        if loan.figures.loan is None or loan.figures.loan > 0:
            yield loan


def smf_client(evaluation: Evaluation, rule: Rule) -> Finding:
    """A virtual asset loan is for existing securities margin clients."""
    del rule
    if not any(True for _ in _owing(evaluation)):
        return fine(NO_LOAN)
    situation = evaluation.situation
    found = margin_client_gate(situation.portfolio.client, situation.profile)
    return Finding(status=OK if found.met else BREACH, message=found.said)


def eligible_collateral(evaluation: Evaluation, rule: Rule) -> Finding:
    """What is not eligible counts 0."""
    del rule
    for loan in evaluation.loans.values():
        for row, pledge in zip(loan.account.collateral, loan.pledges, strict=True):
            if not pledge.eligible:
                message = f"{row.asset} in {loan.account.id} is not eligible and counts 0."
                return Finding(status=WARN, message=message, value=row.asset)
    return fine("All collateral is eligible.")


def haircut(evaluation: Evaluation, rule: Rule) -> Finding:
    """Every virtual asset is cut at least by the rule's haircut; a lower one is not applied."""
    limit = limit_of(rule)

    def judged() -> Iterator[Finding]:
        for loan in evaluation.loans.values():
            for row, pledge in zip(loan.account.collateral, loan.pledges, strict=True):
                if not pledge.is_virtual or not pledge.eligible:
                    continue
                asked = row.haircut
                if asked is not None and asked < limit:
                    yield Finding(
                        status=WARN,
                        message=f"{row.asset}: a haircut of {plain(asked)} is below the floor; "
                        f"{plain(limit)} is applied.",
                        value=plain(asked),
                        limit=plain(limit),
                    )
                else:
                    yield at_least(pledge.haircut, limit, f"The haircut of {row.asset}")

    return worst(judged(), "No virtual asset is pledged.")


def _share(read: Callable[[Loan], Decimal | None], what: str, *, least: bool) -> Check:
    def check(evaluation: Evaluation, rule: Rule) -> Finding:
        limit = limit_of(rule)
        judge = at_least if least else at_most
        return worst(
            (judge(read(loan), limit, f"{loan.account.id}: {what}") for loan in _owing(evaluation)),
            NO_LOAN,
        )

    return check


def credit_limit(evaluation: Evaluation, rule: Rule) -> Finding:
    """A client owes at most the credit limit; a loan without a limit is refused."""
    del rule
    portfolio = evaluation.situation.portfolio

    def judged() -> Iterator[Finding]:
        for loan in _owing(evaluation):
            limit = loan.account.credit_limit
            if limit is None:
                message = f"{loan.account.id} has no credit limit."
                yield Finding(status=BREACH, message=message)
                continue
            price = price_in(portfolio, limit.asset, portfolio.currency)
            if price is None or loan.figures.loan is None:
                yield unknown(f"The loan of {loan.account.id} cannot be converted.")
                continue
            yield at_most(loan.figures.loan, limit.quantity * price, f"{loan.account.id}: the loan")

    return worst(judged(), NO_LOAN)


def trigger(status: str) -> Check:
    """Return the check of one utilization trigger."""

    def check(evaluation: Evaluation, rule: Rule) -> Finding:
        limit = limit_of(rule)

        def judged() -> Iterator[Finding]:
            for loan in _owing(evaluation):
                name, used = loan.account.id, loan.figures.utilization
                if not loan.figures.known:
                    yield unknown(f"Utilization of {name} is unknown.", rule)
                elif used is None or used >= limit:
                    yield Finding(
                        status=status,
                        message=f"Utilization of {name} has reached the trigger.",
                        value=None if used is None else number(used),
                        limit=plain(limit),
                    )
                else:
                    yield at_most(used, limit, f"Utilization of {name}")

        return worst(judged(), NO_LOAN)

    return check


def stop_advances(evaluation: Evaluation, rule: Rule) -> Finding:
    """While a call is open there are no further advances."""
    del rule
    levels = {name: figures.level for name, figures in evaluation.perpetual.items()}
    levels |= {name: loan.figures.level for name, loan in evaluation.loans.items()}
    stopped = [name for name, level in levels.items() if level in CALLED]
    if stopped:
        message = f"Advances are stopped: {', '.join(stopped)} in call or close-out."
        return Finding(status=WARN, message=message)
    unseen = [name for name, level in levels.items() if level == UNKNOWN]
    if unseen:
        return unknown(f"The level of {', '.join(unseen)} is unknown.")
    return fine("No account is in call.")


def capital_view(evaluation: Evaluation, rule: Rule) -> Finding:
    """Virtual assets are worth nothing in the firm's capital view."""
    limit = limit_of(rule)
    if not evaluation.loans:
        return fine(NO_LOAN)
    return at_least(limit, limit, "The capital haircut of virtual assets")


def stress(evaluation: Evaluation, rule: Rule) -> Finding:
    """Say whether a shock of the rule, or its gap, would bring a loan to a call or further."""
    del rule
    moves = loan_shocks(evaluation.situation.profile)
    terms = loan_terms(evaluation.situation.profile)

    def judged() -> Iterator[Finding]:
        for loan in _owing(evaluation):
            if not loan.figures.known:
                yield unknown(f"Stress of {loan.account.id}: unknown.")
                continue
            for move in moves:
                found = stressed(loan.pledges, loan.figures.loan, terms, move)
                if found.level in CALLED:
                    yield _shocked(loan.account.id, move, found, terms.call)
                    break

    return worst(judged(), "No shock brings a loan to a margin call.")


def _shocked(name: str, move: Decimal, found: LoanFigures, call: Decimal) -> Finding:
    used = found.utilization
    what = "a close-out" if found.level == CLOSE_OUT else "a margin call"
    return Finding(
        status=WARN,
        message=f"{name}: a fall of {-move:.0%} of virtual assets brings {what}.",
        value=None if used is None else number(used),
        limit=plain(call),
        strain=move,
    )


LOAN_CHECKS: Mapping[str, Check] = {
    "client.smf_client": smf_client,
    "vaf.eligible_collateral": eligible_collateral,
    "vaf.haircut": haircut,
    "vaf.securities_collateral_present": _share(
        lambda loan: loan.figures.securities_share, "securities and cash", least=True
    ),
    "vaf.collateral_concentration": _share(
        lambda loan: loan.figures.largest_share, "the largest virtual asset", least=False
    ),
    "vaf.collateral_concentration.correlated_group": _share(
        lambda loan: loan.figures.group_share, "all virtual assets together", least=False
    ),
    "vaf.credit_limit": credit_limit,
    "vaf.margin_warn": trigger(WARN),
    "vaf.margin_call": trigger(BREACH),
    "vaf.margin_closeout": trigger(BREACH),
    "vaf.stop_advances": stop_advances,
    "vaf.frr_capital_view": capital_view,
    "vaf.stress": stress,
}
