"""Every figure of a report that is no null has a formula, and its numbers give the figure."""

import ast
import json
from fractions import Fraction
from pathlib import Path

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SHIPPED, SPOT, report

from desk.risk.report import risk_report
from desk.risk.situation import read_situation

STORY = Path(__file__).parent / "story"

WORDS = {"id", "kind", "level", "instrument", "margin_mode", "description", "asset"}
NO_FIGURES = {"eligible", "causes", "balances", "liquidation_distance_sigma"}
SMALL = Fraction(1, 10**15)


def worked_out(filled):
    """Arithmetic over fractions, of a text, by nothing of the desk."""
    tree = ast.parse(filled.replace("×", "*").replace("−", "-"), mode="eval")
    return value_of(tree.body, filled)


def value_of(node, text):
    match node:
        case ast.Constant():
            return Fraction(ast.get_source_segment(text.replace("×", "*").replace("−", "-"), node))
        case ast.UnaryOp(op=ast.USub()):
            return -value_of(node.operand, text)
        case ast.BinOp():
            left, right = value_of(node.left, text), value_of(node.right, text)
            return {
                ast.Add: lambda: left + right,
                ast.Sub: lambda: left - right,
                ast.Mult: lambda: left * right,
                ast.Div: lambda: left / right,
            }[type(node.op)]()
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            return {"min": min, "max": max}[name](value_of(one, text) for one in node.args)
    raise AssertionError(f"no plain arithmetic: {text}")


def figures(found):
    """Every number of a report with the name that it is explained by."""
    for account in found["accounts"]:
        yield from of_row(account, account["id"])
    for name, value in found["totals"].items():
        yield f"totals.{name}", value
    for line in found["rules"]:
        yield f"rules.{line['rule']}", line["value"] if is_number(line["value"]) else None


def of_row(row, owner):
    for name, value in row.items():
        if name in WORDS | NO_FIGURES:
            continue
        if name == "positions":
            for held in value:
                yield from of_row(held, f"{owner}.{held['instrument']}")
        elif name == "uncertainty":
            yield from of_row(value, f"{owner}.uncertainty")
        elif name == "collateral":
            for number, piece in enumerate(value, 1):
                yield from of_row(piece, f"{owner}.collateral.{number}")
        else:
            yield f"{owner}.{name}", value


def is_number(value):
    return value is not None and value.lstrip("-").replace(".", "", 1).isdigit()


def check(found):
    """Return the names of the figures that were worked out again."""
    done = []
    for name, value in figures(found):
        if value is None:
            filled = found["explain"].get(name, {}).get("filled")
            assert filled is None, (name, filled)
            continue
        told = found["explain"][name]
        assert set(told) == {"formula", "filled", "inputs"}
        assert told["formula"]
        assert told["filled"] is not None, name
        again, shown = worked_out(told["filled"]), Fraction(value)
        size = max(abs(shown), magnitude(told["filled"]) * SMALL)
        assert abs(again - shown) <= SMALL * size, (name, told["filled"], value)
        done.append(name)
    json.dumps(found)
    return done


def magnitude(filled):
    """The largest number of a formula: what is left of a difference is as fine as that."""
    tree = ast.parse(filled.replace("×", "*").replace("−", "-"), mode="eval")
    return max(abs(value_of(n, filled)) for n in ast.walk(tree) if isinstance(n, ast.Constant))


@pytest.mark.parametrize("moment", ["1024", "1341", "1507"])
def test_every_figure_of_the_story_is_worked_out_again(moment):
    path = STORY / f"at_{moment}.json"
    found = risk_report(read_situation(path.read_bytes(), str(path), SHIPPED))
    done = check(found)
    assert len(done) > 90
    for name in (
        "perp-1.margin_ratio", "perp-1.common_move_to_close_out", "loan-1.utilization",
        f"perp-1.{BTC}.liquidation_price", "totals.equity", "totals.btc_delta", "spot-1.equity",
        "rules.perp.max_leverage", "loan-1.collateral.1.margin_value",
    ):  # fmt: skip
        assert name in done


TIERS = [
    {"notional_floor": "0", "notional_cap": "50000", "maintenance_rate": "0.004",
     "maintenance_amount": "0", "max_leverage": "100"},
    {"notional_floor": "50000", "notional_cap": None, "maintenance_rate": "0.02",
     "maintenance_amount": "800", "max_leverage": "20"},
]  # fmt: skip
CONTRACTS = [
    {"quantity_floor": "0", "quantity_cap": "10", "maintenance_rate": "0.004", "max_leverage": "50"}
]
MODELS = {
    "binance": {"model": "binance", "tiers": TIERS},
    "bybit-2025": {"model": "bybit-2025", "tiers": TIERS},
    "bybit-2026": {"model": "bybit-2026", "tiers": TIERS},
    "okx": {"model": "okx", "tiers": CONTRACTS},
    "hyperliquid": {"model": "hyperliquid", "max_leverage": "40"},
    "deribit": {"model": "deribit", "base_rate": "0.01", "slope": "0.0005"},
    "house": {"model": "house", "tiers": TIERS},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("quantity", ["2", "-2", "0.5"])
@pytest.mark.parametrize("mode", ["cross", "isolated"])
def test_every_figure_of_every_model_is_worked_out_again(model, quantity, mode):
    held = {"instrument": BTC, "quantity": quantity, "entry_price": "60000", "leverage": "5",
            "margin_mode": mode, "extra_margin": "100"}  # fmt: skip
    other = {"instrument": ETH, "quantity": "-3", "entry_price": "2500", "leverage": "3"}
    found = report(
        (f"instruments/{BTC}", {"margin": MODELS[model]}),
        ("accounts/0/positions", [held, other]), (f"marks/{ETH}", "2601"),
        ("accounts/1", LOAN), ("accounts/2", SPOT),
    )  # fmt: skip
    done = check(found)
    if model != "bybit-2025" or mode == "isolated":
        assert any(name.endswith("liquidation_price") for name in done)


@pytest.mark.parametrize("model", ["deribit", "bybit-2026", "binance", "okx"])
@pytest.mark.parametrize("contracts", ["40", "-8"])
def test_every_figure_of_an_inverse_account_is_worked_out_again(model, contracts):
    coin = "BTCUSD-PERP.BINANCE"
    held = {"instrument": coin, "quantity": contracts, "entry_price": "60000", "leverage": "5"}
    found = report(
        (f"instruments/{coin}", {"margin": MODELS[model] | {}}),
        ("accounts/0/positions", [held]), ("accounts/0/orders", []), (f"marks/{coin}", "61000"),
        ("accounts/0/haircuts", {}),
        ("accounts/0/balances", [{"asset": "BTC", "quantity": "0.02"}]),
    )  # fmt: skip
    done = check(found)
    assert f"perp-1.{coin}.unrealized_pnl" in done


@pytest.mark.parametrize("gone", [f"marks/{BTC}", "prices/BTC", "prices/USDT", "prices/HKD"])
def test_a_figure_that_is_null_is_filled_with_nothing(gone):
    found = report(("accounts/1", LOAN), ("accounts/2", SPOT), (gone, GONE))
    check(found)
    nulls = [name for name, value in figures(found) if value is None]
    assert nulls


def test_slices_debts_and_orders_are_worked_out_again():
    order = {"instrument": BTC, "side": "BUY", "quantity": "1", "type": "LIMIT", "price": "62000"}
    done = check(
        report(
            ("accounts/0/orders/1", order),
            ("accounts/0/haircuts", {"BTC": [{"up_to": "1", "rate": "0.05"},
                                             {"up_to": None, "rate": "0.1"}]}),
            ("accounts/0/balances/2", {"asset": "ETH", "quantity": "-3"}),
            ("accounts/0/balances/3", {"asset": "SOL", "quantity": "10"}), ("prices/SOL", "150"),
            ("currency", "HKD"), ("prices", {"USDT": "7.78", "BTC": "470000", "ETH": "20000",
                                             "SOL": "1100", "USD": "7.78"}),
        )
    )  # fmt: skip
    assert {"perp-1.order_margin", "perp-1.equity", "perp-1.collateral_value"} <= set(done)


@pytest.mark.parametrize("principal", ["1000000", "3600000", "3880000", "4400000", "9000000"])
def test_every_figure_of_a_loan_is_worked_out_again(principal):
    shares = LOAN["collateral"]
    given = {**LOAN, "loans": [{"asset": "HKD", "principal": principal, "accrued_interest": "7"}]}
    for pledged in (shares, [*shares, {"asset": "ETH", "quantity": "90"}], shares[:1]):
        done = check(report(("accounts/1", {**given, "collateral": pledged})))
        assert "loan-1.utilization" in done


def test_inputs_say_ages_dates_and_sources():
    told = report(("accounts/1", LOAN), ("ages_ms", {BTC: "120"}))["explain"]
    price = told[f"perp-1.{BTC}.liquidation_price"]["inputs"]
    assert price["mark age ms"] == "120"
    assert price["mark source"] == "BINANCE, its own mark"
    assert price["margin model"] == "binance"
    assert price["tiers as of"] is not None
    assert price["tiers"] == f"rules of BINANCE as of {price['tiers as of']}"
    haircut = told["loan-1.collateral.1.haircut"]["inputs"]
    assert (haircut["rule"], haircut["origin"]) == ("vaf.haircut", "SFC")
    assert haircut["source"].startswith("SFC circular 26EC5")
    rule = told["rules.perp.max_leverage"]["inputs"]
    assert (rule["limit"], rule["unit"]) == ("5", "multiple")
    assert rule["profile"].startswith("hk_sfc_2026 ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((f"instruments/{BTC}", {"margin": MODELS["house"]}), "given with the instrument"),
        (("accounts/0/positions/0/maintenance_rate", "0.01"), "the position's own rate and amount"),
    ],
)
def test_tiers_that_a_document_gives_are_said_to_be_given(change, said):
    told = report(change)["explain"][f"perp-1.{BTC}.maintenance_margin"]
    assert told["inputs"]["tiers"] == said


def test_a_filled_formula_is_the_venues_own():
    told = report()["explain"]
    assert told[f"perp-1.{BTC}.notional"]["filled"] == "2 × 1 × 61010.5"
    assert told[f"perp-1.{BTC}.unrealized_pnl"]["filled"] == "2 × 1 × (61010.5 − 60000)"
    assert told[f"perp-1.{BTC}.initial_margin"]["filled"] == "122021 / 5 + 0"
    assert told[f"perp-1.{BTC}.maintenance_margin"]["filled"] == "122021 × 0.004 − 0"
    assert told["perp-1.collateral_value"]["filled"] == (
        "100000 × 1 × (1 − 0) + 1.5 × 61000 × (1 − 0.05) + 2021"
    )
    assert told["perp-1.margin_ratio"]["filled"] == "488.084 / 188946"
    assert told["perp-1.available_margin"]["filled"] == "188946 − 24404.2 − 0"
    assert told["totals.equity"]["filled"] == "193521"


def test_it_is_worked_out_by_fractions():
    assert worked_out("1 / 3 × (−2) + min(1, 2) − 0.5") == Fraction(-1, 6)
    for text in ("2 ** 3", "open(1)", "x"):
        with pytest.raises((AssertionError, KeyError)):
            worked_out(text)
