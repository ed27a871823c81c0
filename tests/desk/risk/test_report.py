"""The risk report of a document: every field, and what missing data does to it."""

import json
import random
import re
from contextlib import suppress
from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SHIPPED, SPOT, document, report
from hypothesis import given
from hypothesis import strategies as st

from desk.model.errors import InputError
from desk.risk.report import risk_report
from desk.risk.situation import read_situation

WITH_LOAN = ("accounts/1", LOAN)
WITH_SPOT = ("accounts/1", SPOT)

ACCOUNT_FIELDS = {
    "id", "kind", "level", "equity", "collateral_value", "initial_margin", "maintenance_margin",
    "order_margin", "available_margin", "margin_utilization", "margin_ratio",
    "common_move_to_close_out", "common_move_to_close_out_up", "positions",
}  # fmt: skip
POSITION_FIELDS = {
    "instrument", "quantity", "entry_price", "mark_price", "notional", "unrealized_pnl",
    "initial_margin", "maintenance_margin", "margin_mode", "isolated_wallet", "margin_ratio",
    "level", "liquidation_price", "liquidation_price_upper", "liquidation_distance",
    "liquidation_distance_sigma", "bankruptcy_price", "uncertainty",
}  # fmt: skip
LOAN_FIELDS = {
    "id", "kind", "level", "market_value", "margin_value", "capital_value", "loan",
    "loan_to_value", "utilization", "excess", "collateral", "price_fall_to_margin_call",
    "price_fall_to_close_out", "price_fall_to_shortfall",
}  # fmt: skip


def first(found):
    return found["accounts"][0]


def line(found, rule):
    return next(one for one in found["rules"] if one["rule"] == rule)


def test_every_field_is_there():
    found = report(WITH_LOAN, ("accounts/2", SPOT))
    assert set(found) == {
        "schema", "as_of", "currency", "profile", "quality", "state", "accounts", "totals", "rules",
        "explain",
    }  # fmt: skip
    perpetual, loan, spot = found["accounts"]
    assert set(perpetual) == ACCOUNT_FIELDS
    assert set(perpetual["positions"][0]) == POSITION_FIELDS
    assert set(perpetual["positions"][0]["uncertainty"]) == {"low", "high", "causes"}
    assert set(loan) == LOAN_FIELDS
    assert set(loan["collateral"][0]) == {
        "asset", "description", "market_value", "haircut", "margin_value", "eligible",
    }  # fmt: skip
    assert set(spot) == {"id", "kind", "level", "equity", "balances"}
    assert set(found["totals"]) == {"equity", "btc_delta", "eth_delta", "capital_view"}
    for one in found["rules"]:
        assert set(one) == {"rule", "status", "value", "limit", "origin", "message"}
        assert one["status"] in {"OK", "WARN", "BREACH", "UNKNOWN"}
        assert one["message"]
    assert (found["schema"], found["quality"], found["state"]) == ("desk.risk/1", "LIVE", "ACTIVE")


def test_figures_of_a_cross_account_by_hand():
    row = first(report())
    held = row["positions"][0]
    notional = 2 * D("61010.5")
    collateral = 100000 + D("1.5") * 61000 * D("0.95") + 2 * D("1010.5")
    assert D(held["notional"]) == notional
    assert D(held["unrealized_pnl"]) == 2021
    assert D(row["collateral_value"]) == collateral
    assert D(row["equity"]) == 100000 + D("1.5") * 61000 + 2021
    assert D(row["initial_margin"]) == notional / 5
    assert D(row["maintenance_margin"]) == notional * D("0.004")
    # A sell of 0.2 against a long of 2 adds nothing.
    assert D(row["order_margin"]) == 0
    assert D(row["available_margin"]) == collateral - notional / 5
    # 100,000 − 120,000 + (2 + 1.5 × 0.95 × 61,000 / 61,010.5 − 0.008) p = 0
    coins = 2 + D("1.425") * 61000 / D("61010.5") - D("0.008")
    assert abs(D(held["liquidation_price"]) - 20000 / coins) < D("1e-9")
    assert held["liquidation_price_upper"] is None
    assert held["liquidation_distance_sigma"] is None
    assert held["bankruptcy_price"] is None
    assert held["isolated_wallet"] is None


def test_money_is_text_and_prices_have_at_least_eight_digits():
    row = first(report())
    assert all(
        isinstance(value, str)
        for name, value in row["positions"][0].items()
        if name != "uncertainty" and value is not None
    )
    assert len(row["positions"][0]["liquidation_price"].replace(".", "")) >= 8
    assert not re.search(r"\dE", json.dumps(row))


def test_account_figures_are_in_the_reports_currency_and_positions_in_the_settle_asset():
    plain, hkd = first(report()), first(report(
        ("currency", "HKD"),
        ("prices", {"BTC": "474708.171", "USDT": "7.7821", "USD": "7.7821"}),
    ))  # fmt: skip
    assert hkd["positions"][0]["notional"] == plain["positions"][0]["notional"]
    assert abs(D(hkd["initial_margin"]) - D(plain["initial_margin"]) * D("7.7821")) < D("1e-9")
    assert abs(D(hkd["margin_ratio"]) - D(plain["margin_ratio"])) < D("1e-9")


def test_a_depegged_settle_asset_changes_totals_not_ratios():
    plain, depegged = report(), report(("prices/USDT", "0.9"), ("prices/BTC", "54900"))
    assert D(first(depegged)["initial_margin"]) == D(first(plain)["initial_margin"]) * D("0.9")
    assert first(depegged)["margin_ratio"] == first(plain)["margin_ratio"]


def test_an_order_that_only_reduces_is_too_large_for_no_size_rule():
    def sell(quantity, reduce_only):
        return (
            "accounts/0/orders/0",
            {"instrument": BTC, "side": "SELL", "quantity": quantity, "price": "61000",
             "reduce_only": reduce_only},
        )  # fmt: skip

    for rule in ("ord.max_value", "ord.max_value.max_btc"):
        assert line(report(sell("2000", False)), rule)["status"] == "BREACH"
        assert line(report(sell("2000", True)), rule)["status"] == "OK"
    size = line(report(sell("2", True)), "ord.max_value.max_btc")
    assert size["message"] == "No working order in BTC adds risk."
    worth = line(report(sell("2", True)), "ord.max_value")
    assert (worth["message"], worth["value"]) == ("No working order adds risk.", None)


# --- what is missing -----------------------------------------------------------------------------


def test_a_position_without_a_mark_is_unknown_and_nothing_is_zero():
    found = report(("marks", {}))
    row = first(found)
    assert (found["quality"], found["state"]) == ("UNKNOWN", "REDUCING")
    for name in ("equity", "collateral_value", "initial_margin", "margin_ratio", "level"):
        assert row[name] is None
    assert row["positions"][0]["liquidation_price"] is None
    assert row["positions"][0]["mark_price"] is None
    assert found["totals"]["equity"] is None
    assert line(found, "perp.margin_first")["status"] == "UNKNOWN"
    assert "has no mark price" in line(found, "perp.margin_first")["message"]


@pytest.mark.parametrize("asset", ["USDT", "BTC"])
def test_a_held_asset_without_a_price_is_unknown(asset):
    """The settle asset too: ratios stand, but nothing can be said in the report's currency."""
    found = report((f"prices/{asset}", GONE))
    assert found["quality"] == "UNKNOWN"
    assert found["state"] == "REDUCING"
    assert first(found)["collateral_value"] is None
    assert found["totals"]["equity"] is None


def test_a_missing_price_of_the_settle_asset_leaves_its_own_figures():
    found = report(("prices", {}), ("accounts/0/haircuts", {}), ("accounts/0/balances/1", GONE))
    assert found["quality"] == "UNKNOWN"
    assert first(found)["equity"] is None
    assert first(found)["margin_ratio"] is not None
    assert first(found)["positions"][0]["liquidation_price"] is not None


def test_a_stale_mark_is_said_and_reduces():
    found = report(("ages_ms", {BTC: 5200}))
    assert (found["quality"], found["state"]) == ("STALE", "REDUCING")
    assert first(found)["margin_ratio"] is not None
    assert "the mark is 5200 ms old" in first(found)["positions"][0]["uncertainty"]["causes"]
    assert line(found, "price.mark_sources.stale_ms")["status"] == "BREACH"


def test_a_call_reduces_though_everything_is_known():
    found = report(("accounts/0/balances/0/quantity", "-70000"))
    assert first(found)["level"] == "MARGIN_CALL"
    assert (found["quality"], found["state"]) == ("LIVE", "REDUCING")


def test_an_index_away_from_the_mark_spans_the_liquidation_price():
    found = report(("prices/BTC", "60000"))
    span = first(found)["positions"][0]["uncertainty"]
    assert D(span["low"]) < D(span["high"])
    assert D(span["low"]) <= D(first(found)["positions"][0]["liquidation_price"])
    assert span["causes"] == ["mark 61010.5 against index 60000"]


def test_an_index_elsewhere_spans_a_liquidation_price_whose_own_index_is_unknown():
    second = {"instrument": ETH, "quantity": "100", "entry_price": "2600", "leverage": "5"}
    found = report(
        ("prices/BTC", "60000"),
        ("prices/ETH", GONE),
        (f"marks/{ETH}", "2600"),
        ("accounts/0/positions/1", second),
    )
    span = first(found)["positions"][1]["uncertainty"]
    assert D(span["low"]) < D(span["high"])
    assert span["causes"] == [f"{BTC}: mark 61010.5 against index 60000"]


def test_old_tiers_are_said_beside_the_figure():
    found = report(("as_of", "2027-02-01T00:00:00Z"))
    assert any(
        "2026-09-29" in cause for cause in first(found)["positions"][0]["uncertainty"]["causes"]
    )
    assert line(found, "perp.maintenance_margin")["status"] == "WARN"


def test_an_isolated_position_stands_on_its_own():
    changes = [
        ("accounts/0/positions/0/margin_mode", "isolated"),
        ("accounts/0/positions/0/isolated_margin", "24000"),
    ]
    row = first(report(*changes))
    held = row["positions"][0]
    assert (row["initial_margin"], row["margin_ratio"]) == ("0", "0")
    assert held["isolated_wallet"] == "24000"
    assert D(held["bankruptcy_price"]) == 48000
    assert abs(D(held["liquidation_price"]) - D(96000) / D("1.992")) < D("1e-9")
    assert held["uncertainty"]["low"] == held["uncertainty"]["high"] == held["liquidation_price"]


# --- totals --------------------------------------------------------------------------------------


def test_deltas_count_collateral_positions_pledges_and_spot():
    found = report(
        WITH_LOAN,
        ("accounts/2", SPOT),
        ("accounts/0/positions/1", {"instrument": ETH, "quantity": "-3", "entry_price": "2500"}),
        (f"marks/{ETH}", "2600"),
    )
    assert found["totals"]["btc_delta"] == "13.5"  # 1.5 + 2 + 2 pledged + 8 in spot
    assert found["totals"]["eth_delta"] == "-3"


def test_the_delta_of_a_coin_margined_hedge_is_nothing():
    """One coin, and contracts worth one coin at entry sold: the dollars are the same for ever."""
    found = report(
        ("accounts/0/balances", [{"asset": "BTC", "quantity": "1"}]),
        ("accounts/0/haircuts", {}),
        ("accounts/0/orders", []),
        ("accounts/0/positions", [
            {"instrument": "BTCUSD-PERP.BINANCE", "quantity": "-600", "entry_price": "60000",
             "leverage": "2", "maintenance_rate": "0.004"}
        ]),
        ("marks/BTCUSD-PERP.BINANCE", "75000"),
        ("prices/BTC", "75000"),
    )  # fmt: skip
    assert found["totals"]["btc_delta"] == "0"
    assert abs(D(found["totals"]["equity"]) - 60000) < D("1e-9")


def test_total_equity_adds_all_accounts_and_the_capital_view_only_securities():
    found = report(WITH_LOAN, ("accounts/2", SPOT))
    perpetual = D(first(found)["equity"])
    loan = 2 * 61000 + (5000000 - 1001200) * D("0.1285")
    assert D(found["totals"]["equity"]) == perpetual + loan + 8 * 61000 + 1000
    assert D(found["totals"]["capital_view"]) == 3500000 * D("0.1285")


# --- loans ---------------------------------------------------------------------------------------


def test_a_loan_by_hand():
    row = report(WITH_LOAN)["accounts"][1]
    assert D(row["market_value"]) == 122000 + 642500
    assert D(row["loan"]) == 1001200 * D("0.1285")
    assert D(row["margin_value"]) == 122000 * D("0.4") + 642500 * D("0.7")
    assert D(row["excess"]) == D(row["margin_value"]) - D(row["loan"])
    assert [one["eligible"] for one in row["collateral"]] == [True, True]
    # Securities alone hold it: no fall of coins reaches anything.
    assert row["price_fall_to_margin_call"] is None


def test_a_haircut_below_the_floor_is_raised_to_it_and_said():
    found = report(WITH_LOAN, ("accounts/1/collateral/0/haircut", "0.3"))
    assert found["accounts"][1]["collateral"][0]["haircut"] == "0.6"
    assert line(found, "vaf.haircut")["status"] == "WARN"
    higher = report(WITH_LOAN, ("accounts/1/collateral/0/haircut", "0.7"))
    assert higher["accounts"][1]["collateral"][0]["haircut"] == "0.7"


def test_other_virtual_assets_are_not_eligible():
    found = report(WITH_LOAN, ("accounts/1/collateral/2", {"asset": "USDT", "quantity": "500"}))
    row = found["accounts"][1]["collateral"][2]
    assert (row["eligible"], row["margin_value"], row["market_value"]) == (False, "0", "500")
    assert line(found, "vaf.eligible_collateral")["status"] == "WARN"


def test_cash_is_not_cut():
    cash = {"asset": "HKD", "quantity": "1000"}
    row = report(WITH_LOAN, ("accounts/1/collateral/2", cash))["accounts"][1]["collateral"][2]
    assert (row["haircut"], D(row["margin_value"])) == ("0", D("128.5"))


def test_a_loan_in_an_unpriced_currency_is_unknown():
    found = report(WITH_LOAN, ("accounts/1/loans/0/asset", "JPY"))
    assert found["quality"] == "UNKNOWN"
    assert found["accounts"][1]["level"] is None
    assert found["accounts"][1]["utilization"] is None
    assert found["totals"]["equity"] is None


@pytest.mark.parametrize(
    ("principal", "level", "call"),
    [("2500000", "NORMAL", "OK"), ("3110000", "WARNING", "OK"),
     ("3900000", "MARGIN_CALL", "BREACH"),
     ("4900000", "CLOSE_OUT", "BREACH")],
)  # fmt: skip
def test_levels_of_a_loan_and_their_rules(principal, level, call):
    found = report(WITH_LOAN, ("accounts/1/loans/0/principal", principal))
    assert found["accounts"][1]["level"] == level
    assert line(found, "vaf.margin_call")["status"] == call
    assert line(found, "vaf.credit_limit")["status"] == (
        "OK" if int(principal) < 2_998_800 else "BREACH"
    )


# --- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    ["price.mark_sources", "price.anomaly", "perp.convergence", "ord.max_messages",
     "ord.repeat_throttle", "ord.permission"],
)  # fmt: skip
def test_what_a_document_has_no_field_for_is_unknown_and_denies_nothing(rule):
    found = line(report(), rule)
    assert (found["status"], found["message"]) == ("UNKNOWN", "not in a document")


@pytest.mark.parametrize(
    ("changes", "rule", "status", "value"),
    [
        ([], "perp.max_leverage", "OK", "5"),
        ([("accounts/0/positions/0/leverage", "5.1")], "perp.max_leverage", "BREACH", "5.1"),
        ([], "perp.margin_first", "OK", None),
        ([("accounts/0/balances/0/quantity", "-70000")], "perp.margin_first", "BREACH", None),
        ([], "perp.maintenance_margin", "OK", None),
        ([("accounts/0/balances/0/quantity", "-77000")], "perp.maintenance_margin", "BREACH", None),
        ([], "perp.loss_limited_to_margin", "OK", None),
        ([("accounts/0/balances/0/quantity", "-90000")], "perp.loss_limited_to_margin", "BREACH",
         None),
        ([("accounts/0/positions/0/quantity", "820")], "perp.position_limit", "BREACH", "50028610"),
        ([("accounts/0/orders/0/price", "62841")], "ord.price_collar", "BREACH", None),
        ([("accounts/0/orders/0/quantity", "41.1")], "ord.max_value", "BREACH", "2548200"),
        ([("accounts/0/orders/0/quantity", "100.1")], "ord.max_value.max_btc", "BREACH", "100.1"),
        ([("limits", {"ord.max_value": {"value": "12000", "unit": "USD"}})], "ord.max_value",
         "BREACH", "12400"),
        ([("accounts/0/orders/1", {"instrument": BTC, "side": "BUY", "quantity": "1",
                                   "price": "62000"})], "ord.self_match", "BREACH", None),
        ([], "ord.self_match", "OK", None),
        ([], "pi.gate", "OK", None),
        ([("client", None)], "pi.gate", "BREACH", None),
        ([("client", None)], "disc.kfs", "BREACH", None),
        ([("client/professional_investor/expires", "2026-11-21")], "pi.gate", "BREACH", None),
        ([("client/disclosures", [])], "disc.kfs", "BREACH", None),
        ([("client/derivatives_knowledge", None)], "client.derivatives_knowledge", "BREACH", None),
        ([WITH_LOAN, ("client/securities_margin_client", False)], "client.smf_client", "BREACH",
         None),
        ([WITH_LOAN, ("accounts/1/collateral/0/quantity", "20")], "vaf.collateral_concentration",
         "BREACH", None),
        ([WITH_LOAN, ("accounts/1/credit_limit", None)], "vaf.credit_limit", "BREACH", None),
        ([], "vaf.stress", "OK", None),
        ([WITH_LOAN], "vaf.stress", "OK", None),
        ([], "vaf.loans_to_capital", "UNKNOWN", None),
        ([], "vaf.client_concentration", "UNKNOWN", None),
        ([], "risk.max_daily_loss", "OK", None),
    ],
)  # fmt: skip
def test_rules(changes, rule, status, value):
    found = line(report(*changes), rule)
    assert found["status"] == status, found
    if value is not None:
        assert D(found["value"]) == D(value)


def test_every_rule_of_the_profile_has_one_line_with_its_own_origin():
    found = report()
    lines = {one["rule"]: one["origin"] for one in found["rules"]}
    assert len(lines) == len(found["rules"])
    rules = SHIPPED.profile("hk_sfc_2026").rules()
    for rule in rules:
        if rule.rule.count(".") == 1:
            assert lines[rule.rule] == rule.origin


def test_beyond_the_last_tier_is_a_warning():
    found = report(
        ("accounts/0/positions/0/quantity", "30000"), ("accounts/0/balances/0/quantity", "1e12")
    )
    assert line(found, "perp.maintenance_margin")["status"] == "WARN"


# --- explain -------------------------------------------------------------------------------------


def test_explanations_carry_the_inputs_that_give_the_figure():
    found = report(WITH_LOAN)
    ratio = found["explain"]["perp-1.margin_ratio"]
    assert set(ratio) == {"formula", "filled", "inputs"}
    inputs = {name: D(value) for name, value in ratio["inputs"].items()}
    again = inputs["maintenance_margin"] / inputs["collateral_value"]
    assert abs(again - D(first(found)["margin_ratio"])) < D("1e-15")
    used = found["explain"]["loan-1.utilization"]["inputs"]
    assert abs(
        D(used["loan"]) / D(used["margin_value"]) - D(found["accounts"][1]["utilization"])
    ) < D("1e-15")
    assert f"perp-1.{BTC}.liquidation_price" in found["explain"]


def test_no_explanation_claims_a_number_that_is_unknown():
    found = report(("marks", {}))
    assert found["explain"]["perp-1.margin_ratio"]["inputs"]["collateral_value"] is None


@given(st.integers(0, 10**9))
def test_any_damage_to_a_document_is_a_report_or_a_refusal(seed):
    dice = random.Random(seed)
    data = bytearray(json.dumps(document(WITH_LOAN, ("accounts/2", SPOT))).encode())
    for _ in range(dice.randrange(1, 4)):
        start = dice.randrange(len(data))
        data[start : start + dice.randrange(4)] = bytes(
            dice.choice(b'0123456789.-"{}[],:enaul ') for _ in range(dice.randrange(4))
        )
    with suppress(InputError):
        found = risk_report(read_situation(bytes(data), "doc.json", SHIPPED))
        json.dumps(found)
