"""The paper venue: orders of this desk matched against the market as it is streamed.

It has no clock and no book of its own. An order acts once its latency has passed, on the book as
it is then; while that book is not synced the order waits. One with a trigger is held, in no book,
until a fresh mark has come to it. Matching is in
`desk.execution.matching`; what may change when is in `desk.execution.port`: the position in the
queue and the levels that are taken follow the market at once, an order's quantities change only
when a decision is committed. Same calls in, same outcomes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from desk.execution.draft import Draft
from desk.execution.liquidity import TakenLiquidity, is_usable
from desk.execution.matching import (
    acts_by_itself,
    amend,
    arrive,
    arrive_untriggered,
    cancel_without_position,
    meet,
    reaches_any,
    see_levels,
    trigger_reached,
)
from desk.execution.order import Order
from desk.execution.paper_order import PaperOrder, paper_order
from desk.execution.port import (
    NOTHING,
    BookLevels,
    Books,
    Capabilities,
    Decision,
    DeskView,
    ExecutionClient,
    StaleDecision,
)
from desk.execution.queue_position import QueuePosition
from desk.execution.restoring import put_back
from desk.model.instrument import Instrument, InstrumentId
from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    InstrumentListed,
    MarketEvent,
    MarkPrice,
    Trade,
)
from desk.model.orders import Amendment, OrderStatus, OrderTerms, OrderType, TimeInForce

LATENCY_MS = 50

CAPABILITIES = Capabilities(
    is_paper=True,
    types=frozenset(OrderType),
    tifs=frozenset(TimeInForce),
    post_only=True,
    reduce_only=True,
    amend=True,
    oco=True,
    queue_position=True,
    latency_ms=LATENCY_MS,
)

LISTED_ANEW = "the venue has changed the increments of this instrument"
ARRIVES, AMENDS, CANCELS = range(3)
"""What may be due for an order; of one moment in this order."""

_BOOKS = (BookDelta, BookSnapshot)
_MET = (Trade, MarkPrice, *_BOOKS)
"""What orders meet; a union in its place would be made anew for every message."""


class PaperVenue(ExecutionClient):
    """Executes orders on paper."""

    def __init__(self, latency_ms: int = LATENCY_MS) -> None:
        self._latency_ns = latency_ms * 1_000_000
        self._seen: set[str] = set()
        """Every order id ever sent: one id is executed at most once."""
        self._orders: dict[str, PaperOrder] = {}
        self._held: dict[InstrumentId, dict[str, PaperOrder]] = {}
        """Orders that rest in a book or wait for their trigger, by instrument."""
        self._due: dict[str, PaperOrder] = {}
        """Orders that have yet to arrive, to be amended or to be cancelled."""
        self._dated: dict[str, PaperOrder] = {}
        """Orders that are good till a moment."""
        self._pairs: dict[str, PaperOrder] = {}
        """By what it has in common with another, an order of which the other is not here."""
        self._arrivals = 0
        self._earliest_due_ns: int | None = None
        self._taken = TakenLiquidity()
        self._decisions = 0
        self._draft: Draft | None = None
        """The draft of the latest decision, until it is committed."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    def submit(
        self,
        order: OrderTerms,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Send a journaled order; a second one of the same id is ignored.

        `collar_price` is the worst price a MARKET order may take; without one it is rejected.
        """
        if order.id in self._seen:
            return
        arrives_ns = now_ns + self._latency_ns
        self._add(paper_order(order, instrument, self._arrival(), arrives_ns, collar_price))

    def cancel(self, order_id: str, now_ns: int, reason: str = "cancelled on request") -> bool:
        """Ask to cancel; False when there is no live order of that id."""
        order = self._orders.get(order_id)
        if order is None:
            return False
        if order.cancel_at_ns is None:
            order.cancel_at_ns = now_ns + self._latency_ns
            order.cancel_reason = reason
            self._index(order)
        return True

    def amend(self, amendment: Amendment, now_ns: int) -> bool:
        """Ask to amend; False when there is no live order of that id."""
        order = self._orders.get(amendment.order_id)
        if order is None:
            return False
        order.amendment, order.amend_at_ns = amendment, now_ns + self._latency_ns
        self._index(order)
        return True

    def restore(
        self,
        order: Order,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Put back an order that the journal holds, after a restart; ended ones only by id.

        What had not arrived arrives after the latency, from now. What was resting rests behind
        everything the first synced book shows at its price; what waited for its trigger waits on,
        and what was triggered acts on that book. Another order that never rests and was not
        decided to its end is cancelled. Orders must come in the order they were sent.
        """
        if not order.is_live or order.id in self._seen:
            self._seen.add(order.id)
            return
        arrives_ns = now_ns + self._latency_ns
        restored = paper_order(
            order.terms, instrument, self._arrival(), arrives_ns, collar_price, order.filled
        )
        if order.amending is not None:
            restored.amendment, restored.amend_at_ns = order.amending, arrives_ns
        if order.status is not OrderStatus.PENDING:
            put_back(restored, order, now_ns)
        self._add(restored)

    def on_time(self, now_ns: int, time_ms: int, books: Books, desk: DeskView) -> Decision:
        """Return what has become due: arrivals, amendments, cancels, in the order they fell due.

        Before them, orders whose time is up: nothing more of them is filled.
        """
        expired = self._expired(time_ms)
        due = self._earliest_due_ns is not None and now_ns >= self._earliest_due_ns
        if not expired and not due:
            return NOTHING
        draft = Draft(self._taken, time_ms, desk)
        _expire(expired, draft)
        for _, _, what, order in self._due_steps(now_ns):
            if draft.is_closed(order):
                continue
            if what == CANCELS:
                draft.cancel(order, order.cancel_reason)
            elif what == ARRIVES:
                _arrive(order, books.get(order.instrument.id), draft)
            elif not draft.is_touched(order):  # else it is due again once that is committed
                amend(order, draft)
        return self._decision(draft)

    def on_market(
        self, event: MarketEvent, book: BookLevels | None, time_ms: int, desk: DeskView
    ) -> Decision:
        """Return what a market event does to orders; `book` holds the event already.

        Orders that arrived while the book was not synced act on the first book that is.
        """
        if isinstance(event, InstrumentListed):
            return self._listed_anew(event.terms, time_ms, desk)
        if book is None or not isinstance(event, _MET):
            return NOTHING
        if isinstance(event, _BOOKS) and book.synced:
            self._taken.release_changed(event)
        expired = self._expired(time_ms) if self._dated else []
        held = self._held.get(event.instrument)
        if not held and not self._due and not expired:
            return NOTHING
        orders = [order for order in held.values() if not order.expired] if held else []
        waiting = [
            order
            for order in self._due.values()
            if order.waits and order.instrument.id == event.instrument and not order.expired
        ]
        resting = [order for order in orders if order.queue is not None]
        met = None if isinstance(event, MarkPrice) or not is_usable(book) else event
        if met is not None:
            see_levels(met, book, resting)
        moves = expired or waiting or any(map(acts_by_itself, orders))
        if not moves and (met is None or not reaches_any(met, book, resting)):
            return NOTHING  # nearly every message: there is nothing to draft
        draft = Draft(self._taken, time_ms, desk)
        _expire(expired, draft)
        cancel_without_position(orders, draft)
        if met is not None:
            meet(met, book, resting, draft)
            for order in waiting:
                if not draft.is_closed(order):
                    arrive(order, book, draft)
        trigger_reached((order for order in orders if order.untriggered), book, draft)
        return self._decision(draft)

    def _listed_anew(self, terms: Instrument, time_ms: int, desk: DeskView) -> Decision:
        """Cancel what works in an instrument and is counted in increments that are gone."""
        draft = Draft(self._taken, time_ms, desk)
        for order in self._orders.values():
            if order.instrument.id != terms.id:
                continue
            if order.instrument.counts_like(terms):
                order.instrument = terms  # fees, smallest quantities
            else:
                draft.cancel(order, LISTED_ANEW)
        return self._decision(draft)

    def commit(self, decision: Decision) -> None:
        """Take a journaled decision as happened; raise StaleDecision unless it is the latest."""
        if not decision.outcomes:
            return
        draft = self._draft
        if draft is None or decision.number != self._decisions:
            raise StaleDecision(f"decision {decision.number} is not the latest, {self._decisions}")
        self._draft = None
        self._taken.add(draft.taken)
        for order_id, (lots, fills) in draft.filled.items():
            self._orders[order_id].count(lots, fills)
        self._let_rest(draft)
        self._commit_words(draft)
        for order_id in {outcome.order_id for outcome in draft.outcomes} - draft.closed:
            self._index(self._orders[order_id])
        for order_id in draft.closed:
            self._remove(order_id)
        self._earliest_due_ns = self.next_due_ns(-1)

    def _let_rest(self, draft: Draft) -> None:
        for order_id, ahead in draft.resting.items():
            order = self._orders[order_id]
            order.queue, order.waits = QueuePosition(ahead), False
            self._index(order)

    def _commit_words(self, draft: Draft) -> None:
        """Take what was said of orders that go on."""
        for order_id in draft.accepted:
            self._orders[order_id].accepted = True
        for order_id in draft.waiting:
            self._orders[order_id].untriggered = True
        for order_id in draft.triggered:
            self._orders[order_id].trigger()
        for order_id, word in draft.trailed.items():
            self._orders[order_id].said = word
        for order_id in draft.amended:
            self._orders[order_id].amend(self._arrival())
        for order_id in draft.unamended:
            order = self._orders[order_id]
            order.amendment = order.amend_at_ns = None

    def next_due_ns(self, after_ns: int) -> int | None:
        """Return when `on_time` next has something to do, later than a moment, or None.

        An order that waits for its book is not counted: `on_market` wakes it.
        """
        moments = [due_ns for order in self._due.values() for due_ns in order.due_ns()]
        return min((due_ns for due_ns in moments if due_ns > after_ns), default=None)

    def trigger(self, order_id: str) -> Decimal | None:
        """Return where the trigger of a trailing stop is now; None where it has none yet."""
        order = self._orders.get(order_id)
        return None if order is None or order.best is None else order.terms.trigger

    def queue_ahead(self, order_id: str) -> Decimal | None:
        """Return what is ahead of a resting order, judged as in `queue_position`; None: unknown."""
        order = self._orders.get(order_id)
        if order is None or order.queue is None or order.queue.ahead is None:
            return None
        return order.instrument.quantity(order.queue.ahead)

    def _expired(self, time_ms: int) -> list[PaperOrder]:
        """Return the orders whose time is up, oldest first."""
        return [order for order in self._dated.values() if order.expires(time_ms)]

    def _add(self, order: PaperOrder) -> None:
        self._seen.add(order.id)
        self._orders[order.id] = order
        if order.terms.oco is not None:
            order.meet(self._pairs.setdefault(order.terms.oco, order))
        if order.terms.expires_ms is not None and not order.refusal:
            self._dated[order.id] = order
        self._index(order)

    def _index(self, order: PaperOrder) -> None:
        """Note where a live order will be looked for: among those held, the due, or both."""
        if order.has_arrived:
            self._held.setdefault(order.instrument.id, {})[order.id] = order
        else:
            self._let_go(order)
        moments = order.due_ns()
        if not moments:
            self._due.pop(order.id, None)
            return
        self._due[order.id] = order
        earliest = self._earliest_due_ns
        self._earliest_due_ns = min(moments if earliest is None else (*moments, earliest))

    def _remove(self, order_id: str) -> None:
        order = self._orders.pop(order_id)
        self._due.pop(order_id, None)
        self._dated.pop(order_id, None)
        if order.terms.oco is not None:
            order.part()
            self._pairs.pop(order.terms.oco, None)
        self._let_go(order)

    def _let_go(self, order: PaperOrder) -> None:
        held = self._held.get(order.instrument.id, {})
        held.pop(order.id, None)
        if not held:
            self._held.pop(order.instrument.id, None)

    def _arrival(self) -> int:
        """Count one that gets in line, behind everybody."""
        self._arrivals += 1
        return self._arrivals

    def _due_steps(self, now_ns: int) -> list[tuple[int, int, int, PaperOrder]]:
        """Return (moment, arrival, what is due, order), in that order."""
        steps: list[tuple[int, int, int, PaperOrder]] = []
        for order in self._due.values():
            moments = (
                None if order.has_arrived else order.acts_at_ns,
                order.amend_at_ns,
                order.cancel_at_ns,
            )
            steps += [
                (moment, order.arrival, what, order)
                for what, moment in enumerate(moments)
                if moment is not None and moment <= now_ns
            ]
        return sorted(steps, key=lambda step: step[:3])

    def _decision(self, draft: Draft) -> Decision:
        if not draft.outcomes:
            self._let_rest(draft)  # an amended order back in its book: nothing to journal
            self._earliest_due_ns = self.next_due_ns(-1)
            return NOTHING
        self._decisions += 1
        self._draft = draft
        return Decision(tuple(draft.outcomes), self._decisions)


def _expire(orders: Iterable[PaperOrder], draft: Draft) -> None:
    for order in orders:
        draft.cancel(order, order.expiry_reason)


def _arrive(order: PaperOrder, book: BookLevels | None, draft: Draft) -> None:
    """Let an order reach the venue, or come back to its book."""
    usable = book is not None and is_usable(book)
    if order.refusal:
        draft.reject(order, order.refusal)
    elif order.terms.type.has_trigger and not order.waits:
        arrive_untriggered(order, book, draft)
    else:
        order.waits = not usable
        if book is not None and usable:
            arrive(order, book, draft)
