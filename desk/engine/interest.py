"""Loan interest at 00:00 in Hong Kong: every day exactly once, however long the desk was down.

A loan's terms say through which day its interest is in the ledger. The first look at the time of
a later day books the days between, in one row a loan, before anything else of that day is decided.
"""

from __future__ import annotations

from datetime import date

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.lending import INTEREST, LendingChange, LoanTerm, interest_of, principal_of
from desk.engine.loans import financing_accounts
from desk.engine.plan import Plan
from desk.ledger.book import transfer
from desk.margin.interest import simple_interest
from desk.model.numbers import plain, posted


def due_interest(desk: Desk) -> Plan | None:
    """Return the rows of all interest that is due and not in the ledger; None for nothing."""
    plan = Plan(about="interest")
    today = desk.today
    for account in financing_accounts(desk):
        for term in desk.state.lending.terms(account.id):
            _accrue(desk, plan, account.id, term, today)
    return plan if plan.entries else None


def _accrue(desk: Desk, plan: Plan, account: str, term: LoanTerm, today: date) -> None:
    principal = -desk.state.ledger.balance(principal_of(account), term.asset)
    days = (today - date.fromisoformat(term.accrued_through)).days
    if days <= 0 or not principal:
        return
    # A day's interest is rounded to what the ledger can hold before days are added up, so that
    # many days at once cost what they cost one by one.
    interest = posted(simple_interest(principal, term.annual_rate, term.asset, 1)) * days
    through = msgspec.structs.replace(term, accrued_through=today.isoformat())
    plan.add(
        plan.about,
        Change(
            what={
                "asset": term.asset,
                "principal": plain(principal),
                "annual_rate": plain(term.annual_rate),
                "from": term.accrued_through,
                "to": through.accrued_through,
                "days": days,
                "interest": plain(interest),
            },
            postings=transfer(interest_of(account), INTEREST, term.asset, interest),
            lending=LendingChange(account=account, term=through),
        ),
        time_ms=desk.wall_ms,
        account=account,
        reserve=True,
    )
