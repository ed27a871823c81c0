"""Stress of one account of the live desk, for the window: cheap enough to be asked every second."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from desk.engine.accounts import Account
from desk.engine.conversion import worth
from desk.engine.desk import Desk
from desk.engine.loans import Loan, debt_in
from desk.engine.plan import refuse
from desk.engine.views import TOTAL_CURRENCY
from desk.engine.watched_loans import loan_now
from desk.margin.financing import LoanInput
from desk.market.correlation import correlation
from desk.market.instrument_market import InstrumentMarket
from desk.market.reference import UNDERLYINGS
from desk.model.instrument import Kind
from desk.model.numbers import plain
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import Subject, loan_subject, perpetual_subject

HOURS = 24
"""σ of one hour becomes that of a day by the square root of so many."""


def account_stress(desk: Desk, name: str) -> dict[str, Any]:
    """Return the stress of an account, and how its coins usually move in a day.

    Raises Refusal for an account that nothing is margined in.
    """
    account = desk.state.accounts[name]
    if account.kind == "spot":
        raise refuse("NO_MARGIN", f"Nothing is margined in {name}: no move closes it out.")
    marks = {base: _mark(desk, account, base) for base in UNDERLYINGS}
    return {
        "account": name,
        "kind": account.kind,
        "as_of_ms": desk.wall_ms,
        "marks": marks,
        **_usual(desk, marks),
        **stress_map(_subject(desk, account)),
    }


def _subject(desk: Desk, account: Account) -> Subject:
    if account.kind == "perpetual":
        figures = desk.figures(account.id)
        return perpetual_subject(desk.account_input(account.id), figures.order_margin)
    loan = loan_now(desk, account)
    return loan_subject(_loan_input(desk, loan), account.currency)


def _loan_input(desk: Desk, loan: Loan) -> LoanInput:
    """Return a loan with what moves each part of it; securities stand still."""
    currency = loan.account.currency
    return LoanInput(
        pledges=[(piece.asset or currency, piece.pledge) for piece in loan.collateral],
        owed=[(row.asset, debt_in(desk, currency, [(row.asset, row.total)])) for row in loan.owed],
        terms=desk.rules.loans.terms,
    )


def _mark(desk: Desk, account: Account, base: str) -> dict[str, str | None]:
    """Return what a coin's moves are counted from: the mark of the largest position in it.

    Without one, what the coin is worth.
    """
    held = desk.figures(account.id).positions if account.kind == "perpetual" else ()
    sized: list[tuple[Decimal, str]] = []
    for position in held:
        instrument = desk.catalogue.get(position.instrument)
        if instrument is not None and instrument.base == base and position.quantity:
            sized.append((abs(position.notional or Decimal(0)), position.instrument))
    if sized:
        name = max(sized)[1]
        mark = desk.mark(name)
        return {"instrument": name, "mark": None if mark is None else plain(mark)}
    price = worth(desk, base, TOTAL_CURRENCY)
    return {"instrument": None, "mark": None if price is None else plain(price)}


def _usual(desk: Desk, marks: dict[str, dict[str, str | None]]) -> dict[str, Any]:
    """Return σ of one day by coin, and how the two move together; null without history."""
    markets = {base: _moving(desk, base, marks[base]["instrument"]) for base in UNDERLYINGS}
    sigmas = {
        base: None
        if market is None or market.volatility.sigma is None
        else market.volatility.sigma * math.sqrt(HOURS)
        for base, market in markets.items()
    }
    first, second = (markets[base] for base in UNDERLYINGS)
    together = None
    if first is not None and second is not None:
        together = correlation(first.volatility, second.volatility)
    return {"sigma_day": sigmas, "correlation": together}


def _moving(desk: Desk, base: str, instrument: str | None) -> InstrumentMarket | None:
    """Return the market whose history stands for a coin: the held one, else one that has some."""
    if instrument is not None:
        return desk.market.get(instrument)
    perpetuals = (
        market
        for market in desk.market.all()
        if market.instrument.base == base and market.instrument.kind is Kind.PERPETUAL
    )
    return next((market for market in perpetuals if market.volatility.sigma is not None), None)
