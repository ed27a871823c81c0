"""Joint moves the plain way: loops over Python floats, for `desk bench stress`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from desk.margin.inputs import AccountInput


class Row(msgspec.Struct):
    """A position in plain floats."""

    is_btc: bool
    quantity: float
    entry: float
    mark: float
    tiers: list[tuple[float, float]]


class Plain(NamedTuple):
    """An account in plain floats."""

    balance: float
    rows: list[Row]


def plain(account: AccountInput) -> Plain:
    """Return an account in plain floats."""
    rows = [
        Row(
            is_btc=p.instrument.base == "BTC",
            quantity=float(p.quantity),
            entry=float(p.entry_price),
            mark=float(p.mark or 0),
            tiers=[(float(t.maintenance_rate), float(t.maintenance_amount)) for t in p.terms.tiers],
        )
        for p in account.positions
    ]
    return Plain(float(account.balances[account.settle]), rows)


def ratios(accounts: Sequence[Plain], moves: Sequence[float]) -> list[list[float]]:
    """Return the margin ratio of each account under each pair of moves: of BTC, then of ETH."""
    return [[_ratio(one, btc, eth) for btc in moves for eth in moves] for one in accounts]


def _ratio(account: Plain, btc: float, eth: float) -> float:
    value, maintenance = account.balance, 0.0
    for row in account.rows:
        mark = row.mark * (1 + (btc if row.is_btc else eth))
        value += row.quantity * (mark - row.entry)
        notional = abs(row.quantity) * mark
        maintenance += max(notional * rate - amount for rate, amount in row.tiers)
    return maintenance / value
