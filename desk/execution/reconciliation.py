"""What a statement of the venue says beyond what the desk knows: words it missed, differences.

Only what a venue has positively and completely said counts against an order: that it never had it,
or has it no more. A part that failed brings what it holds, and denies nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from desk.execution.order import Order, OrderContradiction, apply
from desk.execution.outcome import AmendRefused, Cancelled, Filled, Outcome, Rejected
from desk.execution.statement import (
    BALANCES,
    FILLS,
    ORDERS,
    POSITIONS,
    Figures,
    StatedOrder,
    Statement,
)
from desk.model.numbers import ZERO, plain
from desk.model.orders import Amendment

NEVER_HAD = "the venue never had it"
NO_LONGER_HAS = "the venue no longer has it"
AMENDMENT_LOST = "the venue never had the amendment"


@dataclass(slots=True)
class Found:
    """What a statement says beyond what is known."""

    words: list[Outcome] = field(default_factory=list[Outcome])
    """Missed words and fills, and the ends that follow from complete lists."""
    strangers: list[str] = field(default_factory=list[str])
    """Orders and fills at the venue that this desk never sent."""
    differences: list[str] = field(default_factory=list[str])
    """Positions and balances that are not equal although all is known."""


def compare(
    statement: Statement, orders: Mapping[str, Order], positions: Figures, balances: Figures
) -> Found:
    """Compare a statement with what the desk holds; figures only once no word is missing."""
    found = Found()
    for stated in statement.orders:
        known = orders.get(stated.id)
        if known is None:
            found.strangers.append(f"the venue has {_told(stated)}, which was never sent from here")
        else:
            found.words += _news(known, stated.words)
    for fill in statement.fills:
        known = orders.get(fill.order_id)
        if known is None:
            found.strangers.append(
                f"the venue has fill {fill.id}, of an order never sent from here"
            )
        else:
            found.words += _news(known, [Filled(fill=fill)])
    if statement.is_whole(ORDERS):
        found.words += _ends(statement, orders.values(), found.words)
    if not found.words and statement.is_whole():
        found.differences += _unequal(POSITIONS, statement.positions, positions)
        found.differences += _unequal(BALANCES, statement.balances, balances)
    return found


def _told(stated: StatedOrder) -> str:
    terms = stated.terms
    what = f"{terms.side.value} {plain(terms.quantity)} {terms.instrument}"
    return f"order {stated.id} ({what})"


def _news(order: Order, words: Iterable[Outcome]) -> list[Outcome]:
    """Return the words that say something new, or that contradict what is known."""
    return [word for word in words if _is_news(order, word)]


def _is_news(order: Order, word: Outcome) -> bool:
    try:
        return apply(order, word) is not order
    except OrderContradiction:
        return True


def _ends(statement: Statement, orders: Iterable[Order], words: Iterable[Outcome]) -> list[Outcome]:
    """Return what follows from a complete list of orders for what is not in it."""
    stated = {one.id: one for one in statement.orders}
    answered = {word.order_id for word in words if not isinstance(word, Filled)}
    said: list[Outcome] = []
    for order in orders:
        if not order.is_live or order.id in statement.on_the_way | answered:
            continue
        there = stated.get(order.id)
        if there is None:
            said += _end(order, statement)
        elif order.amending is not None and there.amending is None:
            said.append(_lost_amendment(order, order.amending, statement))
    return said


def _end(order: Order, statement: Statement) -> list[Outcome]:
    """Return how an order has ended that the venue does not have."""
    if not order.was_heard_of:
        return [Rejected(order_id=order.id, reason=NEVER_HAD, time_ms=statement.as_of_ms)]
    if not statement.is_whole(FILLS) or order.cancelled is not None:
        return []
    known = {fill.id for fill in order.fills}
    missed = [f for f in statement.fills if f.order_id == order.id and f.id not in known]
    filled = sum((fill.quantity for fill in missed), order.filled)
    if filled >= order.terms.quantity:
        return []  # its fills end it
    end = Cancelled(
        order_id=order.id, filled=filled, reason=NO_LONGER_HAS, time_ms=statement.as_of_ms
    )
    return [end]


def _lost_amendment(order: Order, asked: Amendment, statement: Statement) -> Outcome:
    return AmendRefused(
        order_id=order.id, number=asked.number, reason=AMENDMENT_LOST, time_ms=statement.as_of_ms
    )


def _unequal(part: str, theirs: Figures, ours: Figures) -> list[str]:
    said: list[str] = []
    for key in sorted({*theirs, *ours}):
        there, here = theirs.get(key, ZERO), ours.get(key, ZERO)
        if there != here:
            what = f"{part}: {plain(there)} {key[1]} in {key[0]} at the venue"
            said.append(f"{what}, {plain(here)} on this desk")
    return said
