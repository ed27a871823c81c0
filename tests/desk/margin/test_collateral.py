"""Collateral value: what balances count for."""

from decimal import Decimal as D

import pytest
from helpers.margin_cases import BTC, BTC_USDC, account, figures, isolated, position, terms

from desk.margin.account import account_figures
from desk.margin.collateral import haircut_value
from desk.margin.inputs import Slice

BRACKETS = tuple(
    Slice(up_to=D(up_to), rate=D(rate))
    for up_to, rate in (
        ("5000", "0"),
        ("6000", "0.025"),
        ("7500", "0.05"),
        ("9000", "0.1"),
        ("10000", "0.15"),
    )
)


def test_haircuts_are_marginal():
    # Binance FAQ 4bec9126c021472285b20874f9380dfb: 6,000 BTC at 20,000 count 119.5 m.
    assert haircut_value(D(6000), BRACKETS) * 20000 == D(119_500_000)


@pytest.mark.parametrize(
    ("quantity", "counts"),
    [("0", "0"), ("5000", "5000"), ("5001", "5000.975"), ("10000", "9600"), ("99999", "9600")],
)
def test_beyond_the_last_slice_nothing_counts(quantity, counts):
    assert haircut_value(D(quantity), BRACKETS) == D(counts)


def test_a_negative_balance_counts_in_full():
    assert haircut_value(D(-10), BRACKETS) == -10
    found = figures(
        balances={"USDT": "100", "BTC": "-0.001"}, haircuts={"BTC": "0.9"}, prices={"BTC": "60000"}
    )
    assert found.collateral_value == 40


def test_the_settle_asset_counts_in_full_unless_haircuts_name_it():
    assert figures(balances={"USDT": "100"}).collateral_value == 100
    named = figures(balances={"USDT": "100"}, haircuts={"USDT": "0.0001"})
    assert named.collateral_value == D("99.99")


def test_the_haircut_of_a_row_is_what_all_slices_take_of_the_whole():
    found = figures(
        balances={"USDT": "100", "BTC": "8", "ETH": "-3"},
        haircuts={"BTC": [("4", "0"), ("8", "0.5")], "ETH": "0.2"},
        prices={"BTC": "60000", "ETH": "2500"},
    )
    # 4 in full and half of 4 count: 6 of 8.
    assert [(row.asset, row.quantity, row.price, row.haircut, row.value) for row in
            found.collateral] == [
        ("USDT", 100, 1, 0, 100),
        ("BTC", 8, 60000, D("0.25"), 360_000),
        ("ETH", -3, 2500, 0, -7500),
    ]  # fmt: skip
    assert found.collateral_value == 352_600
    assert found.equity == 100 + 480_000 - 7500


def test_another_asset_counts_only_by_its_entry():
    found = figures(balances={"USDT": "100", "BTC": "1"}, prices={"BTC": "60000"})
    assert found.collateral_value == 100
    assert found.equity == 60100
    row = found.collateral[1]
    assert (row.haircut, row.value) == (None, 0)


def test_isolated_wallets_are_not_in_the_pool_but_in_equity():
    found = figures(isolated(BTC, 1, "60000", "61000", leverage=10), balances={"USDT": "500"})
    assert found.collateral_value == 500
    assert found.initial_margin == 0
    assert found.maintenance_margin == 0
    assert found.margin_ratio == 0
    assert found.equity == 500 + 6000 + 1000


def test_an_isolated_wallet_as_reported_is_taken_and_extra_margin_adds_to_a_derived_one():
    reported = figures(isolated(BTC, 1, "60000", isolated_margin="5990")).positions[0]
    assert reported.isolated_wallet == 5990
    derived = figures(isolated(BTC, 1, "60000", leverage=10, extra_margin=D(250))).positions[0]
    assert derived.isolated_wallet == 6250


def test_a_pool_in_two_settle_assets_counts_both():
    """Multi-assets mode: a loss in USDC is a loss of the pool, at the price of USDC."""
    usdc = position(BTC_USDC, -1, "60000", "61000", terms=terms("BTCUSDC"))
    usdt = position(BTC, 1, "60000", "61000")
    given = account(
        usdt,
        usdc,
        balances={"USDT": "10000", "USDC": "5000"},
        haircuts={"USDC": "0.0001"},
        prices={"USDC": "0.99"},
    )
    found = account_figures(given)
    expected = 10000 + D(5000) * D("0.9999") * D("0.99") + 1000 - 1000 * D("0.99")
    assert found.collateral_value == expected
    assert found.positions[1].unrealized_pnl == -1000
    own = D(61000) * D("0.005") - 50
    assert found.positions[1].maintenance_margin == own
    assert found.maintenance_margin == D(61000) * D("0.004") + own * D("0.99")


def test_liquidation_in_two_settle_assets_puts_the_pool_at_maintenance():
    def pool(mark):
        return account(
            position(BTC, "0.5", "60000"),
            position(BTC_USDC, "-2", "60000", mark, terms=terms("BTCUSDC")),
            balances={"USDT": "20000"},
            haircuts={"USDC": "0"},
            prices={"USDC": "0.98"},
        )

    edge = account_figures(pool("60000")).positions[1].liquidation_price
    there = account_figures(pool(edge))
    assert abs(there.collateral_value - there.maintenance_margin) < D("1e-9")
