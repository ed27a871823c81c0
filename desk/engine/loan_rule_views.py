"""The rules of margin loans as they stand now, for a glance: each with its own origin."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.loans import (
    Loan,
    all_loans,
    capital_of_firm,
    credit_limit_of,
    financing_accounts,
    loan_of,
)
from desk.engine.snapshot import RuleView
from desk.margin.levels import CLOSE_OUT, MARGIN_CALL, NORMAL, WARNING
from desk.margin.rounding import written
from desk.model.numbers import plain
from desk.risk.rule_line import BREACH, OK, UNKNOWN, WARN

SHARE, AMOUNT, TIMES = "{:.2%}", "{:,.2f}", "{:.2f}×"
"""How a figure and its limit are written."""

_OF_LEVEL = {NORMAL: OK, WARNING: WARN, MARGIN_CALL: BREACH, CLOSE_OUT: BREACH}


def loan_rule_views(desk: Desk) -> list[RuleView]:
    """Return a row for each rule that a loan of this desk stands under; none without a loan."""
    loans = [loan_of(desk, account) for account in financing_accounts(desk)]
    rows = [row for loan in loans if loan.owed for row in _of_loan(desk, loan)]
    return [*rows, *_of_firm(desk)] if rows else []


def _of_loan(desk: Desk, loan: Loan) -> Iterator[RuleView]:
    name, figures, limits = loan.account.id, loan.figures, desk.rules.loans
    terms = limits.terms
    yield _row(
        desk,
        "vaf.margin_call",
        _OF_LEVEL.get(figures.level, UNKNOWN),
        figures.utilization,
        terms.call,
        f"{name} utilization",
    )
    yield _at_most(
        desk,
        "vaf.credit_limit",
        figures.loan,
        credit_limit_of(desk, loan.account),
        f"{name} loan",
        AMOUNT,
    )
    yield _at_most(
        desk,
        "vaf.collateral_concentration",
        figures.largest_share,
        terms.single_cap,
        f"{name} largest virtual asset",
    )
    yield _at_most(
        desk,
        "vaf.collateral_concentration.correlated_group",
        figures.group_share,
        terms.group_cap,
        f"{name} all virtual assets",
    )
    share, least = figures.securities_share, limits.securities_share
    status = UNKNOWN if share is None else WARN if share < least else OK
    rule = "vaf.securities_collateral_present"
    said = "" if share is None else f"{share:.2%}, at least {least:.2%}"
    yield _row(desk, rule, status, share, least, f"{name} securities and cash", said)


def _of_firm(desk: Desk) -> Iterator[RuleView]:
    """Return how all loans stand to the firm's capital."""
    capital = capital_of_firm(desk)
    loans = None if capital is None else all_loans(desk, capital.asset)
    multiple = None
    if capital is not None and capital.quantity and loans is not None:
        multiple = loans / capital.quantity
    rule, what = "vaf.loans_to_capital", "All loans in multiples of the firm's capital"
    most, warn = desk.number(rule), desk.number(rule, "warn")
    status = UNKNOWN if multiple is None else OK
    if multiple is not None and multiple >= warn:
        status = BREACH if multiple > most else WARN
    yield _row(desk, rule, status, multiple, most, what, form=TIMES)
    rule, what = "vaf.client_concentration", "The client's share of the firm's capital"
    yield _at_most(desk, rule, multiple, desk.number(rule), what)
    called = sorted(desk.state.open_calls)
    stopped = f"stopped by {', '.join(called)}" if called else "open"
    yield _row(desk, "vaf.stop_advances", WARN if called else OK, None, None, "Advances", stopped)


def _at_most(
    desk: Desk,
    rule: str,
    value: Decimal | None,
    limit: Decimal | None,
    what: str,
    form: str = SHARE,
) -> RuleView:
    status = UNKNOWN
    if value is not None and limit is not None:
        status = BREACH if value > limit else OK
    return _row(desk, rule, status, value, limit, what, form=form)


def _row(
    desk: Desk,
    rule: str,
    status: str,
    value: Decimal | None,
    limit: Decimal | None,
    what: str,
    said: str = "",
    form: str = SHARE,
) -> RuleView:
    found = desk.rules.profile.get(rule)
    shown = "unknown" if value is None else form.format(value)
    most = "no limit" if limit is None else form.format(limit)
    return RuleView(
        rule=rule,
        status=status,
        value=None if value is None else plain(written(value)),
        limit=None if limit is None else plain(written(limit)),
        origin="HOUSE" if found is None else found.origin,
        message=f"{what}: {said or f'{shown} of {most}'}",
    )
