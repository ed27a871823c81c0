"""A portfolio document as it would stand after a joint move: the same document at other prices.

Assets keep or change their worth; a price is the worth of one asset in another and a mark the
worth of a perpetual's base in its quote. So marks quoted in a stablecoin rise when that coin
falls, as they do at venues. A basis shock moves perpetuals' marks alone, against every index.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountInput
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE, ZERO
from desk.risk.situation import Situation

HIGHEST = Decimal(10)
"""A price eleven times as high; beyond it is a slip of the pen."""


def wrong_move(asset: str, move: Decimal) -> str:
    """Return why a move is none, a sentence; empty when it is one."""
    if move.is_finite() and -ONE < move <= HIGHEST:
        return ""
    return f"{asset} cannot move by {move}: a move is above -1 and at most {HIGHEST}."


class Shock(msgspec.Struct, frozen=True, kw_only=True):
    """Relative moves; an asset that is not named keeps its worth."""

    moves: Mapping[str, Decimal] = {}
    """Asset → relative move of its worth, above −1."""
    basis: Decimal = ZERO
    """Relative move of every perpetual's mark against its index, above −1."""

    def worth(self, asset: str, unit: str) -> Decimal:
        """Return the factor on what an asset is worth in another."""
        if asset == unit:
            return ONE
        return (ONE + self.moves.get(asset, ZERO)) / (ONE + self.moves.get(unit, ZERO))

    def mark(self, instrument: Instrument) -> Decimal:
        """Return the factor on an instrument's mark."""
        factor = self.worth(instrument.base, instrument.quote)
        return factor * (ONE + self.basis) if instrument.kind is Kind.PERPETUAL else factor


def shocked(situation: Situation, shock: Shock) -> Situation:
    """Return the situation after a shock; orders, balances and entry prices stay."""
    portfolio = situation.portfolio
    marks = _marks(situation.instruments, shock, portfolio.marks)
    prices = {
        asset: price * shock.worth(asset, portfolio.currency)
        for asset, price in portfolio.prices.items()
    }
    return msgspec.structs.replace(
        situation,
        portfolio=msgspec.structs.replace(portfolio, prices=prices, marks=marks),
        accounts={
            name: shocked_account(account, shock, situation.instruments)
            for name, account in situation.accounts.items()
        },
    )


def _marks(
    known: Mapping[str, Instrument], shock: Shock, marks: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return marks after a shock; one of an instrument that nobody speaks of stays."""
    return {
        name: mark * shock.mark(known[name]) if name in known else mark
        for name, mark in marks.items()
    }


def shocked_account(
    account: AccountInput, shock: Shock, known: Mapping[str, Instrument]
) -> AccountInput:
    """Return a perpetual account after a shock; `known`: the instruments whose marks move."""
    return msgspec.structs.replace(
        account,
        prices={
            asset: price * shock.worth(asset, account.settle)
            for asset, price in account.prices.items()
        },
        positions=tuple(
            position
            if position.mark is None
            else msgspec.structs.replace(
                position, mark=position.mark * shock.mark(position.instrument)
            )
            for position in account.positions
        ),
        marks=_marks(known, shock, account.marks),
    )
