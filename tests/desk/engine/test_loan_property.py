"""Whatever happens to a loan: the ledger balances, nothing is lent that may not be, and a restart
gives the same desk."""

from decimal import Decimal as D

import pytest
from helpers.loans import DAY_MS, Lender
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine.state import DeskState
from desk.model.events import Acknowledged

amounts = st.sampled_from(["0.5", "1", "3", "250000", "1000000", "2500000", "0.00000001"])
coins = st.sampled_from(["BTC", "ETH", "HKD"])
money = st.sampled_from(["HKD", "HKD", "HKD", "USD", "USDT"])

happenings = st.one_of(
    st.tuples(st.just("draw"), amounts, money),
    st.tuples(st.just("draw"), amounts, money),
    st.tuples(st.just("repay"), amounts, money),
    st.tuples(st.just("pledge"), amounts, coins),
    st.tuples(st.just("release"), amounts, coins),
    st.tuples(st.just("securities"), st.sampled_from(["0", "3000000", "9000000"])),
    st.tuples(st.just("price"), st.sampled_from(["20000", "45000", "60000", "90000"])),
    st.tuples(st.just("time"), st.sampled_from([20, 1_000, 3_000, 15_000])),
    st.tuples(st.just("day"), st.integers(1, 3)),
    st.tuples(st.just("restart")),
)


def live(lender, happening):
    """Let it happen; return the desk it happened to, which may be a new one."""
    match happening:
        case ("draw" | "repay" | "pledge" | "release" as verb, amount, asset):
            getattr(lender, verb)(amount, asset)
        case ("securities", value):
            lender.securities(value)
        case ("price", price):
            lender.market(price)
        case ("time", ms):
            lender.run(ms, step=max(20, ms // 10))
        case ("day", days):
            lender.tick(days * DAY_MS)
        case _:
            return lender.reborn()
    return lender


def sums(lender):
    held = lender.state.ledger.document().values()
    return [
        sum(D(row.get(asset, "0")) for row in held)
        for asset in ("BTC", "ETH", "HKD", "USD", "USDT")
    ]


def was_lent(lender, rows):
    new = [row.entry.type for row in lender.rows[rows:]]
    return "draw" in new


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.lists(happenings, min_size=8, max_size=25))
def test_a_loan_is_never_what_it_may_not_be(happened):
    lender = Lender().ready()
    lender.draw("3500000")
    for happening in happened:
        rows, level = len(lender.rows), lender.desk.levels.get("loan-1", "NORMAL")
        lender = live(lender, happening)
        assert sums(lender) == [0] * 5
        for debt in lender.loan().owed:
            assert debt.principal >= 0
            assert debt.interest >= 0
        assert all(held >= 0 for held in lender.state.ledger.balances("loan-1").values())
        if was_lent(lender, rows):
            figures = lender.loan().figures
            assert level in {"NORMAL", "WARNING"}
            assert figures.known
            assert figures.utilization < 1
            assert figures.securities_share >= D("0.5")
            assert isinstance(lender.events[-1], Acknowledged)
    # Before its first look, which may go on with a close-out where this one stood.
    again = DeskState(lender.desk.catalogue)
    for row in lender.rows:
        again.apply(row)
    assert again.hash() == lender.state.hash()
