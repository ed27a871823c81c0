"""Explanations whole: formula, the numbers filled in and where they come from.

What they come to is worked out by `test_explain`; here are the words. The documents: 2 BTC at 5×
with 100,000 USDT and 1.5 BTC behind them; the same position isolated on 20,000 USDT beside 10 ETH
sold, a USDT at 0.5; and a loan against BTC, shares, SOL (which is not eligible) and cash.
"""

import json
from pathlib import Path

import pytest
from helpers.portfolios import BTC, ETH, LOAN, SPOT, report

HERE = Path(__file__).parent / "explained"

ISOLATED = [
    (
        "accounts/0/positions",
        [
            {
                "instrument": BTC,
                "quantity": "2",
                "entry_price": "60000",
                "leverage": "5",
                "margin_mode": "isolated",
                "isolated_margin": "20000",
            },
            {"instrument": ETH, "quantity": "-10", "entry_price": "2600", "leverage": "10"},
        ],
    ),
    ("marks", {BTC: "61010.5", ETH: "2610"}),
    ("prices/USDT", "0.5"),
]

PLEDGED = [*LOAN["collateral"], {"asset": "SOL", "quantity": "10"},
           {"asset": "USD", "quantity": "500"}]  # fmt: skip
LENT = [("accounts/1", {**LOAN, "collateral": PLEDGED}), ("prices/SOL", "100")]

COIN = "BTCUSD-PERP.BINANCE"
TIER = {"notional_floor": "0", "maintenance_rate": "0.004", "max_leverage": "100"}
HEDGED = [
    (
        "accounts/0/positions",
        [{"instrument": COIN, "quantity": "-500", "entry_price": "60000", "leverage": "5"}],
    ),
    ("accounts/0/orders", []),
    ("accounts/0/balances", [{"asset": "BTC", "quantity": "1"}]),
    ("accounts/0/haircuts", {}),
    ("marks", {COIN: "61000"}),
    ("instruments", {COIN: {"margin": {"model": "binance", "tiers": [TIER]}}}),
]
"""A coin hedged with contracts of 100 dollars."""


@pytest.mark.parametrize(
    ("changes", "owner", "name"),
    [
        ([], "perp-1", "pool"),
        (ISOLATED, "perp-1", "isolated"),
        (ISOLATED, f"perp-1.{BTC}", "position"),
        ([], f"perp-1.{BTC}", "cross"),
        (HEDGED, f"perp-1.{COIN}", "inverse"),
        ([("accounts/1", LOAN), ("accounts/2", SPOT)], "totals", "totals"),
        (LENT, "loan-1", "loan"),
    ],
)
def test_a_figure_is_explained_by_all_that_it_is_made_of(changes, owner, name):
    wanted = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    explained = report(*changes)["explain"]
    for figure, row in wanted.items():
        assert explained[f"{owner}.{figure}"] == row, figure


def test_a_line_of_the_rules_is_explained_by_its_rule():
    found = report()["explain"]["rules.perp.max_leverage"]
    source = "No SFC number exists; VARA retail 5, Coinbase International 10, EU and Japan 2"
    assert found["inputs"].pop("profile").startswith("hk_sfc_2026 ")
    said = f"The setting of {BTC} in perp-1: within the limit."
    assert found == {
        "formula": f"{said} The value is held against the limit.",
        "filled": "5",
        "inputs": {
            "limit": "5",
            "unit": "multiple",
            "origin": "HOUSE",
            "source": source,
            "as of": "2026-11-01",
        },
    }


def test_why_there_is_no_liquidation_price_is_explained():
    rich = ("accounts/0/balances", [{"asset": "USDT", "quantity": "1000000"}])
    found = report(rich, ("accounts/0/haircuts", {}))["explain"]
    said = found[f"perp-1.{BTC}.liquidation_price"]
    assert said["formula"] == (
        "there is none: at no price above 0 does collateral value = maintenance margin; all other "
        "marks fixed"
    )
    # 1,000,000 less what 2 BTC cost; a dollar of notional is a dollar of value.
    assert said["inputs"] == {
        "value at notional 0, less all other maintenance": "880000",
        "value per notional": "1",
    }
