"""What is known of an account from the mark before is used only where nothing of it has changed."""

import random

import msgspec
import pytest
from helpers.portfolios import SHIPPED
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.random_portfolios import RandomPortfolios

from desk.margin.account import all_figures, measure
from desk.model.numbers import ONE
from desk.risk.situation import read_situation

changed = msgspec.structs.replace


def random_accounts(seed):
    text = RandomPortfolios(random.Random(seed)).document()
    return list(read_situation(text.encode(), "random.json", SHIPPED).accounts.values())


def more_coins(account):
    coins = {asset: amount + ONE for asset, amount in account.balances.items()}
    return changed(account, balances=coins)


def dearer(account):
    return changed(account, prices={asset: 2 * price for asset, price in account.prices.items()})


def without_haircuts(account):
    return changed(account, haircuts={})


def settled_in_another(account):
    return changed(account, settle="USDC" if account.settle != "USDC" else "USDT")


def marked_higher(account):
    """The same balances, which are not valued again."""
    positions = [changed(p, mark=p.mark and 2 * p.mark) for p in account.positions]
    return changed(account, positions=tuple(positions))


CHANGES = (more_coins, dearer, without_haircuts, settled_in_another, marked_higher)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_measured_after_another_an_account_has_the_figures_it_has_alone(change, seed):
    for account in random_accounts(seed):
        other = change(account)
        assert all_figures(measure(other, measure(account))) == all_figures(measure(other))


def test_balances_that_are_the_same_are_not_valued_again():
    (account, *_) = random_accounts(1)
    before = measure(account)
    assert measure(marked_higher(account), before).pool.holdings is before.pool.holdings
