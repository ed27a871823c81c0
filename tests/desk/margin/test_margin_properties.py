"""What must always hold of margin (design: risk model, section 8)."""

import random
from decimal import Decimal as D

import msgspec
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    ETH,
    account,
    figures,
    flat_terms,
    isolated,
    only,
    position,
    terms,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from desk.margin.account import account_figures

prices = st.decimals(1000, 200_000, places=1)
coins = st.decimals("0.001", 3000, places=3)
sides = st.sampled_from((1, -1))
leverages = st.sampled_from((1, 2, 3, 5, 10, 25, 50, 125))
wallets = st.decimals(0, 10**8, places=2)

INFINITY = D("Infinity")


def safety(one, side):
    """How far the edge lies on the side that hurts: larger is safer; none is safest."""
    if one.liquidation_price is None:
        return INFINITY
    return -one.liquidation_price if side > 0 else one.liquidation_price


@given(side=sides, quantity=coins, entry=prices, mark=prices, wallet=wallets, more=wallets)
def test_more_balance_never_brings_liquidation_nearer(side, quantity, entry, mark, wallet, more):
    held = position(BTC, quantity * side, entry, mark)
    poor = figures(held, balances={"USDT": wallet})
    rich = figures(held, balances={"USDT": wallet + more})
    assert rich.available_margin >= poor.available_margin
    if poor.margin_ratio is not None:
        assert rich.margin_ratio <= poor.margin_ratio
    # Never solvent at any price has no edge either: a position that was worth 0 too late.
    if poor.positions[0].liquidation_price is not None:
        assert safety(rich.positions[0], side) >= safety(poor.positions[0], side)


@given(side=sides, quantity=coins, entry=prices, low=leverages, high=leverages)
def test_more_leverage_never_helps(side, quantity, entry, low, high):
    assume(low <= high)
    calm, bold = (
        only(isolated(BTC, quantity * side, entry, leverage=leverage)) for leverage in (low, high)
    )
    assert bold.isolated_wallet <= calm.isolated_wallet
    # A tier may cap the requirement's leverage, never the wallet's.
    assert bold.initial_margin <= calm.initial_margin
    assume(bold.liquidation_price is not None)
    assert safety(calm, side) >= safety(bold, side)


@given(side=sides, quantity=coins, entry=prices, held=coins, cut=st.decimals(0, 1, places=3))
def test_a_higher_haircut_never_helps(side, quantity, entry, held, cut):
    def pool(rate):
        return figures(
            position(BTC, quantity * side, entry),
            balances={"USDT": "1000", "ETH": held},
            haircuts={"ETH": rate},
            prices={"ETH": "2500"},
        )

    kept, lowered = pool(str(cut / 2)), pool(str(cut))
    assert lowered.collateral_value <= kept.collateral_value
    if kept.margin_ratio is not None and lowered.margin_ratio is not None:
        assert lowered.margin_ratio >= kept.margin_ratio


@given(quantity=coins, entry=prices, mark=prices)
def test_long_and_short_mirror(quantity, entry, mark):
    long, short = (
        only(position(BTC, quantity * side, entry, mark), balances={"USDT": "1"})
        for side in (1, -1)
    )
    assert long.unrealized_pnl == -short.unrealized_pnl
    assert long.notional == short.notional
    assert long.initial_margin == short.initial_margin
    assert long.maintenance_margin == short.maintenance_margin


@given(
    side=sides,
    contracts=st.integers(1, 10**6),
    entry=prices,
    leverage=leverages,
    rate=st.sampled_from(("0.004", "0.01", "0.1")),
)
def test_inverse_is_linear_seen_from_the_coin(side, contracts, entry, leverage, rate):
    """Contracts long in dollars are dollars short in coin: the same edge at the reciprocal."""
    coin = only(
        isolated(BTC_COIN, contracts * side, entry, leverage=leverage, terms=flat_terms(rate)),
        settle="BTC",
    )
    plain = msgspec.structs.replace(BTC, contract_size=D(100))
    linear = only(
        isolated(plain, -contracts * side, 1 / entry, leverage=leverage, terms=flat_terms(rate))
    )
    if linear.liquidation_price is None or coin.liquidation_price is None:
        assert linear.liquidation_price is None
        assert coin.liquidation_price is None
        return
    assert abs(coin.liquidation_price * linear.liquidation_price - 1) < D("1e-12")


@given(quantity=st.integers(1, 1000), entry=prices, share=st.decimals("-0.001", "0.001", places=6))
def test_inverse_and_linear_agree_for_small_moves(quantity, entry, share):
    mark = entry * (1 + share)
    size = D(quantity) * 100
    coin = BTC_COIN.pnl(D(quantity), entry, mark) * entry
    linear = BTC.pnl(size / entry, entry, mark)
    assert abs(coin - linear) <= size * share * share * D("1.01") + D("1e-12")


@given(side=sides, quantity=coins, entry=prices, mark=prices, wallet=wallets)
def test_adding_a_flat_position_changes_nothing(side, quantity, entry, mark, wallet):
    held = position(BTC, quantity * side, entry, mark)
    alone = figures(held, balances={"USDT": wallet})
    beside = figures(held, position(ETH, 0, "2500"), balances={"USDT": wallet})
    same = msgspec.structs.replace(beside, positions=beside.positions[:1])
    assert same == alone
    flat = beside.positions[1]
    assert (flat.notional, flat.initial_margin, flat.liquidation_price) == (0, 0, None)


@given(st.randoms(use_true_random=False), st.integers(2, 6), wallets)
def test_the_order_of_positions_changes_nothing(dice, count, wallet):
    positions = [
        position(
            msgspec.structs.replace(BTC, id=f"{index}"),
            dice.randint(-50, 50),
            dice.randint(50_000, 70_000),
            dice.randint(50_000, 70_000),
            terms=terms(dice.choice(("BTCUSDT", "ETHUSDT"))),
        )
        for index in range(count)
    ]
    shuffled = list(positions)
    random.Random(count).shuffle(shuffled)
    one, other = (figures(*some, balances={"USDT": wallet}) for some in (positions, shuffled))
    assert one.margin_ratio == other.margin_ratio
    assert one.common_move_down == other.common_move_down
    assert {p.instrument: p for p in one.positions} == {p.instrument: p for p in other.positions}


@given(side=sides, quantity=coins, entry=prices, mark=prices, wallet=wallets)
def test_one_tick_safer_is_not_liquidated_and_one_beyond_is(side, quantity, entry, mark, wallet):
    held = position(BTC, quantity * side, entry, mark)
    pool = account(held, balances={"USDT": wallet})
    edge = account_figures(pool).positions[0].liquidation_price
    assume(edge is not None and edge > D("0.2"))
    for step, out in ((side, False), (-side, True)):
        moved = msgspec.structs.replace(held, mark=edge + step * D("0.1"))
        there = account_figures(msgspec.structs.replace(pool, positions=(moved,)))
        assert (there.level == "CLOSE_OUT") is out


@given(quantity=coins, entry=prices, wallet=wallets, step=st.decimals("1e-9", "1e-6", places=9))
def test_a_small_step_of_the_mark_is_a_small_step_of_the_figures(quantity, entry, wallet, step):
    """No jump, at tier edges least of all."""
    before = figures(position(BTC, quantity, entry), balances={"USDT": wallet})
    after = figures(position(BTC, quantity, entry, entry + step), balances={"USDT": wallet})
    moved = quantity * step
    assert abs(after.maintenance_margin - before.maintenance_margin) <= moved
    assert abs(after.collateral_value - before.collateral_value) <= moved
    edge, there = (f.positions[0].liquidation_price for f in (before, after))
    if edge is not None and there is not None:
        assert abs(there - edge) <= D("1e-9") * edge
