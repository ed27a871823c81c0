"""Margin loans: collateral to the lender and back, borrowing, paying back, what was agreed.

Paying back and pledging more pass in every state and at every level: they can only make a loan
safer. Borrowing and taking collateral back must pass every rule of `desk.risk.advance`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.accounts import Account
from desk.engine.desk import Desk
from desk.engine.financing_checks import (
    CASH,
    check_amount,
    check_asset,
    check_free,
    check_spot,
    financing_account,
    record,
)
from desk.engine.lending import LendingChange, LoanTerm, interest_of, principal_of
from desk.engine.loans import (
    Loan,
    Owed,
    all_loans,
    capital_of_firm,
    credit_limit_of,
    loan_of,
    owed,
    sample_notes,
)
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.state import CALLED
from desk.engine.views import account_quality
from desk.ledger.book import Posting, transfer
from desk.margin.rounding import written
from desk.model.commands import Draw, Pledge, Repay
from desk.model.numbers import ZERO, plain
from desk.risk.advance import Advance, Release, advance_denials, release_denials
from desk.risk.gates import margin_client_gate
from desk.risk.loan_limits import LoanLimits

LENT = ("HKD", "USD", "USDT", "USDC")
"""What can be borrowed: money, never the coins that secure it."""


def pledge(desk: Desk, command: Pledge, plan: Plan) -> None:
    """Move collateral to the lender, or back where it is negative."""
    account = financing_account(desk, command.account)
    check_spot(desk, command.source)
    check_amount(abs(command.quantity))
    if command.quantity > 0:
        _check_pledged(desk, command)
    else:
        _check_release(desk, command, account)
    moved = transfer(command.source, account.id, command.asset, command.quantity)
    what = {
        "asset": command.asset,
        "quantity": plain(command.quantity),
        "source": command.source,
        **inputs_of(desk, loan_of(desk, account, moved={command.asset: command.quantity})),
    }
    record(desk, plan, account, what, postings=moved, reserve=command.quantity > 0)


def _check_pledged(desk: Desk, command: Pledge) -> None:
    eligible = desk.rules.loans.eligible
    if command.asset not in (*eligible, *CASH):
        raise refuse(
            "INELIGIBLE_COLLATERAL",
            f"{command.asset} is no collateral here; {', '.join((*eligible, *CASH))} are.",
            "vaf.eligible_collateral",
        )
    check_free(desk, command.source, command.asset, command.quantity)


def _check_release(desk: Desk, command: Pledge, account: Account) -> None:
    held = desk.state.ledger.balance(account.id, command.asset)
    if -command.quantity > held:
        raise refuse(
            "MORE_THAN_PLEDGED",
            f"{account.id} holds {plain(held)} {command.asset}; "
            f"{plain(-command.quantity)} was asked back.",
        )
    check_free(desk, account.id, command.asset, -command.quantity)  # a sale may be on its way
    denials = release_denials(
        Release(
            account=account.id,
            state=desk.state.state,
            level=desk.levels.get(account.id, "NORMAL"),
            before=loan_of(desk, account).figures,
            after=loan_of(desk, account, moved={command.asset: command.quantity}).figures,
            limits=desk.rules.loans,
        )
    )
    if denials:
        raise Refusal(*denials)


def draw(desk: Desk, command: Draw, plan: Plan) -> None:
    """Borrow, if nothing speaks against it."""
    account = financing_account(desk, command.account)
    check_spot(desk, command.target)
    check_asset(command.asset, LENT)
    check_amount(command.quantity)
    term = _term(desk, command, account)
    loan = loan_of(desk, account, drawn=(command.asset, command.quantity))
    denials = advance_denials(_advance(desk, command, loan))
    if denials:
        raise Refusal(*denials)
    moved = transfer(principal_of(account.id), command.target, command.asset, command.quantity)
    what = {
        "asset": command.asset,
        "quantity": plain(command.quantity),
        "target": command.target,
        "annual_rate": plain(term.annual_rate),
        **inputs_of(desk, loan),
    }
    lending = LendingChange(account=account.id, term=term)
    record(desk, plan, account, what, postings=moved, lending=lending)


def _term(desk: Desk, command: Draw, account: Account) -> LoanTerm:
    """Return the terms after a draw: a running loan keeps its rate unless the draw names one."""
    running = None
    if any(row.asset == command.asset for row in owed(desk, account.id)):
        running = desk.state.lending.term(account.id, command.asset)
    rate = command.annual_rate
    if rate is None:
        rate = running.annual_rate if running else desk.rules.loans.annual_rate
    if rate is None or not rate.is_finite() or not 0 <= rate <= 1:
        raise refuse("ANNUAL_RATE", "A loan has an annual rate between 0% and 100%.")
    return LoanTerm(
        asset=command.asset,
        annual_rate=rate,
        accrued_through=running.accrued_through if running else desk.today.isoformat(),
    )


def _advance(desk: Desk, command: Draw, loan: Loan) -> Advance:
    account, client = loan.account, desk.client
    drawn = (command.asset, command.quantity)
    capital = capital_of_firm(desk)
    counted = [
        value
        for piece, value in zip(loan.collateral, loan.figures.margin_values, strict=True)
        if piece.pledge.eligible and value is not None
    ]
    return Advance(
        account=account.id,
        currency=account.currency,
        state=desk.state.state,
        smf_client=margin_client_gate(client, desk.rules.profile).met,
        called=tuple(
            name
            for name, level in desk.levels.items()
            if level in CALLED and not desk.state.accounts[name].watched
        ),
        doubtful=_doubtful(desk),
        after=loan.figures,
        eligible_value=sum(counted, ZERO) if loan.figures.known else None,
        credit_limit=credit_limit_of(desk, account),
        all_loans=None if capital is None else all_loans(desk, capital.asset, drawn),
        capital=None if capital is None else capital.quantity,
        limits=_limits(desk),
    )


def _limits(desk: Desk) -> LoanLimits:
    """Return the limits of loans as they hold now, with what two people have set aside."""
    return msgspec.structs.replace(
        desk.rules.loans,
        loans_to_capital=desk.number("vaf.loans_to_capital"),
        client_concentration=desk.number("vaf.client_concentration"),
    )


def _doubtful(desk: Desk) -> tuple[str, ...]:
    """Return the accounts that could be in call for all the desk knows."""
    found: list[str] = []
    for account in desk.state.accounts.values():
        if account.watched:
            continue
        if account.kind == "perpetual" and desk.needed_marks(account.id):
            if not desk.margin(account.id).known or account_quality(desk, account.id) != "LIVE":
                found.append(account.id)
        elif account.kind == "financing" and loan_of(desk, account).figures.level == "UNKNOWN":
            found.append(account.id)
    return tuple(found)


def repay(desk: Desk, command: Repay, plan: Plan) -> None:
    """Pay back, interest before principal, never more than is owed."""
    account = financing_account(desk, command.account)
    check_spot(desk, command.source)
    check_amount(command.quantity)
    debt = next((row for row in owed(desk, account.id) if row.asset == command.asset), None)
    if debt is None:
        raise refuse("NOTHING_OWED", f"{account.id} owes no {command.asset}.")
    if command.quantity > debt.total:
        raise refuse(
            "MORE_THAN_OWED",
            f"{account.id} owes {plain(debt.total)} {command.asset}; "
            f"{plain(command.quantity)} is more.",
        )
    check_free(desk, command.source, command.asset, command.quantity)
    postings, what = repayment(account.id, command.source, debt, command.quantity)
    record(desk, plan, account, what, postings=postings, reserve=True)


def repayment(
    account: str, source: str, debt: Owed, quantity: Decimal
) -> tuple[tuple[Posting, ...], dict[str, object]]:
    """Return the postings of paying back an amount, and what a reader is told of it."""
    interest = min(quantity, debt.interest)
    principal = quantity - interest
    postings = (
        *transfer(source, interest_of(account), debt.asset, interest),
        *transfer(source, principal_of(account), debt.asset, principal),
    )
    return postings, {
        "asset": debt.asset,
        "quantity": plain(quantity),
        "source": source,
        "interest": plain(interest),
        "principal": plain(principal),
        "owed_after": plain(debt.total - quantity),
    }


def inputs_of(desk: Desk, loan: Loan) -> dict[str, object]:
    """Return what a decision stood on, for whoever reads the journal later."""
    used = loan.figures.utilization
    return {
        "utilization_after": None if used is None else plain(written(used)),
        "level_after": loan.figures.level,
        "values": {
            piece.description: plain(value)
            for piece in loan.collateral
            if (value := piece.pledge.market_value) is not None
        },
        "currency": loan.account.currency,
        "profile_hash": desk.rules.hash,
        "sample": sample_notes(desk, loan.account.id),
        "overrides": desk.overridden,
    }
