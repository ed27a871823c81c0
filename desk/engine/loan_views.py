"""Margin loans as screen and console show them."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.accounts import Account
from desk.engine.conversion import rate_notes
from desk.engine.desk import Desk
from desk.engine.loan_watch import deadline_of
from desk.engine.loans import (
    Collateral,
    Loan,
    Owed,
    credit_limit_of,
    debt_in,
    sample_notes,
)
from desk.engine.risk_snapshot import LoanCollateralView, LoanLineView, LoanView
from desk.engine.snapshot import AccountView, CollateralView
from desk.engine.watched_loans import all_financing_accounts, financing_row, loan_now
from desk.margin.financing import stressed
from desk.margin.interest import simple_interest
from desk.margin.levels import UNKNOWN
from desk.margin.pool import converted, total


def loan_views(desk: Desk) -> list[LoanView]:
    """Return every financing account of this desk, and those it watches."""
    return [loan_view(desk, loan_now(desk, account)) for account in all_financing_accounts(desk)]


def loan_level_now(desk: Desk, loan: Loan) -> str:
    """Return the level that is held, or that it cannot be known."""
    if loan.figures.level == UNKNOWN:
        return UNKNOWN
    return desk.levels.get(loan.account.id, loan.figures.level)


def loan_view(desk: Desk, loan: Loan) -> LoanView:
    """Return one loan with all that is known of it."""
    account, figures = loan.account, loan.figures
    return LoanView(
        account=account.id,
        lender=account.lender,
        execution=account.execution,
        currency=account.currency,
        level=loan_level_now(desk, loan),
        market_value=figures.market_value,
        margin_value=figures.margin_value,
        capital_value=figures.capital_value,
        loan=figures.loan,
        accrued_interest=_interest(desk, loan),
        loan_to_value=figures.loan_to_value,
        utilization=figures.utilization,
        excess=figures.excess,
        price_fall_to_margin_call=figures.fall_to_call,
        price_fall_to_close_out=figures.fall_to_close_out,
        price_fall_to_shortfall=figures.fall_to_shortfall,
        falls_known=figures.known,
        credit_limit=_credit_limit(desk, account),
        securities_share=figures.securities_share,
        group_share=figures.group_share,
        group_cap=desk.rules.loans.terms.group_cap,
        advances_stopped_since_ms=None
        if account.watched
        else min(desk.state.open_calls.values(), default=None),
        cure_deadline_ms=deadline_of(desk, account.id),
        collateral=_collateral(desk, loan),
        stress=_stress(desk, loan),
        loans=[_line(row) for row in loan.owed],
        notes=_notes(desk, loan),
        watched=account.watched,
    )


def _interest(desk: Desk, loan: Loan) -> Decimal | None:
    currency = loan.account.currency
    if not loan.account.watched:
        return debt_in(desk, currency, [(row.asset, row.interest) for row in loan.owed])
    prices = [desk.watched.price(row.asset, currency, owed=True) for row in loan.owed]
    return total(converted(row.interest, p) for row, p in zip(loan.owed, prices, strict=True))


def _credit_limit(desk: Desk, account: Account) -> Decimal | None:
    if not account.watched:
        return credit_limit_of(desk, account)
    limit = financing_row(desk, account.id).credit_limit
    if limit is None:
        return None
    return converted(limit.quantity, desk.watched.price(limit.asset, account.currency))


def _notes(desk: Desk, loan: Loan) -> list[str]:
    account, known = loan.account, bool(loan.collateral or loan.owed)
    said = rate_notes(desk) if known else []
    if account.watched:
        since = desk.watched.portfolio.as_of
        return [*said, f"As imported of {since}: interest since is not in it"]
    return [*said, *sample_notes(desk, account.id)] if known else []


def _collateral(desk: Desk, loan: Loan) -> list[LoanCollateralView]:
    figures = loan.figures
    cap = desk.rules.loans.terms.single_cap
    rows = zip(loan.collateral, figures.margin_values, figures.shares, strict=True)
    return [
        LoanCollateralView(
            asset=piece.asset,
            description=piece.description,
            quantity=piece.quantity,
            market_value=piece.pledge.market_value,
            haircut=piece.pledge.haircut,
            margin_value=value,
            share=share,
            cap=cap if piece.pledge.is_virtual else None,
            eligible=piece.pledge.eligible,
        )
        for piece, value, share in rows
    ]


def _stress(desk: Desk, loan: Loan) -> list[tuple[Decimal, str, Decimal | None]]:
    limits = desk.rules.loans
    found: list[tuple[Decimal, str, Decimal | None]] = []
    for move in limits.shocks:
        there = stressed(loan.pledges, loan.figures.loan, limits.terms, move)
        found.append((-move, there.level, there.utilization))
    return found


def _line(row: Owed) -> LoanLineView:
    rate = row.annual_rate
    return LoanLineView(
        asset=row.asset,
        principal=row.principal,
        accrued_interest=row.interest,
        annual_rate=rate,
        interest_per_day=(
            None if rate is None else simple_interest(row.principal, rate, row.asset, 1)
        ),
    )


def loan_account_view(desk: Desk, account: Account) -> AccountView:
    """Return a loan as one of the desk's accounts: what is left of its collateral is its equity."""
    loan = loan_now(desk, account)
    figures = loan.figures
    quality = "LIVE" if figures.known else "UNKNOWN"
    worth, debt = figures.market_value, figures.loan
    return AccountView(
        account=account.id,
        kind=account.kind,
        venue=None,
        margin_mode=None,
        currency=account.currency,
        level=loan_level_now(desk, loan),
        equity=None if worth is None or debt is None else worth - debt,
        collateral_value=figures.margin_value,
        initial_margin=None,
        order_margin=None,
        maintenance_margin=None,
        available_margin=figures.excess,
        margin_utilization=figures.utilization,
        margin_ratio=None,
        leverage=None,
        common_move_down=None if figures.fall_to_close_out is None else -figures.fall_to_close_out,
        common_move_up=None,
        collateral=[
            CollateralView(
                asset=piece.description,
                quantity=piece.quantity or Decimal(1),
                price=_price(piece),
                haircut=piece.pledge.haircut,
                value=value,
            )
            for piece, value in zip(loan.collateral, figures.margin_values, strict=True)
        ],
        quality=desk.watched.quality(account.id) if account.watched else quality,
        watched=account.watched,
        level_since_ms=desk.state.level_since_ms.get(account.id),
        cure_deadline_ms=deadline_of(desk, account.id),
    )


def _price(piece: Collateral) -> Decimal | None:
    value = piece.pledge.market_value
    return None if value is None else value / (piece.quantity or Decimal(1))
