"""What the journal determines: the fold of all rows, and nothing that depends on prices or time.

Start and restart are one path: rows are applied in order, by the same function that applies a
row just written.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from desk.engine import names_once
from desk.engine.accounts import NEW_FOLDER, Account, watched_accounts
from desk.engine.alert_book import AlertBook
from desk.engine.bracket_book import BracketBook, Role
from desk.engine.change import Change, CloseOut, Latch, Liquidation, NewOrder, Unit, change_of
from desk.engine.lending import Lending
from desk.engine.program_book import ProgramBook
from desk.engine.rule_state import RuleState
from desk.engine.state_document import few
from desk.engine.state_hash import chunk_hashes, hash_of
from desk.execution.order import Order, apply, asked
from desk.execution.outcome import Filled, Outcome
from desk.ledger.book import FUNDING, Ledger
from desk.ledger.position import Position
from desk.model.catalogue import Catalogue
from desk.model.errors import JournalBroken
from desk.model.instrument import Kind
from desk.model.journal import Row
from desk.model.numbers import ZERO, plain
from desk.model.orders import Fill, MarginMode
from desk.risk.client import ClientRecord
from desk.risk.portfolio import Portfolio

Key = tuple[str, str]
"""Account and instrument."""

SEVERITY = {"ACTIVE": 0, "REDUCING": 1, "HALTED": 2}

LIQUIDATED = "liquidated by the venue"

CALLED = frozenset({"MARGIN_CALL", "CLOSE_OUT"})
"""Levels at which the countdown to cure runs."""


class DeskState:
    """Balances, positions, orders, ids, settings and latches."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.seq = 0
        self.accounts: dict[str, Account] = dict(NEW_FOLDER)
        self.imported: Portfolio | None = None
        """The document whose accounts are watched."""
        self.ledger = Ledger()
        self.positions: dict[Key, Position] = {}
        self.orders: dict[str, Order] = {}
        self.brackets = BracketBook(self.orders)
        self.pairs: dict[str, tuple[str, ...]] = {}
        """Id of an OCO → its orders."""
        self.turns: dict[str, tuple[str, ...]] = {}
        """Id of an order that turns a position round → what stood behind that."""
        self._live: dict[str, None] = {}
        """Ids of the orders to which more can happen, oldest first."""
        self._ended: dict[str, None] = {}
        self.collars: dict[str, Decimal] = {}
        self.cancels: set[str] = set()
        """Orders whose cancel was asked for and that are still live."""
        self.fills: list[Fill] = []
        self.contents: dict[str, str] = {}
        """Client id → digest of its command."""
        self._order_hashes: dict[int, str] = {}
        self._id_hashes: dict[int, str] = {}
        """Of each thousand that can no longer change; worked out when the hash is asked for."""
        self.latches: dict[str, Latch] = {}
        self.leverages: dict[Key, Decimal] = {}
        self.modes: dict[Key, MarginMode] = {}
        self.client: ClientRecord | None = None
        self.client_set = False
        """Whether a person ever set or cleared the record."""
        self.disclosures: set[str] = set()
        self.levels: dict[str, str] = {}
        self.level_since_ms: dict[str, int] = {}
        self.called_since_ms: dict[str, int] = {}
        """Account → when its margin call began; only while it is in one, or worse."""
        self.lending = Lending()
        self.close_outs: dict[Unit, CloseOut] = {}
        """The last close-out of each pool and isolated position, running or ended."""
        self.close_out_steps: dict[str, Unit] = {}
        """Order id → what it closes out."""
        self.liquidations = 0
        """How many the venue has begun."""
        self.liquidating: dict[Unit, Liquidation] = {}
        """Those whose open orders are being cancelled."""
        self.close_out_orders: dict[str, tuple[str, ...]] = {}
        """Account → the trader's own order of preference."""
        self.funded_ms: dict[Key, int] = {}
        """The last moment that funding was settled, or missed, for."""
        self.rules = RuleState()
        self.programs = ProgramBook()
        self.alerts = AlertBook()
        self.opened_ms: dict[Key, int] = {}
        """When a position was last opened from flat."""

    @property
    def state(self) -> str:
        """ACTIVE, REDUCING or HALTED: the most careful of all latches."""
        states = [latch.state for latch in self.latches.values()]
        return max(states, key=SEVERITY.__getitem__, default="ACTIVE")

    @property
    def open_calls(self) -> dict[str, int]:
        """Account of this desk in call → since when; what is only watched stops nothing here."""
        known = self.called_since_ms.items()
        return {name: since for name, since in known if not self.accounts[name].watched}

    def position(self, account: str, instrument: str) -> Position:
        """Return a position; flat when there never was one."""
        return self.positions.get((account, instrument), Position())

    def mode(self, account: str, instrument: str) -> MarginMode:
        """Return the margin mode of an instrument; cross unless it was set."""
        return self.modes.get((account, instrument), MarginMode.CROSS)

    def funded_until_ms(self, account: str, instrument: str) -> int:
        """Return the moment after which a position's funding is not settled yet."""
        key = (account, instrument)
        return max(self.funded_ms.get(key, 0), self.opened_ms.get(key, 0))

    def closing_out(self, account: str) -> list[CloseOut]:
        """Return the close-outs of an account that run."""
        known = self.close_outs.values()
        return [one for one in known if one.account == account and one.ended_ms is None]

    def live_orders(self, account: str | None = None) -> list[Order]:
        """Return the orders to which more can happen, oldest first."""
        live = [self.orders[order_id] for order_id in self._live]
        return [order for order in live if account is None or order.terms.account == account]

    def pair(self, name: str) -> list[Order]:
        """Return the orders of an OCO; none where there is none of that id."""
        return [self.orders[order_id] for order_id in self.pairs.get(name, ())]

    def rival(self, order: Order) -> Order | None:
        """Return the order that cancels this one by filling."""
        pair = [] if order.terms.oco is None else self.pair(order.terms.oco)
        return next((other for other in pair if other.id != order.id), None)

    def others(self, account: str, without: str | None = None) -> list[Order]:
        """Return the live orders of an account but one, and the one that it cancels by filling."""
        left = None if without is None else self.orders.get(without)
        pair = None if left is None else left.terms.oco
        return [
            order
            for order in self.live_orders(account)
            if order.id != without and (pair is None or order.terms.oco != pair)
        ]

    def ended_orders(self, count: int) -> list[Order]:
        """Return the last orders that ended, newest first."""
        return [self.orders[i] for i in islice(reversed(self._ended), count)]

    def apply(self, row: Row) -> Change:
        """Apply one row and return its parts; a row out of order is a broken journal."""
        if row.seq != self.seq + 1:
            raise JournalBroken("journal", row.seq, f"expected row {self.seq + 1}")
        change = change_of(row)
        self.fold(change, row.entry.id, row.entry.time_ms)
        self.seq = row.seq
        return change

    def fold(self, change: Change, client_id: str | None, time_ms: int) -> None:
        """Apply the parts of a change."""
        if client_id and change.content is not None:  # without an id nothing is a repetition
            if client_id in self.contents:
                self._id_hashes.clear()
            self.contents[client_id] = change.content
        self.ledger.post(change.postings)
        for new in change.orders:
            self._add_order(new, time_ms, client_id)
        if change.turns is not None:
            self.turns[change.orders[-1].terms.id] = change.turns
        for order_id in change.cancels:
            self._touch(order_id)
            self.cancels.add(order_id)
        for amendment in change.amends:
            self._put(asked(self.orders[amendment.order_id], amendment))
        for parent, role in change.unguarded:
            self.brackets.give_up(parent, Role(role))
        if change.outcome is not None:
            self._apply_outcome(change.outcome)
        self._fold_settings(change)
        self._fold_risk(change, time_ms)
        if change.alerts is not None:
            self.alerts.fold(change.alerts)
        self._fold_programs(change, time_ms)

    def _fold_settings(self, change: Change) -> None:
        if change.latch is not None:
            self.latches[change.latch.key] = change.latch
        if change.lift:
            self.latches = {k: latch for k, latch in self.latches.items() if k == "daily_loss"}
        if change.unlatch:
            self.latches.pop(change.unlatch, None)
        if change.leverage is not None:
            account, instrument, leverage = change.leverage
            self.leverages[account, instrument] = leverage
        if change.mode is not None:
            account, instrument, mode = change.mode
            self.modes[account, instrument] = mode
        if change.client is not None or change.client_cleared:
            record = change.client
            self.client = None if record is None else msgspec.convert(record, ClientRecord)
            self.client_set = True
        if change.disclosure is not None:
            self.disclosures.add(change.disclosure)

    def _fold_risk(self, change: Change, time_ms: int) -> None:
        if change.level is not None:
            self._fold_level(*change.level, time_ms)
        if change.lending is not None:
            self.lending.fold(change.lending)
        self._fold_closing(change, time_ms)
        if change.close_out_order is not None:
            account, instruments = change.close_out_order
            self.close_out_orders[account] = instruments
        if change.funding is not None:
            account, instrument, stamp_ms = change.funding
            self.funded_ms[account, instrument] = stamp_ms
            paid = sum((p.amount for p in change.postings if p.account == FUNDING), ZERO)
            if paid:
                held = self.position(account, instrument)
                self.positions[account, instrument] = held.charged(paid)
        if change.rules is not None:
            self.rules.fold(change.rules)
        if change.imported is not None:
            self._import(change.imported)

    def _fold_closing(self, change: Change, time_ms: int) -> None:
        if change.close_out is not None:
            self.close_outs[change.close_out.unit] = change.close_out
        if change.liquidation is not None:
            self._liquidate(change.liquidation, time_ms)
        if change.step_of is not None:
            self._add_steps(change.step_of, [new.terms.id for new in change.orders])

    def _fold_programs(self, change: Change, time_ms: int) -> None:
        """What stops the desk, or calls an account, ends what would go on adding risk."""
        if change.programs is not None:
            self.programs.fold(change.programs, time_ms)
        if change.latch is not None:
            self.programs.stop_adding(f"the desk is {change.latch.state}: {change.latch.reason}")
        if change.level is not None and change.level[1] in CALLED:
            account, level = change.level
            self.programs.stop_adding(f"{account} is at {level.replace('_', ' ')}", account)

    def _import(self, portfolio: Portfolio) -> None:
        """Put these accounts in the place of those watched; only what stays keeps its level."""
        watched, before = watched_accounts(portfolio), self.accounts
        self.accounts = {n: own for n, own in before.items() if not own.watched} | watched
        self.imported = portfolio
        for name, account in before.items():
            if account.watched and (name not in watched or watched[name].kind != account.kind):
                for known in (self.levels, self.level_since_ms, self.called_since_ms):
                    known.pop(name, None)

    def _fold_level(self, account: str, level: str, time_ms: int) -> None:
        self.levels[account] = level
        self.level_since_ms[account] = time_ms
        if level in CALLED:
            self.called_since_ms.setdefault(account, time_ms)
        else:
            self.called_since_ms.pop(account, None)

    def _add_steps(self, unit: Unit, order_ids: list[str]) -> None:
        known = self.close_outs[unit]
        orders = (*known.orders, *order_ids)
        self.close_outs[unit] = msgspec.structs.replace(known, orders=orders)
        self.close_out_steps.update(dict.fromkeys(order_ids, unit))

    def _liquidate(self, one: Liquidation, time_ms: int) -> None:
        """Take in what the venue has taken over: its own orders, filled at once."""
        self.liquidations = max(self.liquidations, one.number)
        for terms, fill in zip(one.orders, one.fills, strict=True):
            self._add_order(NewOrder(terms=terms), time_ms)
            self._apply_outcome(Filled(fill=fill))
            filled = self.orders[terms.id]
            self._put(msgspec.structs.replace(filled, note=LIQUIDATED))
        if one.ended:
            self.liquidating.pop(one.unit, None)
        else:
            self.liquidating[one.unit] = one

    def _put(self, order: Order) -> None:
        self._touch(order.id)
        self.orders[order.id] = order

    def _touch(self, order_id: str) -> None:
        """What had ended is said otherwise, which is rare: no hash of orders counts any more."""
        if order_id not in self._live:
            self._order_hashes.clear()

    def _add_order(self, new: NewOrder, time_ms: int, client_id: str | None = None) -> None:
        names_once.of_terms(new.terms, client_id)
        self.orders[new.terms.id] = Order(terms=new.terms, created_ms=time_ms)
        self._live[new.terms.id] = None
        self.brackets.add(new.terms)
        if (pair := new.terms.oco) is not None:
            self.pairs[pair] = (*self.pairs.get(pair, ()), new.terms.id)
        if new.collar_price is not None:
            self.collars[new.terms.id] = new.collar_price

    def _apply_outcome(self, outcome: Outcome) -> None:
        before = self.orders[outcome.order_id]
        names_once.of_outcome(outcome, before.id)
        after = apply(before, outcome)
        if after is not before:
            self._put(after)
        if before.is_live and not after.is_live:
            self.brackets.ended(after, asked=after.id in self.cancels)
            self.cancels.discard(outcome.order_id)
            self._live.pop(outcome.order_id, None)
            self._ended[outcome.order_id] = None
        if isinstance(outcome, Filled) and len(after.fills) > len(before.fills):
            self._apply_fill(outcome.fill)

    def _apply_fill(self, fill: Fill) -> None:
        self.fills.append(fill)
        self.alerts.fold_fill(fill)
        instrument = self._catalogue.get(fill.instrument)
        assert instrument is not None, f"a fill in {fill.instrument}, which the desk does not know"
        if instrument.kind is Kind.PERPETUAL:
            key = (fill.account, fill.instrument)
            held = self.positions.get(key, Position())
            if not held.quantity:
                self.opened_ms[key] = fill.time_ms
            signed = fill.quantity * fill.side.sign
            self.positions[key] = held.filled(instrument, signed, fill.price, fill.fee)

    def document(self) -> dict[str, Any]:
        """Return everything the journal determines as sorted plain values."""
        orders = sorted(self.orders.values(), key=lambda order: order.id)
        return {
            "orders": {order.id: msgspec.to_builtins(self._order_entry(order)) for order in orders},
            "ids": dict(sorted(self.contents.items())),
            **few(self),
        }

    def _order_entry(self, order: Order) -> list[Any]:
        collar = self.collars.get(order.id)
        told = None if collar is None else plain(collar)
        return [order, told, order.id in self.cancels]

    def hash(self) -> str:
        """Return SHA-256 over all of it, hex: equal hashes are equal desks."""
        orders = chunk_hashes(
            self.orders.values(),
            self._order_hashes,
            self._order_entry,
            lambda order: not order.is_live,
        )
        ids = chunk_hashes(self.contents.items(), self._id_hashes, list, lambda _: True)
        return hash_of({"orders": orders, "ids": ids, **few(self)})
