"""The shipped margin tables: read, dated, refused when they cannot be right."""

import json
from datetime import date
from decimal import Decimal as D

import pytest
from helpers.shared import shared

from desk.cli.shipped import shipped
from desk.io.resources import resource
from desk.margin.rule_sets import RuleBook
from desk.margin.table import load_rules
from desk.model.errors import InputError

HEAD = """\
venue = "BYBIT"
as_of = 2026-09-29
source = "somewhere"
"""
TOML = f"""{HEAD}\
[[rules]]
model = "bybit-2025"
[[rules]]
model = "bybit-2026"
effective_from = 2026-05-27
[tiers]
BTCUSDT = [["0", "100", "0.01", "0", "50"], ["100", "", "0.02", "1", "25"]]
"""
OKX = f"""{HEAD}\
partial = true
[[rules]]
model = "okx"
[contract_tiers]
BTC = [["0", "100", "0.01", "50"], ["101", "200", "0.02", "25"]]
"""
COINS = f"""{HEAD}\
[[rules]]
model = "deribit"
[coin_rates]
BTC = ["0.01", "0.00005", "50"]
"""


def read(toml):
    return load_rules(toml.encode(), "tiers.toml")


def table(name):
    return load_rules(resource(f"tiers/{name}.toml"), name)


def test_the_shipped_binance_table_holds_what_the_venue_published():
    (rules,) = table("binance_usdm")
    assert (rules.venue, rules.model, rules.as_of) == ("BINANCE", "binance", date(2026, 9, 29))
    assert {symbol: len(terms.tiers) for symbol, terms in rules.symbols.items()} == {
        "BTCUSDT": 12,
        "ETHUSDT": 12,
        "BTCUSDC": 10,
        "ETHUSDC": 11,
    }
    first, last = rules.symbols["BTCUSDT"].tiers[0], rules.symbols["BTCUSDT"].tiers[-1]
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


def test_the_shipped_bybit_table_holds_what_the_venue_published():
    published = json.loads(
        shared("data/tiers/bybit_btcusdt_risk_limit_2026-08-05.json").read_text()
    )
    for rules in table("bybit_linear"):
        assert list(rules.symbols) == ["BTCUSDT"]
        assert [
            (float(t.notional_cap), float(t.maintenance_rate), float(t.maintenance_amount),
             float(t.max_leverage))
            for t in rules.symbols["BTCUSDT"].tiers
        ] == [
            (t["riskLimitValue"], t["maintenanceMargin"], t["mmDeduction"], t["maxLeverage"])
            for t in published["tiers"]
        ]  # fmt: skip


def test_the_shipped_hyperliquid_tiers_follow_from_their_leverages():
    (rules,) = table("hyperliquid")
    leverages = {"BTC": (40, 20), "ETH": (25, 15)}
    for symbol, expected in leverages.items():
        tiers = rules.symbols[symbol].tiers
        assert tuple(t.max_leverage for t in tiers) == expected
        assert tiers[-1].notional_cap is None
        for tier in tiers:
            assert abs(tier.maintenance_rate - 1 / (2 * tier.max_leverage)) < D("1e-23")


@pytest.mark.parametrize("name", ["binance_usdm", "bybit_linear", "hyperliquid"])
def test_amounts_follow_from_floors_and_rates(name):
    """amount = floor × (rate − rate before) + amount before (Binance FAQ), in every row."""
    for terms in table(name)[0].symbols.values():
        rate, amount = D(0), D(0)
        for tier in terms.tiers:
            amount += tier.notional_floor * (tier.maintenance_rate - rate)
            rate = tier.maintenance_rate
            assert abs(tier.maintenance_amount - amount) < D("1e-14")


def test_the_shipped_okx_tiers_end_where_they_are_known():
    (rules,) = table("okx")
    btc, eth = rules.symbols["BTC-USDT-SWAP"], rules.symbols["ETH-USDT-SWAP"]
    assert btc.partial
    assert [t.quantity_cap for t in btc.contract_tiers] == [1000]
    assert [t.quantity_floor for t in eth.contract_tiers] == [0, 2001, 4001]
    assert [t.maintenance_rate for t in eth.contract_tiers] == [D("0.01"), D("0.015"), D("0.02")]
    assert rules.as_of == date(2022, 1, 1)


def test_the_shipped_deribit_rates():
    (rules,) = table("deribit")
    found = {
        symbol: (terms.base_rate, terms.slope, terms.max_leverage)
        for symbol, terms in rules.symbols.items()
    }
    btc = (D("0.01"), D("0.00005"), 50)
    assert found == {
        "BTC-PERPETUAL": btc,
        "ETH-PERPETUAL": (D("0.01"), D("0.000004"), 50),
        "BTC_USDC-PERPETUAL": btc,
    }


@pytest.mark.parametrize(
    ("day", "model"), [(date(2026, 5, 26), "bybit-2025"), (date(2026, 5, 27), "bybit-2026")]
)
def test_the_rules_in_force_on_a_day_hold(day, model):
    terms = shipped().terms(day)["BTCUSDT-PERP.BYBIT"]
    assert (terms.model, len(terms.tiers), terms.as_of) == (model, 35, "2026-08-05")


def test_a_symbol_without_numbers_has_the_model_of_its_venue():
    terms = shipped().terms(date(2026, 11, 28))
    for name, model in {
        "ETHUSDT-PERP.BYBIT": "bybit-2026",
        "BTCUSD-PERP.BYBIT": "bybit-2026",
        "BTC-USD-SWAP.OKX": "okx",
        "ETH_USDC-PERPETUAL.DERIBIT": "deribit",
        "BTCUSD-PERP.BINANCE": "binance",
    }.items():
        one = terms[name]
        assert (one.model, one.tiers, one.contract_tiers, one.base_rate, one.as_of) == (
            model, (), (), None, None,
        )  # fmt: skip


def test_every_shipped_perpetual_has_rules():
    known = shipped()
    perpetuals = {i.id for i in known.catalogue.all() if i.kind.value == "perpetual"}
    assert set(known.terms(date(2026, 11, 28))) == perpetuals


def test_where_no_rules_have_begun_there_are_no_terms():
    assert "BTC-PERPETUAL.DERIBIT" not in shipped().terms(date(2022, 1, 10))
    assert "BTC-PERPETUAL.DERIBIT" in shipped().terms(date(2022, 1, 11))
    assert RuleBook([]).terms("BYBIT", "BTCUSDT", date(2026, 1, 1)) is None


def test_of_two_tables_in_force_the_newer_numbers_count():
    newer = TOML.replace("2026-09-29", "2026-10-01").replace('"0.02"', '"0.03"')
    for sets in ((*read(TOML), *read(newer)), (*read(newer), *read(TOML))):
        found = RuleBook(sets).terms("BYBIT", "BTCUSDT", date(2026, 11, 28))
        assert (found.as_of, found.tiers[1].maintenance_rate) == ("2026-10-01", D("0.03"))


def test_a_table_of_superseded_rules_counts_no_more():
    """The new rules lack the symbol: its old formula would be wrong, so it has no numbers."""
    newer = TOML.replace("BTCUSDT", "ETHUSDT").replace("2026-05-27", "2026-06-01")
    book = RuleBook((*read(TOML), *read(newer)))
    assert book.terms("BYBIT", "BTCUSDT", date(2026, 5, 31)).tiers
    assert not book.terms("BYBIT", "BTCUSDT", date(2026, 6, 1)).tiers


@pytest.mark.parametrize(
    ("toml", "found", "instead", "said"),
    [
        (TOML, '"0.02"', '"x"', "BTCUSDT tier 2 maintenance_rate"),
        (TOML, '"0.02"', '""', "BTCUSDT tier 2 maintenance_rate"),
        (TOML, '"0.02"', '"0.005"', "do not fall"),
        (TOML, '"0.02"', '"1.5"', "from 0 to 1"),
        (TOML, '"0.02"', '"-0.5"', "from 0 to 1"),
        (TOML, '"25"', '"75"', "do not rise"),
        (TOML, '"25"', '"0"', "above 0"),
        (TOML, '"100", ""', '"101", ""', "the floor 100"),
        (TOML, '"100", ""', '"100", "100"', "above the floor"),
        (TOML, '"0", "100"', '"0", ""', "the floor None"),
        (TOML, "source =", "sauce =", "unknown field"),
        (TOML, "2026-09-29", '"today"', "date"),
        (TOML, "[tiers]", "[[tiers]", "line 9"),
        (TOML, '["0", "100", "0.01", "0", "50"]', '["0", "100", "0.01"]', "array"),
        (TOML, '"bybit-2026"', '"bybit-2027"', "one of binance, bybit-2025"),
        (TOML, "[tiers]", "[contract_tiers]", "array"),
        (TOML, '"bybit-2026"', '"okx"', "contract_tiers for model okx"),
        (TOML, '"bybit-2026"', '"deribit"', "coin_rates for model deribit"),
        (TOML, "source", "partial = true\nsource", "only tiers by contracts"),
        (OKX, '"okx"', '"binance"', "tiers for model binance"),
        (OKX, '"101"', '"99"', "the floor 100, or up to 1 above"),
        (OKX, '"101"', '"101.01"', "the floor 100, or up to 1 above"),
        (OKX, '"0", "100"', '"0", ""', "the floor None, or up to 1 above"),
        (OKX, '"0.02"', '"0.005"', "do not fall"),
        (OKX, '"25"', '"75"', "do not rise"),
        (OKX, '"200"', '"101"', "above the floor"),
        (COINS, '"0.01"', '"0"', "BTC base_rate"),
        (COINS, '"0.00005"', '"-1"', "BTC slope"),
        (COINS, '"50"', '"0"', "BTC max_leverage"),
        (HEAD + "rules = []", "rules", "rules", "at least one"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_with_its_place(toml, found, instead, said):
    assert found in toml
    with pytest.raises(InputError) as refused:
        read(toml.replace(found, instead))
    assert str(refused.value).startswith("tiers.toml")
    assert said in str(refused.value)


@pytest.mark.parametrize("floor", ["100", "100.01", "101"])
def test_a_floor_by_contracts_is_the_cap_before_or_the_next_size(floor):
    (rules,) = read(OKX.replace('"101"', f'"{floor}"'))
    assert rules.symbols["BTC"].contract_tiers[1].quantity_floor == D(floor)
