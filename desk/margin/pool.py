"""What stands behind positions: the cross pool of an account, and each isolated wallet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, cast

from desk.margin.collateral import Holdings, holdings, price_of
from desk.margin.common_move import Leg, Moves, common_moves, moves, moving_assets
from desk.margin.inputs import AccountInput
from desk.margin.levels import pool_level, ratio_level
from desk.margin.liquidation import Exposure
from desk.margin.requirement import Requirement, motion_of
from desk.margin.rounding import counted, required, without_noise
from desk.margin.wallet import direction, entry_notional, isolated_wallet
from desk.model.instrument import Contract
from desk.model.numbers import ONE, ZERO

NO_MOVES = Moves(None, None)


class Pool(NamedTuple):
    """The cross side of an account, in its settle asset; None is unknown."""

    settle: str
    holdings: Holdings
    cross: Sequence[Requirement]
    rates: dict[str, Decimal | None]
    """Settle asset of a position or order → its price in the account's settle asset."""
    value: Decimal | None
    """Collateral value: balances after haircut and unrealized P&L, losses and gains in full."""
    initial: Decimal | None
    maintenance: Decimal | None
    free: Decimal | None
    """Value less maintenance."""
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    level: str


class Isolated(NamedTuple):
    """One isolated position on its wallet, in its own settle asset; None is unknown."""

    measured: Requirement
    wallet: Decimal | None
    equity: Decimal | None
    level: str


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add amounts; unknown if one is."""
    given = cast("tuple[Decimal, ...]", tuple(amounts))
    try:  # to look for None first would take as long as to add
        return sum(given, ZERO)
    except TypeError:
        return None


def converted(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Multiply; unknown if either is, except that nothing is nothing in any asset."""
    if amount is None or amount == ZERO:
        return amount
    return None if rate is None else amount * rate


def pool_of(
    account: AccountInput, cross: Sequence[Requirement], held: Holdings | None = None
) -> Pool:
    """Gather the cross pool; `held` are its holdings where they are known already."""
    held = holdings(account) if held is None else held
    rates = {
        asset: price_of(account, asset)
        for asset in {one.instrument.settle for one in (*account.positions, *account.orders)}
    }
    notional, pnl, initial, maintenance = _sums(cross, rates)
    value = total((held.value, pnl))
    value = None if value is None else counted(value)
    initial = None if initial is None else required(initial)
    maintenance = None if maintenance is None else required(maintenance)
    return Pool(
        settle=account.settle,
        holdings=held,
        cross=cross,
        rates=rates,
        value=value,
        initial=initial,
        maintenance=maintenance,
        free=None if value is None or maintenance is None else value - maintenance,
        notional=notional,
        unrealized_pnl=pnl,
        level=pool_level(initial, maintenance, value),
    )


def _sums(
    cross: Sequence[Requirement], rates: Mapping[str, Decimal | None]
) -> Sequence[Decimal | None]:
    """Return notional, unrealized P&L, initial and maintenance margin of all positions."""
    columns = [*zip(*cross, strict=True)][1:5]  # in this order they stand there
    if any(rate is not ONE for rate in rates.values()):
        by_position = [rates[m.position.instrument.settle] for m in cross]
        columns = [[*map(converted, column, by_position)] for column in columns]
    return [*map(total, columns)] or [ZERO] * 4


def isolated_of(measured: Requirement) -> Isolated:
    """Gather one isolated position."""
    wallet = isolated_wallet(measured.position)
    equity = total((wallet, measured.unrealized_pnl))
    return Isolated(measured, wallet, equity, ratio_level(measured.maintenance, equity))


def isolated_exposure(one: Isolated) -> Exposure | None:
    """Return how an isolated position moves; None if unknown or flat.

    Written at the entry price, where unrealized P&L is 0: the mark does not enter.
    """
    position = one.measured.position
    if one.wallet is None or not position.quantity:
        return None
    notional = entry_notional(position)
    gain = direction(position)
    return Exposure(
        constant=without_noise(one.wallet - notional * gain, notional),
        gain=Decimal(gain),
        size=abs(position.quantity) * position.instrument.contract_size,
        inverse=position.instrument.contract is Contract.INVERSE,
    )


def cross_exposure(pool: Pool, measured: Requirement) -> Exposure | None:
    """Return how the pool moves with one cross position's price; None if unknown or flat.

    All other marks stay, also those of other positions on the same base (the venues'
    convention); collateral held in the base asset moves in proportion. Where the base is the settle
    asset, that is all other collateral moving the other way.
    """
    instrument, notional, own = (
        measured.position.instrument,
        measured.notional,
        motion_of(measured).exposure,
    )
    rate = pool.rates[instrument.settle]
    if pool.free is None or rate is None or own is None or not notional:
        return None
    free, collateral = pool.free, _moving_with(instrument.base, pool)
    if rate != ONE:
        collateral, free = collateral / rate, free / rate
    gain = own.gain + collateral / notional if collateral else own.gain
    constant = without_noise(own.constant + free - collateral, notional)
    return Exposure(constant, gain, own.size, own.inverse)


def _moving_with(base: str, pool: Pool) -> Decimal:
    """Return what collateral is worth, in the settle asset, that moves as the notional does."""
    if base != pool.settle:
        return pool.holdings.values.get(base, ZERO)
    return sum((v for asset, v in pool.holdings.values.items() if asset != pool.settle), ZERO)


class Joint(NamedTuple):
    """How a pool moves with all BTC and ETH prices at once, in its settle asset."""

    surplus: Decimal
    """Collateral value − maintenance margin of everything but the legs, now."""
    collateral: Decimal
    """What of the collateral moves."""
    legs: Sequence[Leg]


def pool_moves(pool: Pool) -> Moves:
    """Return the common moves to close-out; none without positions, or when unknown."""
    joint = joint_of(pool)
    if joint is None:
        return NO_MOVES
    return common_moves(pool.settle, joint.surplus, joint.collateral, joint.legs)


def joint_of(pool: Pool) -> Joint | None:
    """Return how a pool moves; None without positions, or when unknown."""
    if pool.free is None:
        return None
    legs: list[Leg] = []
    surplus = pool.free
    open_positions = [measured for measured in pool.cross if measured.position.quantity]
    for measured in open_positions:
        rate = pool.rates[measured.position.instrument.settle]
        leg = motion_of(measured).leg
        if measured.maintenance is None or leg is None or rate is None:
            return None
        if not moves(measured.position.instrument, pool.settle):
            continue
        legs.append(leg if rate == ONE else leg._replace(slope=leg.slope * rate, rate=rate))
        surplus += measured.maintenance * rate
    if not open_positions:
        return None
    return Joint(surplus, moving_assets(pool.settle, pool.holdings.values), legs)
