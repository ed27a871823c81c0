"""From a document to accounts: the catalogue, what a document adds, what contradicts itself."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SPOT, report, situation

from desk.model.errors import InputError

OTHER = "XBTUSDT-PERP.ELSEWHERE"
IN_FULL = {
    "kind": "perpetual", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
    "contract_size": "0.01", "tick_size": "0.5", "lot_size": "1",
    "margin": {
        "model": "house",
        "tiers": [
            {"notional_floor": "0", "notional_cap": None, "maintenance_rate": "0.01",
             "maintenance_amount": "0", "max_leverage": "50"}
        ],
    },
}  # fmt: skip
ELSEWHERE = (
    ("instruments", {OTHER: IN_FULL}),
    ("accounts/0/venue", "ELSEWHERE"),
    ("accounts/0/positions/0/instrument", OTHER),
    ("accounts/0/orders", []),
)


def refused(*changes):
    with pytest.raises(InputError) as refusal:
        situation(*changes)
    return refusal.value


def test_the_catalogue_and_the_shipped_tiers_fill_in_what_is_left_out():
    found = situation()
    held = found.accounts["perp-1"].positions[0]
    assert held.instrument.tick_size == D("0.1")
    assert len(held.terms.tiers) == 12
    assert held.terms.as_of == "2026-09-29"


def test_a_field_given_wins_over_the_catalogue():
    found = situation(("instruments", {BTC: {"tick_size": "0.5"}}))
    instrument = found.instruments[BTC]
    assert instrument.tick_size == D("0.5")
    assert instrument.lot_size == D("0.001")
    assert len(found.terms[BTC].tiers) == 12


def test_tiers_given_win_over_the_shipped_ones():
    found = situation(("instruments", {BTC: {"margin": IN_FULL["margin"]}}))
    assert len(found.terms[BTC].tiers) == 1
    assert found.terms[BTC].as_of is None


def test_any_venue_is_allowed_when_the_instrument_is_given_in_full():
    held = situation(*ELSEWHERE).accounts["perp-1"].positions[0]
    assert held.instrument.venue == "ELSEWHERE"
    assert held.instrument.contract_size == D("0.01")
    assert held.mark is None
    assert held.terms.tiers[0].maintenance_rate == D("0.01")


@pytest.mark.parametrize("missing", ["kind", "contract", "base", "settle", "contract_size"])
def test_an_instrument_the_catalogue_does_not_know_must_be_in_full(missing):
    row = {name: value for name, value in IN_FULL.items() if name != missing}
    error = refused(*ELSEWHERE, ("instruments", {OTHER: row}))
    assert error.field == f"instruments.{OTHER}.{missing}"


def test_hyperliquid_needs_only_its_max_leverage():
    row = {**IN_FULL, "margin": {"model": "hyperliquid", "max_leverage": "40"}}
    tier = situation(*ELSEWHERE, ("instruments", {OTHER: row})).terms[OTHER].tiers[0]
    assert (tier.maintenance_rate, tier.max_leverage) == (D("0.0125"), 40)


def test_the_account_settles_where_its_positions_do_and_prices_follow():
    found = situation(("prices/USDT", "0.5")).accounts["perp-1"]
    assert found.settle == "USDT"
    assert found.prices["BTC"] == 122000
    assert (
        situation(("accounts/0/positions", []), ("accounts/0/orders", [])).accounts["perp-1"].settle
        == "USDT"
    )


def test_the_reporting_currency_needs_no_price():
    found = situation(("currency", "USDT"), ("prices", {"BTC": "61000"}))
    assert found.accounts["perp-1"].prices == {"BTC": 61000, "USDT": 1}


def test_positions_take_the_accounts_margin_mode_unless_they_say():
    both = {"instrument": ETH, "quantity": "1", "entry_price": "2500", "margin_mode": "cross"}
    found = situation(("accounts/0/margin_mode", "isolated"), ("accounts/0/positions/1", both))
    modes = [one.margin_mode.value for one in found.accounts["perp-1"].positions]
    assert modes == ["isolated", "cross"]


def test_orders_without_a_position_take_the_profiles_leverage():
    found = situation(("accounts/0/positions", []))
    assert found.accounts["perp-1"].leverages == {BTC: 5}
    assert found.accounts["perp-1"].collar_rate == D("0.03")


def test_two_settle_assets_are_pooled_only_with_haircuts():
    usdc = {**IN_FULL, "quote": "USDC", "settle": "USDC"}
    changes = [
        ("instruments", {"BTCUSDC-PERP.BINANCE": usdc}),
        ("accounts/0/positions/1", {
            "instrument": "BTCUSDC-PERP.BINANCE", "quantity": "1", "entry_price": "60000",
        }),
    ]  # fmt: skip
    pooled = situation(*changes).accounts["perp-1"]
    assert pooled.settle == "USDT"
    assert pooled.haircuts["USDC"][0].rate == 0
    error = refused(*changes, ("accounts/0/haircuts", {}))
    assert error.field == "accounts[0].positions[1].instrument"
    assert "only with `haircuts`" in error.expected


def test_coin_margined_and_linear_are_never_one_pool():
    coin = {"instrument": "BTCUSD-PERP.BINANCE", "quantity": "1", "entry_price": "60000"}
    error = refused(("accounts/0/positions/1", coin))
    assert error.field == "accounts[0].positions[1].instrument"
    assert "settles in BTC" in error.found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ([("accounts/0/venue", "OKX")], "accounts[0].positions[0].instrument"),
        ([("accounts/0/positions/0/instrument", "DOGEUSDT-PERP.BINANCE")],
         "accounts[0].positions[0].instrument"),
        ([("accounts/0/positions/0/instrument", "BTCUSDT.BINANCE")],
         "accounts[0].positions[0].instrument"),
        ([("accounts/0/positions/1",
           {"instrument": BTC, "quantity": "-1", "entry_price": "60000"})],
         "accounts[0].positions[1].instrument"),
        ([("accounts/0/balances/2", {"asset": "BTC", "quantity": "1"})],
         "accounts[0].balances[2].asset"),
        ([("accounts/0/haircuts/BTC",
           [{"up_to": "5", "rate": "0"}, {"up_to": "5", "rate": "0.1"}])],
         "accounts[0].haircuts.BTC[1].up_to"),
        ([("accounts/0/haircuts/BTC",
           [{"up_to": None, "rate": "0"}, {"up_to": "5", "rate": "0.1"}])],
         "accounts[0].haircuts.BTC[1].up_to"),
        ([("accounts/0/positions/0/maintenance_amount", "5")],
         "accounts[0].positions[0].maintenance_rate"),
        ([("accounts/0/orders/0/price", None)], "accounts[0].orders[0].price"),
        ([("accounts/0/orders/0/type", "MARKET")], "accounts[0].orders[0].price"),
        ([("profile", "../../etc/passwd")], "profile"),
        ([("profile", "no_such_profile")], "profile"),
        ([("limits", {"vaf.haircut": {"value": "0.9", "unit": "fraction"}})], "limits.vaf.haircut"),
        ([("limits", {"ord.max_value": {"value": "1", "unit": "BTC"}})],
         "limits.ord.max_value.unit"),
        ([("instruments", {BTC: {"settle": "BTC"}})], f"instruments.{BTC}.settle"),
        ([("instruments", {BTC: {"contract": "inverse"}})], f"instruments.{BTC}.settle"),
        ([("instruments", {"NODOT": IN_FULL})], "instruments.NODOT"),
        ([("instruments", {BTC: {"margin": {"model": "kx"}}})], f"instruments.{BTC}.margin.model"),
        ([("instruments", {BTC: {"margin": {"model": "binance", "max_leverage": "5"}}})],
         f"instruments.{BTC}.margin.max_leverage"),
        ([("ticket", {"account": "perp-9", "instrument": BTC, "side": "BUY", "quantity": "1",
                      "price": "1"})], "ticket.account"),
        ([("accounts/1", {**LOAN, "collateral": [{"asset": "BTC"}]})],
         "accounts[1].collateral[0].quantity"),
        ([("accounts/1", {**LOAN, "collateral": [{"market_value": "1", "currency": "HKD"}]})],
         "accounts[1].collateral[0].description"),
        ([("accounts/1", {**SPOT, "balances": SPOT["balances"] * 2})],
         "accounts[1].balances[2].asset"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_with_its_field(changes, field):
    error = refused(*changes)
    assert error.field == field
    assert error.line is not None


@pytest.mark.parametrize(
    ("ages", "quality"),
    [
        (GONE, "LIVE"), ({BTC: 0}, "LIVE"), ({BTC: "2000"}, "LIVE"), ({BTC: "2000.1"}, "STALE"),
        ({BTC: -1}, "STALE"), ({BTC: None}, "STALE"), ({}, "STALE"),
    ],
    ids=["absent", "zero", "edge", "over", "negative", "null", "unlisted"],
)  # fmt: skip
def test_a_mark_is_fresh_from_zero_to_two_seconds(ages, quality):
    changes = [] if ages is GONE else [("ages_ms", ages)]
    assert situation(*changes).mark_quality(BTC) == quality
    assert situation(*changes).mark_quality(ETH) == "UNKNOWN"


@pytest.mark.parametrize(
    ("day", "old"), [("2026-12-28", False), ("2026-12-29", True), ("2026-01-01", False)]
)
def test_shipped_tiers_are_old_after_ninety_days_of_the_documents_time(day, old):
    assert situation(("as_of", f"{day}T12:00:00+08:00")).tiers_are_old(BTC) is old


def test_a_profile_name_longer_than_a_file_may_have_is_no_profile():
    with pytest.raises(InputError, match="profile: expected a rule profile that ships"):
        situation(("profile", "a" * 5000))


@pytest.mark.parametrize("balances", [[], [{"asset": "DOGE", "quantity": "0"}]])
def test_an_account_that_holds_nothing_needs_no_price(balances):
    found = report(
        ("prices", {}),
        ("accounts/0/balances", balances),
        ("accounts/0/positions", []),
        ("accounts/0/orders", []),
    )
    assert found["quality"] == "LIVE"
    assert found["accounts"][0]["equity"] == "0"
