import re
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.ledger.book import WORLD, Ledger, Posting, transfer, wallet

accounts = st.sampled_from(["perp-1", "spot-1", "loan-1", WORLD])
moves = st.tuples(
    accounts, accounts, st.sampled_from(["USDT", "BTC"]), st.decimals("-100", "100", places=8)
)


@pytest.mark.fault("T28")
@given(st.lists(moves))
def test_balances_of_every_asset_sum_to_zero(moved):
    ledger = Ledger()
    for source, target, asset, amount in moved:
        ledger.post(transfer(source, target, asset, amount))
    for asset in ("USDT", "BTC"):
        assert sum(ledger.balance(a, asset) for a in ("perp-1", "spot-1", "loan-1", WORLD)) == 0


@pytest.mark.fault("T28")
def test_a_movement_that_creates_money_is_refused():
    ledger = Ledger()
    sums = {"USDT": D("0.01")}
    with pytest.raises(
        AssertionError, match=f"^{re.escape(f'postings do not sum to zero: {sums}')}"
    ):
        ledger.post([Posting("perp-1", "USDT", D(1)), Posting(WORLD, "USDT", D("-0.99"))])
    assert ledger.balances("perp-1") == {}


def test_one_unit_is_moved_and_nothing_is_not():
    assert transfer(WORLD, "perp-1", "USDT", D(0)) == ()
    assert transfer(WORLD, "perp-1", "USDT", D(1)) == (
        Posting(WORLD, "USDT", D(-1)),
        Posting("perp-1", "USDT", D(1)),
    )


def test_each_account_holds_what_was_moved_to_it_in_each_asset():
    ledger = Ledger()
    pocket = wallet("perp-1", "BTCUSDT-PERP.BINANCE")
    assert pocket == "perp-1/BTCUSDT-PERP.BINANCE"
    ledger.post(transfer(WORLD, "perp-1", "USDT", D("1000.50")))
    ledger.post(transfer(WORLD, "perp-1", "BTC", D("0.25")))
    ledger.post(transfer("perp-1", pocket, "USDT", D(300)))
    assert ledger.balance("perp-1", "USDT") == D("700.50")
    assert ledger.balance(pocket, "USDT") == D(300)
    assert ledger.balance(pocket, "BTC") == 0
    assert ledger.balances("perp-1") == {"USDT": D("700.50"), "BTC": D("0.25")}
    assert ledger.balances("nobody") == {}


def test_the_document_is_sorted_plain_and_without_what_is_empty():
    ledger = Ledger()
    ledger.post(transfer(WORLD, "spot-1", "USDT", D("20.500")))
    ledger.post(transfer(WORLD, "spot-1", "BTC", D("1E-8")))
    ledger.post(transfer(WORLD, "loan-1", "USDT", D(7)))
    ledger.post(transfer("loan-1", WORLD, "USDT", D(7)))
    ledger.post(transfer("spot-1", "perp-1", "USDT", D("0.5")))
    ledger.post(transfer(WORLD, "perp-1", "ETH", D(2)))
    ledger.post(transfer("perp-1", WORLD, "ETH", D(2)))
    document = ledger.document()
    assert document == {
        "perp-1": {"USDT": "0.5"},
        "spot-1": {"BTC": "0.00000001", "USDT": "20"},
        "world": {"BTC": "-0.00000001", "USDT": "-20.5"},
    }
    assert [list(document), list(document["spot-1"])] == [
        ["perp-1", "spot-1", "world"],
        ["BTC", "USDT"],
    ]


def test_reading_a_balance_does_not_create_an_account():
    ledger = Ledger()
    assert ledger.balance("nobody", "USDT") == 0
    assert ledger.document() == {}
