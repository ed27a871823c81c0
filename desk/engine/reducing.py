"""Getting out: cancel, cancel all, close, flatten. These pass in every state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from desk.engine.change import Change, NewOrder
from desk.engine.desk import Desk
from desk.engine.ordering import close_terms, collar_price, context_of, find_instrument
from desk.engine.plan import Plan, Refusal, refuse
from desk.execution.order import Order
from desk.model.commands import CancelAll, CancelOrder, ClosePosition, Flatten
from desk.model.events import Alerted
from desk.model.instrument import Kind
from desk.model.numbers import plain
from desk.risk.pretrade import review


def cancel(desk: Desk, command: CancelOrder, plan: Plan) -> None:
    """Ask to cancel one order; one that has ended is named as such."""
    order = desk.state.orders.get(command.order_id)
    if order is None:
        raise refuse("UNKNOWN_ORDER", f"There is no order {command.order_id}.")
    if not order.is_live:
        raise refuse("ORDER_ENDED", f"Order {order.id} is {order.status.value} already.")
    _cancel_rows(desk, plan, [order], {"order": order.id})


def cancel_all(desk: Desk, command: CancelAll, plan: Plan) -> None:
    """Ask to cancel every order, or every one of an instrument."""
    orders = [
        order
        for order in desk.state.live_orders()
        if command.instrument in {None, order.terms.instrument}
    ]
    _cancel_rows(desk, plan, orders, {"instrument": command.instrument, "count": len(orders)})


def adds_risk(desk: Desk, order: Order) -> bool:
    """Whether a working order could add risk: anything that is not reduce-only."""
    return not order.terms.reduce_only


def _cancel_rows(desk: Desk, plan: Plan, orders: list[Order], what: dict[str, object]) -> None:
    plan.add(
        plan.about,
        Change(what=what, cancels=tuple(order.id for order in orders)),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=orders[0].terms.account if len(orders) == 1 else None,
        reserve=True,
    )


def close(desk: Desk, command: ClosePosition, plan: Plan) -> None:
    """Close a fraction of a position at market, reduce-only."""
    if not 0 < command.fraction <= 1:
        raise refuse("FRACTION", "A position is closed by more than 0 and at most 100 %.")
    instrument, account = find_instrument(desk, command.instrument, command.account)
    if instrument.kind is Kind.SPOT:
        raise refuse("NO_POSITION", f"{instrument.id} is spot: sell it with an order.")
    held = desk.state.position(account.id, instrument.id).quantity
    quantity = abs(held) * command.fraction
    terms = close_terms(desk, account.id, instrument, quantity, command.id)
    if terms is None:
        held_text = plain(held)
        raise refuse(
            "NO_POSITION",
            f"Nothing to close in {instrument.id}: {held_text} held, "
            f"{plain(command.fraction * 100)} % of it is less than a lot."
            if held
            else f"There is no position in {instrument.id}.",
        )
    found = review(context_of(desk, terms, instrument, account, closing=True))
    if not found.accepted:
        raise Refusal(*found.denials)
    plan.add(
        plan.about,
        Change(
            what={"instrument": instrument.id, "fraction": plain(command.fraction)},
            orders=(NewOrder(terms=terms, collar_price=collar_price(desk, terms)),),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=account.id,
        reserve=True,
    )


def flatten(desk: Desk, command: Flatten, plan: Plan) -> None:
    """Cancel every order and close every position; each instrument on its own, none waits."""
    del command
    if desk.state.state == "HALTED" and not desk.rules.limits.allow_reduce_when_halted:
        raise refuse("STATE_HALTED", "The desk is HALTED and may only cancel.", "kill.switch")
    orders: list[NewOrder] = []
    left: list[str] = []
    ids = _free_ids(desk, plan.client_id)
    for (account, instrument_id), position in sorted(desk.state.positions.items()):
        instrument = desk.catalogue.get(instrument_id)
        if instrument is None or not position.quantity:
            continue
        terms = close_terms(desk, account, instrument, abs(position.quantity), next(ids))
        if terms is None:
            left.append(f"{plain(position.quantity)} of {instrument_id} is less than a lot")
            continue
        found = review(
            context_of(desk, terms, instrument, desk.state.accounts[account], closing=True)
        )
        if found.accepted:
            orders.append(NewOrder(terms=terms, collar_price=collar_price(desk, terms)))
        else:
            left += [denial.message for denial in found.denials]
    live = desk.state.live_orders()
    if not orders and not live:
        said = "; ".join(left) or "there is no working order and no position"
        raise refuse("NOTHING_TO_DO", f"Nothing to do: {said}.")
    if left:
        said = f"Not closed: {'; '.join(left)}."
        plan.events.append(Alerted(severity="danger", code="NOT_FLAT", message=said))
    plan.add(
        plan.about,
        Change(
            what={"cancels": len(live), "closes": len(orders), "left": left},
            orders=tuple(orders),
            cancels=tuple(order.id for order in live),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )


def _free_ids(desk: Desk, client_id: str) -> Iterator[str]:
    """Return ids of orders behind a command's; a client may have thought of the same."""
    state = desk.state
    names = (f"{client_id}-{number}" for number in count(1))
    return (name for name in names if name not in state.orders and name not in state.contents)
