"""The rehearsal of a close-out: the planner's steps on the shocked document, and what is left."""

from decimal import Decimal as D
from pathlib import Path

import pytest
from helpers.portfolios import BTC, ETH, GONE, SHIPPED, SPOT, report, situation

from desk.cli.shocks import parse_shocks
from desk.model.orders import Side
from desk.risk.fill_price import price_beside_mark
from desk.risk.rehearse import rehearse_report
from desk.risk.situation import read_situation

STORY = Path(__file__).parent / "story"
FALL = {"BTC": D("-0.2"), "ETH": D("-0.25")}
LONELY = [
    ("accounts/0/orders", []), ("accounts/0/haircuts", {}),
    ("accounts/0/balances", [{"asset": "USDT", "quantity": "22700"}]),
]  # fmt: skip


def rehearsed(*changes, moves=FALL, **more):
    return rehearse_report(situation(*changes), moves, **more)


def test_without_a_close_out_there_are_no_steps_and_equity_is_that_of_the_shocked_report():
    found = rehearsed(("accounts/1", SPOT))
    assert list(found) == ["steps", "residual_equity", "accounts", "margins"]
    assert found["steps"] == []
    # 100,000 + 1.5 × 48,800 + 2 × (48,808.40 − 60,000), and 8 × 48,800 + 1,000 held
    assert found["residual_equity"] == str(D("150816.8") + 391400)
    assert found["accounts"] == [
        {"account": "perp-1", "residual_equity": "150816.8"},
        {"account": "spot-1", "residual_equity": "391400"},
    ]


def test_the_story_at_13_41_is_rehearsed_in_quarters_until_the_ratio_is_seventy_percent():
    path = STORY / "at_1341.json"
    found = rehearse_report(read_situation(path.read_bytes(), str(path), SHIPPED), FALL)
    steps = found["steps"]
    assert {step["account"] for step in steps} == {"perp-1"}
    assert [(s["instrument"], s["side"], s["quantity"]) for s in steps[:3]] == [
        (BTC, "SELL", "16"), (BTC, "SELL", "16"), (ETH, "SELL", "262.5"),
    ]  # fmt: skip
    assert D("0.69999") < D(steps[-1]["margin_ratio_after"]) <= D("0.70")
    ratios = [D(step["margin_ratio_after"]) for step in steps]
    # 29,940.46 of maintenance over 13,809.48 (the page): 216.8 %, and then as the last step leaves.
    margin = next(row for row in found["margins"] if row["account"] == "perp-1")
    assert D(margin["ratio_at_shock"]).quantize(D("0.001")) == D("2.168")
    assert margin["ratio_after"] == steps[-1]["margin_ratio_after"]
    assert [step["left"] for step in steps[:3]] == ["48", "32", "787.5"]
    slipped = D("47712.16") * D("0.0002") * 16
    assert D(steps[0]["cost"]) == slipped + D(steps[0]["fee"])
    assert ratios == sorted(ratios, reverse=True)
    assert list(steps[0]) == [
        "account", "instrument", "side", "quantity", "expected_price", "fee", "margin_ratio_after",
        "cost", "left",
    ]  # fmt: skip


def test_what_is_left_is_equity_after_the_shock_less_fees_and_slippage():
    found = rehearsed(*LONELY)
    steps = found["steps"]
    mark = D("61010.5") * D("0.8")
    assert steps
    for step in steps:
        assert D(step["expected_price"]) == mark * D("0.9998")
        sold = D(step["quantity"]) * mark * D("0.9998")
        assert D(step["fee"]) == sold * D("0.0005")
    sold = sum(D(step["quantity"]) for step in steps)
    before = 22700 + 2 * (mark - 60000)
    left = before - sold * mark * D("0.0002") - sum(D(step["fee"]) for step in steps)
    assert abs(D(found["residual_equity"]) - left) < D("1e-12")


def test_a_loss_beyond_the_margin_is_a_residual_below_zero():
    found = rehearsed(*LONELY, moves={"BTC": D("-0.5")})
    assert sum(D(step["quantity"]) for step in found["steps"]) == 2
    assert D(found["residual_equity"]) < 0


def test_the_traders_preference_comes_first():
    both = [
        *LONELY,
        ("accounts/0/positions/1",
         {"instrument": ETH, "quantity": "10", "entry_price": "2600", "leverage": "5"}),
        (f"marks/{ETH}", "2600"),
    ]  # fmt: skip
    for name in (BTC, ETH):
        found = rehearsed(*both, preferences={"perp-1": [name]})
        assert found["steps"][0]["instrument"] == name
    assert rehearsed(*both, preferences={"perp-2": [ETH]}) == rehearsed(*both)


def test_prices_may_come_from_a_book():
    def prices_for(after):
        assert after.portfolio.marks[BTC] == D("48808.4")
        return lambda instrument, side, quantity, taken: D(48000)

    steps = rehearsed(*LONELY, prices_for=prices_for)["steps"]
    assert {step["expected_price"] for step in steps} == {"48000"}


def test_an_isolated_position_is_rehearsed_on_its_wallet():
    alone = {"instrument": BTC, "quantity": "-2", "entry_price": "60000", "leverage": "5",
             "margin_mode": "isolated"}  # fmt: skip
    found = rehearsed(*LONELY, ("accounts/0/positions", [alone]), moves={"BTC": D("0.2")})
    assert found["steps"]
    assert {(s["instrument"], s["side"]) for s in found["steps"]} == {(BTC, "BUY")}
    told = report(*LONELY, ("accounts/0/positions", [alone]), (f"marks/{BTC}", "73212.6"))
    held = told["accounts"][0]
    spent = sum(D(s["fee"]) + D(s["quantity"]) * D("73212.6") * D("0.0002") for s in found["steps"])
    assert abs(D(held["equity"]) - spent - D(found["residual_equity"])) < D("1e-12")


def loan(execution="paper", principal="300000", coins="10"):
    given = {
        "id": "loan-1", "kind": "financing", "execution": execution,
        "collateral": [
            {"asset": "BTC", "quantity": coins},
            {"description": "shares", "market_value": "300000", "currency": "USD",
             "haircut": "0.3"},
        ],
        "loans": [{"asset": "USD", "principal": principal}],
    }  # fmt: skip
    return ("accounts", [given])


def test_a_loan_at_close_out_sells_its_coins_in_quarters_and_repays():
    # BTC counts 0.4 × 10 × 12,200 = 48,800 after a fall of 80 %; 340,000 of 258,800 is 131 %.
    found = rehearsed(loan(principal="340000"), moves={"BTC": D("-0.8")})
    first, *others = found["steps"]
    price = 12200 * D("0.9998")
    assert first == {
        "account": "loan-1", "instrument": "BTCUSDT.BINANCE", "side": "SELL", "quantity": "2.5",
        "expected_price": str(price.normalize()), "fee": str((price / 400).normalize()),
        "margin_ratio_after": first["margin_ratio_after"],
        "cost": str((D("2.5") * (12200 - price * D("0.999"))).normalize()), "left": "7.5",
    }  # fmt: skip
    repaid = 340000 - D("2.5") * price * D("0.999")
    used = repaid / (210000 + D("0.4") * D("7.5") * 12200)
    assert abs(D(first["margin_ratio_after"]) - used) < D("1e-15")
    sold = sum(D(step["quantity"]) for step in found["steps"])
    cost = sold * (12200 - price * D("0.999"))
    assert abs(D(found["residual_equity"]) - (300000 + 122000 - 340000 - cost)) < D("1e-9")
    assert others
    (margin,) = found["margins"]
    assert abs(D(margin["ratio_at_shock"]) - D(340000) / 258800) < D("1e-15")
    assert margin["ratio_after"] == found["steps"][-1]["margin_ratio_after"]
    assert found["steps"][-1]["left"] == str((10 - sold).normalize())


@pytest.mark.parametrize("pieces", [("5", "5"), ("9", "1"), ("1", "9"), ("2", "3", "5")])
def test_coins_pledged_in_pieces_are_sold_as_if_in_one(pieces):
    collapse, shares = {"BTC": D("-0.8")}, loan()[1][0]["collateral"][1]
    whole, given = loan(principal="340000"), loan(principal="340000")
    given[1][0]["collateral"] = [*({"asset": "BTC", "quantity": one} for one in pieces), shares]
    one, several = rehearsed(whole, moves=collapse), rehearsed(given, moves=collapse)
    quantities = [D(step["quantity"]) for step in several["steps"]]
    assert sum(quantities) == sum(D(step["quantity"]) for step in one["steps"])
    lefts = [D(step["left"]) for step in several["steps"]]
    assert lefts == [10 - sum(quantities[:n]) for n in range(1, len(quantities) + 1)]
    assert several["residual_equity"] == one["residual_equity"]
    assert several["margins"] == one["margins"]


def test_each_sale_of_coins_that_count_nothing_says_what_is_left_after_it():
    given = loan(principal="340000")
    given[1][0]["collateral"] = [{"asset": "BTC", "quantity": "10", "haircut": "1"}]
    steps = rehearsed(given, moves={"BTC": D("-0.8")})["steps"]
    assert {step["margin_ratio_after"] for step in steps} == {None}
    assert [step["left"] for step in steps] == ["7.5", "5", "2.5", "0"]


def test_a_brokers_own_loan_and_one_in_call_alone_are_not_sold():
    assert rehearsed(loan("broker", "340000"), moves={"BTC": D("-0.8")})["steps"] == []
    called = rehearsed(loan(principal="300000"), moves={"BTC": D("-0.8")})
    assert called["steps"] == []
    assert called["residual_equity"] == "122000"


def test_a_loan_without_coins_or_in_the_dark_sells_nothing():
    assert rehearsed(loan(principal="340000", coins="0"), moves=FALL)["steps"] == []
    dark = rehearsed(loan(principal="340000"), ("prices/BTC", GONE), moves=FALL)
    assert (dark["steps"], dark["residual_equity"]) == ([], None)
    without = rehearsed(loan(principal="340000"), ("prices/USDT", GONE), moves={"BTC": D("-0.8")})
    assert (without["steps"][0]["expected_price"], without["steps"][0]["fee"]) == (None, None)


def test_of_what_is_unknown_nothing_is_said():
    found = rehearsed(*LONELY, (f"marks/{BTC}", GONE))
    assert (found["steps"], found["residual_equity"]) == ([], None)
    assert found["accounts"] == [{"account": "perp-1", "residual_equity": None}]


def test_a_document_trades_two_basis_points_from_its_mark():
    price_for = price_beside_mark({BTC: D(60000)})
    instrument = situation().instruments[BTC]
    assert price_for(instrument, Side.SELL, D(1), D(0)) == D(59988)
    assert price_for(instrument, Side.BUY, D(5), D(7)) == D(60012)
    assert price_beside_mark({})(instrument, Side.BUY, D(1), D(0)) is None


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("BTC=-0.25,ETH=-0.3", {"BTC": D("-0.25"), "ETH": D("-0.3")}),
        ("btc = 0.1", {"BTC": D("0.1")}), ("USDT=-0.05", {"USDT": D("-0.05")}),
        ("BTC=10", {"BTC": D(10)}), ("BTC=-0.999", {"BTC": D("-0.999")}),
        ("BTC=+0.1", {"BTC": D("0.1")}),
        ("BTC=-1", None), ("BTC=10.1", None), ("BTC=NaN", None), ("BTC=1e999", None),
        ("BTC", None), ("", None), ("BTC=", None), ("=1", None), ("BTC=1,BTC=2", None),
        ("BTC=1,", None), ("B TC=1", None), ("BTC=-25%", None),
    ],
)  # fmt: skip
def test_shocks_are_read_strictly(text, moves):
    assert parse_shocks(text) == moves
