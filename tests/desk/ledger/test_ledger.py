from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.ledger.book import WORLD, Ledger, Posting, transfer

accounts = st.sampled_from(["perp-1", "spot-1", "loan-1", WORLD])
moves = st.tuples(
    accounts, accounts, st.sampled_from(["USDT", "BTC"]), st.decimals("-100", "100", places=8)
)


@given(st.lists(moves))
def test_balances_of_every_asset_sum_to_zero(moved):
    ledger = Ledger()
    for source, target, asset, amount in moved:
        ledger.post(transfer(source, target, asset, amount))
    for asset in ("USDT", "BTC"):
        assert sum(ledger.balance(a, asset) for a in ("perp-1", "spot-1", "loan-1", WORLD)) == 0


def test_a_movement_that_creates_money_is_refused():
    ledger = Ledger()
    with pytest.raises(AssertionError, match="do not sum to zero"):
        ledger.post([Posting("perp-1", "USDT", D(1)), Posting(WORLD, "USDT", D("-0.99"))])
    assert ledger.balances("perp-1") == {}


def test_reading_a_balance_does_not_create_an_account():
    ledger = Ledger()
    assert ledger.balance("nobody", "USDT") == 0
    assert ledger.document() == {}
