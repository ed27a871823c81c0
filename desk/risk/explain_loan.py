"""How a figure of a margin loan came about: its formula, and the numbers that went in."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from desk.margin.financing import LoanTerms, stressed
from desk.margin.interest import days_a_year, simple_interest
from desk.model.numbers import plain
from desk.risk.loan_limits import loan_shocks, loan_terms
from desk.risk.loan_row import Loan
from desk.risk.portfolio import Portfolio
from desk.risk.prices import price_in
from desk.risk.profile import Profile
from desk.risk.report_rows import text

Explained: TypeAlias = tuple[str, str, dict[str, str | None]]
"""Figure, formula, inputs."""


def explain_loan(loan: Loan, portfolio: Portfolio, profile: Profile) -> Iterator[Explained]:
    """Return the explanations of one financing account, in the document's currency."""
    terms = loan_terms(profile)
    yield from _values(loan)
    yield from _ratios(loan)
    yield from _shares(loan, terms)
    yield from _falls(loan, terms)
    yield from _interest(loan)
    yield from _credit(loan, portfolio)
    yield (
        "stress",
        "level and utilization after one fall of all virtual assets, the rest standing still",
        dict(_stress(loan, terms, loan_shocks(profile))),
    )


def _values(loan: Loan) -> Iterator[Explained]:
    names = [
        f"{number}. {row.asset or row.description}"
        for number, row in enumerate(loan.account.collateral, 1)
    ]
    values = zip(names, loan.figures.margin_values, strict=True)
    yield (
        "margin_value",
        "sum of market value × (1 − haircut), virtual assets capped alone, then together",
        {name: text(value) for name, value in values},
    )
    fixed = zip(names, loan.pledges, loan.figures.margin_values, strict=True)
    yield (
        "capital_value",
        "sum of margin values, virtual assets 0",
        {name: "0" if pledge.is_virtual else text(value) for name, pledge, value in fixed},
    )


def _ratios(loan: Loan) -> Iterator[Explained]:
    figures = loan.figures
    owed = {"loan": text(figures.loan)}
    yield (
        "utilization",
        "loan, accrued interest included, / margin_value",
        {**owed, "margin_value": text(figures.margin_value)},
    )
    yield (
        "loan_to_value",
        "loan / market_value",
        {**owed, "market_value": text(figures.market_value)},
    )
    yield "excess", "margin_value − loan", {"margin_value": text(figures.margin_value), **owed}


def _shares(loan: Loan, terms: LoanTerms) -> Iterator[Explained]:
    figures = loan.figures
    total = "total margin value before any cut"
    yield (
        "largest_share",
        f"margin value of the largest virtual asset / {total}",
        {"share": text(figures.largest_share), "cap": plain(terms.single_cap)},
    )
    yield (
        "group_share",
        f"margin value of all virtual assets / {total}",
        {"share": text(figures.group_share), "cap": plain(terms.group_cap)},
    )
    yield (
        "securities_share",
        "margin value of securities and cash / margin_value",
        {"share": text(figures.securities_share)},
    )


def _falls(loan: Loan, terms: LoanTerms) -> Iterator[Explained]:
    figures = loan.figures
    owed = {"loan": text(figures.loan)}
    for name, threshold in (("margin_call", terms.call), ("close_out", terms.close_out)):
        yield (
            f"price_fall_to_{name}",
            f"fall of all virtual assets at which loan / margin_value = {plain(threshold)}",
            {**owed, "margin_value": text(figures.margin_value)},
        )
    yield (
        "price_fall_to_shortfall",
        "fall of all virtual assets at which the loan is more than market_value",
        {**owed, "market_value": text(figures.market_value)},
    )


def _interest(loan: Loan) -> Iterator[Explained]:
    for row in loan.account.loans:
        rate = row.annual_rate
        a_day = None if rate is None else simple_interest(row.principal, rate, row.asset, 1)
        yield (
            f"{row.asset}.interest_per_day",
            "principal × annual_rate / days a year, at 00:00 in Hong Kong",
            {
                "principal": text(row.principal),
                "annual_rate": text(rate),
                "days a year": str(days_a_year(row.asset)),
                "accrued_interest": text(row.accrued_interest),
                "interest_per_day": text(a_day),
            },
        )


def _credit(loan: Loan, portfolio: Portfolio) -> Iterator[Explained]:
    limit, owed = loan.account.credit_limit, loan.figures.loan
    price = None if limit is None else price_in(portfolio, limit.asset, portfolio.currency)
    most = None if limit is None or price is None else limit.quantity * price
    yield (
        "credit_free",
        "credit_limit − loan; virtual assets never raise the limit",
        {
            "credit_limit": text(most),
            "loan": text(owed),
            "credit_free": None if most is None or owed is None else text(most - owed),
        },
    )


def _stress(
    loan: Loan, terms: LoanTerms, moves: tuple[Decimal, ...]
) -> Iterator[tuple[str, str | None]]:
    for move in moves:
        found = stressed(loan.pledges, loan.figures.loan, terms, move)
        used = text(found.utilization)
        yield plain(move), None if used is None else f"{found.level} {used}"
