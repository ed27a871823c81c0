"""The shipped margin table: read, dated, refused when it cannot be right."""

from datetime import date
from decimal import Decimal as D

import pytest

from desk.io.resources import resource
from desk.margin.table import load_tiers
from desk.model.errors import InputError

TOML = """\
model = "binance"
as_of = 2026-09-29
source = "somewhere"
[symbols]
BTCUSDT = [["0", "100", "0.01", "0", "50"], ["100", "200", "0.02", "1", "25"]]
"""


def test_the_shipped_table_holds_what_the_venue_published():
    table = load_tiers(resource("tiers/binance_usdm.toml"), "tiers")
    assert {symbol: len(table.terms(symbol).tiers) for symbol in table.symbols()} == {
        "BTCUSDT": 12,
        "ETHUSDT": 12,
        "BTCUSDC": 10,
        "ETHUSDC": 11,
    }
    first, last = table.terms("BTCUSDT").tiers[0], table.terms("BTCUSDT").tiers[-1]
    assert (first.notional_cap, first.maintenance_rate, first.max_leverage) == (
        300_000,
        D("0.004"),
        150,
    )
    assert (last.notional_cap, last.maintenance_rate, last.max_leverage) == (
        1_800_000_000,
        D("0.5"),
        1,
    )
    assert table.terms("DOGEUSDT") is None


def test_amounts_follow_from_floors_and_rates():
    """amount = floor × (rate − rate before) + amount before (Binance FAQ), in every row."""
    table = load_tiers(resource("tiers/binance_usdm.toml"), "tiers")
    for symbol in table.symbols():
        rate, amount = D(0), D(0)
        for tier in table.terms(symbol).tiers:
            amount += tier.notional_floor * (tier.maintenance_rate - rate)
            rate = tier.maintenance_rate
            assert tier.maintenance_amount == amount


@pytest.mark.parametrize(
    ("day", "old"),
    [(date(2026, 9, 29), False), (date(2026, 12, 28), False), (date(2026, 12, 29), True)],
)
def test_a_table_is_old_after_ninety_days(day, old):
    assert load_tiers(TOML.encode(), "t").old(day) is old


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ('"0.02"', '"x"', "tier 2 maintenance_rate"),
        ('"0.02"', '"0.005"', "do not fall"),
        ('"0.02"', '"1.5"', "from 0 to 1"),
        ('"25"', '"75"', "do not rise"),
        ('"25"', '"0"', "above 0"),
        ('"100", "200"', '"101", "200"', "the floor 100"),
        ('"100", "200"', '"100", "90"', "above the floor"),
        ("source =", "sauce =", "unknown field"),
        ("2026-09-29", '"today"', "date"),
        ("[symbols]", "[[symbols]", "line 4"),
        ('["0", "100", "0.01", "0", "50"]', '["0", "100", "0.01"]', "array"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_with_its_place(found, instead, said):
    assert found in TOML
    with pytest.raises(InputError) as refused:
        load_tiers(TOML.replace(found, instead).encode(), "tiers.toml")
    assert str(refused.value).startswith("tiers.toml")
    assert said in str(refused.value)
