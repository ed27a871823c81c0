"""Random portfolios, worked out twice: by the desk in Decimal, by the oracle in exact fractions."""

import random
import time

import pytest
from helpers.oracle_comparison import Compared, compare
from helpers.portfolios import SHIPPED
from oracle.random_portfolios import RandomPortfolios

from desk.risk.situation import read_situation

MANY = 100_000
SHARDS = 8
SEED = 20261129

KINDS = {
    "binance", "bybit-2025", "bybit-2026", "okx", "hyperliquid", "deribit", "house",
    "cross", "isolated", "0 edges", "1 edges", "2 edges", "through True", "through False",
    "orders", "no orders", "move down True", "move down False", "move up True", "move up False",
    "NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT", "unknown",
    "loan NORMAL", "loan WARNING", "loan MARGIN_CALL", "loan CLOSE_OUT",
}  # fmt: skip


def compared(seed, count):
    portfolios = RandomPortfolios(random.Random(seed))
    result = Compared()
    for number in range(count):
        text = portfolios.document()
        compare(text, read_situation(text.encode(), "random.json", SHIPPED), result)
        assert not result.differences, (f"seed {seed}, document {number}", result.differences, text)
    return result


@pytest.mark.fault("T16")
def test_random_portfolios_agree_with_the_oracle_and_are_of_every_kind():
    result = compared("some", 400)
    assert result.seen >= KINDS
    assert result.exact > 400
    assert result.edges > 300


@pytest.mark.fault("T16")
@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_hundred_thousand_portfolios_agree_with_the_oracle(shard, figure):
    began = time.perf_counter()
    count = MANY // SHARDS
    result = compared(f"{SEED}/{shard}", count)
    took = time.perf_counter() - began
    figure(
        f"{count} portfolios, seed {SEED}/{shard}, {took:.0f} s: {result.figures} figures "
        f"({result.exact} exact to the end), {result.edges} prices a tick on either side"
    )
