"""An order and what became of it: a fold over outcomes that does not depend on their order.

Acks, fills and cancels of a real venue arrive late, twice and out of order. An `Order` therefore
keeps facts (was it accepted, which fills are known, how was it closed) and its status follows
from the facts alone, so that every arrival order of the same outcomes ends in the same order. A
cancel states how much had been filled: until the fills that make it up are known the order is
not closed, and those fills count.
"""

from __future__ import annotations

from bisect import insort
from decimal import Decimal

import msgspec

from desk.execution.outcome import Accepted, Cancelled, Filled, Outcome, Rejected
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ZERO
from desk.model.orders import Fill, OrderStatus, OrderTerms

MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(
        {
            OrderStatus.WORKING,
            OrderStatus.PARTIALLY_FILLED,
            OrderStatus.FILLED,
            OrderStatus.CANCELLED,
            OrderStatus.REJECTED,
        }
    ),
    OrderStatus.WORKING: frozenset(
        {
            OrderStatus.PARTIALLY_FILLED,
            OrderStatus.FILLED,
            OrderStatus.CANCELLED,
            OrderStatus.REJECTED,
        }
    ),
    OrderStatus.PARTIALLY_FILLED: frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED}),
    OrderStatus.FILLED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.REJECTED: frozenset(),
}
"""Which status may follow which. A late fill may overtake the ack; nothing leaves a final one."""

TERMINAL = frozenset(status for status, following in MOVES.items() if not following)


class ForbiddenMove(AssertionError):
    """A status cannot follow another: a fault of this program, never of a venue."""

    def __init__(self, order_id: str, before: OrderStatus, after: OrderStatus) -> None:
        super().__init__(order_id, before, after)
        self.order_id = order_id
        self.before = before
        self.after = after

    def __str__(self) -> str:
        return f"order {self.order_id} cannot go from {self.before.value} to {self.after.value}"


class OrderContradiction(AssertionError):
    """Outcomes of one order that cannot all be true: positions must be reconciled."""

    def __init__(self, order_id: str, what: str) -> None:
        super().__init__(order_id, what)
        self.order_id = order_id
        self.what = what

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.what}"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of this desk and everything its venue has said about it."""

    terms: OrderTerms
    created_ms: int
    """When the desk journaled it; wall clock, UTC."""
    status: OrderStatus = OrderStatus.PENDING
    filled: Decimal = ZERO
    fills: tuple[Fill, ...] = ()
    """By fill id; each id once."""
    accepted: Accepted | None = None
    cancelled: Cancelled | None = None
    rejected: Rejected | None = None

    @property
    def id(self) -> str:
        """The client order id."""
        return self.terms.id

    @property
    def remaining(self) -> Decimal:
        """What is not filled, whether or not it still can be."""
        return self.terms.quantity - self.filled

    @property
    def is_live(self) -> bool:
        """Whether more can still happen to it."""
        return self.status not in TERMINAL

    @property
    def reason(self) -> str:
        """Why it ended without being filled; empty when it did not."""
        if self.status is OrderStatus.CANCELLED and self.cancelled is not None:
            return self.cancelled.reason
        return self.rejected.reason if self.rejected is not None else ""

    @property
    def closed_ms(self) -> int | None:
        """When it reached its final status, or None while it is live."""
        if self.status is OrderStatus.FILLED:
            return max(fill.time_ms for fill in self.fills)
        if self.status is OrderStatus.CANCELLED and self.cancelled is not None:
            return self.cancelled.time_ms
        return self.rejected.time_ms if self.rejected is not None else None

    @property
    def fees(self) -> dict[str, Decimal]:
        """Fees paid (rebates negative) by asset."""
        total: dict[str, Decimal] = {}
        for fill in self.fills:
            total[fill.fee_asset] = total.get(fill.fee_asset, ZERO) + fill.fee
        return total


def apply(order: Order, outcome: Outcome) -> Order:
    """Return the order after an outcome; the same object when it says nothing new.

    Raises OrderContradiction when it cannot be true together with what is known (more filled
    than ordered, one fill id with two contents, a rejected order that was filled). It raises in
    every arrival order of such outcomes, the order stays as it was, and the caller owes the
    trader a reconciliation.
    """
    if outcome.order_id != order.id:
        raise OrderContradiction(order.id, f"given an outcome of order {outcome.order_id}")
    known = _with_fact(order, outcome)
    if known is order:
        return order
    what = _contradiction(known)
    if what:
        raise OrderContradiction(order.id, what)
    status = _status(known)
    if status is not order.status:
        check_move(order.id, order.status, status)
    return msgspec.structs.replace(known, status=status)


def check_move(order_id: str, before: OrderStatus, after: OrderStatus) -> None:
    """Raise ForbiddenMove unless the table allows it."""
    if after not in MOVES[before]:
        raise ForbiddenMove(order_id, before, after)


def average_price(order: Order, instrument: Instrument) -> Decimal | None:
    """Return the average fill price, or None before the first fill.

    Linear: Σ quantity × price ÷ Σ quantity. Inverse: Σ quantity ÷ Σ (quantity ÷ price), the
    price at which the same contracts would have cost the same coin. For display: it is a
    quotient and is rounded to 28 digits.
    """
    if not order.fills:
        return None
    if instrument.contract is Contract.INVERSE:
        return order.filled / sum((f.quantity / f.price for f in order.fills), ZERO)
    return sum((f.quantity * f.price for f in order.fills), ZERO) / order.filled


def _with_fact(order: Order, outcome: Outcome) -> Order:
    """Add what an outcome says to the facts; the same object when it is known already."""
    match outcome:
        case Filled():
            return _with_fill(order, outcome.fill)
        case Accepted():
            if order.accepted is not None and order.accepted.time_ms <= outcome.time_ms:
                return order
            return msgspec.structs.replace(order, accepted=outcome)
        case Cancelled():
            if order.cancelled is None:
                return msgspec.structs.replace(order, cancelled=outcome)
            return _unchanged(order, order.cancelled, outcome)
        case Rejected():
            if order.rejected is None:
                return msgspec.structs.replace(order, rejected=outcome)
            return _unchanged(order, order.rejected, outcome)


def _with_fill(order: Order, fill: Fill) -> Order:
    for known in order.fills:
        if known.id == fill.id:
            return _unchanged(order, known, fill)
    fills = list(order.fills)
    insort(fills, fill, key=_fill_id)
    return msgspec.structs.replace(order, fills=tuple(fills), filled=order.filled + fill.quantity)


def _fill_id(fill: Fill) -> str:
    return fill.id


def _unchanged(order: Order, known: object, repeated: object) -> Order:
    """A repeat says nothing new; a repeat in other words is a contradiction."""
    if known != repeated:
        raise OrderContradiction(order.id, f"first {known}, then {repeated}")
    return order


def _contradiction(order: Order) -> str:
    """Return why these facts cannot all be true, or nothing."""
    quantity = order.terms.quantity
    if not all(fill.quantity.is_finite() and fill.quantity > 0 for fill in order.fills):
        return "a fill of nothing"
    if order.fills and order.filled > quantity:
        return f"filled {order.filled} of {quantity}"
    if order.rejected is not None and (order.fills or order.cancelled is not None):
        return "rejected, yet filled or cancelled"
    if order.cancelled is not None and not order.filled <= order.cancelled.filled <= quantity:
        return f"cancelled with {order.cancelled.filled} filled, yet {order.filled} of {quantity}"
    return ""


def _status(order: Order) -> OrderStatus:
    """Return the status that the facts amount to."""
    if order.rejected is not None:
        return OrderStatus.REJECTED
    if order.fills and order.filled == order.terms.quantity:
        return OrderStatus.FILLED
    if order.cancelled is not None and order.filled == order.cancelled.filled:
        return OrderStatus.CANCELLED
    if order.fills:
        return OrderStatus.PARTIALLY_FILLED
    return OrderStatus.PENDING if order.accepted is None else OrderStatus.WORKING
