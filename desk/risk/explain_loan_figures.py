"""The figures of a margin loan with their numbers put in, and its rows one by one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.margin.financing import LoanTerms, Pledge, stressed
from desk.margin.rounding import finely
from desk.model.numbers import ONE
from desk.risk.filled import Explained, added, num
from desk.risk.loan_row import Loan
from desk.risk.portfolio import CollateralRow, Portfolio
from desk.risk.prices import price_of
from desk.risk.profile import Profile, Rule
from desk.risk.report_rows import text

NEARBY = Decimal("1e-12")
"""Share of the price within which the margin value is taken for a line."""


def loan_filled(loan: Loan, terms: LoanTerms) -> dict[str, str]:
    """Return the filled formulas of the figures that are sums and quotients of others."""
    figures = loan.figures
    if not figures.known:
        return {}
    owed, value, market = num(figures.loan), num(figures.margin_value), num(figures.market_value)
    fixed = [
        num(value)
        for pledge, value in zip(loan.pledges, figures.margin_values, strict=True)
        if not pledge.is_virtual
    ]
    filled = {
        "margin_value": added(num(one) for one in figures.margin_values),
        "capital_value": added(fixed),
        "excess": f"{value} − {owed}",
    }
    if figures.utilization is not None:
        filled["utilization"] = f"{owed} / {value}"
    if figures.loan_to_value is not None:
        filled["loan_to_value"] = f"{owed} / {market}"
    return {**filled, **_shares(loan), **_falls(loan, terms)}


def _shares(loan: Loan) -> dict[str, str]:
    figures = loan.figures
    raw = [
        f"{num(p.market_value)} × (1 − {num(p.haircut)})" if p.eligible else "0"
        for p in loan.pledges
    ]
    virtual = [one for one, p in zip(raw, loan.pledges, strict=True) if p.is_virtual]
    fixed = [one for one, p in zip(raw, loan.pledges, strict=True) if not p.is_virtual]
    filled: dict[str, str] = {}
    if figures.largest_share is not None:
        filled["largest_share"] = f"max({', '.join([*virtual, '0'])}) / ({added(raw)})"
        filled["group_share"] = f"({added(virtual)}) / ({added(raw)})"
    if figures.securities_share is not None:
        filled["securities_share"] = f"({added(fixed)}) / {num(figures.margin_value)}"
    return filled


def _falls(loan: Loan, terms: LoanTerms) -> dict[str, str]:
    figures, pledges = loan.figures, loan.pledges
    filled: dict[str, str] = {}
    for name, fall, threshold in (
        ("price_fall_to_margin_call", figures.fall_to_call, terms.call),
        ("price_fall_to_close_out", figures.fall_to_close_out, terms.close_out),
    ):
        if fall is not None:
            filled[name] = _fall(loan, terms, fall, threshold)
    if figures.fall_to_shortfall is not None:
        owed, market = num(figures.loan), num(figures.market_value)
        moving = added(num(p.market_value) for p in pledges if p.is_virtual)
        reached = not figures.fall_to_shortfall
        filled["price_fall_to_shortfall"] = "0" if reached else f"({market} − {owed}) / ({moving})"
    return filled


@finely
def _fall(loan: Loan, terms: LoanTerms, fall: Decimal, threshold: Decimal) -> str:
    """Solve the line on which the margin value comes down to what is needed."""
    if not fall:
        return "0"

    def value(share: Decimal) -> Decimal:
        after = stressed(loan.pledges, loan.figures.loan, terms, share - ONE).margin_value
        assert after is not None, "the figures of the loan are known"
        return after

    share = ONE - fall
    slope = (value(share + NEARBY) - value(share)) / NEARBY
    fixed = value(share) - slope * share
    needed = f"{num(loan.figures.loan)} / {num(threshold)}"
    return f"1 − ({needed} − {num(fixed)}) / {num(slope)}"


def loan_rows(loan: Loan, portfolio: Portfolio, profile: Profile) -> Iterator[Explained]:
    """Return the figures behind the figures: what is owed, and each piece of collateral."""
    figures = loan.figures
    yield Explained(
        "market_value",
        "sum of the market values of all collateral",
        added(num(pledge.market_value) for pledge in loan.pledges),
        {
            f"{number}. {row.asset or row.description}": text(pledge.market_value)
            for number, row, pledge in _numbered(loan)
        },
    )
    yield Explained(
        "loan",
        "sum of (principal + accrued_interest) × price",
        added(
            f"({num(row.principal)} + {num(row.accrued_interest)}) × "
            f"{num(price_of(portfolio, row.asset))}"
            for row in loan.account.loans
        ),
        {
            f"price of {row.asset}": text(price_of(portfolio, row.asset))
            for row in loan.account.loans
        },
    )
    haircut = profile.get("vaf.haircut")
    for (number, row, pledge), value in zip(_numbered(loan), figures.margin_values, strict=True):
        yield _market_value(number, row, portfolio)
        yield Explained(
            f"collateral.{number}.haircut",
            "the larger of the row's own and the profile's, for a virtual asset",
            num(pledge.haircut),
            {"given": text(row.haircut), **(_source(haircut) if pledge.is_virtual else {})},
        )
        yield Explained(
            f"collateral.{number}.margin_value",
            "market value × (1 − haircut), after the caps; 0 where it is not eligible",
            num(value),
            {
                "market_value": text(pledge.market_value),
                "haircut": text(pledge.haircut),
                "cap of one virtual asset": text(profile.number("vaf.collateral_concentration")),
                "cap of all virtual assets": text(
                    profile.number("vaf.collateral_concentration", "correlated_group")
                ),
            },
        )


def _numbered(loan: Loan) -> list[tuple[int, CollateralRow, Pledge]]:
    rows = zip(loan.account.collateral, loan.pledges, strict=True)
    return [(number, row, pledge) for number, (row, pledge) in enumerate(rows, 1)]


def _market_value(number: int, row: CollateralRow, portfolio: Portfolio) -> Explained:
    asset = row.asset or row.currency or portfolio.currency
    amount, price = row.quantity if row.asset else row.market_value, price_of(portfolio, asset)
    return Explained(
        f"collateral.{number}.market_value",
        "quantity × price" if row.asset else "value as the lender gives it × price of its currency",
        f"{num(amount)} × {num(price)}",
        {"amount": text(amount), f"price of {asset}": text(price)},
    )


def _source(rule: Rule | None) -> dict[str, str | None]:
    if rule is None:
        return {}
    return {
        "rule": rule.rule,
        "origin": rule.origin,
        "source": rule.source,
        "as of": rule.as_of.isoformat(),
    }
