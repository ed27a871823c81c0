"""Fees by level: the published table, the desk's present rates, and levels that are none."""

from decimal import Decimal as D

import pytest

from desk.cli.shipped import shipped
from desk.execution.fee_tiers import catalogue_at, load_fees
from desk.io.resources import resource
from desk.model.errors import InputError

FILE = "fees/binance.toml"
TABLE = load_fees(resource(FILE), FILE)
PERP, SPOT = "BTCUSDT-PERP.BINANCE", "ETHUSDT.BINANCE"


def rates(tier, name):
    found = catalogue_at(shipped().catalogue, TABLE, tier).get(name)
    return found.maker_fee_rate, found.taker_fee_rate


def test_the_base_level_is_what_the_instruments_say():
    known = shipped().catalogue
    assert catalogue_at(known, TABLE, TABLE.base).all() == known.all()


@pytest.mark.parametrize(
    ("tier", "maker", "taker"),
    # Taker: twice the rates of Binance's announcement of 2026-02-04 (0.0200, 0.0135, 0.0085 %).
    [("VIP 1", "0.00016", "0.0400"), ("VIP 5", "0.00008", "0.0270"), ("VIP 9", "0", "0.0170")],
)
def test_a_level_pays_what_the_venue_has_published(tier, maker, taker):
    assert rates(tier, PERP) == (D(maker), D(taker) / 100)


def test_a_level_that_a_schedule_lacks_is_charged_like_the_one_before():
    assert rates("VIP 2", SPOT) == rates("VIP 9", SPOT) == (D("0.0008"), D("0.001"))


def test_no_level_costs_more_than_the_one_before_it():
    for name in (PERP, SPOT):
        by_level = [rates(tier, name) for tier in TABLE.tiers]
        assert by_level == sorted(by_level, reverse=True)
        assert len(by_level) == 10


def test_instruments_of_other_venues_keep_their_fees():
    assert rates("VIP 9", "BTC-USDT-SWAP.OKX") == rates("VIP 0", "BTC-USDT-SWAP.OKX")
    assert rates("VIP 9", "BTCUSD-PERP.BINANCE") == rates("VIP 0", "BTCUSD-PERP.BINANCE")


def test_a_level_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"VIP 0, VIP 1, .*VIP 9\), found vip9"):
        catalogue_at(shipped().catalogue, TABLE, "vip9")


@pytest.mark.parametrize(
    "rows",
    [
        '[["VIP 0", "0.001", "NaN"]]',
        '[["VIP 0", "0.002", "0.001"]]',
        '[["VIP 1", "0", "0.1"]]',
        "[]",
    ],
)
def test_a_table_that_is_none_is_refused(rows):
    toml = f"""venue = "X"\nbase = "VIP 0"\n[[schedules]]\nconnection = "x"\nquote = "USDT"
as_of = 2026-01-01\nsource = "s"\nrows = {rows}\n"""
    with pytest.raises(InputError):
        load_fees(toml.encode(), "x.toml")
