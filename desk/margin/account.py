"""All figures of one perpetual account, from the values in `desk.margin.inputs`.

The same function serves the screen, the pre-trade what-if and `desk risk evaluate`. It never
raises for a missing mark, price or tier table: what needs it is None, with a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

import msgspec

from desk.margin.inputs import (
    AccountFigures,
    AccountInput,
    IsolatedLevel,
    MarginFigures,
    MarginTerms,
    OrderInput,
    PositionFigures,
)
from desk.margin.levels import worst
from desk.margin.liquidation import (
    NO_EDGES,
    Exposure,
    Interval,
    bankruptcy_price,
    distance,
    solvent_between,
)
from desk.margin.pool import (
    Isolated,
    Pool,
    converted,
    cross_exposure,
    isolated_exposure,
    isolated_of,
    pool_moves,
    pool_of,
    total,
)
from desk.margin.requirement import KEPT, Market, Requirement, order_margin, requirement
from desk.margin.rounding import counted, finely, ratio_up, without_noise
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode

NO_TERMS = MarginTerms(model="binance")

ISOLATED = MarginMode.ISOLATED
"""A member that is asked for by its own name is found much quicker than through its class."""


class Measured:
    """An account measured once: its level, and what all the rest is worked out from when asked."""

    def __init__(
        self,
        given: AccountInput,
        positions: Sequence[Requirement],
        pool: Pool,
        alone: Mapping[str, Isolated],
    ) -> None:
        self.given = given
        self.positions = positions
        self.pool = pool
        self.alone = alone
        """Isolated positions by instrument."""
        self.level = worst((pool.level, *(one.level for one in alone.values())))

    @cached_property
    def figures(self) -> MarginFigures:
        """What decides about the account: level, margins and ratio, without any price."""
        return _margin_figures(self)


def margin_figures(account: AccountInput) -> MarginFigures:
    """Return what decides about an account: level, margins and ratio, without any price."""
    return measure(account).figures


def account_figures(account: AccountInput) -> AccountFigures:
    """Return the figures of an account; what cannot be known is None."""
    return all_figures(measure(account))


@finely
def measure(account: AccountInput, before: Measured | None = None) -> Measured:
    """Measure an account: what must be known again with every mark, and its level above all.

    A position that is the same value as before has been measured already; so have balances that
    are the same as in what was measured before.
    """
    measured = [vars(one).get(KEPT) or requirement(one) for one in account.positions]
    isolated = [m for m in measured if m.position.margin_mode is ISOLATED]
    alone: dict[str, Isolated] = {m.position.instrument.id: isolated_of(m) for m in isolated}
    cross = measured
    if isolated:
        cross = [m for m in measured if m.position.margin_mode is not ISOLATED]
    held = before.pool.holdings if before and _same_wealth(before.given, account) else None
    pool = pool_of(account, cross, held)
    return Measured(account, measured, pool, alone)


@finely
def _margin_figures(of: Measured) -> MarginFigures:
    account, measured, pool, alone = of.given, of.positions, of.pool, of.alone
    orders, orders_unknown = _order_margin(account, pool)
    unknown = (*_missing(measured, pool, alone), *orders_unknown)
    reserved = total((pool.initial, orders))
    return MarginFigures(
        id=account.id,
        settle=account.settle,
        known=not unknown,
        unknown=unknown,
        level=of.level,
        equity=_equity(pool, alone),
        collateral_value=pool.value,
        initial_margin=pool.initial,
        order_margin=orders,
        maintenance_margin=pool.maintenance,
        available_margin=_available(pool.value, reserved),
        margin_utilization=_ratio(reserved, pool.value),
        margin_ratio=_ratio(pool.maintenance, pool.value),
        leverage=_ratio(pool.notional, pool.value),
        isolated=tuple(
            IsolatedLevel(_ratio(one.measured.maintenance, one.equity), one.level)
            for one in alone.values()
        ),
    )


def _same_wealth(one: AccountInput, other: AccountInput) -> bool:
    """Whether balances and all that values them are the very same."""
    return (
        one.balances is other.balances
        and one.prices is other.prices
        and one.haircuts is other.haircuts
        and one.settle == other.settle
    )


@finely
def all_figures(account: Measured) -> AccountFigures:
    """Return all figures of an account that was measured, of the same marks: prices and moves."""
    measured, pool, alone = account.positions, account.pool, account.alone
    moves = pool_moves(pool)
    return AccountFigures(
        **msgspec.structs.asdict(account.figures),
        common_move_down=moves.down,
        common_move_up=moves.up,
        positions=tuple(
            _isolated_figures(alone[m.position.instrument.id])
            if m.position.instrument.id in alone
            else _cross_figures(pool, m)
            for m in measured
        ),
        collateral=pool.holdings.rows,
        warnings=tuple(said for m in measured for said in m.warnings),
    )


def _cross_figures(pool: Pool, measured: Requirement) -> PositionFigures:
    edges: Interval | None = NO_EDGES
    if measured.position.quantity:
        edges = _edges(cross_exposure(pool, measured), measured)
    return _position_figures(measured, edges, level=pool.level)


def _isolated_figures(one: Isolated) -> PositionFigures:
    measured = one.measured
    edges, bankruptcy = NO_EDGES, None
    if measured.position.quantity:
        exposure = isolated_exposure(one)
        bankruptcy = None if exposure is None else bankruptcy_price(exposure)
        edges = _edges(exposure, measured)
    return _position_figures(measured, edges, level=one.level, one=one, bankruptcy=bankruptcy)


def _edges(exposure: Exposure | None, measured: Requirement) -> Interval | None:
    if exposure is None or measured.curve is None:
        return None
    return solvent_between(exposure, measured.curve)


def _position_figures(
    measured: Requirement,
    edges: Interval | None,
    *,
    level: str,
    one: Isolated | None = None,
    bankruptcy: Decimal | None = None,
) -> PositionFigures:
    position = measured.position
    low, high = edges or NO_EDGES
    first, second = (high, None) if low is None else (low, high)
    room = None
    if edges is not None and position.mark is not None:
        room = distance(edges, position.mark)
    return PositionFigures(
        instrument=position.instrument.id,
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark=position.mark,
        notional=measured.notional,
        unrealized_pnl=measured.unrealized_pnl,
        initial_margin=measured.initial,
        maintenance_margin=measured.maintenance,
        margin_mode=position.margin_mode,
        leverage=measured.leverage,
        isolated_wallet=None if one is None else one.wallet,
        margin_ratio=None if one is None else _ratio(measured.maintenance, one.equity),
        level=level,
        liquidation_known=edges is not None,
        liquidation_price=first,
        liquidation_price_upper=second,
        liquidation_distance=room,
        bankruptcy_price=bankruptcy,
    )


def _order_margin(account: AccountInput, pool: Pool) -> tuple[Decimal | None, tuple[str, ...]]:
    """Return the order margin of all instruments, and what is missing for it."""
    by_instrument: dict[str, list[OrderInput]] = {}
    for order in account.orders:
        if not order.reduce_only:
            by_instrument.setdefault(order.instrument.id, []).append(order)
    amounts: list[Decimal | None] = []
    unknown: list[str] = []
    for instrument_id, orders in by_instrument.items():
        market = market_of(account, orders)
        rate = pool.rates.get(market.instrument.settle)
        amount = converted(order_margin(market, orders), rate)
        if amount is None:
            unknown.append(f"The order margin of {instrument_id} needs a mark and a leverage.")
        amounts.append(amount)
    return total(amounts), tuple(unknown)


def market_of(account: AccountInput, orders: Sequence[OrderInput]) -> Market:
    """Return what order margin needs of the instrument of these orders."""
    instrument = orders[0].instrument
    held = [p for p in account.positions if p.instrument.id == instrument.id]
    position = held[0] if held else None
    terms = account.terms.get(instrument.id, NO_TERMS) if position is None else position.terms
    mark = account.marks.get(instrument.id) if position is None else position.mark
    leverage = None if position is None else position.leverage
    return Market(
        instrument=instrument,
        position=ZERO if position is None else position.quantity,
        mark=mark,
        terms=terms,
        leverage=account.leverages.get(instrument.id) if leverage is None else leverage,
        collar_rate=account.collar_rate,
    )


def _equity(pool: Pool, alone: Mapping[str, Isolated]) -> Decimal | None:
    """Σ balance × price + unrealized P&L + isolated wallets and their P&L."""
    wallets = (
        converted(one.equity, pool.rates[one.measured.position.instrument.settle])
        for one in alone.values()
    )
    equity = total((pool.holdings.market_value, pool.unrealized_pnl, *wallets))
    return None if equity is None else counted(equity)


def _available(value: Decimal | None, reserved: Decimal | None) -> Decimal | None:
    if value is None or reserved is None:
        return None
    return counted(without_noise(value - reserved, abs(value)))


def _ratio(requirement_: Decimal | None, value: Decimal | None) -> Decimal | None:
    return None if requirement_ is None or value is None else ratio_up(requirement_, value)


def _missing(
    measured: Sequence[Requirement], pool: Pool, alone: Mapping[str, Isolated]
) -> Iterator[str]:
    priced = [asset for asset, rate in pool.rates.items() if rate is None]
    for asset in dict.fromkeys((*pool.holdings.unpriced, *priced)):
        yield f"{asset} has no price in {pool.settle}."
    for m in [m for m in measured if m.unknown] if not alone else measured:
        yield from m.unknown
        yield from _without_wallet(alone.get(m.position.instrument.id))


def _without_wallet(one: Isolated | None) -> Iterator[str]:
    if one is not None and one.wallet is None and one.measured.position.quantity:
        yield f"The isolated wallet of {one.measured.position.instrument.id} is unknown."
