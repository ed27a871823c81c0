"""Levels of a loan with memory: entered at once, left after ten seconds 0.05 below."""

from decimal import Decimal as D

import msgspec
import pytest

from desk.margin.financing import LoanTerms, Pledge, loan_figures
from desk.risk.loan_level import cure_deadline_ms, due_level, next_loan_level
from desk.risk.monitor import LevelMemory

TERMS = LoanTerms(single_cap=D(1), group_cap=D(1), warn=D("0.8"), call=D(1), close_out=D("1.25"))
S = 1_000_000_000


def figures(loan):
    """Margin value 100."""
    pledge = Pledge(market_value=D(100), haircut=D(0), is_virtual=False)
    return loan_figures([pledge], None if loan is None else D(loan), TERMS)


def after(memory, loan, now_s=0, overdue=False):
    return next_loan_level(memory, figures(loan), TERMS, int(now_s * S), overdue=overdue)


@pytest.mark.parametrize(
    ("loan", "level", "overdue_level"),
    [
        ("0", "NORMAL", "NORMAL"),
        ("79.99", "NORMAL", "NORMAL"),
        ("80", "WARNING", "WARNING"),
        ("99.99", "WARNING", "WARNING"),
        ("100", "MARGIN_CALL", "CLOSE_OUT"),
        ("124.99", "MARGIN_CALL", "CLOSE_OUT"),
        ("125", "CLOSE_OUT", "CLOSE_OUT"),
    ],
)
def test_levels_begin_at_once(loan, level, overdue_level):
    assert after(LevelMemory("NORMAL"), loan) == LevelMemory(level)
    assert after(LevelMemory("NORMAL"), loan, overdue=True) == LevelMemory(overdue_level)
    assert due_level(D(loan), D(100), TERMS, overdue=False) == level
    assert due_level(D(loan), D(100), TERMS, overdue=True) == overdue_level


def test_a_level_is_left_when_it_was_better_for_ten_seconds():
    held = after(LevelMemory("MARGIN_CALL"), "94.99", 5)
    assert held == LevelMemory("MARGIN_CALL", 5 * S)
    assert after(held, "94.99", 14.9) == LevelMemory("MARGIN_CALL", 5 * S)
    assert after(held, "94.99", 15) == LevelMemory("WARNING")


def test_a_twentieth_is_what_must_be_gained():
    assert after(LevelMemory("MARGIN_CALL"), "95", 5) == LevelMemory("MARGIN_CALL")
    assert after(LevelMemory("WARNING"), "75", 5) == LevelMemory("WARNING")
    assert after(LevelMemory("WARNING"), "74.99", 5) == LevelMemory("WARNING", 5 * S)
    assert after(LevelMemory("CLOSE_OUT"), "120", 5) == LevelMemory("CLOSE_OUT")
    assert after(LevelMemory("CLOSE_OUT"), "119.99", 5) == LevelMemory("CLOSE_OUT", 5 * S)


def test_a_relapse_starts_the_ten_seconds_again():
    held = after(LevelMemory("MARGIN_CALL", 5 * S), "96", 10)
    assert held == LevelMemory("MARGIN_CALL")


def test_an_overdue_call_is_left_only_below_the_call():
    held = LevelMemory("CLOSE_OUT")
    assert after(held, "110", 5, overdue=True) == LevelMemory("CLOSE_OUT")
    assert after(held, "95", 5, overdue=True) == LevelMemory("CLOSE_OUT")
    better = after(held, "94.99", 5, overdue=True)
    assert better == LevelMemory("CLOSE_OUT", 5 * S)
    assert after(better, "94.99", 15, overdue=True) == LevelMemory("WARNING")


def test_what_is_unknown_changes_nothing_and_forgets_the_time():
    held = LevelMemory("MARGIN_CALL", 5 * S)
    assert after(held, None, 60) == LevelMemory("MARGIN_CALL")
    unpriced = Pledge(market_value=None, haircut=D(0), is_virtual=False)
    found = loan_figures([unpriced], D(50), TERMS)
    assert next_loan_level(held, found, TERMS, 60 * S, overdue=True) == LevelMemory("MARGIN_CALL")


def test_a_repaid_loan_is_normal_whatever_secures_it():
    found = loan_figures([], D(0), TERMS)
    assert next_loan_level(LevelMemory("NORMAL"), found, TERMS, 0, overdue=True) == LevelMemory(
        "NORMAL"
    )
    assert due_level(D(1), D(0), TERMS, overdue=False) == "CLOSE_OUT"


def test_the_deadline_is_the_beginning_and_the_minutes():
    assert cure_deadline_ms(1_000, D(120)) == 7_201_000
    assert cure_deadline_ms(0, D("0.5")) == 30_000
    assert cure_deadline_ms(None, D(120)) is None


def test_what_is_not_known_whole_neither_begins_nor_ends_a_level():
    partly = msgspec.structs.replace(figures("125"), known=False)
    held = next_loan_level(LevelMemory("WARNING", 3), partly, TERMS, S, overdue=False)
    assert held == LevelMemory("WARNING")
