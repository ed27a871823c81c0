"""An order and what became of it: a fold over outcomes that does not depend on their order.

Acks, fills and cancels of a real venue arrive late, twice and out of order. An `Order` therefore
keeps facts (was it accepted, which fills are known, how was it closed) and its status follows from
the facts alone, so that every arrival order of the same outcomes ends in the same order. A cancel
states how much had been filled: until the fills that make it up are known the order is not closed,
and those fills count. An order without an answer is UNKNOWN until the venue says anything of it at
all, be it late: it is never guessed. While an amendment is on its way nobody knows how large the
order is: it has ended only where it has ended either way.
"""

from __future__ import annotations

from bisect import insort
from decimal import Decimal

import msgspec

from desk.execution.outcome import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    Filled,
    Outcome,
    Rejected,
    Trailed,
    Triggered,
    Unanswered,
)
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ZERO
from desk.model.orders import Amendment, Fill, OrderStatus, OrderTerms, OrderType

_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED})

MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: _ENDS
    | {
        OrderStatus.UNKNOWN,
        OrderStatus.WAITING,
        OrderStatus.WORKING,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.REJECTED,
    },
    OrderStatus.UNKNOWN: _ENDS
    | {
        OrderStatus.WAITING,
        OrderStatus.WORKING,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.REJECTED,
    },
    OrderStatus.WAITING: _ENDS
    | {OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED, OrderStatus.REJECTED},
    OrderStatus.WORKING: _ENDS | {OrderStatus.PARTIALLY_FILLED, OrderStatus.REJECTED},
    OrderStatus.PARTIALLY_FILLED: _ENDS,
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
    """As the venue has them: an amendment counts once it is answered."""
    created_ms: int
    """When the desk journaled it; wall clock, UTC."""
    status: OrderStatus = OrderStatus.PENDING
    filled: Decimal = ZERO
    fills: tuple[Fill, ...] = ()
    """By fill id; each id once."""
    accepted: Accepted | None = None
    triggered: Triggered | None = None
    trailed: Trailed | None = None
    """The farthest that the trigger of a trailing stop is known to have come."""
    amending: Amendment | None = None
    """Asked for and not yet answered."""
    answered: Amended | AmendRefused | None = None
    """The last answer to an amendment."""
    cancelled: Cancelled | None = None
    rejected: Rejected | None = None
    unanswered: Unanswered | None = None
    """No answer came in time; it says nothing any more once one has."""
    note: str = ""
    """Of an order that the venue gave itself: why."""

    @property
    def id(self) -> str:
        """The client order id."""
        return self.terms.id

    @property
    def remaining(self) -> Decimal:
        """What is not filled, whether or not it still can be."""
        return self.terms.quantity - self.filled

    @property
    def amendments(self) -> int:
        """How many amendments were asked for."""
        if self.amending is not None:
            return self.amending.number
        return 0 if self.answered is None else self.answered.number

    @property
    def largest(self) -> Decimal:
        """The quantity it may still turn out to have."""
        quantity = self.terms.quantity
        return quantity if self.amending is None else max(quantity, self.amending.quantity)

    @property
    def words(self) -> tuple[Outcome, ...]:
        """What the venue has said of it but for its fills: with them, all that its status is."""
        begun = (self.accepted, self.triggered, self.trailed)
        facts = (*begun, self.answered, self.cancelled, self.rejected)
        return tuple(word for word in facts if word is not None)

    @property
    def was_heard_of(self) -> bool:
        """Whether the venue has ever said anything of it."""
        return bool(self.fills or self.words)

    @property
    def is_live(self) -> bool:
        """Whether more can still happen to it."""
        return self.status not in TERMINAL

    @property
    def reason(self) -> str:
        """Why it ended without being filled, or what the venue did by it; else empty."""
        if self.note:
            return self.note
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


def asked(order: Order, amendment: Amendment) -> Order:
    """Return the order with an amendment on its way."""
    assert order.amending is None, f"order {order.id} is being amended already"
    assert amendment.number == order.amendments + 1, f"order {order.id}: amendments out of order"
    return msgspec.structs.replace(order, amending=amendment)


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
        case Unanswered() | Accepted() | Triggered():
            return _with_word(order, outcome)
        case Trailed():
            return _with_trail(order, outcome)
        case Amended() | AmendRefused():
            return _with_answer(order, outcome)
        case Cancelled() | Rejected():
            return _with_end(order, outcome)


def _with_end(order: Order, end: Cancelled | Rejected) -> Order:
    """Take an end; of one that is told in several ways (by the venue itself, and by what it holds
    when it is asked) the earliest counts, as long as they agree on what had been filled."""
    known = order.cancelled if isinstance(end, Cancelled) else order.rejected
    if known is not None:
        if isinstance(end, Cancelled) and isinstance(known, Cancelled):
            _unchanged(order, known.filled, end.filled)
        if (known.time_ms, known.reason) <= (end.time_ms, end.reason):
            return order
    if isinstance(end, Cancelled):
        return msgspec.structs.replace(order, cancelled=end)
    return msgspec.structs.replace(order, rejected=end)


def _with_word(order: Order, word: Unanswered | Accepted | Triggered) -> Order:
    """Take what is said once; of a word that is said again the earliest counts."""
    match word:
        case Unanswered():
            known = order.unanswered
            if known is not None and known.since_ms <= word.since_ms:
                return order
            return msgspec.structs.replace(order, unanswered=word)
        case Accepted():
            if order.accepted is not None and order.accepted.time_ms <= word.time_ms:
                return order
            return msgspec.structs.replace(order, accepted=word)
        case Triggered():
            if order.triggered is not None and order.triggered.time_ms <= word.time_ms:
                return order
            return msgspec.structs.replace(order, triggered=word)


def _with_trail(order: Order, word: Trailed) -> Order:
    """Take a trigger that has moved on; one that lies farther back was said before."""
    known, sign = order.trailed, -order.terms.side.sign

    def reached(one: Trailed) -> tuple[int, Decimal, Decimal, int]:
        return one.number, sign * one.trigger, sign * one.best, -one.time_ms

    if known is not None and reached(word) <= reached(known):
        return order
    terms = msgspec.structs.replace(order.terms, trigger=word.trigger)
    return msgspec.structs.replace(order, trailed=word, terms=terms)


def _with_answer(order: Order, answer: Amended | AmendRefused) -> Order:
    """Take the answer to an amendment; one that was answered before says nothing new."""
    known = order.answered
    if known is not None and answer.number <= known.number:
        return order if answer.number < known.number else _unchanged(order, known, answer)
    asked_for = order.amending
    if asked_for is None or asked_for.number != answer.number:
        raise OrderContradiction(order.id, "an amendment is answered that was never asked for")
    terms = order.terms
    if isinstance(answer, Amended):
        _unchanged(order, asked_for, answer.amendment)
        terms = answer.amendment.of(terms)
    return msgspec.structs.replace(order, terms=terms, amending=None, answered=answer)


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
    quantity = order.largest
    if order.triggered is not None and not order.terms.type.has_trigger:
        return "triggered, yet it has no trigger"
    if order.trailed is not None and order.terms.type is not OrderType.TRAILING_STOP:
        return "its trigger moved, yet it does not trail"
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
    now = _ended(order, order.terms.quantity)
    either_way = order.amending is None or now is _ended(order, order.amending.quantity)
    if now is not None and either_way:
        return now
    if order.fills:
        return OrderStatus.PARTIALLY_FILLED
    if not order.was_heard_of:
        return OrderStatus.PENDING if order.unanswered is None else OrderStatus.UNKNOWN
    waits = order.terms.type.has_trigger and order.triggered is None
    return OrderStatus.WAITING if waits else OrderStatus.WORKING


def _ended(order: Order, quantity: Decimal) -> OrderStatus | None:
    """Return how an order of this quantity has ended, or None while it has not."""
    if order.fills and order.filled == quantity:
        return OrderStatus.FILLED
    if order.cancelled is not None and order.filled == order.cancelled.filled:
        return OrderStatus.CANCELLED
    return None
