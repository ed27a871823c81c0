"""What margin loans add to the totals of the desk, each amount converted on its own.

A loan's own figures are safe where a rate is not known; totals must be right, so what cannot be
converted exactly leaves them unknown, and what needs no rate does not ask for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from desk.engine.conversion import exact_worth
from desk.engine.desk import Desk
from desk.engine.loans import Loan, financing_accounts, loan_of
from desk.model.numbers import ONE, ZERO


def loan_equity(desk: Desk, account: str, currency: str) -> Decimal | None:
    """Return what collateral is worth less what is owed; None is unknown."""
    loan = loan_of(desk, desk.state.accounts[account])
    debts = [(row.asset, -row.total) for row in loan.owed]
    return _sum_in(desk, currency, [*_held(desk, loan), *debts])


def firm_capital(desk: Desk, currency: str) -> Decimal | None:
    """Return what secures the firm's loans where virtual assets are worth nothing (26EC5)."""
    amounts = [
        (asset, quantity * (ONE - piece.pledge.haircut))
        for account in financing_accounts(desk)
        for loan in (loan_of(desk, account),)
        for piece, (asset, quantity) in zip(loan.collateral, _held(desk, loan), strict=True)
        if not piece.pledge.is_virtual
    ]
    return _sum_in(desk, currency, amounts)


def _held(desk: Desk, loan: Loan) -> list[tuple[str, Decimal]]:
    """Return each piece of collateral as an amount of what it is in."""
    lines = {line.description: line for line in desk.state.lending.securities(loan.account.id)}
    found: list[tuple[str, Decimal]] = []
    for piece in loan.collateral:
        if piece.asset is None or piece.quantity is None:
            line = lines[piece.description]
            found.append((line.currency, line.market_value))
        else:
            found.append((piece.asset, piece.quantity))
    return found


def _sum_in(desk: Desk, currency: str, amounts: Iterable[tuple[str, Decimal]]) -> Decimal | None:
    total = ZERO
    for asset, amount in amounts:
        rate = exact_worth(desk, asset, currency)
        if rate is None:
            return None
        total += amount * rate
    return total
