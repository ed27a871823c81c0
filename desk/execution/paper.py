"""The paper venue: orders of this desk matched against the market as it is streamed.

It has no clock and no book of its own. An order acts once its latency has passed, on the book as
it is then; while that book is not synced the order waits. Matching is in
`desk.execution.matching`; what may change when is in `desk.execution.port`: the position in the
queue and the levels that are taken follow the market at once, an order's quantities change only
when a decision is committed. Same calls in, same outcomes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from desk.execution.draft import Draft
from desk.execution.liquidity import TakenLiquidity, is_usable
from desk.execution.matching import arrive, cancel_without_position, match_book, match_print
from desk.execution.order import Order
from desk.execution.paper_order import PaperOrder, paper_order
from desk.execution.port import (
    NOTHING,
    BookLevels,
    Books,
    Capabilities,
    Decision,
    ExecutionClient,
    PositionOf,
    StaleDecision,
)
from desk.execution.queue_position import QueuePosition
from desk.model.instrument import Instrument, InstrumentId
from desk.model.market_data import BookDelta, BookSnapshot, InstrumentListed, MarketEvent, Trade
from desk.model.orders import OrderStatus, OrderTerms, OrderType, TimeInForce

CAPABILITIES = Capabilities(
    is_paper=True,
    types=frozenset(OrderType),
    tifs=frozenset(TimeInForce),
    post_only=True,
    reduce_only=True,
)

LISTED_ANEW = "the venue has changed the increments of this instrument"
ENDED_BY_RESTART = "the desk restarted before the rest of this immediate order was decided"


class PaperVenue(ExecutionClient):
    """Executes orders on paper."""

    def __init__(self, latency_ms: int = 50) -> None:
        self._latency_ns = latency_ms * 1_000_000
        self._seen: set[str] = set()
        """Every order id ever sent: one id is executed at most once."""
        self._orders: dict[str, PaperOrder] = {}
        self._resting: dict[InstrumentId, dict[str, PaperOrder]] = {}
        self._due: dict[str, PaperOrder] = {}
        """Orders that have yet to arrive or to be cancelled."""
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
        self._add(paper_order(order, instrument, len(self._seen), arrives_ns, collar_price))

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

    def restore(
        self,
        order: Order,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Put back an order that the journal holds, after a restart; ended ones only by id.

        What had not arrived arrives after the latency, from now. What was resting rests behind
        everything the first synced book shows at its price. An order that never rests and was
        not decided to its end is cancelled. Orders must come in the order they were sent.
        """
        if not order.is_live or order.id in self._seen:
            self._seen.add(order.id)
            return
        arrives_ns, arrival = now_ns + self._latency_ns, len(self._seen)
        restored = paper_order(
            order.terms, instrument, arrival, arrives_ns, collar_price, order.filled
        )
        if order.status is not OrderStatus.PENDING:
            restored.fill_count = len(order.fills)
            restored.queue = QueuePosition()
            if restored.refusal or not restored.can_rest:
                restored.cancel_at_ns = now_ns
                restored.cancel_reason = restored.refusal or ENDED_BY_RESTART
        self._add(restored)

    def on_time(self, now_ns: int, time_ms: int, books: Books, position_of: PositionOf) -> Decision:
        """Return what has become due: arrivals and cancels, in the order they fell due."""
        if self._earliest_due_ns is None or now_ns < self._earliest_due_ns:
            return NOTHING
        draft = Draft(self._taken, time_ms, position_of)
        for _, _, is_cancel, order in self._due_steps(now_ns):
            if draft.is_closed(order):
                continue
            if is_cancel:
                draft.cancel(order, order.cancel_reason)
            elif order.refusal:
                draft.reject(order, order.refusal)
            else:
                book = books.get(order.instrument.id)
                order.waits = book is None or not is_usable(book)
                if book is not None and not order.waits:
                    arrive(order, book, draft)
        return self._decision(draft)

    def on_market(
        self, event: MarketEvent, book: BookLevels | None, time_ms: int, position_of: PositionOf
    ) -> Decision:
        """Return what a market event does to orders; `book` holds the event already.

        Orders that arrived while the book was not synced act on the first book that is.
        """
        if isinstance(event, InstrumentListed):
            return self._listed_anew(event.terms, time_ms, position_of)
        if book is None or not isinstance(event, Trade | BookDelta | BookSnapshot):
            return NOTHING
        if not isinstance(event, Trade) and book.synced:
            self._taken.release_changed(event)
        orders = list(self._resting.get(event.instrument, {}).values())
        waiting = [o for o in self._due.values() if o.waits and o.instrument.id == event.instrument]
        if not orders and not waiting:
            return NOTHING
        draft = Draft(self._taken, time_ms, position_of)
        cancel_without_position(orders, draft)
        if is_usable(book):
            _see_levels(event, book, orders)
            if isinstance(event, Trade):
                match_print(event, orders, draft)
            else:
                match_book(book, orders, draft)
            for order in waiting:
                arrive(order, book, draft)
        return self._decision(draft)

    def _listed_anew(self, terms: Instrument, time_ms: int, position_of: PositionOf) -> Decision:
        """Cancel what works in an instrument and is counted in increments that are gone."""
        draft = Draft(self._taken, time_ms, position_of)
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
        for order_id, ahead in draft.resting.items():
            order = self._orders[order_id]
            order.queue, order.waits = QueuePosition(ahead), False
            self._index(order)
        for order_id in draft.closed:
            self._remove(order_id)
        self._earliest_due_ns = self.next_due_ns(-1)

    def next_due_ns(self, after_ns: int) -> int | None:
        """Return when `on_time` next has something to do, later than a moment, or None.

        An order that waits for its book is not counted: `on_market` wakes it.
        """
        moments = [due_ns for order in self._due.values() for due_ns in order.due_ns()]
        return min((due_ns for due_ns in moments if due_ns > after_ns), default=None)

    def queue_ahead(self, order_id: str) -> Decimal | None:
        """Return the quantity ahead of a resting order, or None when that is not known."""
        order = self._orders.get(order_id)
        if order is None or order.queue is None or order.queue.ahead is None:
            return None
        return order.instrument.quantity(order.queue.ahead)

    def _add(self, order: PaperOrder) -> None:
        self._seen.add(order.id)
        self._orders[order.id] = order
        self._index(order)

    def _index(self, order: PaperOrder) -> None:
        """Note where a live order will be looked for: among the resting, the due, or both."""
        if order.queue is not None:
            self._resting.setdefault(order.instrument.id, {})[order.id] = order
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
        resting = self._resting.get(order.instrument.id, {})
        resting.pop(order_id, None)
        if not resting:
            self._resting.pop(order.instrument.id, None)

    def _due_steps(self, now_ns: int) -> list[tuple[int, int, bool, PaperOrder]]:
        """Return (moment, arrival, whether it is a cancel, order), in that order."""
        steps: list[tuple[int, int, bool, PaperOrder]] = []
        for order in self._due.values():
            if order.queue is None and order.acts_at_ns <= now_ns:
                steps.append((order.acts_at_ns, order.arrival, False, order))
            if order.cancel_at_ns is not None and order.cancel_at_ns <= now_ns:
                steps.append((order.cancel_at_ns, order.arrival, True, order))
        return sorted(steps, key=lambda step: step[:3])

    def _decision(self, draft: Draft) -> Decision:
        if not draft.outcomes:
            return NOTHING
        self._decisions += 1
        self._draft = draft
        return Decision(tuple(draft.outcomes), self._decisions)


def _see_levels(
    event: Trade | BookDelta | BookSnapshot, book: BookLevels, orders: Iterable[PaperOrder]
) -> None:
    for order in orders:
        if order.queue is not None:
            order.queue.see_level(book.lots_at(order.side, order.limit), event.ts_venue_ms)
