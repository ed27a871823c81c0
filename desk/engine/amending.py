"""Amending: a live order becomes another without losing its id.

It passes the whole pipeline as the order it would become, with the old one out of the way. Until
the venue answers both are possible, and margin is held for the worse of the two.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import context_of, decision_of, find_instrument, resolved_quantity
from desk.engine.plan import Plan, Refusal, refuse
from desk.execution.order import Order
from desk.model.commands import AmendOrder
from desk.model.instrument import Instrument
from desk.model.numbers import plain
from desk.model.orders import Amendment, OrderStatus, OrderTerms, OrderType
from desk.risk.pretrade import review


def amend(desk: Desk, command: AmendOrder, plan: Plan, *, over_rate: bool) -> None:
    """Send an amendment through the pipeline and record it."""
    order = _amendable(desk, command.order_id)
    instrument, account = find_instrument(desk, order.terms.instrument, order.terms.account)
    amendment = _amendment(desk, command, order, instrument)
    terms = amendment.of(order.terms)
    left = msgspec.structs.replace(terms, quantity=terms.quantity - order.filled)
    if terms.type is OrderType.TRAILING_STOP:
        left = msgspec.structs.replace(left, trigger=None)  # it is where the mark puts it
    if terms.parent is not None:
        left = _held_to_position(desk, left)
    context = context_of(desk, left, instrument, account, without=order.id)
    best = None if order.trailed is None else order.trailed.best
    context = msgspec.structs.replace(context, over_rate=over_rate, best_mark=best)
    found = review(context)
    if not found.accepted:
        raise Refusal(*found.denials)
    plan.add(
        plan.about,
        Change(
            what=decision_of(desk, context, found) | {"order": order.id},
            amends=(amendment,),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=account.id,
        reserve=found.reduces,
    )


def _held_to_position(desk: Desk, leg: OrderTerms) -> OrderTerms:
    """Return a leg as no larger than the position: its quantity is not a person's to choose, and
    at each fill it is held to that anyway."""
    held = desk.held(leg.account, leg.instrument)
    if held * leg.side.sign >= 0:
        return leg
    return msgspec.structs.replace(leg, quantity=min(leg.quantity, abs(held)))


def only_shrinks(desk: Desk, command: AmendOrder) -> bool:
    """Whether an amendment makes an order smaller and nothing else, or is one of an order that is
    reduce-only; one that cannot be worked out does not."""
    try:
        order = _amendable(desk, command.order_id)
        if order.terms.reduce_only:
            return True
        instrument, _ = find_instrument(desk, order.terms.instrument, order.terms.account)
        terms = _amendment(desk, command, order, instrument).of(order.terms)
    except Refusal:
        return False
    smaller = terms.quantity < order.terms.quantity
    return smaller and terms == msgspec.structs.replace(order.terms, quantity=terms.quantity)


def _amendable(desk: Desk, order_id: str) -> Order:
    """Return a live order that nothing else is being asked of, or refuse."""
    order = desk.state.orders.get(order_id)
    if order is None:
        raise refuse("UNKNOWN_ORDER", f"There is no order {order_id}.")
    if not order.is_live:
        raise refuse("ORDER_ENDED", f"Order {order.id} is {order.status.value} already.")
    if order.id in desk.state.cancels:
        raise refuse("CANCEL_ASKED", f"Order {order.id} is being cancelled.")
    if order.status is OrderStatus.UNKNOWN:
        raise refuse("ORDER_UNKNOWN", f"Nobody knows whether the venue has {order.id}: cancel it.")
    if order.amending is not None:
        raise refuse("AMEND_ASKED", f"Order {order.id} is being amended; wait for the answer.")
    if not order.terms.tif.rests:
        raise refuse("AMEND_AT_ONCE", f"Order {order.id} acts at once: there is nothing to amend.")
    return order


def _amendment(desk: Desk, command: AmendOrder, order: Order, instrument: Instrument) -> Amendment:
    terms = order.terms
    price, trigger = command.price, command.trigger
    trail, trail_rate = _trail(command, order)
    if not terms.type.has_price and price is not None:
        if trigger is not None:
            raise refuse("PRICE", f"Order {order.id} has no limit price.")
        price, trigger = None, price
    if trigger is not None and not terms.type.has_trigger:
        raise refuse("TRIGGER", f"Order {order.id} has no trigger.")
    amendment = Amendment(
        order_id=order.id,
        number=order.amendments + 1,
        quantity=_quantity(desk, command, order, instrument, price or trigger),
        price=terms.price if price is None else price,
        trigger=terms.trigger if trigger is None else trigger,
        trail=trail,
        trail_rate=trail_rate,
    )
    if amendment.of(terms) == terms:
        raise refuse("AMEND_NOTHING", f"Order {order.id} is that already.")
    return amendment


def _trail(command: AmendOrder, order: Order) -> tuple[Decimal | None, Decimal | None]:
    """Return the distance that a trailing stop would have; the one it has where none is asked."""
    terms, asked = order.terms, (command.trail, command.trail_rate)
    if terms.type is not OrderType.TRAILING_STOP:
        if asked != (None, None):
            raise refuse("TRAIL", f"Order {order.id} does not trail.")
        return None, None
    if command.price is not None or command.trigger is not None:
        raise refuse("TRIGGER", f"The trigger of {order.id} follows the mark: amend its trail.")
    if order.triggered is not None:
        raise refuse("AMEND_AT_ONCE", f"Order {order.id} is triggered: it acts at once.")
    return (terms.trail, terms.trail_rate) if asked == (None, None) else asked


def _quantity(
    desk: Desk,
    command: AmendOrder,
    order: Order,
    instrument: Instrument,
    price: Decimal | None,
) -> Decimal:
    terms: OrderTerms = order.terms
    if command.quantity is None:
        return terms.quantity
    if terms.parent is not None:
        raise refuse("LEG_QUANTITY", f"The quantity of {order.id} follows its entry's fills.")
    account = desk.state.accounts[terms.account]
    quantity = resolved_quantity(
        desk,
        command.quantity,
        instrument,
        account,
        terms.side,
        price=price or terms.expected_price,
        stop=terms.stop_loss,
        at_market=not terms.type.has_price,
        without=order.id,
    )
    if quantity <= order.filled:
        raise refuse(
            "AMEND_FILLED",
            f"{plain(order.filled)} of {order.id} has filled already: cancel what is left.",
        )
    return quantity
