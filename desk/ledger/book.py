"""Double entry: every movement is a set of postings that sum to zero in each asset.

Ledger accounts are the desk's accounts (`perp-1`), their isolated wallets
(`perp-1/BTCUSDT-PERP.BINANCE`), and the counterparties below, whose balances mirror what came
from them: a ledger that sums to zero has lost and invented nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from desk.model.numbers import ZERO, plain

WORLD = "world"
"""Where deposits come from and withdrawals go."""
FEES = "fees"
TRADING = "trading"
"""The other side of realized P&L."""
MARKET = "market"
"""The other side of a spot exchange."""
FUNDING = "funding"
"""What longs and shorts pay each other."""
INSURANCE = "insurance"
"""The venue's fund: takes what a liquidation leaves of the margin, bears what it lacks."""
LOSS = "loss"
"""Bears what a position or an account lost beyond its margin."""


class Posting(msgspec.Struct, frozen=True):
    """An amount of an asset added to a ledger account (negative: taken away)."""

    account: str
    asset: str
    amount: Decimal


def transfer(source: str, target: str, asset: str, amount: Decimal) -> tuple[Posting, ...]:
    """Return the postings that move an amount; none for nothing."""
    if amount == 0:
        return ()
    return (Posting(source, asset, -amount), Posting(target, asset, amount))


def wallet(account: str, instrument: str) -> str:
    """Return the ledger account of an isolated position's margin."""
    return f"{account}/{instrument}"


class Ledger:
    """Balances as the fold of all postings."""

    def __init__(self) -> None:
        self._balances: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)

    def post(self, postings: Iterable[Posting]) -> None:
        """Apply one movement; a movement that does not sum to zero is our bug."""
        postings = tuple(postings)
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for posting in postings:
            sums[posting.asset] += posting.amount
        assert not any(sums.values()), f"postings do not sum to zero: {dict(sums)}"
        for posting in postings:
            assets = self._balances[posting.account]
            assets[posting.asset] = assets.get(posting.asset, ZERO) + posting.amount

    def balance(self, account: str, asset: str) -> Decimal:
        """Return what an account holds of an asset."""
        return self._balances[account].get(asset, ZERO) if account in self._balances else ZERO

    def balances(self, account: str) -> Mapping[str, Decimal]:
        """Return everything an account holds, nothing left out but zeros."""
        held = self._balances.get(account, {})
        return {asset: amount for asset, amount in held.items() if amount}

    def document(self) -> dict[str, dict[str, str]]:
        """Return all balances as plain sorted text: for the state hash."""
        return {
            account: {asset: plain(amount) for asset, amount in sorted(assets.items()) if amount}
            for account, assets in sorted(self._balances.items())
            if any(assets.values())
        }
