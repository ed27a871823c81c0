"""One account for the float kernel: what its map and tables of stress are made of."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from desk.margin.account import margin_figures
from desk.margin.financing import LoanInput, loan_figures
from desk.margin.inputs import AccountInput
from desk.margin.pool import total
from desk.margin.stress import Codes, Flags, Floats, PerpetualStress, Scenarios, Stressed
from desk.margin.stress_loans import stress_loan
from desk.model.instrument import Instrument
from desk.model.numbers import ONE
from desk.model.orders import MarginMode
from desk.risk.shock import Shock, shocked_account


class Figures(NamedTuple):
    """One account by scenario, in its own currency; nan is unknown."""

    equity: Floats
    value: Floats
    """What counts as collateral: of the pool, or of the isolated position whose ratio is worst."""
    required: Floats
    """Initial margin and that of orders; of a loan, what is owed."""
    ratio: Floats
    """The worst margin ratio of pool and isolated positions; nan of a loan, which has none."""
    level: Codes
    near: Flags
    """A level that a float cannot decide."""
    to_call: Floats
    """What is left before `required` reaches `value`; nan where that calls nobody."""
    to_close_out: Floats
    """What is left before close-out of the unit that is nearest to it."""

    def at(self, where: NDArray[np.int_]) -> Figures:
        """Return the figures of some scenarios."""
        return Figures(
            equity=self.equity[where],
            value=self.value[where],
            required=self.required[where],
            ratio=self.ratio[where],
            level=self.level[where],
            near=self.near[where],
            to_call=self.to_call[where],
            to_close_out=self.to_close_out[where],
        )


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is put under stress."""

    currency: str
    assets: frozenset[str]
    """Everything whose worth it hangs on."""
    by_ratio: bool
    """Its levels are those of isolated positions, by margin ratio alone."""
    measure: Callable[[Scenarios], Figures]
    exact_level: Callable[[Shock], str]


def perpetual_subject(account: AccountInput, order_margin: Decimal | None) -> Subject:
    """Return a perpetual account; working orders are taken to hold what they hold now."""
    held = [p for p in account.positions if p.quantity]
    isolated = [p for p in held if p.margin_mode is MarginMode.ISOLATED]
    by_ratio = bool(isolated) and len(isolated) == len(held)
    known: dict[str, Instrument] = {p.instrument.id: p.instrument for p in account.positions}
    stress = PerpetualStress([account], {account.id: ONE}, account.settle)
    orders = np.nan if order_margin is None else np.float64(order_margin)
    first = int(by_ratio)

    def measure(scenarios: Scenarios) -> Figures:
        found = stress.measure(scenarios)
        shown = np.argmax(found.ratios[first:], axis=0) + first if by_ratio else 0
        each = np.arange(scenarios.count)
        value = found.value[shown, each]
        required = found.initial[shown, each] + (0 if by_ratio else orders)
        return Figures(
            equity=found.equity[0],
            value=value,
            required=required,
            ratio=np.max(found.ratios, axis=0),
            level=np.max(found.levels, axis=0),
            near=found.near,
            to_call=np.full_like(value, np.nan) if by_ratio else value - required,
            to_close_out=_nearest(found, first),
        )

    def exact_level(shock: Shock) -> str:
        return margin_figures(shocked_account(account, shock, known)).level

    quotes = {asset for p in held for asset in (p.instrument.quote, p.instrument.settle)}
    assets = frozenset({account.settle, *account.balances, *quotes})
    return Subject(
        currency=account.settle, assets=assets, by_ratio=by_ratio,
        measure=measure, exact_level=exact_level,
    )  # fmt: skip


def _nearest(found: Stressed, first: int) -> Floats:
    """Return the least that any unit is away from close-out; a pool without positions has none."""
    return np.min((found.value - found.maintenance)[first:], axis=0)


def loan_subject(loan: LoanInput, currency: str) -> Subject:
    """Return a margin loan whose amounts are in its own currency."""
    terms = loan.terms

    def measure(scenarios: Scenarios) -> Figures:
        found = stress_loan(loan, scenarios, currency)
        return Figures(
            equity=found.equity,
            value=found.margin,
            required=found.debt,
            ratio=np.full(scenarios.count, np.nan),
            level=found.levels,
            near=found.near,
            to_call=float(terms.call) * found.margin - found.debt,
            to_close_out=float(terms.close_out) * found.margin - found.debt,
        )

    def exact_level(shock: Shock) -> str:
        def moved(asset: str, amount: Decimal | None) -> Decimal | None:
            return None if amount is None else amount * shock.worth(asset, currency)

        pledges = [
            msgspec.structs.replace(pledge, market_value=moved(asset, pledge.market_value))
            for asset, pledge in loan.pledges
        ]
        owed = total(moved(asset, amount) for asset, amount in loan.owed)
        return loan_figures(pledges, owed, terms).level

    assets = frozenset({currency, *(asset for asset, _ in (*loan.pledges, *loan.owed))})
    return Subject(
        currency=currency, assets=assets, by_ratio=False, measure=measure, exact_level=exact_level
    )
