"""Figures of a margin loan: what every card and panel writes of it."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.risk_snapshot import LoanView
from ui.viewmodels.figure import Figure, figure_of
from ui.viewmodels.text import MINUS, UNKNOWN, distance, money, ratio
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr


def loan_figures(loan: LoanView) -> tuple[Figure, ...]:
    """Utilization's parts first, then how far what is, then what bounds it."""
    excess = loan.excess
    low = excess is not None and excess < 0
    return (
        _ratio(loan, tr("LTV"), "loan_to_value"),
        _money(loan, tr("Margin value"), "margin_value"),
        _money(loan, tr("Excess"), "excess", Tone.DANGER if low else Tone.TEXT),
        _money(loan, tr("Loan + interest"), "loan"),
        _fall(loan, tr("To margin call"), "price_fall_to_margin_call"),
        _fall(loan, tr("To close-out"), "price_fall_to_close_out"),
        _fall(loan, tr("To shortfall"), "price_fall_to_shortfall"),
        _money(loan, tr("Market value"), "market_value"),
        _money(loan, tr("Firm's capital view"), "capital_value"),
        _money(loan, tr("Accrued interest"), "accrued_interest", explained=False),
        _credit(loan),
        _ratio(loan, tr("Securities share"), "securities_share"),
    )


def fall_words(loan: LoanView, fall: Decimal | None) -> str:
    """How far virtual assets fall to it: `−8.3%`, `already there`, `no fall reaches it`."""
    if not loan.falls_known:
        return UNKNOWN
    if fall is None:
        return tr("no fall reaches it")
    return f"{MINUS}{distance(fall)}" if fall > 0 else tr("already there")


def why_unknown(loan: LoanView) -> str:
    """Why a figure of the loan is not known."""
    if loan.notes:
        return " ".join(map(said, loan.notes))
    if loan.loan == 0:
        return tr("nothing is owed")
    return tr("a price of the collateral or a rate is missing or old")


def _name(loan: LoanView, name: str) -> str:
    return f"{loan.account}.{name}"


def _money(
    loan: LoanView, label: str, name: str, tone: Tone = Tone.TEXT, *, explained: bool = True
) -> Figure:
    value: Decimal | None = getattr(loan, name)
    of = _name(loan, name) if explained else ""
    return figure_of(label, money(value), tone, of, why_unknown(loan))


def _ratio(loan: LoanView, label: str, name: str) -> Figure:
    value: Decimal | None = getattr(loan, name)
    return figure_of(label, ratio(value), of=_name(loan, name), why=why_unknown(loan))


def _fall(loan: LoanView, label: str, name: str) -> Figure:
    fall: Decimal | None = getattr(loan, name)
    text = fall_words(loan, fall)
    there = loan.falls_known and fall is not None and fall <= 0
    tone = Tone.DANGER if there else Tone.TEXT
    return figure_of(label, text, tone, _name(loan, name), why_unknown(loan))


def _credit(loan: LoanView) -> Figure:
    of = _name(loan, "credit_free")
    if loan.credit_limit is None:
        tip = tr("No credit limit is set: nothing may be drawn")
        return Figure(tr("Credit limit"), tr("not set"), Tone.WARNING, of, tip)
    return figure_of(tr("Credit limit"), money(loan.credit_limit), of=of)
