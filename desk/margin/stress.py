"""Stress in float64: equity, ratio and level of many positions under many joint moves at once.

One way: a figure from here is shown and never becomes money. It is tied to the exact figures of
`desk.margin.account` and `desk.margin.financing` by property tests, and says where it stands too
near a threshold for a float to decide the level.

A position's mark depends on two moves alone (its base's and its quote's), so each is measured
once for every distinct mark and not once for every scenario: a grid of 21 × 21 asks 21 times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desk.margin.collateral import IN_FULL, haircut_value, price_of
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.levels import CLOSE_OUT, INITIAL_STEPS, MARGIN_CALL, ORDER, RATIO_STEPS, UNKNOWN
from desk.margin.stress_curves import NEAR, Curves, Flags, Floats
from desk.margin.wallet import isolated_wallet
from desk.model.instrument import Contract
from desk.model.orders import MarginMode

Codes: TypeAlias = NDArray[np.int8]

_CODE = {level: code for code, level in enumerate(ORDER)}


class Scenarios:
    """Joint relative moves: of the worth of assets, and of perpetuals against their index."""

    def __init__(self, moves: Mapping[str, Floats], basis: Floats | None = None) -> None:
        arrays = [*moves.values(), *([] if basis is None else [basis])]
        self.count = len(arrays[0]) if arrays else 1
        self._worth = {asset: 1 + move for asset, move in moves.items()}
        self._basis = None if basis is None else 1 + basis

    def worth(self, asset: str, unit: str) -> Floats:
        """Return the factor on what an asset is worth in another."""
        if asset == unit:
            return self._one
        return self._worth.get(asset, self._one) / self._worth.get(unit, self._one)

    def mark(self, base: str, quote: str) -> Floats:
        """Return the factor on a perpetual's mark."""
        factor = self.worth(base, quote)
        return factor if self._basis is None else factor * self._basis

    @property
    def _one(self) -> Floats:
        return np.ones(self.count)


class Stressed(NamedTuple):
    """Figures by scenario; nan is unknown."""

    equity: Floats
    """By account, in the reporting currency."""
    ratios: Floats
    """Margin ratio by unit; inf where nothing is left to divide by, -inf where nothing is due."""
    levels: Codes
    """By unit: index in `desk.margin.levels.ORDER`."""
    near: Flags
    """By scenario: some unit stands on a threshold, or some position on the edge of a tier."""
    value: Floats
    """By unit, as what follows, each in its own settle asset: what its margin is held against."""
    initial: Floats
    maintenance: Floats


class _Leg(NamedTuple):
    """A position, the unit it counts in, and what converts it there."""

    position: PositionInput
    account: AccountInput
    unit: int
    rate: float
    """From its settle asset to the account's."""

    @property
    def group(self) -> tuple[str, str, str, str, bool, bool]:
        terms = self.position.instrument
        isolated = self.position.margin_mode is MarginMode.ISOLATED
        inverse = terms.contract is Contract.INVERSE
        return (terms.base, terms.quote, terms.settle, self.account.settle, isolated, inverse)


class _Group:
    """Positions whose marks move alike and whose money is converted alike, by unit."""

    def __init__(self, legs: Sequence[_Leg]) -> None:
        legs = sorted(legs, key=lambda leg: leg.unit)
        first = legs[0].group
        self.base, self.quote, self.settle, self.into, self.isolated, self._inverse = first
        positions = [leg.position for leg in legs]
        sizes = [p.quantity * p.instrument.contract_size for p in positions]
        self._size = _column(sizes)
        self._entry = _column(p.entry_price for p in positions)
        self._mark = _column(p.mark for p in positions)
        self._curves = Curves(positions)
        self.units, starts = np.unique([leg.unit for leg in legs], return_index=True)
        self._starts = [int(start) for start in starts]
        self._rates = np.array([legs[start].rate for start in self._starts])[:, np.newaxis]

    def conversion(self, scenarios: Scenarios) -> Floats:
        """Return what one of the positions' settle asset is in the account's, by unit."""
        return self._rates * scenarios.worth(self.settle, self.into)

    def measure(self, factors: Floats) -> tuple[tuple[Floats, Floats, Floats], Flags]:
        """Return P&L, initial and maintenance margin by unit, in the positions' settle asset.

        And by factor whether a position stands on the edge of a tier.
        """
        marks = self._mark * factors
        if self._inverse:
            worth = self._size / marks
            pnl = self._size / self._entry - worth
        else:
            worth = self._size * marks
            pnl = self._size * (marks - self._entry)
        margin = self._curves.measure(np.abs(worth))
        pnl, initial, maintenance = (
            np.add.reduceat(one, self._starts) for one in (pnl, margin.initial, margin.maintenance)
        )
        return (pnl, initial, maintenance), margin.on_edge


class PerpetualStress:
    """The perpetual accounts of a desk, laid out for many scenarios."""

    def __init__(
        self, accounts: Sequence[AccountInput], rates: Mapping[str, Decimal | None], currency: str
    ) -> None:
        """Take accounts; `rates`: account id → its settle asset's price in the currency."""
        self._accounts = accounts
        self._rates = [_number(rates[account.id]) for account in accounts]
        self._currency = currency
        self.account_of: list[int] = []
        """Account by unit: a unit is a cross pool or an isolated position."""
        self._pools: list[int] = []
        """Unit of the cross pool by account."""
        self._wallets: list[float] = []
        """By unit; a pool's is 0: it has balances."""
        self._idle: list[tuple[int, str, float]] = []
        """Wallets of flat isolated positions: account, asset, worth in the account's asset."""
        legs = [leg for index in range(len(accounts)) for leg in self._legs(index)]
        groups: dict[object, list[_Leg]] = {}
        for leg in legs:
            groups.setdefault(leg.group, []).append(leg)
        self._groups = [_Group(members) for members in groups.values()]

    def _unit(self, account: int, wallet: float) -> int:
        self.account_of.append(account)
        self._wallets.append(wallet)
        return len(self.account_of) - 1

    def _legs(self, index: int) -> Iterable[_Leg]:
        account = self._accounts[index]
        pool = self._unit(index, 0.0)
        self._pools.append(pool)
        for position in account.positions:
            settle, unit = position.instrument.settle, pool
            rate = _number(price_of(account, settle))
            if position.margin_mode is MarginMode.ISOLATED:
                wallet = _number(isolated_wallet(position))
                if not position.quantity and wallet:
                    self._idle.append((index, settle, wallet * rate))
                elif position.quantity:
                    unit = self._unit(index, wallet)
            if not position.quantity:
                continue
            yield _Leg(position, account, unit, rate)

    def measure(self, scenarios: Scenarios) -> Stressed:
        """Return the figures under every scenario."""
        shape = (len(self.account_of), scenarios.count)
        pnl, initial, maintenance = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        near = np.zeros(scenarios.count, dtype=bool)
        for group in self._groups:
            near |= self._add(group, scenarios, (pnl, initial, maintenance))
        value = pnl + np.array(self._wallets)[:, np.newaxis]
        equity = np.zeros((len(self._accounts), scenarios.count))
        for index, pool in enumerate(self._pools):
            counts, worth = _balances(self._accounts[index], scenarios)
            value[pool] += counts
            equity[index] = worth + pnl[pool]
        for group in self._groups:
            if group.isolated:
                owners = np.array(self.account_of)[group.units]
                np.add.at(equity, owners, value[group.units] * group.conversion(scenarios))
        for index, settle, worth in self._idle:
            equity[index] += worth * scenarios.worth(settle, self._accounts[index].settle)
        pools = np.array(self._pools, dtype=int)
        return Stressed(
            equity=self._reported(equity, scenarios),
            ratios=_ratios(maintenance, value),
            levels=_levels(value, initial, maintenance, pools),
            near=near
            | near_threshold(maintenance, value, RATIO_STEPS)
            | near_threshold(initial[pools], value[pools], INITIAL_STEPS),
            value=value,
            initial=initial,
            maintenance=maintenance,
        )

    def _add(
        self, group: _Group, scenarios: Scenarios, units: tuple[Floats, Floats, Floats]
    ) -> Flags:
        """Add what positions make of a scenario to their units; a pool counts in its own asset."""
        factors, where = np.unique(scenarios.mark(group.base, group.quote), return_inverse=True)
        convert = 1 if group.isolated else group.conversion(scenarios)
        parts, on_edge = group.measure(factors)
        for whole, part in zip(units, parts, strict=True):
            whole[group.units] += part[:, where] * convert
        return on_edge[where]

    def _reported(self, equity: Floats, scenarios: Scenarios) -> Floats:
        """Convert the equity of accounts into the reporting currency."""
        worth = [scenarios.worth(account.settle, self._currency) for account in self._accounts]
        return equity * np.array(self._rates)[:, np.newaxis] * np.array(worth).reshape(equity.shape)


def _balances(account: AccountInput, scenarios: Scenarios) -> tuple[Floats, Floats]:
    """Return what balances count as collateral and what they are worth, in the settle asset."""
    counts, worth = np.zeros(scenarios.count), np.zeros(scenarios.count)
    for asset, quantity in account.balances.items():
        if not quantity:
            continue
        slices = account.haircuts.get(asset, IN_FULL if asset == account.settle else ())
        price = _number(price_of(account, asset)) * scenarios.worth(asset, account.settle)
        counted = haircut_value(quantity, slices)
        if counted or slices:
            counts = counts + _number(counted) * price
        worth = worth + _number(quantity) * price
    return counts, worth


def _levels(value: Floats, initial: Floats, maintenance: Floats, pools: NDArray[np.int_]) -> Codes:
    levels = reached(maintenance, value, RATIO_STEPS)
    by_initial = reached(initial[pools], value[pools], INITIAL_STEPS)
    by_ratio = levels[pools]
    worst = np.maximum(by_ratio, by_initial)
    # An unknown initial margin leaves a call standing: it could only make that one.
    worst[(by_ratio == _CODE[MARGIN_CALL]) & np.isnan(initial[pools])] = _CODE[MARGIN_CALL]
    levels[pools] = np.where(value[pools] > 0, worst, by_ratio)
    return levels


def reached(used: Floats, available: Floats, steps: Sequence[tuple[Decimal, str]]) -> Codes:
    """Return the level that used / available has reached, as an index in ORDER."""
    codes = np.zeros(used.shape, dtype=np.int8)
    for threshold, level in reversed(steps):
        codes[used >= _number(threshold) * available] = _CODE[level]
    broke = available <= 0
    codes[broke] = np.where(used[broke] > 0, _CODE[CLOSE_OUT], 0)
    codes[np.isnan(used) | np.isnan(available)] = _CODE[UNKNOWN]
    return codes


def _ratios(used: Floats, available: Floats) -> Floats:
    left = np.where(used > 0, np.inf, -np.inf)
    known = ~(np.isnan(used) | np.isnan(available))
    ratios = np.where(known, left, np.nan)
    return np.divide(used, available, out=ratios, where=known & (available > 0))


def near_threshold(used: Floats, available: Floats, steps: Sequence[tuple[Decimal, str]]) -> Flags:
    """Say by scenario whether any of used / available stands on a threshold."""
    near = np.zeros(used.shape, dtype=bool)
    for threshold, _ in steps:
        edge = _number(threshold) * available
        near |= np.abs(used - edge) < NEAR * np.abs(edge)
    return np.any(near, axis=0, keepdims=True)[0]


def _number(value: Decimal | None) -> float:
    return np.nan if value is None else float(value)


def _column(values: Iterable[Decimal | None]) -> Floats:
    return np.array([_number(value) for value in values])[:, np.newaxis]
