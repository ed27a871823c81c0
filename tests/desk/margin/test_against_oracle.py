"""Random accounts, computed twice: by the desk in Decimal, by the oracle in exact fractions."""

import random
from decimal import Decimal as D
from fractions import Fraction as F

import msgspec
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    COIN_TIERS,
    ETH,
    account,
    flat_terms,
    for_oracle,
    isolated,
    order,
    position,
    terms,
)
from oracle import margin_oracle as oracle

from desk.margin.account import account_figures
from desk.margin.financing import LoanTerms, Pledge, loan_figures
from desk.model.orders import MarginMode

CLOSE = F(1, 10**9)


def decimal(value, places):
    return D(value).quantize(D(1).scaleb(-places))


def random_linear(dice):
    """One or two cross positions, perhaps one isolated, mixed collateral; some are through."""
    btc_price = decimal(dice.uniform(20_000, 120_000), 1)
    eth_price = decimal(dice.uniform(800, 6_000), 2)
    positions = []
    for instrument, price, symbol in ((BTC, btc_price, "BTCUSDT"), (ETH, eth_price, "ETHUSDT")):
        if dice.random() < 0.15:
            continue
        worth = 10 ** dice.uniform(3, 8.7)
        quantity = decimal(worth / float(price), 3) or D("0.001")
        sign = dice.choice((1, -1))
        build = isolated if dice.random() < 0.25 else position
        positions.append(
            build(
                instrument,
                quantity * sign,
                decimal(float(price) * dice.uniform(0.7, 1.4), 2),
                price,
                leverage=dice.choice((None, 1, 3, 5, 20, 100)),
                terms=dice.choice((terms(symbol), terms(symbol), flat_terms("0.01"))),
            )
        )
    gross = sum(float(p.quantity.copy_abs() * p.mark) for p in positions) or 1000.0
    held = gross * dice.uniform(-0.1, 1.2)
    balances = {"USDT": decimal(held, 2)}
    haircuts = {}
    if dice.random() < 0.6:
        coins = gross / float(btc_price) * dice.uniform(-0.2, 1.5)
        balances["BTC"] = decimal(coins, 4)
        haircuts["BTC"] = [(D(1), D("0.05")), (D(100), D("0.1")), (None, D("0.5"))]
    if dice.random() < 0.4:
        balances["ETH"] = decimal(gross / float(eth_price) * dice.uniform(0, 0.5), 3)
        haircuts["ETH"] = [(None, D("0.075"))]
    prices = {
        "BTC": decimal(float(btc_price) * dice.uniform(0.995, 1.005), 1),
        "ETH": decimal(float(eth_price) * dice.uniform(0.995, 1.005), 2),
    }
    orders = [
        order(
            one.instrument,
            dice.choice(("BUY", "SELL")),
            decimal(abs(float(one.quantity)) * dice.uniform(0.01, 3), 3) or D("0.001"),
            decimal(float(one.mark) * dice.uniform(0.9, 1.1), 2),
            reduce_only=dice.random() < 0.2,
        )
        for one in positions
        for _ in range(dice.randrange(4))
    ]
    return account(*positions, orders=orders, balances=balances, haircuts=haircuts, prices=prices)


def random_coin(dice):
    """A coin-margined account, with other coins beside it."""
    price = decimal(dice.uniform(20_000, 120_000), 1)
    coins = 10 ** dice.uniform(-2, 2.5)
    quantity = D(max(1, round(coins * float(price) / 100))) * dice.choice((1, -1))
    build = isolated if dice.random() < 0.3 else position
    entry = decimal(float(price) * dice.uniform(0.7, 1.4), 1)
    held = build(
        BTC_COIN, quantity, entry, price, leverage=dice.choice((1, 3, 10, 100)), terms=COIN_TIERS
    )
    balances = {"BTC": decimal(coins * dice.uniform(-0.1, 1.5), 6)}
    haircuts, prices = {}, {}
    if dice.random() < 0.5:
        balances["USDT"] = decimal(coins * float(price) * dice.uniform(-0.2, 0.6), 2)
        balances["ETH"] = decimal(coins * 20 * dice.uniform(0, 0.5), 3)
        haircuts = {"USDT": [(None, D("0.001"))], "ETH": [(None, D("0.05"))]}
        prices = {"USDT": 1 / price, "ETH": D("0.0426")}
    return account(held, settle="BTC", balances=balances, haircuts=haircuts, prices=prices)


def same(ours, exact, what):
    if exact is None or ours is None:
        assert ours is None, what
        assert exact is None, what
        return
    assert abs(F(ours) - exact) <= CLOSE * max(F(1, 10**6), abs(exact)), (what, ours, float(exact))


def check_figures(given, found):
    plain = for_oracle(given)
    collateral, maintenance = oracle.collateral(plain), oracle.pool_maintenance(plain)
    same(found.collateral_value, collateral, "collateral")
    same(found.maintenance_margin, maintenance, "maintenance")
    same(found.margin_ratio, maintenance / collateral if collateral > 0 else None, "ratio")
    initial = sum((oracle.initial(p, F(p["mark"])) for p in oracle.cross(plain)), F(0))
    same(found.initial_margin, initial, "initial")
    reserved = F(0)
    for one in plain["positions"]:
        orders = [o for o in plain["orders"] if o["id"] == one["id"]]
        reserved += oracle.order_margin(plain, one, orders)
    same(found.order_margin, reserved, "order margin")
    # Requirements round up, collateral down.
    assert F(found.collateral_value) <= collateral
    assert F(found.maintenance_margin) >= maintenance
    assert F(found.initial_margin) >= initial


def check_edges(given, found):
    plain = for_oracle(given)
    for ours, one in zip(found.positions, plain["positions"], strict=True):
        edges = oracle.liquidation_prices(plain, one)
        assert len(edges) <= 2
        same(ours.liquidation_price, edges[0] if edges else None, "lower")
        same(ours.liquidation_price_upper, edges[1] if len(edges) == 2 else None, "upper")
        assert ours.liquidation_known


def check_moves(given, found):
    plain = for_oracle(given)
    open_cross = [p for p in oracle.cross(plain) if p["quantity"]]
    edges = oracle.common_moves(plain) if open_cross else []
    down = [x for x in edges if x <= 0]
    up = [x for x in edges if x > 0]
    same(found.common_move_down, max(down, default=None), "down")
    same(found.common_move_up, min(up, default=None), "up")


@pytest.mark.parametrize("seed", range(12))
def test_linear_accounts_agree_with_the_oracle(seed):
    dice = random.Random(seed)
    for _ in range(25):
        given = random_linear(dice)
        found = account_figures(given)
        assert found.known, found.unknown
        check_figures(given, found)
        check_edges(given, found)
        check_moves(given, found)


@pytest.mark.parametrize("seed", range(8))
def test_coin_margined_accounts_agree_with_the_oracle(seed):
    dice = random.Random(1000 + seed)
    for _ in range(25):
        given = random_coin(dice)
        found = account_figures(given)
        check_figures(given, found)
        check_edges(given, found)
        check_moves(given, found)


def test_the_random_accounts_cover_what_they_are_for():
    """Two edges, none, through, isolated, large: all of them, or the rest is idle."""
    seen = set()
    for seed in range(12):
        dice = random.Random(seed)
        for _ in range(25):
            given = random_linear(dice)
            found = account_figures(given)
            for one in found.positions:
                seen.add(("two edges", one.liquidation_price_upper is not None))
                seen.add(("none", one.liquidation_price is None))
                seen.add(("mode", one.margin_mode))
                seen.add(("through", (one.liquidation_distance or 0) < 0))
                seen.add(("large", one.notional > 12_000_000))
            seen.add(("down", found.common_move_down is None))
            seen.add(("up", found.common_move_up is None))
    for what in ("two edges", "none", "through", "large", "down", "up"):
        assert {(what, True), (what, False)} <= seen
    assert {("mode", MarginMode.CROSS), ("mode", MarginMode.ISOLATED)} <= seen


@pytest.mark.parametrize("seed", range(6))
def test_at_the_liquidation_price_equity_is_maintenance(seed):
    """Put the account at its own liquidation price: one part in 10⁹ of maintenance."""
    dice = random.Random(2000 + seed)
    for _ in range(25):
        given = random_linear(dice)
        for index, one in enumerate(account_figures(given).positions):
            for edge in (one.liquidation_price, one.liquidation_price_upper):
                if edge is not None:
                    _check_edge(given, index, edge)


def _check_edge(given, index, edge):
    held = given.positions[index]
    moved = msgspec.structs.replace(held, mark=edge)
    positions = (*given.positions[:index], moved, *given.positions[index + 1 :])
    prices = dict(given.prices)
    if held.margin_mode is MarginMode.CROSS:
        base = held.instrument.base
        prices[base] = prices[base] * edge / held.mark
    there = account_figures(msgspec.structs.replace(given, positions=positions, prices=prices))
    if held.margin_mode is MarginMode.ISOLATED:
        one = there.positions[index]
        equity, maintenance = one.isolated_wallet + one.unrealized_pnl, one.maintenance_margin
    else:
        equity, maintenance = there.collateral_value, there.maintenance_margin
    assert abs(equity - maintenance) <= max(maintenance, D(1)) * D("1e-9")


@pytest.mark.parametrize("seed", range(4))
def test_loan_falls_agree_with_the_oracle(seed):
    dice = random.Random(3000 + seed)
    rules = LoanTerms(
        single_cap=D("0.4"), group_cap=D("0.5"), warn=D("0.8"), call=D(1), close_out=D("1.25")
    )
    for _ in range(60):
        pledges = [
            (D(dice.randrange(10**7)), D("0.6"), True),
            (D(dice.randrange(10**7)), D("0.65"), True),
            (D(dice.randrange(10**7)), D("0.3"), False),
        ]
        loan = D(dice.randrange(1, 8 * 10**6))
        found = loan_figures(
            [Pledge(market_value=v, haircut=h, is_virtual=x) for v, h, x in pledges], loan, rules
        )
        for ours, threshold in (
            (found.fall_to_call, rules.call),
            (found.fall_to_close_out, rules.close_out),
        ):
            same(ours, oracle.loan_fall(pledges, loan, threshold, "0.4", "0.5"), threshold)
