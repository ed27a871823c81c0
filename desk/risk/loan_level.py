"""The level of a margin loan with its memory, and what the countdown of a call makes of it."""

from __future__ import annotations

from decimal import Decimal

from desk.margin.financing import LoanFigures, LoanTerms, loan_level
from desk.margin.levels import CLOSE_OUT, MARGIN_CALL
from desk.model.numbers import ZERO
from desk.risk.monitor import RELIEF, LevelMemory, remembered

MS_A_MINUTE = 60_000


def cure_deadline_ms(called_since_ms: int | None, cure_minutes: Decimal) -> int | None:
    """Return when the countdown of an open call ends, wall clock; None: none runs."""
    return None if called_since_ms is None else called_since_ms + int(cure_minutes * MS_A_MINUTE)


def next_loan_level(
    memory: LevelMemory, figures: LoanFigures, terms: LoanTerms, now_ns: int, *, overdue: bool
) -> LevelMemory:
    """Return the level after looking at figures; unknown figures change nothing.

    A call whose countdown has ended is a close-out for as long as it is a call.
    """
    loan, margin_value = figures.loan, figures.margin_value
    if not figures.known or loan is None or margin_value is None:
        return LevelMemory(memory.level)

    raw = due_level(loan, margin_value, terms, overdue=overdue)
    relieved = due_level(loan, margin_value, terms, overdue=overdue, relief=RELIEF)
    return remembered(memory, raw, relieved, now_ns)


def due_level(
    loan: Decimal,
    margin_value: Decimal,
    terms: LoanTerms,
    *,
    overdue: bool,
    relief: Decimal = ZERO,
) -> str:
    """Return the level of a loan without memory: an overdue call is a close-out."""
    level = loan_level(loan, margin_value, terms, relief)
    return CLOSE_OUT if overdue and level == MARGIN_CALL else level
