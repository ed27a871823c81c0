"""What fills move between ledger accounts."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.state import DeskState, Key
from desk.ledger.book import FEES, MARKET, TRADING, Posting, transfer, wallet
from desk.ledger.position import Position
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import POSTING_INCREMENT, ZERO, posted, round_down, round_up
from desk.model.orders import Fill, MarginMode


class Settlement:
    """Works out the postings of several fills in a row before any of them is applied."""

    def __init__(self, state: DeskState) -> None:
        self._state = state
        self._positions: dict[Key, Position] = {}
        self._pockets: dict[str, Decimal] = {}

    def postings(self, instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
        """Return the postings of a fill that follows those asked about before it."""
        fee = transfer(fill.account, FEES, fill.fee_asset, fill.fee)
        if instrument.kind is Kind.SPOT:
            return (*_exchange(instrument, fill), *fee)
        key = (fill.account, fill.instrument)
        held = self._positions.get(key, self._state.position(*key))
        after = held.filled(instrument, fill.quantity * fill.side.sign, fill.price)
        self._positions[key] = after
        realized = after.realized_pnl - held.realized_pnl
        earned = transfer(TRADING, fill.account, instrument.settle, realized)
        return (*earned, *self._isolated(held.quantity, instrument, fill), *fee)

    def _isolated(self, held: Decimal, instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
        """Move margin with an isolated position: notional / leverage in, the closed share out."""
        key = (fill.account, fill.instrument)
        if self._state.mode(*key) is not MarginMode.ISOLATED:
            return ()
        pocket = wallet(*key)
        balance = self._pockets.get(pocket, self._state.ledger.balance(pocket, instrument.settle))
        opposite = held * fill.side.sign < 0
        closing = min(fill.quantity, abs(held)) if opposite else ZERO
        leverage = self._state.leverages.get(key, Decimal(1))
        opening = instrument.notional(fill.quantity - closing, fill.price) / leverage
        leaving = ZERO
        if closing:
            share = balance * closing / abs(held)
            whole = closing == abs(held)
            leaving = balance if whole else round_down(share, POSTING_INCREMENT)
        moved = round_up(opening, POSTING_INCREMENT) - leaving
        self._pockets[pocket] = balance + moved
        return transfer(fill.account, pocket, instrument.settle, moved)


def _exchange(instrument: Instrument, fill: Fill) -> tuple[Posting, ...]:
    quantity = fill.quantity * fill.side.sign
    cost = posted(quantity * instrument.contract_size * fill.price)
    return (
        *transfer(MARKET, fill.account, instrument.base, quantity),
        *transfer(fill.account, MARKET, instrument.quote, cost),
    )
