"""Margin loans at other lenders, as they were imported, valued at what is known now.

Haircuts, caps and levels are those of this desk's profile; the interest is the document's: it
grows at the lender, not here.
"""

from __future__ import annotations

from desk.engine.accounts import Account
from desk.engine.desk import Desk
from desk.engine.loans import Collateral, Loan, Owed, financing_accounts, loan_of
from desk.margin.financing import Pledge, loan_figures
from desk.margin.pool import total
from desk.model.numbers import ZERO
from desk.risk.portfolio import CollateralRow, FinancingAccount
from desk.risk.prices import FIAT


def all_financing_accounts(desk: Desk) -> list[Account]:
    """Return the financing accounts of this desk, and behind them those it watches."""
    watched = (
        one for one in desk.state.accounts.values() if one.watched and one.kind == "financing"
    )
    return [*financing_accounts(desk), *watched]


def loan_now(desk: Desk, account: Account) -> Loan:
    """Return a loan at the prices of now, of this desk or watched."""
    return watched_loan(desk, account) if account.watched else loan_of(desk, account)


def watched_loan(desk: Desk, account: Account) -> Loan:
    """Return a watched loan at the prices of now, in the document's currency."""
    row = financing_row(desk, account.id)
    pieces = tuple(_piece(desk, account, piece) for piece in row.collateral)
    owed = tuple(
        Owed(
            asset=loan.asset,
            principal=loan.principal,
            interest=loan.accrued_interest,
            annual_rate=loan.annual_rate,
        )
        for loan in row.loans
    )
    debt = total(
        None if price is None else one.total * price
        for one in owed
        if one.total
        for price in (desk.watched.price(one.asset, account.currency, owed=True),)
    )
    figures = loan_figures([piece.pledge for piece in pieces], debt, desk.rules.loans.terms)
    return Loan(account=account, collateral=pieces, owed=owed, figures=figures)


def financing_row(desk: Desk, account: str) -> FinancingAccount:
    """Return a watched loan as it was imported."""
    row = desk.watched.row(account)
    assert isinstance(row, FinancingAccount), f"{account} is no loan"
    return row


def _piece(desk: Desk, account: Account, row: CollateralRow) -> Collateral:
    limits, given = desk.rules.loans, row.haircut or ZERO
    asset = row.asset or row.currency
    assert asset is not None, "collateral is an asset, or has a currency"
    price = desk.watched.price(asset, account.currency)
    amount = row.market_value if row.asset is None else row.quantity
    assert amount is not None, "collateral has a quantity or a value"
    value = None if price is None else amount * price
    virtual = row.asset is not None and asset not in FIAT
    return Collateral(
        asset=row.asset,
        description=row.description or asset,
        quantity=row.quantity,
        pledge=Pledge(
            market_value=value if amount else ZERO,
            haircut=max(given, limits.haircut) if virtual else given,
            is_virtual=virtual,
            asset=asset if virtual else None,
            eligible=not virtual or asset in limits.eligible,
        ),
    )
