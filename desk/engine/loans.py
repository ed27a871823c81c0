"""The financing accounts of this desk as margin sees them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from desk.engine.accounts import Account
from desk.engine.conversion import worth
from desk.engine.desk import Desk
from desk.engine.lending import Money, SecuritiesLine, interest_of, principal_of
from desk.margin.financing import LoanFigures, Pledge, loan_figures
from desk.model.numbers import ZERO
from desk.risk.prices import FIAT


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed in one asset."""

    asset: str
    principal: Decimal
    interest: Decimal
    """Accrued and not yet paid."""
    annual_rate: Decimal | None
    """None: a lender elsewhere has not said it."""

    @property
    def total(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest


class Collateral(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of collateral."""

    asset: str | None
    description: str
    quantity: Decimal | None
    pledge: Pledge


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """One financing account with its figures, in its own currency."""

    account: Account
    collateral: tuple[Collateral, ...]
    owed: tuple[Owed, ...]
    figures: LoanFigures

    @property
    def pledges(self) -> list[Pledge]:
        """The collateral as margin takes it."""
        return [piece.pledge for piece in self.collateral]


def financing_accounts(desk: Desk) -> list[Account]:
    """Return the financing accounts whose money is this desk's."""
    return [
        account
        for account in desk.state.accounts.values()
        if account.kind == "financing" and not account.watched
    ]


def owed(desk: Desk, account: str) -> tuple[Owed, ...]:
    """Return what an account owes, by asset, nothing left out but zeros."""
    ledger = desk.state.ledger
    rows = [
        Owed(
            asset=term.asset,
            principal=-ledger.balance(principal_of(account), term.asset),
            interest=-ledger.balance(interest_of(account), term.asset),
            annual_rate=term.annual_rate,
        )
        for term in desk.state.lending.terms(account)
    ]
    return tuple(row for row in rows if row.total)


def loan_of(
    desk: Desk,
    account: Account,
    *,
    moved: Mapping[str, Decimal] | None = None,
    drawn: tuple[str, Decimal] | None = None,
    line: SecuritiesLine | None = None,
) -> Loan:
    """Return a loan now, or as it would be.

    `moved`: coins or cash that would come to its collateral; `drawn`: asset and amount more owed;
    `line`: what would stand in place of the line of this description.
    """
    coins = dict(desk.state.ledger.balances(account.id))
    for asset, quantity in (moved or {}).items():
        coins[asset] = coins.get(asset, ZERO) + quantity
    debts = owed(desk, account.id)
    pieces = (*_coins(desk, account, coins), *_lines(desk, account, line))
    amounts = [(row.asset, row.total) for row in debts]
    debt = debt_in(desk, account.currency, [*amounts, drawn] if drawn else amounts)
    figures = loan_figures([piece.pledge for piece in pieces], debt, desk.rules.loans.terms)
    return Loan(account=account, collateral=pieces, owed=debts, figures=figures)


def _coins(desk: Desk, account: Account, coins: Mapping[str, Decimal]) -> Iterable[Collateral]:
    limits = desk.rules.loans
    for asset, quantity in coins.items():
        if not quantity:
            continue
        price, virtual = worth(desk, asset, account.currency), asset not in FIAT
        pledge = Pledge(
            market_value=None if price is None else quantity * price,
            haircut=limits.haircut if virtual else ZERO,
            is_virtual=virtual,
            eligible=not virtual or asset in limits.eligible,
        )
        yield Collateral(asset=asset, description=asset, quantity=quantity, pledge=pledge)


def _lines(desk: Desk, account: Account, changed: SecuritiesLine | None) -> Iterable[Collateral]:
    lines = {line.description: line for line in desk.state.lending.securities(account.id)}
    if changed is not None:
        lines[changed.description] = changed
    for line in lines.values():
        if not line.market_value:
            continue
        price = worth(desk, line.currency, account.currency)
        pledge = Pledge(
            market_value=None if price is None else line.market_value * price,
            haircut=line.haircut,
            is_virtual=False,
        )
        yield Collateral(asset=None, description=line.description, quantity=None, pledge=pledge)


def debt_in(desk: Desk, currency: str, debts: Iterable[tuple[str, Decimal]]) -> Decimal | None:
    """Return debts in a currency; None when one cannot be converted."""
    total = ZERO
    for asset, amount in debts:
        if not amount:
            continue
        price = worth(desk, asset, currency, owed=True)
        if price is None:
            return None
        total += amount * price
    return total


def all_loans(
    desk: Desk, currency: str, drawn: tuple[str, Decimal] | None = None
) -> Decimal | None:
    """Return what all accounts owe, with what is drawn beside; None is unknown."""
    debts = [(r.asset, r.total) for a in financing_accounts(desk) for r in owed(desk, a.id)]
    return debt_in(desk, currency, [*debts, drawn] if drawn else debts)


SAMPLE_LIMIT = Money("HKD", Decimal(3_000_000))
SAMPLE_CAPITAL = Money("HKD", Decimal(50_000_000))
"""What the sample client of a simulated desk has agreed, so that a loan can be practised there."""


def agreed_limit(desk: Desk, account: str) -> Money | None:
    """Return the credit limit as agreed; the sample's while nobody has entered one."""
    known = desk.state.lending.credit_limits.get(account)
    return SAMPLE_LIMIT if known is None and desk.sample else known


def capital_of_firm(desk: Desk) -> Money | None:
    """Return the capital of the lending firm; the sample's while nobody has entered it."""
    known = desk.state.lending.firm_capital
    return SAMPLE_CAPITAL if known is None and desk.sample else known


def sample_notes(desk: Desk, account: str) -> list[str]:
    """Say which terms of a loan are the sample's."""
    lending, sample = desk.state.lending, desk.sample
    limit = sample and account not in lending.credit_limits
    capital = sample and lending.firm_capital is None
    return [
        *([f"SAMPLE credit limit of {SAMPLE_LIMIT.quantity:,} HKD."] if limit else []),
        *([f"SAMPLE capital of the firm: {SAMPLE_CAPITAL.quantity:,} HKD."] if capital else []),
    ]


def credit_limit_of(desk: Desk, account: Account) -> Decimal | None:
    """Return the credit limit in the account's currency; None is none, or unknown."""
    limit = agreed_limit(desk, account.id)
    rate = None if limit is None else worth(desk, limit.asset, account.currency)
    return None if limit is None or rate is None else limit.quantity * rate
