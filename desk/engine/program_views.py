"""Ladders and TWAPs as frame and console show them."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.order_snapshot import ProgramView
from desk.engine.program_book import Progress, sent_orders
from desk.execution.order import Order
from desk.model.numbers import ZERO, plain
from desk.model.orders import OrderStatus

RECENT = 20
"""Ended programs that a frame carries."""

NS_PER_MS = 1_000_000


def program_views(desk: Desk) -> list[ProgramView]:
    """Return what runs, newest first, then the last ones that are over."""
    views = [program_view(desk, one) for one in reversed(desk.state.programs.all())]
    running = [view for view in views if view.state == "RUNNING"]
    return [*running, *[view for view in views if view.state != "RUNNING"][:RECENT]]


def program_view(desk: Desk, one: Progress) -> ProgramView:
    """Return one program."""
    program, orders = one.program, sent_orders(desk.state.orders, one)
    filled = sum((order.filled for order in orders), ZERO)
    state, note = _state(one, orders)
    next_ms = _next_ms(desk, one) if one.runs else None
    left = len(program.parts) - one.reached - 1
    return ProgramView(
        id=program.id,
        kind=program.kind,
        account=program.account,
        instrument=program.instrument,
        side=program.side.value,
        quantity=program.quantity,
        sent=sum((order.terms.quantity for order in orders), ZERO),
        filled=filled,
        average_price=_average(orders, filled),
        orders=[order.id for order in orders],
        state=state,
        note=note,
        started_ms=one.started_ms,
        ends_ms=None if next_ms is None else next_ms + left * program.every_ms,
        next_ms=next_ms,
    )


def _average(orders: list[Order], filled: Decimal) -> Decimal | None:
    if not filled:
        return None
    paid = sum((fill.quantity * fill.price for o in orders for fill in o.fills), ZERO)
    return paid / filled


def _state(one: Progress, orders: list[Order]) -> tuple[str, str]:
    """Return RUNNING, DONE or ENDED, and what there is to say about it."""
    program, total = one.program, len(one.program.parts)
    if one.ended:
        return "ENDED", f"{one.reached - one.missed} of {total} parts were sent; {one.ended}"
    missed = ""
    if one.missed:
        parts = "1 part" if one.missed == 1 else f"{one.missed} parts"
        missed = f"{parts} ({plain(one.missed_quantity)}) could not be sent when due"
    if one.runs or (not program.every_ms and any(order.is_live for order in orders)):
        return "RUNNING", missed
    filled = plain(sum((order.filled for order in orders), ZERO))
    said = f"{filled} of {plain(program.quantity)} filled"
    if program.every_ms:
        return "DONE", f"{said}; {missed}" if missed else said
    unfilled = [order for order in orders if order.status is not OrderStatus.FILLED]
    return ("ENDED", f"{said}; {unfilled[0].reason}") if unfilled else ("DONE", said)


def _next_ms(desk: Desk, one: Progress) -> int:
    """Return when the next part is due, as a wall clock that is right now would show it."""
    known = desk.parts_due_ns.get(one.program.id)
    if known is None:
        return one.due_ms + one.program.every_ms
    part, due_ns = known
    ahead_ms = (due_ns - desk.now_ns) // NS_PER_MS
    return desk.wall_ms + ahead_ms + (one.reached + 1 - part) * one.program.every_ms
