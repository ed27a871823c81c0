"""What the journal knows of margin loans beside the ledger: lines, terms, limits, rates.

Money lives in the ledger alone. What a financing account holds of coins and cash is its own
balance there; what it owes are the negative balances of the two ledger accounts below.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk.model.numbers import plain

INTEREST = "interest"
"""The other side of what loans cost."""


def principal_of(account: str) -> str:
    """Return the ledger account of what was drawn: its balance is minus what is owed."""
    return f"{account}/principal"


def interest_of(account: str) -> str:
    """Return the ledger account of interest accrued: its balance is minus what is owed."""
    return f"{account}/interest"


class SecuritiesLine(msgspec.Struct, frozen=True, kw_only=True):
    """Securities as the broker values them."""

    description: str
    market_value: Decimal
    """0: the line is taken away."""
    currency: str
    haircut: Decimal


class LoanTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the loan of an account in one asset."""

    asset: str
    annual_rate: Decimal
    accrued_through: str
    """ISO date in Hong Kong: interest is in the ledger up to 00:00 of that day."""


class Money(msgspec.Struct, frozen=True):
    """An amount of an asset."""

    asset: str
    quantity: Decimal


class DatedRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one US dollar costs, as a person entered it."""

    asset: str
    per_usd: Decimal
    as_of_ms: int


class LendingChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a journal row changes of it."""

    account: str = ""
    securities: SecuritiesLine | None = None
    term: LoanTerm | None = None
    credit_limit: Money | None = None
    firm_capital: Money | None = None
    rate: DatedRate | None = None


class Lending:
    """The fold of those changes."""

    def __init__(self) -> None:
        self._securities: dict[str, dict[str, SecuritiesLine]] = {}
        self._terms: dict[str, dict[str, LoanTerm]] = {}
        self.credit_limits: dict[str, Money] = {}
        self.firm_capital: Money | None = None
        self.rates: dict[str, DatedRate] = {}

    def securities(self, account: str) -> list[SecuritiesLine]:
        """Return an account's lines, in the order in which they came."""
        return list(self._securities.get(account, {}).values())

    def terms(self, account: str) -> list[LoanTerm]:
        """Return the terms of all loans that an account ever drew."""
        return list(self._terms.get(account, {}).values())

    def term(self, account: str, asset: str) -> LoanTerm | None:
        """Return the terms of the loan in one asset; None when none was ever drawn."""
        return self._terms.get(account, {}).get(asset)

    def fold(self, change: LendingChange) -> None:
        """Apply a change."""
        if change.securities is not None:
            self._set_line(change.account, change.securities)
        if change.term is not None:
            self._terms.setdefault(change.account, {})[change.term.asset] = change.term
        if change.credit_limit is not None:
            self.credit_limits[change.account] = change.credit_limit
        if change.firm_capital is not None:
            self.firm_capital = change.firm_capital
        if change.rate is not None:
            self.rates[change.rate.asset] = change.rate

    def _set_line(self, account: str, line: SecuritiesLine) -> None:
        lines = self._securities.setdefault(account, {})
        if line.market_value:
            lines[line.description] = line
        else:
            lines.pop(line.description, None)

    def document(self) -> dict[str, Any]:
        """Return all of it as plain sorted values: for the state hash."""
        return {
            "securities": {
                account: {
                    line.description: [
                        plain(line.market_value),
                        line.currency,
                        plain(line.haircut),
                    ]
                    for line in sorted(lines.values(), key=lambda line: line.description)
                }
                for account, lines in sorted(self._securities.items())
                if lines
            },
            "terms": {
                f"{account} {term.asset}": [plain(term.annual_rate), term.accrued_through]
                for account, terms in sorted(self._terms.items())
                for term in sorted(terms.values(), key=lambda term: term.asset)
            },
            "credit_limits": {
                account: _text(limit) for account, limit in sorted(self.credit_limits.items())
            },
            "firm_capital": None if self.firm_capital is None else _text(self.firm_capital),
            "rates": {
                asset: [plain(rate.per_usd), rate.as_of_ms]
                for asset, rate in sorted(self.rates.items())
            },
        }


def _text(money: Money) -> list[str]:
    return [money.asset, plain(money.quantity)]
