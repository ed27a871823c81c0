"""A portfolio laid out for the float kernel: every account, as one desk, under many scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from desk.margin.financing import LoanInput
from desk.margin.stress import Codes, Flags, Floats, PerpetualStress, Scenarios
from desk.margin.stress_loans import stress_loan
from desk.model.numbers import ZERO
from desk.risk.evaluation import Evaluation
from desk.risk.loan_row import loan_input
from desk.risk.portfolio import FinancingAccount, SpotAccount
from desk.risk.prices import price_of
from desk.risk.shock import Shock


class DeskStress(NamedTuple):
    """The desk as one, by scenario; nan is unknown."""

    equity: Floats
    ratio: Floats
    """inf: nothing is left to divide by; -inf: there is nothing to hold a ratio of."""
    level: Codes
    units: Codes
    """Level of every pool, isolated position and loan."""
    near: Flags


class StressBook:
    """A portfolio laid out for many scenarios."""

    def __init__(self, evaluation: Evaluation) -> None:
        situation = evaluation.situation
        self._portfolio = situation.portfolio
        rates = {name: evaluation.rate(name) for name in situation.accounts}
        self._perpetual = PerpetualStress(
            list(situation.accounts.values()), rates, self._portfolio.currency
        )
        self._loans: list[LoanInput] = [
            loan_input(account, self._portfolio, situation.profile)
            for account in self._portfolio.accounts
            if isinstance(account, FinancingAccount)
        ]
        self._held = [
            (balance.asset, balance.quantity, price_of(self._portfolio, balance.asset))
            for account in self._portfolio.accounts
            if isinstance(account, SpotAccount)
            for balance in account.balances
            if balance.quantity
        ]

    def measure(self, scenarios: Scenarios) -> DeskStress:
        """Return the figures of the desk under every scenario."""
        currency = self._portfolio.currency
        perpetual = self._perpetual.measure(scenarios)
        loans = [stress_loan(loan, scenarios, currency) for loan in self._loans]
        worths = [perpetual.equity.sum(axis=0), *(loan.equity for loan in loans)]
        for asset, quantity, price in self._held:
            worth = np.nan if price is None else np.float64(quantity * price)
            worths.append(worth * scenarios.worth(asset, currency))
        units = np.vstack([perpetual.levels, *(loan.levels for loan in loans)])
        near = [perpetual.near, *(loan.near for loan in loans)]
        nothing = np.full((1, scenarios.count), -np.inf)
        return DeskStress(
            equity=np.sum(worths, axis=0),
            ratio=np.max(np.vstack([nothing, perpetual.ratios]), axis=0),
            level=np.max(units, axis=0, initial=0),
            units=units,
            near=np.any(near, axis=0),
        )


def scenarios_of(shocks: Sequence[Shock]) -> Scenarios:
    """Return shocks as the kernel takes them."""
    assets = sorted({asset for shock in shocks for asset in shock.moves})
    return Scenarios(
        {asset: _array(shock.moves.get(asset, ZERO) for shock in shocks) for asset in assets},
        _array(shock.basis for shock in shocks),
    )


def _array(values: Iterable[Decimal]) -> Floats:
    return np.array(list(values), dtype=np.float64)
