"""What must always hold of every margin model, over random portfolios (risk model, section 8)."""

import random
from decimal import Decimal as D
from decimal import localcontext
from itertools import pairwise

import msgspec
from helpers.portfolios import SHIPPED
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.random_portfolios import RandomPortfolios

from desk.margin.account import account_figures
from desk.margin.curve import maintenance_at
from desk.margin.inputs import Slice
from desk.margin.models import curve_of
from desk.margin.rounding import written
from desk.model.numbers import ONE
from desk.model.orders import MarginMode
from desk.risk.situation import read_situation

SEVERITY = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")
CLOSE = D("1e-9")
POOL_FIGURES = (
    "equity", "collateral_value", "initial_margin", "maintenance_margin", "order_margin",
    "margin_ratio", "common_move_down", "common_move_up",
)  # fmt: skip

changed = msgspec.structs.replace


def random_pools(seed):
    """A few perpetual accounts whose figures are known."""
    portfolios = RandomPortfolios(random.Random(seed))
    found = []
    while len(found) < 3:
        text = portfolios.document()
        accounts = read_situation(text.encode(), "random.json", SHIPPED).accounts.values()
        found += [one for one in accounts if account_figures(one).known]
    return found


pools = st.integers(0, 2**32).map(random_pools)
properties = settings(max_examples=12)


def at_price(pool, held, price):
    """The account with one mark elsewhere, and with it the price of its coin."""
    with localcontext(prec=60):
        moved = price / held.mark
        prices = dict(pool.prices)
        for asset in prices:
            if held.margin_mode is MarginMode.CROSS and asset != pool.settle:
                if held.instrument.base == pool.settle:
                    prices[asset] /= moved
                elif held.instrument.base == asset:
                    prices[asset] *= moved
    positions = tuple(changed(p, mark=price) if p is held else p for p in pool.positions)
    return changed(pool, positions=positions, prices=prices)


@properties
@given(pools)
def test_at_its_liquidation_price_an_account_stands_at_maintenance(found):
    for pool in found:
        for index, figures in enumerate(account_figures(pool).positions):
            for edge in (figures.liquidation_price, figures.liquidation_price_upper):
                if edge is not None:
                    stands_at_maintenance(at_price(pool, pool.positions[index], edge), index)


def stands_at_maintenance(pool, index):
    figures = account_figures(pool)
    one = figures.positions[index]
    if one.margin_mode is MarginMode.ISOLATED:
        equity, maintenance = one.isolated_wallet + one.unrealized_pnl, one.maintenance_margin
    else:
        equity, maintenance = figures.collateral_value, figures.maintenance_margin
    assert abs(equity - maintenance) <= max(maintenance, one.notional * CLOSE) * CLOSE


def no_worse(better, worse):
    assert SEVERITY.index(better.level) <= SEVERITY.index(worse.level)
    if better.margin_ratio is not None and worse.margin_ratio is not None:
        assert better.margin_ratio <= worse.margin_ratio
    for safe, near in zip(better.positions, worse.positions, strict=True):
        if safe.liquidation_distance is not None and near.liquidation_distance is not None:
            assert safe.liquidation_distance >= near.liquidation_distance


@properties
@given(pools, st.decimals("0.01", "100000", places=2))
def test_more_balance_never_hurts(found, more):
    for pool in found:
        balances = {**pool.balances, pool.settle: pool.balances.get(pool.settle, D(0)) + more}
        richer, poorer = account_figures(changed(pool, balances=balances)), account_figures(pool)
        assert richer.collateral_value >= poorer.collateral_value
        assert richer.available_margin >= poorer.available_margin
        no_worse(richer, poorer)


@properties
@given(pools, st.decimals("0", "1", places=2))
def test_a_higher_haircut_never_helps(found, more):
    for pool in found:
        haircuts = {
            asset: tuple(
                Slice(up_to=part.up_to, rate=part.rate + (1 - part.rate) * more) for part in slices
            )
            for asset, slices in pool.haircuts.items()
        }
        lowered, kept = account_figures(changed(pool, haircuts=haircuts)), account_figures(pool)
        assert lowered.collateral_value <= kept.collateral_value
        assert lowered.available_margin <= kept.available_margin
        assert SEVERITY.index(kept.level) <= SEVERITY.index(lowered.level)


@properties
@given(pools, st.sampled_from([2, 3, 10, 50]))
def test_more_leverage_never_makes_an_isolated_position_safer(found, times):
    for pool in found:
        calm = tuple(
            changed(p, leverage=D(2), margin_mode=MarginMode.ISOLATED, isolated_margin=None)
            for p in pool.positions
        )
        bold = tuple(changed(p, leverage=D(2) * times) for p in calm)
        slow, quick = (account_figures(changed(pool, positions=held)) for held in (calm, bold))
        for held, safe, near in zip(calm, slow.positions, quick.positions, strict=True):
            assert near.isolated_wallet <= safe.isolated_wallet
            if held.terms.model != "bybit-2026":  # a bankruptcy price further off is a larger fee
                assert near.initial_margin <= safe.initial_margin
        no_worse(slow, quick)


@properties
@given(pools)
def test_long_and_short_mirror(found):
    for pool in found:
        turned = tuple(changed(p, quantity=-p.quantity) for p in pool.positions)
        one, other = account_figures(pool), account_figures(changed(pool, positions=turned))
        for held, figures, mirrored in zip(
            pool.positions, one.positions, other.positions, strict=True
        ):
            assert figures.unrealized_pnl == mirrored.unrealized_pnl.copy_negate()
            assert figures.notional == mirrored.notional
            if held.terms.model != "bybit-2026":  # its fee is that of the bankruptcy price
                assert figures.initial_margin == mirrored.initial_margin
                assert figures.maintenance_margin == mirrored.maintenance_margin


@properties
@given(pools)
def test_adding_a_flat_position_changes_nothing(found):
    for pool in found:
        if not pool.positions:
            continue
        last = pool.positions[-1]
        instrument = changed(last.instrument, id="FLAT-PERP.TEST")
        flat = changed(
            last, instrument=instrument, quantity=D(0), isolated_margin=None, extra_margin=D(0)
        )
        beside = account_figures(changed(pool, positions=(*pool.positions, flat)))
        alone = beside.isolated[:-1] if flat.margin_mode is MarginMode.ISOLATED else beside.isolated
        without = changed(beside, positions=beside.positions[:-1], isolated=alone)
        assert without == account_figures(pool)


@properties
@given(pools, st.randoms(use_true_random=False))
def test_the_order_of_positions_and_orders_changes_nothing(found, dice):
    for pool in found:
        positions = dice.sample(pool.positions, len(pool.positions))
        orders = dice.sample(pool.orders, len(pool.orders))
        one = account_figures(pool)
        other = account_figures(changed(pool, positions=tuple(positions), orders=tuple(orders)))
        for name in POOL_FIGURES:
            first, second = (getattr(figures, name) for figures in (one, other))
            assert first == second or written(first) == written(second), name
        assert one.level == other.level


@properties
@given(pools)
def test_maintenance_is_continuous_where_a_tier_begins_but_for_okx(found):
    """What it grows by just past an edge is a rate of what the notional grew by, no more."""
    step = D("1e-9")
    for pool in found:
        for held in pool.positions:
            curve = curve_of(held) if held.quantity else ""
            if isinstance(curve, str):
                continue
            for tier in held.terms.tiers:
                below, above = (tier.notional_floor + s for s in (-step, step))
                if below < 0:
                    continue
                grown = maintenance_at(curve, above) - maintenance_at(curve, below)
                assert 0 <= grown <= 2 * step * ONE


def test_okx_jumps_where_a_tier_ends_by_what_its_rate_does():
    portfolios = RandomPortfolios(random.Random("okx"), models=("okx",))
    jumps = 0
    while jumps < 10:
        text = portfolios.document()
        for pool in read_situation(text.encode(), "random.json", SHIPPED).accounts.values():
            for held in pool.positions:
                if held.mark is not None and held.maintenance_rate is None:
                    jumps += held_to_jumps(pool, held)


def held_to_jumps(pool, held):
    tiers = held.terms.contract_tiers
    for before, after in pairwise(tiers):
        at, past = (
            account_figures(changed(pool, positions=(changed(held, quantity=contracts),)))
            for contracts in (before.quantity_cap, before.quantity_cap + D("1e-9"))
        )
        worth = at.positions[0].notional
        jump = past.positions[0].maintenance_margin - at.positions[0].maintenance_margin
        rise = after.maintenance_rate - before.maintenance_rate
        assert abs(jump - rise * worth) <= worth * CLOSE
    return max(0, len(tiers) - 1)
