"""Loan interest: at 00:00 in Hong Kong, every day once, however long the desk was down."""

from decimal import Decimal as D

import pytest
from helpers.engines import START_MS
from helpers.loans import DAY_MS, Lender

from desk.engine.engine import Engine

MIDNIGHT_MS = 1_795_017_600_000
"""2026-11-19 00:00 in Hong Kong: the first midnight after the tests' start, 16:00 UTC."""


@pytest.fixture
def lender():
    lender = Lender().ready()
    lender.draw("1000000")
    return lender


def interest_rows(lender):
    return [row.entry for row in lender.rows if row.entry.type == "interest"]


def owed(lender, asset="HKD"):
    return -lender.state.ledger.balance("loan-1/interest", asset)


def test_the_start_of_these_tests_lies_before_midnight():
    assert START_MS < MIDNIGHT_MS < START_MS + DAY_MS
    assert (MIDNIGHT_MS // 1000 + 8 * 3600) % 86_400 == 0


def test_nothing_accrues_before_midnight_and_a_day_at_midnight(lender):
    lender.tick(MIDNIGHT_MS - 1 - lender.wall_ms)
    assert interest_rows(lender) == []
    lender.tick(1)
    (row,) = interest_rows(lender)
    # 1,000,000 × 0.08 / 365, HKD: actual/365.
    assert owed(lender) == D("219.17808219")
    assert row.account == "loan-1"
    assert row.data["what"] == {
        "asset": "HKD",
        "principal": "1000000",
        "annual_rate": "0.08",
        "from": "2026-11-18",
        "to": "2026-11-19",
        "days": 1,
        "interest": "219.17808219",
    }
    assert lender.state.ledger.balance("interest", "HKD") == D("219.17808219")


@pytest.mark.parametrize("asset", ["USD", "USDT", "USDC"])
def test_dollars_and_stablecoins_count_360_days(asset):
    lender = Lender().ready()
    lender.draw("360", asset, rate="0.1")
    lender.accrue(days=1)
    assert owed(lender, asset) == D("0.1")


def test_days_that_were_missed_accrue_once_each(lender):
    steady = Lender(lender.rows)
    steady.accrue(days=5)
    away = Lender(lender.rows)
    away.tick(5 * DAY_MS)
    assert [row.data["what"]["days"] for row in interest_rows(steady)] == [1] * 5
    assert [row.data["what"]["days"] for row in interest_rows(away)] == [5]
    assert owed(steady) == owed(away) == 5 * D("219.17808219")
    assert steady.state.lending.document() == away.state.lending.document()


def test_a_restart_on_the_same_day_accrues_nothing_more(lender):
    lender.accrue(days=3)
    again = lender.restarted()
    assert len(interest_rows(again)) == 3
    assert owed(again) == owed(lender)
    assert again.state.hash() == lender.state.hash()


def test_a_clock_that_is_set_back_pays_nothing_back(lender):
    lender.accrue(days=2)
    lender = lender.restarted(lender.wall_ms - 2 * DAY_MS)
    lender.tick(20)
    assert len(interest_rows(lender)) == 2
    lender.tick(DAY_MS)
    lender.tick(DAY_MS)
    assert len(interest_rows(lender)) == 2
    lender.tick(DAY_MS)
    assert len(interest_rows(lender)) == 3


def test_interest_earns_no_interest(lender):
    lender.accrue(days=400)
    assert owed(lender) == 400 * D("219.17808219")


def test_what_is_repaid_before_midnight_costs_nothing(lender):
    lender.repay("400000")
    lender.tick(MIDNIGHT_MS - lender.wall_ms)
    assert owed(lender) == D("131.50684932")
    lender.fund("1000", "HKD")
    lender.repay("600131.50684932")
    lender.tick(3 * DAY_MS)
    assert len(interest_rows(lender)) == 1
    lender.market()


def test_a_loan_drawn_anew_pays_from_that_day_on(lender):
    lender.repay("1000000")
    lender.accrue(days=10)
    lender.draw("365000", rate="0.1")
    assert interest_rows(lender) == []
    lender.accrue(days=1)
    (row,) = interest_rows(lender)
    assert row.data["what"]["days"] == 1
    assert owed(lender) == D(100)


def test_a_rate_of_nothing_costs_nothing_but_days_pass():
    lender = Lender().ready()
    lender.draw("1000", rate="0")
    lender.accrue(days=1)
    assert owed(lender) == 0
    assert lender.state.lending.term("loan-1", "HKD").accrued_through == "2026-11-19"


def test_interest_is_booked_when_the_disk_is_full(lender):
    lender.fill_disk()
    lender.tick(DAY_MS)
    assert owed(lender) == D("219.17808219")


def test_interest_comes_before_anything_else_of_the_day(lender):
    """A command at the first moment of a day finds the day's interest owed."""
    lender.tick(MIDNIGHT_MS - lender.wall_ms - 1)
    lender.wall_ms += 1
    lender.repay("1000")
    assert [row.entry.type for row in lender.rows[-2:]] == ["interest", "repay"]
    assert lender.rows[-1].entry.data["what"]["interest"] == "219.17808219"


def test_a_journal_of_interest_is_read_without_knowing_how_it_came(lender):
    lender.accrue(days=2)
    again = Lender()
    Engine(again.desk).replay(lender.rows)
    assert again.state.hash() == lender.state.hash()
