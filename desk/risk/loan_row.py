"""Financing accounts of a portfolio document as margin sees them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.margin.financing import LoanFigures, LoanInput, Pledge, loan_figures
from desk.model.numbers import ZERO
from desk.risk.json_place import FieldError, Path
from desk.risk.loan_limits import loan_terms
from desk.risk.portfolio import CollateralRow, FinancingAccount, LoanRow, Portfolio
from desk.risk.prices import FIAT, price_of
from desk.risk.profile import Profile


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """One financing account with its figures, in the document's currency."""

    account: FinancingAccount
    pledges: tuple[Pledge, ...]
    figures: LoanFigures


def check_collateral(account: FinancingAccount, path: Path) -> None:
    """Refuse a piece of collateral that is neither an asset nor a value. Raises FieldError."""
    for index, row in enumerate(account.collateral):
        place = (*path, "collateral", index)
        if row.asset is not None:
            if row.quantity is None:
                raise FieldError((*place, "quantity"), "the quantity of the asset", "nothing")
            if row.market_value is not None:
                raise FieldError(
                    (*place, "market_value"),
                    "a quantity alone: the asset has a price",
                    str(row.market_value),
                )
            continue
        for name in ("description", "market_value", "currency", "haircut"):
            if getattr(row, name) is None:
                expected = "a value: collateral without an asset is given in full"
                raise FieldError((*place, name), expected, "nothing")


def loan_of(account: FinancingAccount, portfolio: Portfolio, profile: Profile) -> Loan:
    """Value a margin loan under a profile."""
    pledges = tuple(_pledge(row, portfolio, profile) for row in account.collateral)
    figures = loan_figures(pledges, _owed(account.loans, portfolio), loan_terms(profile))
    return Loan(account=account, pledges=pledges, figures=figures)


def loan_input(account: FinancingAccount, portfolio: Portfolio, profile: Profile) -> LoanInput:
    """Return a margin loan for stress: each amount with the asset that moves it."""
    return LoanInput(
        pledges=[
            (row.asset or row.currency or portfolio.currency, _pledge(row, portfolio, profile))
            for row in account.collateral
        ],
        owed=[(loan.asset, _owed([loan], portfolio)) for loan in account.loans],
        terms=loan_terms(profile),
    )


def _pledge(row: CollateralRow, portfolio: Portfolio, profile: Profile) -> Pledge:
    if row.asset is None:
        assert row.currency is not None
        rate = price_of(portfolio, row.currency)
        assert row.market_value is not None
        return Pledge(
            market_value=None if rate is None else row.market_value * rate,
            haircut=row.haircut or ZERO,
            is_virtual=False,
        )
    assert row.quantity is not None
    price = price_of(portfolio, row.asset)
    value = None if price is None else row.quantity * price
    if not row.quantity:
        value = ZERO
    given = row.haircut or ZERO
    if row.asset in FIAT:
        return Pledge(market_value=value, haircut=given, is_virtual=False)
    return Pledge(
        market_value=value,
        haircut=max(given, profile.number("vaf.haircut")),
        is_virtual=True,
        asset=row.asset,
        eligible=row.asset in profile.words("vaf.eligible_collateral"),
    )


def _owed(loans: list[LoanRow], portfolio: Portfolio) -> Decimal | None:
    """Principal and accrued interest of all loans; None if one cannot be converted."""
    total = ZERO
    for loan in loans:
        amount = loan.principal + loan.accrued_interest
        price = price_of(portfolio, loan.asset)
        if amount and price is None:
            return None
        total += amount * (price or ZERO)
    return total
