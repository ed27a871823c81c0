"""`desk risk stress` of a document beside risk reports of the same document at other prices."""

import json
from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SPOT, document, report, situation
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.risk.evaluation import evaluate
from desk.risk.shock import Shock, shocked
from desk.risk.stress import AXIS, exact_cell, stress_report

ISOLATED = {
    "instrument": ETH, "quantity": "-20", "entry_price": "2500", "leverage": "5",
    "margin_mode": "isolated",
}  # fmt: skip
DESK = (
    ("accounts/1", LOAN), ("accounts/2", SPOT), (f"marks/{ETH}", "2601"),
    ("accounts/0/positions/1", ISOLATED),
)  # fmt: skip
CALM, CALL, OUT = "NORMAL", "MARGIN_CALL", "CLOSE_OUT"
RANKS = (CALM, "WARNING", CALL, OUT)


@pytest.fixture(scope="module")
def found():
    return stress_report(situation(*DESK))


def at(moves, *changes, basis=D(0)):
    """The report of the document whose prices are written anew, asset by asset."""
    given = document(*DESK, *changes)
    for asset, move in moves.items():
        for name, price in list(given["prices"].items()):
            if name == asset:
                given["prices"][name] = str(round(D(price) * (1 + move), 18))
        for name, mark in list(given["marks"].items()):
            if name.startswith(asset):
                given["marks"][name] = str(round(D(mark) * (1 + move), 18))
            elif asset == "USDT":
                given["marks"][name] = str(round(D(mark) / (1 + move), 18))
    for name, mark in given["marks"].items():
        given["marks"][name] = str(round(D(mark) * (1 + basis), 18))
    return report(*(list(given.items())))


def worst_ratio(told):
    rows = [one for one in told["accounts"] if one["kind"] == "perpetual"]
    units = [(row["margin_ratio"], row["maintenance_margin"]) for row in rows]
    units += [
        (held["margin_ratio"], held["maintenance_margin"])
        for row in rows
        for held in row["positions"]
        if held["margin_mode"] == "isolated"
    ]
    if any(ratio is None and due != "0" for ratio, due in units):
        return None
    return max(D(ratio) for ratio, _ in units if ratio is not None)


def worst_level(told):
    return max((one["level"] for one in told["accounts"]), key=RANKS.index)


def same(text, number):
    if number is None:
        return text is None
    return text is not None and abs(D(text) - D(number)) <= abs(D(number)) * D("1e-12")


def test_the_form_is_that_of_the_command_line(found):
    assert list(found) == ["axes", "cells", "frontier", "basis", "depeg"]
    axis = found["axes"]["BTC"]
    assert axis == found["axes"]["ETH"]
    assert (len(axis), axis[0], axis[9:12], axis[20]) == (21, "-0.5", ["-0.05", "0", "0.05"], "0.5")
    assert {"-0.1", "-0.2", "-0.3", "-0.5"} <= set(axis)
    assert [len(row) for row in found["cells"]] == [21] * 21
    for row in found["cells"]:
        for cell in row:
            assert list(cell) == ["equity", "margin_ratio", "level"]
    assert [row["basis"] for row in found["basis"]] == [
        "-0.1", "-0.05", "-0.02", "-0.01", "0.01", "0.02", "0.05", "0.1",
    ]  # fmt: skip
    assert [(row["asset"], row["shock"]) for row in found["depeg"]] == [
        ("USDT", "-0.01"), ("USDT", "-0.02"), ("USDT", "-0.05"), ("USDT", "-0.1"), ("USDT", "-0.2"),
    ]  # fmt: skip
    json.dumps(found)


def test_the_cell_without_a_move_is_the_report(found):
    told = report(*DESK)
    here = found["cells"][10][10]
    assert here["equity"] == told["totals"]["equity"]
    assert same(here["margin_ratio"], worst_ratio(told))
    assert here["level"] == CALM


@pytest.mark.parametrize(
    ("i", "j", "level"), [(0, 0, CALM), (0, 20, OUT), (20, 0, CALM), (4, 12, CALM), (10, 13, OUT)]
)
def test_a_cell_is_btc_down_the_rows_and_eth_along_them(found, i, j, level):
    told = at({"BTC": AXIS[i], "ETH": AXIS[j]})
    cell = found["cells"][i][j]
    assert same(cell["equity"], told["totals"]["equity"])
    assert same(cell["margin_ratio"], worst_ratio(told))
    assert cell["level"] == worst_level(told) == level


def test_basis_moves_the_marks_of_perpetuals_alone(found):
    for row in found["basis"]:
        told = at({}, basis=D(row["basis"]))
        assert same(row["equity"], told["totals"]["equity"])
        assert same(row["margin_ratio"], worst_ratio(told))
        assert row["level"] == worst_level(told)


def test_a_stablecoin_that_falls_lifts_the_marks_quoted_in_it(found):
    for row in found["depeg"]:
        told = at({"USDT": D(row["shock"])})
        assert same(row["equity"], told["totals"]["equity"])
        assert same(row["margin_ratio"], worst_ratio(told))
        assert row["level"] == worst_level(told)


def test_a_depeg_is_shown_of_every_stablecoin_that_something_stands_on():
    def coins(*changes):
        rows = stress_report(situation(*changes))["depeg"]
        return list(dict.fromkeys(row["asset"] for row in rows))

    spot = {**SPOT, "balances": [{"asset": "USDC", "quantity": "5"}]}
    debt = {**LOAN, "loans": [{"asset": "USDC", "principal": "5"}]}
    pledge = {**LOAN, "collateral": [{"asset": "DAI", "quantity": "5"}]}
    assert coins(("accounts/1", spot), ("prices/USDC", "1")) == ["USDT", "USDC"]
    assert coins(("accounts/1", debt)) == ["USDT", "USDC"]
    assert coins(("accounts/1", pledge)) == ["USDT", "DAI"]
    assert coins(("accounts/0/balances", [{"asset": "PYUSD", "quantity": "1"}])) == [
        "USDT", "PYUSD",
    ]  # fmt: skip
    assert coins(("accounts", [LOAN])) == []


def test_a_loan_worsens_the_level_and_has_no_margin_ratio():
    debt = {**LOAN, "loans": [{"asset": "HKD", "principal": "4000000"}], "credit_limit": None}
    cells = stress_report(situation(("accounts", [debt])))["cells"]
    assert {cell["margin_ratio"] for row in cells for cell in row} == {None}
    # Shares count 449,750 USD and coins as much as 48,800: 514,000 of 498,550 is a call.
    assert cells[10][10]["level"] == CALL
    assert cells[0][10]["level"] == CALL


@pytest.mark.parametrize("gone", ["prices/BTC", "prices/USDT", f"marks/{BTC}"])
def test_what_is_unknown_is_null_never_zero(gone):
    cell = stress_report(situation((gone, GONE)))["cells"][10][10]
    assert cell["equity"] is None
    if gone != "prices/USDT":
        assert (cell["margin_ratio"], cell["level"]) == (None, None)


def test_a_level_on_its_threshold_is_decided_exactly():
    # 12,202.1 of initial margin against a wallet of 12,202.1 − 2,021 and the gain: a call.
    exactly = [
        ("accounts/0/balances", [{"asset": "USDT", "quantity": "22383.2"}]),
        ("accounts/0/orders", []),
    ]
    assert stress_report(situation(*exactly))["cells"][10][10]["level"] == CALL
    safer = [("accounts/0/balances", [{"asset": "USDT", "quantity": "22383.20000000001"}])]
    assert stress_report(situation(*exactly, *safer))["cells"][10][10]["level"] == "WARNING"


# --- the frontier --------------------------------------------------------------------------------


def level_at(given, btc, eth):
    return exact_cell(evaluate(shocked(given, Shock(moves={"BTC": btc, "ETH": eth}))))["level"]


def test_every_point_of_the_frontier_parts_close_out_from_what_is_before_it():
    given = situation(*DESK)
    points = stress_report(given)["frontier"]
    assert len(points) > 30
    for btc, eth in points:
        inside, outside = (D(1) - D("1e-9"), D(1) + D("1e-9"))
        assert level_at(given, D(btc) * inside, D(eth) * inside) != OUT
        assert level_at(given, D(btc) * outside, D(eth) * outside) == OUT
        assert D("-0.99") <= D(btc) <= 2
        assert D("-0.99") <= D(eth) <= 2


def test_the_frontier_of_one_isolated_position_is_its_liquidation_price():
    alone = [("accounts/0/positions", [ISOLATED]), (f"marks/{ETH}", "2601")]
    edge = D(report(*alone)["accounts"][0]["positions"][0]["liquidation_price"])
    points = stress_report(situation(*alone))["frontier"]
    assert len(points) > 10
    for _, eth in points:
        assert abs(2601 * (1 + D(eth)) - edge) < D("1e-6")


def test_the_frontier_on_the_diagonal_is_the_common_move():
    both = [
        (f"marks/{ETH}", "2600"),
        ("accounts/0/positions/1", {**ISOLATED, "quantity": "60", "margin_mode": "cross"}),
    ]
    down = D(report(*both)["accounts"][0]["common_move_to_close_out"])
    points = [(D(b), D(e)) for b, e in stress_report(situation(*both))["frontier"]]
    btc, _ = next((b, e) for b, e in points if b < 0 and abs(b - e) < D("1e-9"))
    assert abs(btc - down) < D("1e-9")


def test_an_account_that_is_out_already_shows_where_it_would_not_be():
    out = [("accounts/0/balances/0/quantity", "-99000"), ("accounts/0/orders", [])]
    given = situation(*out)
    assert level_at(given, D(0), D(0)) == OUT
    points = stress_report(given)["frontier"]
    assert points
    for btc, eth in points:
        assert level_at(given, D(btc) * (1 + D("1e-9")), D(eth) * (1 + D("1e-9"))) != OUT


def test_without_anything_to_lose_there_is_no_frontier_and_of_the_unknown_none_is_said():
    assert stress_report(situation(("accounts", [SPOT])))["frontier"] == []
    assert stress_report(situation((f"marks/{BTC}", GONE)))["frontier"] is None


# --- the shock itself ----------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.decimals("-0.9", "2", places=4), st.decimals("-0.9", "2", places=4),
    st.decimals("-0.3", "0.3", places=4), st.decimals("-0.1", "0.1", places=4),
)  # fmt: skip
def test_a_shocked_document_is_the_document_at_those_prices(btc, eth, usdt, basis):
    moves = {"BTC": btc, "ETH": eth, "USDT": usdt}
    mine = evaluate(shocked(situation(*DESK), Shock(moves=moves, basis=basis)))
    told = at(moves, basis=basis)
    cell = exact_cell(mine)
    assert same(cell["equity"], told["totals"]["equity"])
    assert same(cell["margin_ratio"], worst_ratio(told))
    assert cell["level"] == worst_level(told)


def test_a_report_in_the_coin_that_moves_keeps_the_coin_at_one():
    given = situation(("currency", "USDT"), ("prices", {"BTC": "61000", "USDT": "1"}))
    after = shocked(given, Shock(moves={"USDT": D("-0.2")}))
    assert after.portfolio.prices == {"BTC": D(61000) / D("0.8"), "USDT": 1}
    assert after.accounts["perp-1"].prices["BTC"] == D(76250)


def test_an_inverse_contract_moves_with_its_coin_and_its_collateral_stays():
    coin = "BTCUSD-PERP.BINANCE"
    held = {
        "instrument": coin,
        "quantity": "100",
        "entry_price": "60000",
        "maintenance_rate": "0.01",
    }
    given = situation(
        ("accounts/0/positions", [held]), ("accounts/0/orders", []), (f"marks/{coin}", "61000"),
        ("accounts/0/balances", [{"asset": "BTC", "quantity": "1"}]),
    )  # fmt: skip
    after = shocked(given, Shock(moves={"BTC": D("-0.5")}))
    assert after.accounts["perp-1"].positions[0].mark == 30500
    assert after.portfolio.marks[coin] == 30500
    assert after.portfolio.prices["BTC"] == 30500


def test_marks_of_orders_move_too_and_a_mark_of_nothing_stays():
    given = situation(("accounts/0/positions", []), ("marks/ABC", "5"))
    after = shocked(given, Shock(moves={"BTC": D("0.1")}))
    assert after.accounts["perp-1"].marks == {BTC: D("67111.55"), "ABC": 5}
