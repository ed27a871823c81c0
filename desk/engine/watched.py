"""Watched accounts at live prices: the imported document, with what the desk hears in its place.

Where the desk streams an instrument its mark alone counts, by the rules of the desk's own
accounts: until it is heard the figures are unknown. What nobody here streams keeps the price of
the document, which is never fresh. Likewise assets: dollars, stablecoins and coins that venues
here price are worth what the desk knows now, all others what the document says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from desk.engine.conversion import HKD, worth
from desk.engine.desk import Desk
from desk.engine.quality import fed_markets
from desk.margin.inputs import AccountInput, PositionInput
from desk.market.reference import UNDERLYINGS
from desk.model.instrument import Instrument
from desk.risk.portfolio import Account as Row
from desk.risk.portfolio import FinancingAccount, PerpetualAccount, Portfolio
from desk.risk.portfolio_reader import Source
from desk.risk.prices import price_in
from desk.risk.situation import Shipped, Situation, resolved

_SOURCE = Source(name="the import", text="", tree=None, line=None)

WORST = ("UNKNOWN", "STALE", "LIVE")


class Watched:
    """What is watched, as it is now. Changes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        fed = {market.instrument.base for market in fed_markets(desk)}
        self._coins = fed & {*UNDERLYINGS}
        """Coins that the consensus of this desk, or a spot book, prices."""
        self._resolved: tuple[Portfolio, date, Situation] | None = None
        self._positions: dict[tuple[str, str], tuple[PositionInput, PositionInput]] = {}
        """Account and instrument → the position of the document, and as it was last seen here."""

    @property
    def portfolio(self) -> Portfolio:
        """What was imported."""
        found = self._desk.state.imported
        assert found is not None, "nothing was imported"
        return found

    @property
    def situation(self) -> Situation:
        """The import at its own prices, instruments margined by the rules in force today."""
        desk, portfolio = self._desk, self.portfolio
        if self._resolved is not None and self._resolved[:2] == (portfolio, desk.today):
            return self._resolved[2]
        known = Shipped(
            catalogue=desk.catalogue,
            terms=lambda _: desk.terms,
            profile=lambda _: desk.rules.profile,
        )
        found = resolved(portfolio, _SOURCE, known)
        self._resolved = (portfolio, desk.today, found)
        self._positions.clear()
        return found

    def row(self, account: str) -> Row:
        """Return an account as it was imported."""
        return next(row for row in self.portfolio.accounts if row.id == account)

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument of the import, in the document's terms."""
        return self.situation.instruments[instrument_id]

    def instruments_of(self, account: str) -> set[str]:
        """Return the instruments whose marks an account's figures stand on."""
        row = self.row(account)
        if not isinstance(row, PerpetualAccount):
            return set()
        held = {position.instrument for position in row.positions if position.quantity}
        return held | {order.instrument for order in row.orders}

    # --- marks -------------------------------------------------------------------------------

    def is_streamed(self, instrument_id: str) -> bool:
        """Whether this desk hears the mark of an instrument itself."""
        known = self._desk.catalogue.get(instrument_id)
        return known is not None and known.connection in self._desk.settings.fed

    def mark(self, instrument_id: str) -> Decimal | None:
        """Return the mark; of what nobody here streams, the document's."""
        if self.is_streamed(instrument_id):
            return self._desk.mark(instrument_id)
        return self.portfolio.marks.get(instrument_id)

    def mark_quality(self, instrument_id: str) -> str:
        """Return LIVE, STALE or UNKNOWN; a document's mark is never LIVE."""
        if self.is_streamed(instrument_id):
            return self._desk.quality(instrument_id)
        return "STALE" if instrument_id in self.portfolio.marks else "UNKNOWN"

    def mark_age_ms(self, instrument_id: str) -> int | None:
        """Return the age of a mark: of a document's, since the moment it speaks of."""
        desk = self._desk
        if self.is_streamed(instrument_id):
            return desk.market.mark_age_ms(instrument_id, desk.now_ns)
        if instrument_id not in self.portfolio.marks:
            return None
        return desk.wall_ms - int(self.portfolio.time.timestamp() * 1_000)

    # --- prices ------------------------------------------------------------------------------

    def price(self, asset: str, currency: str, *, owed: bool = False) -> Decimal | None:
        """Return what an asset is worth in another one; None is unknown."""
        if self._is_priced_here(asset, currency):
            return worth(self._desk, asset, currency, owed=owed)
        return price_in(self.portfolio, asset, currency)

    def price_quality(self, asset: str, currency: str) -> str:
        """Return LIVE, STALE or UNKNOWN; a document's price is never LIVE."""
        if asset == currency:
            return "LIVE"
        if self.price(asset, currency) is None:
            return "UNKNOWN"
        return "LIVE" if self._is_priced_here(asset, currency) else "STALE"

    def _is_priced_here(self, asset: str, currency: str) -> bool:
        """Whether both have a price that this desk hears of, or knows without hearing."""
        rates = self._desk.reference.rates
        return all(
            name == HKD or name in rates or name in self._coins for name in (asset, currency)
        )

    @property
    def assets(self) -> set[str]:
        """Return every asset that a watched account holds, owes or settles in."""
        held = {asset for row in self.portfolio.accounts for asset in assets_of(row)}
        return held | {one.settle for one in self.situation.instruments.values()}

    # --- accounts ----------------------------------------------------------------------------

    def quality(self, account: str) -> str:
        """Return the worst quality of the marks and prices an account's figures stand on."""
        row, unit = self.row(account), self.portfolio.currency
        if isinstance(row, PerpetualAccount):
            unit = self.situation.accounts[account].settle
        found = {self.mark_quality(name) for name in self.instruments_of(account)}
        found |= {self.price_quality(asset, unit) for asset in assets_of(row)}
        return next((quality for quality in WORST if quality in found), "LIVE")

    def account_input(self, account: str) -> AccountInput:
        """Return a perpetual account for margin, at the marks and prices of now."""
        given = self.situation.accounts[account]
        assets = {*given.balances, *given.haircuts}
        marks = {name: self.mark(name) for name in self.situation.instruments}
        return msgspec.structs.replace(
            given,
            positions=tuple(self._position(account, position) for position in given.positions),
            marks={name: mark for name, mark in marks.items() if mark is not None},
            prices={
                asset: price
                for asset in assets
                if (price := self.price(asset, given.settle)) is not None
            },
        )

    def _position(self, account: str, given: PositionInput) -> PositionInput:
        name = given.instrument.id
        mark = self.mark(name)
        known = self._positions.get((account, name))
        if known is not None and known[0] is given and known[1].mark == mark:
            return known[1]  # it carries with it what it requires
        seen = msgspec.structs.replace(given, mark=mark)
        self._positions[account, name] = (given, seen)
        return seen


def assets_of(row: Row) -> Iterable[str]:
    """Return the assets that an account holds or owes something of."""
    if not isinstance(row, FinancingAccount):
        return {held.asset for held in row.balances if held.quantity}
    pledged = {piece.asset or piece.currency or "" for piece in row.collateral}
    return pledged | {loan.asset for loan in row.loans}
