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
MODEL_NAMES = "binance, bybit-2025, bybit-2026, okx, hyperliquid, deribit, house"
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


def test_tables_by_contracts_say_how_large_the_contracts_are_that_they_count():
    terms = shipped().terms(date(2026, 11, 28))
    assert terms["BTC-USDT-SWAP.OKX"].contract_size == D("0.01")
    assert terms["ETH-USDT-SWAP.OKX"].contract_size == D("0.1")
    assert terms["BTCUSDT-PERP.BINANCE"].contract_size is None


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
        (TOML, '"0.02"', '"x"', "BTCUSDT tier 2 maintenance_rate: expected a number, found 'x'"),
        (TOML, '"0.02"', '""', "BTCUSDT tier 2 maintenance_rate: expected a number, found ''"),
        (TOML, '"0.01"', '""', "BTCUSDT tier 1 maintenance_rate: expected a number, found ''"),
        (TOML, '"100", ""', '"", ""', "BTCUSDT tier 2 notional_floor: expected a number, found ''"),
        (TOML, '"0.02"', '"0.005"', "BTCUSDT tier 2: expected rates that do not fall, found 0.005"),
        (TOML, '"0.02"', '"1.5"',
         "BTCUSDT tier 2: expected a maintenance rate from 0 to 1, found 1.5"),
        (TOML, '"0.02"', '"1.000001"',
         "BTCUSDT tier 2: expected a maintenance rate from 0 to 1, found 1.000001"),
        (TOML, '"0.01"', '"-0.5"',
         "BTCUSDT tier 1: expected a maintenance rate from 0 to 1, found -0.5"),
        (TOML, '"25"', '"75"', "BTCUSDT tier 2: expected leverages that do not rise, found 75"),
        (TOML, '"25"', '"0"', "BTCUSDT tier 2: expected a max leverage above 0, found 0"),
        (TOML, '"50"', '"-1"', "BTCUSDT tier 1: expected a max leverage above 0, found -1"),
        (TOML, '"100", ""', '"101", ""', "BTCUSDT tier 2: expected the floor 100, found 101"),
        (TOML, '"100", ""', '"100", "100"',
         "BTCUSDT tier 2: expected a cap above the floor 100, found 100"),
        (TOML, '"0", "100"', '"0", "0"',
         "BTCUSDT tier 1: expected a cap above the floor 0, found 0"),
        (TOML, '"0", "100"', '"0", ""', "BTCUSDT tier 2: expected the floor None, found 100"),
        (TOML, '"bybit-2026"', '"bybit-2027"',
         f"model: expected one of {MODEL_NAMES}, found bybit-2027"),
        (TOML, '"bybit-2026"', '"okx"',
         "tiers: expected contract_tiers for model okx, found tiers"),
        (TOML, '"bybit-2026"', '"deribit"',
         "tiers: expected coin_rates for model deribit, found tiers"),
        (TOML, "source", "partial = true\nsource",
         "partial: expected false: only tiers by contracts end where they end, found true"),
        (OKX, '"okx"', '"binance"',
         "contract_tiers: expected tiers for model binance, found contract_tiers"),
        (COINS, '"deribit"', '"binance"',
         "coin_rates: expected tiers for model binance, found coin_rates"),
        (OKX, '"101"', '"99"',
         "BTC tier 2: expected the floor 100, or up to 1 above, found 99"),
        (OKX, '"101"', '"101.01"',
         "BTC tier 2: expected the floor 100, or up to 1 above, found 101.01"),
        (OKX, '"0", "100"', '"0", ""',
         "BTC tier 2: expected the floor None, or up to 1 above, found 101"),
        (OKX, '"0.02"', '"0.005"', "BTC tier 2: expected rates that do not fall, found 0.005"),
        (OKX, '"0.01"', '"x"', "BTC tier 1 maintenance_rate: expected a number, found 'x'"),
        (OKX, '"0.01"', '"-1"', "BTC tier 1: expected a maintenance rate from 0 to 1, found -1"),
        (OKX, '"25"', '"75"', "BTC tier 2: expected leverages that do not rise, found 75"),
        (OKX, '"200"', '"101"', "BTC tier 2: expected a cap above the floor 101, found 101"),
        (COINS, '"0.01"', '"0"', "BTC base_rate: expected above 0, found 0"),
        (COINS, '"0.00005"', '"-1"', "BTC slope: expected above 0, found -1"),
        (COINS, '"50"', '"0"', "BTC max_leverage: expected above 0, found 0"),
        (COINS, '"50"', '"x"', "BTC max_leverage: expected a number, found 'x'"),
        (HEAD + "rules = []", "rules", "rules", "rules: expected at least one, found none"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_right_is_refused_with_its_place(toml, found, instead, said):
    assert found in toml
    with pytest.raises(InputError) as refused:
        read(toml.replace(found, instead))
    assert str(refused.value) == f"tiers.toml: {said}"


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("source =", "sauce =", "unknown field"),
        ("2026-09-29", '"today"', "date"),
        ("[tiers]", "[[tiers]", "line 9"),
        ('["0", "100", "0.01", "0", "50"]', '["0", "100", "0.01"]', "array"),
        ("[tiers]", "[contract_tiers]", "array"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_the_readers_words(found, instead, said):
    assert found in TOML
    with pytest.raises(InputError) as refused:
        read(TOML.replace(found, instead))
    assert str(refused.value).startswith("tiers.toml: expected a margin table, found ")
    assert said in refused.value.found


def test_rates_and_leverages_may_be_at_their_ends():
    (rules,) = read(
        HEAD + '[[rules]]\nmodel = "house"\n[tiers]\n'
        'BTC = [["0", "1", "0", "0", "1"], ["1", "2", "1", "0", "1"], ["2", "", "1", "0", "0.5"]]\n'
    )
    assert [
        (one.notional_floor, one.notional_cap, one.maintenance_rate, one.max_leverage)
        for one in rules.symbols["BTC"].tiers
    ] == [(0, 1, 0, 1), (1, 2, 1, 1), (2, None, 1, D("0.5"))]


def test_a_table_says_whose_it_is_since_when_and_from_where():
    before, since = read(TOML)
    assert (before.effective_from, since.effective_from) == (date.min, date(2026, 5, 27))
    for rules, model in ((before, "bybit-2025"), (since, "bybit-2026")):
        assert (rules.venue, rules.model, rules.as_of, rules.source) == (
            "BYBIT", model, date(2026, 9, 29), "somewhere",
        )  # fmt: skip
        terms = rules.symbols["BTCUSDT"]
        assert (terms.model, terms.as_of, terms.partial) == (model, "2026-09-29", False)
        assert [one.maintenance_amount for one in terms.tiers] == [0, 1]
    (okx,), (deribit,) = read(OKX), read(COINS)
    assert (okx.symbols["BTC"].as_of, okx.symbols["BTC"].partial) == ("2026-09-29", True)
    assert [
        (one.quantity_floor, one.quantity_cap, one.maintenance_rate, one.max_leverage)
        for one in okx.symbols["BTC"].contract_tiers
    ] == [(0, 100, D("0.01"), 50), (101, 200, D("0.02"), 25)]
    coin = deribit.symbols["BTC"]
    assert (coin.base_rate, coin.slope, coin.max_leverage) == (D("0.01"), D("0.00005"), 50)
    assert (coin.model, coin.as_of, coin.partial) == ("deribit", "2026-09-29", False)


@pytest.mark.parametrize("floor", ["100", "100.01", "101"])
def test_a_floor_by_contracts_is_the_cap_before_or_the_next_size(floor):
    (rules,) = read(OKX.replace('"101"', f'"{floor}"'))
    assert rules.symbols["BTC"].contract_tiers[1].quantity_floor == D(floor)
