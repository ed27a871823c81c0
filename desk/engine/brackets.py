"""Protective legs: placed, grown and shrunk with what their parent fills; one ends the other.

Nothing is remembered here: each look compares the orders with what they should be. So a crash
between a fill and its legs is made good by the first look after the restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from desk.engine.bracket_book import Role, role_of
from desk.engine.change import Change, NewOrder
from desk.engine.desk import Desk
from desk.engine.ordering import context_of
from desk.engine.plan import Plan
from desk.execution.order import Order
from desk.execution.outcome import AmendRefused, Cancelled, Outcome, Rejected, Triggered
from desk.model.events import Alerted, AnyEvent, Denial
from desk.model.numbers import ZERO, grouped, plain
from desk.model.orders import Amendment, OrderStatus, OrderTerms
from desk.risk.pretrade import review


def tend(desk: Desk) -> Plan | None:
    """Return what the next bracket needs, or None when all are as they should be."""
    book = desk.state.brackets
    if book.tended_at == desk.changes:  # nothing has changed since all was as it should be
        return None
    for parent_id in book.open:
        plan = _tend(desk, desk.state.orders[parent_id])
        if plan is not None:
            return plan
        live = [desk.state.orders[parent_id], *book.legs(parent_id)]
        if not any(order.is_live for order in live):
            book.settle(parent_id)
    book.tended_at = desk.changes
    return None


def _tend(desk: Desk, parent: Order) -> Plan | None:
    changes = [_guard(desk, parent, role) for role in desk.state.brackets.roles(parent.id)]
    cancels = [order_id for change, _ in changes for order_id in change.cancels]
    if _is_over(desk, parent):
        cancels.append(parent.id)
    change = Change(
        what={"parent": parent.id, "filled": plain(parent.filled)},
        orders=tuple(new for change, _ in changes for new in change.orders),
        amends=tuple(amendment for change, _ in changes for amendment in change.amends),
        cancels=tuple(cancels),
        unguarded=tuple(leg for change, _ in changes for leg in change.unguarded),
    )
    if not (change.orders or change.amends or change.cancels or change.unguarded):
        return None
    denials = [denial for _, found in changes for denial in found]
    change.what["denials"] = msgspec.to_builtins(denials)
    plan = Plan(about="bracket", events=[_unplaced(parent, one) for one in denials])
    plan.add("bracket", change, time_ms=desk.wall_ms, account=parent.terms.account, reserve=True)
    return plan


def _is_over(desk: Desk, parent: Order) -> bool:
    """Whether the trade has been closed by a leg while its entry still fills: no more of it."""
    if not parent.is_live or parent.id in desk.state.cancels:
        return False
    legs = desk.state.brackets.legs(parent.id)
    return any(leg.triggered is not None or leg.status is OrderStatus.FILLED for leg in legs)


def _guard(desk: Desk, parent: Order, role: Role) -> tuple[Change, list[Denial]]:
    """Return what brings one leg to the quantity it should have, or why that is denied."""
    book = desk.state.brackets
    leg, wanted = book.live(parent.id, role), book.wanted(parent.id, role)
    if leg is None:
        if wanted <= 0:
            return Change(), []
        terms = _terms(desk, parent.terms, role, wanted)
        change = Change(orders=(NewOrder(terms=terms),))
        return _reviewed(desk, terms, wanted, change, (parent.id, role.value))
    if leg.id in desk.state.cancels:
        return Change(), []
    if wanted <= leg.filled:
        return Change(cancels=(leg.id,)), []
    if leg.amending is not None or wanted == leg.terms.quantity:
        return Change(), []
    change = Change(amends=(_resized(leg, wanted),))
    if wanted < leg.terms.quantity:
        return change, []
    return _reviewed(desk, leg.terms, wanted - leg.filled, change, (parent.id, role.value))


def _reviewed(
    desk: Desk, terms: OrderTerms, quantity: Decimal, change: Change, leg: tuple[str, str]
) -> tuple[Change, list[Denial]]:
    """Return a change if the pipeline lets the leg pass, as the reduction that it is."""
    instrument = desk.catalogue.get(terms.instrument)
    assert instrument is not None, f"a leg in {terms.instrument}, which is unknown"
    held = desk.held(terms.account, terms.instrument)
    if held * terms.side.sign >= 0:
        return Change(unguarded=(leg,)), []  # there is nothing left to protect
    # It is held to the position at each fill: more than that it cannot be.
    judged = msgspec.structs.replace(terms, quantity=min(quantity, abs(held)))
    account = desk.state.accounts[terms.account]
    context = context_of(desk, judged, instrument, account, closing=True, without=terms.id)
    found = review(msgspec.structs.replace(context, guarding=True))
    if found.accepted:
        return change, []
    return Change(unguarded=(leg,)), list(found.denials)


def _terms(desk: Desk, parent: OrderTerms, role: Role, quantity: Decimal) -> OrderTerms:
    """Return a new leg; one that replaces another keeps the trigger that it was amended to."""
    before = desk.state.brackets.legs(parent.id, role)
    number, order_id = len(before), ""
    while not order_id or order_id in desk.state.orders or order_id in desk.state.contents:
        number += 1
        order_id = f"{parent.id}-{role.suffix}" + (f"-{number}" if number > 1 else "")
    return OrderTerms(
        id=order_id,
        account=parent.account,
        instrument=parent.instrument,
        side=parent.side.opposite,
        quantity=quantity,
        type=role.type,
        reduce_only=True,
        trigger=before[-1].terms.trigger if before else role.trigger(parent),
        parent=parent.id,
    )


def _resized(leg: Order, quantity: Decimal) -> Amendment:
    return Amendment(
        order_id=leg.id,
        number=leg.amendments + 1,
        quantity=quantity,
        price=leg.terms.price,
        trigger=leg.terms.trigger,
    )


def _unplaced(parent: Order, denial: Denial) -> AnyEvent:
    said = f"What {parent.id} filled is NOT protected: {denial.message}"
    return Alerted(severity="danger", code="UNPROTECTED", message=said)


def spoken(outcome: Outcome | None) -> list[AnyEvent]:
    """Say what an order's new state alone would not show: a trigger, a refused amendment."""
    match outcome:
        case Triggered():
            message = f"{outcome.order_id} is triggered by the mark {grouped(outcome.mark)}."
            return [Alerted(severity="warning", code="TRIGGERED", message=message)]
        case AmendRefused():
            message = f"{outcome.order_id} was not amended: {outcome.reason}."
            return [Alerted(severity="warning", code="AMEND_REFUSED", message=message)]
        case _:
            return []


def lost_legs(desk: Desk, changes: Iterable[Change], asked: frozenset[str]) -> list[AnyEvent]:
    """Say which legs ended, unasked and unfilled, while there is something to protect."""
    said: list[AnyEvent] = []
    for change in changes:
        if not isinstance(change.outcome, Cancelled | Rejected):
            continue
        leg = desk.state.orders[change.outcome.order_id]
        terms = leg.terms
        held = desk.held(terms.account, terms.instrument)
        if role_of(terms) is None or leg.id in asked or held * terms.side.sign >= 0:
            continue
        left = min(leg.remaining, abs(held), desk.guarded(terms) or ZERO)
        if left <= 0:
            continue
        message = (
            f"{plain(left)} of {terms.instrument} is NOT protected: {leg.id} ended, {leg.reason}."
        )
        said.append(Alerted(severity="danger", code="UNPROTECTED", message=message))
    return said
