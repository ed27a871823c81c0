"""How a document margins an instrument: every model read, every stray number refused."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, situation

from desk.model.errors import InputError

WHERE = f"instruments.{BTC}.margin"
NOTIONAL = {"notional_floor": "0", "maintenance_rate": "0.01", "max_leverage": "50"}
CONTRACTS = {
    "quantity_floor": "0", "quantity_cap": "100", "maintenance_rate": "0.01", "max_leverage": "50",
}  # fmt: skip
COINS = {"base_rate": "0.01", "slope": "0.00005"}
EVERY = "one of binance, bybit-2025, bybit-2026, okx, hyperliquid, deribit, house"


def terms(margin, **instrument):
    return situation(("instruments", {BTC: {"margin": margin, **instrument}})).terms[BTC]


def refused(margin, **instrument):
    with pytest.raises(InputError) as refusal:
        terms(margin, **instrument)
    error = refusal.value
    return error.field, error.expected, error.found


@pytest.mark.parametrize("model", ["binance", "bybit-2025", "bybit-2026", "hyperliquid", "house"])
def test_tiers_by_notional(model):
    found = terms({"model": model, "tiers": [NOTIONAL], "taker_fee_rate": "0.0007"})
    tier = found.tiers[0]
    assert (found.model, found.taker_fee_rate, found.contract_tiers) == (model, D("0.0007"), ())
    assert (tier.notional_floor, tier.notional_cap) == (0, None)
    assert (tier.maintenance_rate, tier.maintenance_amount, tier.max_leverage) == (D("0.01"), 0, 50)


def test_tiers_by_contracts():
    beyond = {**CONTRACTS, "quantity_floor": "101", "quantity_cap": None}
    found = terms({"model": "okx", "tiers": [CONTRACTS, beyond], "taker_fee_rate": "0"})
    first, last = found.contract_tiers
    assert (found.model, found.tiers, found.taker_fee_rate) == ("okx", (), 0)
    assert (first.quantity_floor, first.quantity_cap) == (0, 100)
    assert (first.maintenance_rate, first.max_leverage) == (D("0.01"), 50)
    assert (last.quantity_floor, last.quantity_cap) == (101, None)


def test_one_leverage_makes_hyperliquid_s_tier():
    found = terms({"model": "hyperliquid", "max_leverage": "40", "taker_fee_rate": "0.0001"})
    (tier,) = found.tiers
    assert (tier.notional_floor, tier.notional_cap, tier.maintenance_amount) == (0, None, 0)
    assert (tier.maintenance_rate, tier.max_leverage) == (D("0.0125"), 40)
    assert (found.model, found.taker_fee_rate) == ("hyperliquid", D("0.0001"))


def test_rates_by_coin():
    found = terms({"model": "deribit", **COINS, "max_leverage": "50", "taker_fee_rate": "0"})
    assert (found.base_rate, found.slope, found.max_leverage, found.taker_fee_rate) == (
        D("0.01"), D("0.00005"), 50, 0,
    )  # fmt: skip
    assert terms({"model": "deribit", **COINS}).max_leverage is None


@pytest.mark.parametrize("model", ["binance", "bybit-2025", "okx", "hyperliquid", "deribit"])
def test_a_model_alone_is_allowed_and_leaves_margin_unknown(model):
    """A position may bring its own rate."""
    found = terms({"model": model})
    assert (found.tiers, found.contract_tiers, found.base_rate) == ((), (), None)


@pytest.mark.parametrize(
    ("margin", "refusal"),
    [
        ({"model": "bybit"}, ("model", EVERY, "bybit")),
        ({"model": "house", "max_leverage": "5"},
         ("max_leverage", "nothing: model house has none", "5")),
        ({"model": "okx", "base_rate": "0"}, ("base_rate", "nothing: model okx has none", "0")),
        ({"model": "binance", "slope": "1"}, ("slope", "nothing: model binance has none", "1")),
        ({"model": "hyperliquid", "slope": "1"},
         ("slope", "nothing: model hyperliquid has none", "1")),
        ({"model": "deribit", "tiers": [NOTIONAL]},
         ("tiers", "nothing: model deribit has none", "tiers")),
        ({"model": "deribit", "slope": "1"},
         ("base_rate", "a number beside the other rates", "nothing")),
        ({"model": "deribit", "base_rate": "1"},
         ("slope", "a number beside the other rates", "nothing")),
        ({"model": "deribit", "max_leverage": "5"},
         ("base_rate", "a number beside the other rates", "nothing")),
        ({"model": "hyperliquid", "max_leverage": "5", "tiers": [NOTIONAL]},
         ("max_leverage", "either max_leverage or tiers", "both")),
        ({"model": "hyperliquid", "max_leverage": "0.4"},
         ("max_leverage", "a maintenance rate from 0 to 1", "1.25")),
        ({"model": "house", "tiers": [{**NOTIONAL, "notional_floor": None}]},
         ("tiers[0].notional_floor", "a number: this model tiers by notional", "nothing")),
        ({"model": "house", "tiers": [{**NOTIONAL, "quantity_floor": "0"}]},
         ("tiers[0].quantity_floor", "nothing: this model tiers by notional", "0")),
        ({"model": "house", "tiers": [{**NOTIONAL, "quantity_cap": "7"}]},
         ("tiers[0].quantity_cap", "nothing: this model tiers by notional", "7")),
        ({"model": "okx", "tiers": [{**CONTRACTS, "quantity_floor": None}]},
         ("tiers[0].quantity_floor", "a number: this model tiers by contracts", "nothing")),
        ({"model": "okx", "tiers": [CONTRACTS, {**CONTRACTS, "notional_floor": "0"}]},
         ("tiers[1].notional_floor", "nothing: this model tiers by contracts", "0")),
        ({"model": "okx", "tiers": [{**CONTRACTS, "notional_cap": "1"}]},
         ("tiers[0].notional_cap", "nothing: this model tiers by contracts", "1")),
        ({"model": "okx", "tiers": [{**CONTRACTS, "maintenance_amount": "1"}]},
         ("tiers[0].maintenance_amount", "0: this model has no deduction", "1")),
        ({"model": "okx", "tiers": [CONTRACTS, CONTRACTS]},
         ("tiers", "the floor 100, or up to 1 above", "0")),
        ({"model": "house", "tiers": [NOTIONAL, NOTIONAL]}, ("tiers", "the floor None", "0")),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_refused_with_its_field(margin, refusal):
    field, expected, found = refusal
    assert refused(margin) == (f"{WHERE}.{field}", expected, found)


@pytest.mark.parametrize("model", ["okx", "bybit-2026"])
@pytest.mark.parametrize("rate", ["-0.0001", "1"])
def test_a_fee_inside_margin_is_a_rate_below_one(model, rate):
    expected = f"a rate from 0 to below 1: model {model} has the closing fee inside"
    assert refused({"model": model, "taker_fee_rate": rate}) == (
        f"{WHERE}.taker_fee_rate", expected, rate,
    )  # fmt: skip
    assert refused({"model": model}, taker_fee_rate=rate) == (
        f"instruments.{BTC}.taker_fee_rate", expected, rate,
    )  # fmt: skip
    assert terms({"model": "binance", "taker_fee_rate": rate}).taker_fee_rate == D(rate)


def test_the_rules_of_the_day_of_a_document_are_taken():
    changes = [
        ("accounts/0/venue", "BYBIT"),
        ("accounts/0/positions/0/instrument", "BTCUSDT-PERP.BYBIT"),
        ("accounts/0/orders", []),
    ]
    for day, model in (("2026-05-26", "bybit-2025"), ("2026-05-27", "bybit-2026")):
        found = situation(*changes, ("as_of", f"{day}T12:00:00Z"))
        assert found.accounts["perp-1"].positions[0].terms.model == model
