"""What margin is given of the desk's own perpetual accounts: made once, then moved mark by mark.

A mark changes one position and what its orders would cost. All else changes with the journal, with
an instrument's terms or with the day, and is made anew then. A position that is the same value as
before carries with it what it requires (`desk.margin.requirement`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from desk.engine.order_inputs import order_input, rivals
from desk.execution.order import Order
from desk.ledger.book import wallet
from desk.margin.account import NO_TERMS
from desk.margin.inputs import AccountInput, PositionInput
from desk.model.instrument import Instrument, Kind
from desk.model.orders import MarginMode

if TYPE_CHECKING:
    from desk.engine.desk import Desk


class _Kept:
    """An account as it was given last."""

    def __init__(self, made_of: object, given: AccountInput, orders: list[list[Order]]) -> None:
        self.made_of = made_of
        self.given = given
        self.orders = orders
        """Behind each order of `given`: itself, and those that it cancels by filling."""
        self.marked: set[str] = set()
        """Instruments whose mark has changed since."""


class AccountInputs:
    """The own perpetual accounts as margin sees them now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[str, _Kept] = {}

    def heard_mark(self, instrument_id: str) -> None:
        """Note that an instrument has another mark."""
        for kept in self._kept.values():
            kept.marked.add(instrument_id)

    def of(self, account: str) -> AccountInput:
        """Return an account at the last marks: the same value again while nothing has changed."""
        made_of = (self._desk.changes, self._desk.today)
        kept = self._kept.get(account)
        if kept is None or kept.made_of != made_of:
            orders = list(rivals(self._desk.state.others(account)))
            before = () if kept is None else kept.given.positions
            given = self._made(account, orders, {p.instrument.id: p for p in before})
            kept = self._kept[account] = _Kept(made_of, given, orders)
        elif kept.marked:
            self._move(kept)
        return kept.given

    def without(self, account: str, order_id: str | None) -> AccountInput:
        """Return an account as if one order was not working, nor what it cancels by filling."""
        if order_id is None:
            return self.of(account)
        others = rivals(self._desk.state.others(account, order_id))
        orders = tuple(order_input(self._desk, one) for one in others)
        return msgspec.structs.replace(self.of(account), orders=orders)

    def _made(
        self, account: str, orders: list[list[Order]], before: Mapping[str, PositionInput]
    ) -> AccountInput:
        desk = self._desk
        settle = desk.state.accounts[account].settle
        assert settle is not None, f"{account} has no margin pool"
        tradeable = [i for i in desk.catalogue.all() if i.kind is Kind.PERPETUAL]
        pool = [i for i in tradeable if i.settle == settle]
        terms = desk.terms
        return AccountInput(
            id=account,
            settle=settle,
            balances=desk.state.ledger.balances(account),
            haircuts={},
            prices={},
            positions=tuple(
                before[position.instrument.id]
                if before.get(position.instrument.id) == position
                else position
                for instrument in pool
                if (position := self._position(account, instrument)) is not None
            ),
            orders=tuple(order_input(desk, one) for one in orders),
            marks={i.id: mark for i in pool if (mark := desk.mark(i.id)) is not None},
            terms={i.id: terms[i.id] for i in pool if i.id in terms},
            leverages={i.id: desk.leverage(account, i.id) for i in pool},
            modes={i.id: desk.state.mode(account, i.id) for i in pool},
            collar_rate=desk.rules.limits.collar_rate,
        )

    def _position(self, account: str, instrument: Instrument) -> PositionInput | None:
        desk = self._desk
        held = desk.state.position(account, instrument.id)
        entry = held.entry_price(instrument)
        if entry is None:
            return None
        mode = desk.state.mode(account, instrument.id)
        pocket = desk.state.ledger.balance(wallet(account, instrument.id), instrument.settle)
        return PositionInput(
            instrument=instrument,
            terms=desk.terms.get(instrument.id, NO_TERMS),
            quantity=held.quantity,
            entry_price=entry,
            mark=desk.mark(instrument.id),
            leverage=desk.leverage(account, instrument.id),
            margin_mode=mode,
            isolated_margin=pocket if mode is MarginMode.ISOLATED else None,
        )

    def _move(self, kept: _Kept) -> None:
        """Bring an account to the marks of now."""
        given, desk = kept.given, self._desk
        marks = {
            name: mark
            for name in kept.marked
            if name in given.modes  # it is of this pool
            and (mark := desk.mark(name)) is not None
            and mark != given.marks.get(name)
        }
        kept.marked.clear()
        if not marks:
            return
        positions = [
            msgspec.structs.replace(p, mark=marks[name])
            if (name := p.instrument.id) in marks
            else p
            for p in given.positions
        ]
        orders = [
            order_input(desk, behind) if order.instrument.id in marks else order
            for order, behind in zip(given.orders, kept.orders, strict=True)
        ]
        kept.given = msgspec.structs.replace(
            given,
            positions=tuple(positions),
            orders=tuple(orders),
            marks={**given.marks, **marks},
        )
