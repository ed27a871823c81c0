"""What fills move between ledger accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from desk.engine.state import DeskState, Key
from desk.ledger.book import FEES, LOSS, MARKET, TRADING, Posting, transfer, wallet
from desk.ledger.position import Position
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import POSTING_INCREMENT, ZERO, posted, round_down, round_up
from desk.model.orders import Fill, MarginMode

LeverageOf: TypeAlias = Callable[[str, str], Decimal]
"""The leverage setting by account and instrument."""

CrossPnl: TypeAlias = Callable[[str, Mapping[Key, Position]], Decimal]
"""What the cross positions of an account would bring now, some of them as they are given."""


class Settlement:
    """Works out the postings of several fills in a row before any of them is applied."""

    def __init__(self, state: DeskState, leverage: LeverageOf, cross_pnl: CrossPnl) -> None:
        self._state = state
        self._leverage = leverage
        self._cross_pnl = cross_pnl
        self._positions: dict[Key, Position] = {}
        self._pockets: dict[str, Decimal] = {}
        self._moved: dict[Key, Decimal] = {}
        """What the fills asked about before move of an account's own balance, by asset."""

    def postings(self, instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
        """Return the postings of a fill that follows those asked about before it."""
        found = self._postings(instrument, fill)
        for posting in found:
            if posting.account == fill.account:
                key = (posting.account, posting.asset)
                self._moved[key] = self._moved.get(key, ZERO) + posting.amount
        return found

    def _postings(self, instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
        fee = transfer(fill.account, FEES, fill.fee_asset, fill.fee)
        if instrument.kind is Kind.SPOT:
            return (*_exchange(instrument, fill), *fee)
        key = (fill.account, fill.instrument)
        held = self._positions.get(key, self._state.position(*key))
        after = held.filled(instrument, fill.quantity * fill.side.sign, fill.price)
        self._positions[key] = after
        realized = after.realized_pnl - held.realized_pnl
        if self._keeps_wallet(fill):
            return self._in_wallet(instrument, fill, realized)
        earned = transfer(TRADING, fill.account, instrument.settle, realized)
        return (*earned, *self._isolated(held, instrument, fill, realized), *fee)

    def _keeps_wallet(self, fill: Fill) -> bool:
        """Whether a fill closes an isolated position out: then its wallet bears it all."""
        isolated = self._state.mode(fill.account, fill.instrument) is MarginMode.ISOLATED
        return isolated and fill.order_id in self._state.close_out_steps

    def _in_wallet(
        self, instrument: Instrument, fill: Fill, realized: Decimal
    ) -> tuple[Posting, ...]:
        pocket, settle = wallet(fill.account, fill.instrument), instrument.settle
        balance = self._pockets.get(pocket, self._state.ledger.balance(pocket, settle))
        self._pockets[pocket] = balance + realized - fill.fee
        return (
            *transfer(TRADING, pocket, settle, realized),
            *transfer(pocket, FEES, fill.fee_asset, fill.fee),
        )

    def _isolated(
        self, held: Position, instrument: Instrument, fill: Fill, realized: Decimal
    ) -> tuple[Posting, ...]:
        """Move margin with an isolated position: notional / leverage in, the closed share out.

        What a part has lost beyond its share the rest of the wallet bears; what is lost beyond
        the wallet is not its account's, in however many fills it closes. No more is put up than
        the account has by now: the loss account would pay for the wallet.
        """
        key, settle = (fill.account, fill.instrument), instrument.settle
        if self._state.mode(*key) is not MarginMode.ISOLATED:
            return ()
        pocket = wallet(*key)
        balance = self._pockets.get(pocket, self._state.ledger.balance(pocket, settle))
        opposite = held.quantity * fill.side.sign < 0
        closing = min(fill.quantity, abs(held.quantity)) if opposite else ZERO
        opening = instrument.notional(fill.quantity - closing, fill.price) / self._leverage(*key)
        leaving = beyond = ZERO
        if closing:
            share = round_down(balance * closing / abs(held.quantity), POSTING_INCREMENT)
            lost = posted(fill.fee * closing / fill.quantity) - realized
            leaving = balance if closing == abs(held.quantity) else max(share, min(balance, lost))
            beyond = max(ZERO, lost - leaving)
        there = self._there(fill, settle) + realized - fill.fee + leaving + beyond
        moved = min(round_up(opening, POSTING_INCREMENT), max(ZERO, there)) - leaving
        self._pockets[pocket] = balance + moved
        return (
            *transfer(fill.account, pocket, settle, moved),
            *transfer(LOSS, fill.account, settle, beyond),
        )

    def _there(self, fill: Fill, settle: str) -> Decimal:
        """Return what an account has before a fill: its balance, behind its cross positions."""
        balance = self._state.ledger.balance(fill.account, settle)
        balance += self._moved.get((fill.account, settle), ZERO)
        return balance + self._cross_pnl(fill.account, self._positions)


def _exchange(instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
    quantity = fill.quantity * fill.side.sign
    cost = posted(quantity * instrument.contract_size * fill.price)
    return (
        *transfer(MARKET, fill.account, instrument.base, quantity),
        *transfer(fill.account, MARKET, instrument.quote, cost),
    )
