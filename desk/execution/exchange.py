"""The exchange of practice: a venue with a truth of its own, which goes on without the desk.

It is the paper venue behind what stands between a desk and a real one: it knows orders by client
id, keeps their words and fills, answers questions about them, refuses requests that come too late,
and cancels what could add risk when it has not heard the desk for a while. Whatever happens is told
to a recorder first, so that it can be put back after a restart of the process it lives in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.execution.order import Order, apply
from desk.execution.outcome import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    Filled,
    Outcome,
    Rejected,
)
from desk.execution.paper import PaperVenue
from desk.execution.port import BookLevels, Books, Decision, DeskView
from desk.execution.statement import Figures, Question, StatedOrder, moved
from desk.model.instrument import Instrument, Kind
from desk.model.market_data import MarketEvent
from desk.model.numbers import ZERO
from desk.model.orders import Amendment, Fill, OrderTerms

REQUEST_LIFE_MS = 5_000
"""Binance, recvWindow: a request is refused when it arrives later than so (2026-11)."""

TOO_LATE = f"it reached the venue later than {REQUEST_LIFE_MS // 1000} s after it was sent"
UNHEARD = "the venue had not heard the desk for {} s"

_MS = 1_000_000


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="taken"):
    """An order came in."""

    terms: OrderTerms
    collar_price: Decimal | None
    time_ms: int


Fact: TypeAlias = Taken | Outcome
"""What the exchange keeps: one fold of these is all it knows."""


class Submit(msgspec.Struct, frozen=True):
    """A request to take an order."""

    terms: OrderTerms
    instrument: Instrument
    collar_price: Decimal | None


class Cancel(msgspec.Struct, frozen=True):
    """A request to cancel an order."""

    order_id: str
    reason: str


Request: TypeAlias = Submit | Cancel | Amendment


class Exchange:
    """Takes requests and follows the market; returns the words for the desk."""

    def __init__(self, record: Callable[[Fact], None], cancel_after_s: int) -> None:
        self.cancel_after_s = cancel_after_s
        self.orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.paper = PaperVenue(latency_ms=0)  # the way to it takes time, not the venue itself
        self._record = record
        self._collars: dict[str, Decimal | None] = {}
        self._instruments: dict[str, Instrument] = {}
        self._positions: Figures = {}
        self._heard_ns: int | None = None
        """None: it has cancelled, and waits to hear the desk again."""
        self._live: dict[str, None] = {}
        self._legs: dict[str, list[str]] = {}
        """By the order that they stand behind."""
        self._in_spot: dict[str, None] = {}
        """Orders in spot of whose fills the desk may not have heard."""

    def restore(
        self, facts: Iterable[Fact], find: Callable[[str], Instrument | None], now_ns: int
    ) -> None:
        """Put back what was recorded; an order whose instrument is gone rests no more."""
        for fact in facts:
            if isinstance(fact, Taken) and (known := find(fact.terms.instrument)) is not None:
                self._instruments[known.id] = known
            self._fold(fact)
        for order_id in list(self._live):
            order = self.orders[order_id]
            if (rival := self._filled_rival(order.terms)) is not None and not order.fills:
                self._keep(_ended_by(rival, order))  # a crash came between the two words
                continue
            instrument = self._instruments.get(order.terms.instrument)
            if instrument is not None:
                self.paper.restore(order, instrument, now_ns, self._collars[order_id])

    # ------------------------------------------------------------------ requests

    def hear(self, now_ns: int) -> None:
        """Note that the desk is there."""
        self._heard_ns = now_ns

    def take(
        self, request: Request, age_ms: int, now_ns: int, time_ms: int, books: Books, desk: DeskView
    ) -> list[Outcome]:
        """Take a request that was sent so long ago; return what is to be said."""
        late = age_ms > REQUEST_LIFE_MS
        match request:
            case Submit():
                return self._submit(request, late, now_ns, time_ms, books, desk)
            case Cancel():  # never too late
                self.paper.cancel(request.order_id, now_ns, request.reason)
            case Amendment():
                self._amend(request, late, now_ns)
        return self.on_time(now_ns, time_ms, books, desk)

    def _submit(
        self,
        request: Submit,
        late: bool,
        now_ns: int,
        time_ms: int,
        books: Books,
        desk: DeskView,
    ) -> list[Outcome]:
        terms = request.terms
        if terms.id in self.orders:
            return []
        self._instruments[terms.instrument] = request.instrument
        self._keep(Taken(terms=terms, collar_price=request.collar_price, time_ms=time_ms))
        if late:
            return self._say(Rejected(order_id=terms.id, reason=TOO_LATE, time_ms=time_ms))
        if (rival := self._filled_rival(terms)) is not None:
            return self._say(Rejected(order_id=terms.id, reason=too_much(rival), time_ms=time_ms))
        self.paper.submit(terms, request.instrument, now_ns, request.collar_price)
        said = self.on_time(now_ns, time_ms, books, desk)
        if any(word.order_id == terms.id for word in said):
            return said
        # It waits for a book that can be used; that it has it can be said all the same.
        return [*said, *self._say(Accepted(order_id=terms.id, time_ms=time_ms))]

    def _filled_rival(self, terms: OrderTerms) -> Order | None:
        """Return the order of which this one is the alternative, once it has filled."""
        if terms.oco is None:
            return None
        pair = (one for one in self.orders.values() if one.terms.oco == terms.oco)
        return next((one for one in pair if one.fills and one.id != terms.id), None)

    def _amend(self, amendment: Amendment, late: bool, now_ns: int) -> None:
        order = self.orders.get(amendment.order_id)
        if late or order is None or amendment.number <= order.amendments:
            return
        self.orders[order.id] = msgspec.structs.replace(order, amending=amendment)
        self.paper.amend(amendment, now_ns)

    # ------------------------------------------------------------------ market and time

    def on_time(self, now_ns: int, time_ms: int, books: Books, desk: DeskView) -> list[Outcome]:
        """Let what is due happen; return what is to be said."""
        self._watch_over_desk(now_ns)
        said: list[Outcome] = []
        view = _View(self, desk)
        while (decision := self.paper.on_time(now_ns, time_ms, books, view)).outcomes:
            said += self._happen(decision)
        return said

    def on_market(
        self, event: MarketEvent, book: BookLevels | None, time_ms: int, desk: DeskView
    ) -> list[Outcome]:
        """Let a market event meet the orders; return what is to be said."""
        return self._happen(self.paper.on_market(event, book, time_ms, _View(self, desk)))

    def _watch_over_desk(self, now_ns: int) -> None:
        if self._heard_ns is None or now_ns - self._heard_ns <= self.cancel_after_s * 1000 * _MS:
            return
        self._heard_ns = None
        for order_id in list(self._live):
            if not self.orders[order_id].terms.reduce_only:
                self.paper.cancel(order_id, now_ns, UNHEARD.format(self.cancel_after_s))

    def _happen(self, decision: Decision) -> list[Outcome]:
        said = [word for outcome in decision.outcomes for word in self._say(outcome)]
        self.paper.commit(decision)
        return said

    def take_over(self, terms: OrderTerms, fill: Fill) -> None:
        """Note an order of its own by which it has liquidated; known ones change nothing."""
        if terms.id not in self.orders:
            self._keep(Taken(terms=terms, collar_price=None, time_ms=fill.time_ms))
            self._keep(Filled(fill=fill))

    # ------------------------------------------------------------------ what it knows

    def stated(self, question: Question) -> tuple[StatedOrder, ...]:
        """Return the orders asked for that it has ever had, and all that are open."""
        ids = dict.fromkeys([*question.order_ids, *self._live])
        orders = [self.orders[order_id] for order_id in ids if order_id in self.orders]
        return tuple(
            StatedOrder(terms=order.terms, words=order.words, amending=order.amending)
            for order in orders
        )

    def held(self, account: str, instrument_id: str) -> Decimal:
        """Return a signed position."""
        return self._positions.get((account, instrument_id), ZERO)

    def unheard(self, account: str, instrument_id: str, desk: DeskView) -> Decimal:
        """Return what has filled in spot, signed, beyond what the desk has booked."""
        found = ZERO
        for order_id in list(self._in_spot):
            order = self.orders[order_id]
            missing = order.filled - desk.filled(order_id)
            if not missing and not order.is_live:
                del self._in_spot[order_id]
            elif (order.terms.account, order.terms.instrument) == (account, instrument_id):
                found += missing * order.terms.side.sign
        return found

    def guarded(self, order: OrderTerms) -> Decimal | None:
        """Return what the legs of a bracket still stand behind; None for any other order."""
        parent = None if order.parent is None else self.orders.get(order.parent)
        if parent is None:
            return None
        closed = (self.orders[leg].filled for leg in self._legs.get(parent.id, ()))
        return parent.filled - sum(closed, ZERO)

    def positions(self) -> Figures:
        """Return the positions in perpetuals that are not flat."""
        return {
            key: quantity
            for key, quantity in self._positions.items()
            if quantity and not self.is_spot(key[1])
        }

    def balances(self) -> Figures:
        """Return what fees and trades in spot have moved."""
        return moved(self.fills, self._instruments)

    def is_spot(self, instrument_id: str) -> bool:
        """Whether an instrument is spot; one it never saw an order in is not its to know."""
        known = self._instruments.get(instrument_id)
        return known is None or known.kind is Kind.SPOT

    def _say(self, outcome: Outcome) -> list[Outcome]:
        """Keep a word; say it unless it is known."""
        order = self.orders[outcome.order_id]
        if apply(order, outcome) is order:
            return []
        self._keep(outcome)
        return [outcome]

    def _keep(self, fact: Fact) -> None:
        self._record(fact)
        self._fold(fact)

    def _fold(self, fact: Fact) -> None:
        if isinstance(fact, Taken):
            self.orders[fact.terms.id] = Order(terms=fact.terms, created_ms=fact.time_ms)
            self._collars[fact.terms.id] = fact.collar_price
            self._live[fact.terms.id] = None
            if self.is_spot(fact.terms.instrument):
                self._in_spot[fact.terms.id] = None
            if fact.terms.parent is not None:
                self._legs.setdefault(fact.terms.parent, []).append(fact.terms.id)
            return
        order = self.orders[fact.order_id]
        after = self.orders[order.id] = apply(_awaiting(order, fact), fact)
        if not after.is_live:
            self._live.pop(order.id, None)
        if isinstance(fact, Filled) and len(after.fills) > len(order.fills):
            fill = fact.fill
            self.fills.append(fill)
            held = self.held(fill.account, fill.instrument)
            self._positions[fill.account, fill.instrument] = held + fill.quantity * fill.side.sign


def too_much(rival: Order) -> str:
    """Say why the second of a pair is not taken."""
    return f"{rival.id} has filled, of which it is the alternative"


def _ended_by(rival: Order, order: Order) -> Cancelled:
    return Cancelled(
        order_id=order.id,
        filled=ZERO,
        reason=too_much(rival),
        time_ms=max(fill.time_ms for fill in rival.fills),
    )


def _awaiting(order: Order, fact: Outcome) -> Order:
    """Return an order as it was when a recorded answer to an amendment came: waiting for it."""
    if not isinstance(fact, Amended | AmendRefused) or order.amending is not None:
        return order
    terms = order.terms
    asked = (
        fact.amendment
        if isinstance(fact, Amended)
        else Amendment(
            order_id=order.id,
            number=fact.number,
            quantity=terms.quantity,
            price=terms.price,
            trigger=terms.trigger,
        )
    )
    return msgspec.structs.replace(order, amending=asked)


class _View:
    """What the paper venue asks: what has filled is the exchange's own to say, for the desk may not
    have heard of it; the market is one for all."""

    def __init__(self, exchange: Exchange, desk: DeskView) -> None:
        self._exchange = exchange
        self._desk = desk
        self.fresh_mark = desk.fresh_mark
        self.collar = desk.collar
        self.lacks_margin = desk.lacks_margin
        self.guarded = exchange.guarded
        self.filled = desk.filled

    def held(self, account: str, instrument_id: str) -> Decimal:
        """Return the signed position; of spot, the coins: only the desk's ledger knows what came
        in by other ways than a fill."""
        if self._exchange.is_spot(instrument_id):
            unheard = self._exchange.unheard(account, instrument_id, self._desk)
            return self._desk.held(account, instrument_id) + unheard
        return self._exchange.held(account, instrument_id)
