"""Cancels: of one order, of a program, of many at once. They pass in every state."""

from __future__ import annotations

from collections.abc import Sequence

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, refuse
from desk.engine.program_book import Progress, sent_orders
from desk.engine.programs import covered, ending
from desk.execution.order import Order
from desk.model.order_commands import CancelAll, CancelOrder, CancelScope

CANCELLED = "cancelled on request"


def cancel(desk: Desk, command: CancelOrder, plan: Plan) -> None:
    """Ask to cancel one order, or what is left of a program; what has ended is named as such."""
    program = desk.state.programs.get(command.order_id)
    if program is not None:
        _cancel_program(desk, program, plan)
        return
    pair = desk.state.pair(command.order_id)
    if pair:
        _cancel_pair(desk, command.order_id, [order for order in pair if order.is_live], plan)
        return
    order = desk.state.orders.get(command.order_id)
    if order is None:
        raise refuse("UNKNOWN_ORDER", f"There is no order {command.order_id}.")
    if not order.is_live:
        raise refuse("ORDER_ENDED", f"Order {order.id} is {order.status.value} already.")
    _rows(desk, plan, [order], [], {"order": order.id})


def _cancel_program(desk: Desk, one: Progress, plan: Plan) -> None:
    name, kind = one.program.id, one.program.kind
    live = [order for order in sent_orders(desk.state.orders, one) if order.is_live]
    if not live and not one.runs:
        raise refuse("ORDER_ENDED", f"Nothing of the {kind} {name} is left to cancel.")
    _rows(desk, plan, live, [one], {"program": name, "count": len(live)})


def _cancel_pair(desk: Desk, name: str, live: list[Order], plan: Plan) -> None:
    if not live:
        raise refuse("ORDER_ENDED", f"Nothing of the OCO {name} is left to cancel.")
    _rows(desk, plan, live, [], {"oco": name, "count": len(live)})


def cancel_all(desk: Desk, command: CancelAll, plan: Plan) -> None:
    """Ask to cancel every order, or those of an instrument, account, side or scope.

    A running program that sends such orders ends with them.
    """
    if command.instrument is not None and desk.catalogue.get(command.instrument) is None:
        raise refuse("UNKNOWN_INSTRUMENT", f"There is no instrument {command.instrument}.")
    if command.account is not None and command.account not in desk.state.accounts:
        raise refuse("ACCOUNT", f"There is no account {command.account}.")
    orders = [order for order in desk.state.live_orders() if _is_meant(desk, order, command)]
    programs = list(covered(desk, command))
    what: dict[str, object] = {"instrument": command.instrument, "count": len(orders)}
    what |= {"account": command.account, "scope": command.scope.value}
    what["side"] = None if command.side is None else command.side.value
    what["programs"] = [one.program.id for one in programs]
    _rows(desk, plan, orders, programs, what)


def _is_meant(desk: Desk, order: Order, command: CancelAll) -> bool:
    terms = order.terms
    if command.scope is CancelScope.ENTRIES and not adds_risk(desk, order):
        return False
    if command.scope is CancelScope.PROTECTIVE and not is_protective(order):
        return False
    return (
        command.instrument in {None, terms.instrument}
        and command.account in {None, terms.account}
        and command.side in {None, terms.side}
    )


def adds_risk(desk: Desk, order: Order) -> bool:
    """Whether a working order could add risk: anything that is not reduce-only."""
    return not order.terms.reduce_only


def is_protective(order: Order) -> bool:
    """Whether an order stands behind a position: a stop or take-profit that only reduces."""
    return order.terms.reduce_only and order.terms.type.has_trigger


def _rows(
    desk: Desk,
    plan: Plan,
    orders: Sequence[Order],
    programs: Sequence[Progress],
    what: dict[str, object],
) -> None:
    plan.add(
        plan.about,
        Change(
            what=what,
            cancels=tuple(order.id for order in orders),
            programs=ending(programs, CANCELLED),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=orders[0].terms.account if len(orders) == 1 else None,
        reserve=True,
    )
