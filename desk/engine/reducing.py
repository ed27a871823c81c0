"""Getting out: close, flatten. These pass in every state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from desk.engine.change import Change, NewOrder
from desk.engine.desk import Desk
from desk.engine.ordering import close_terms, collar_price, context_of, find_instrument
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.programs import ending
from desk.model.commands import ClosePosition, Flatten
from desk.model.events import Alerted
from desk.model.instrument import Kind
from desk.model.numbers import plain
from desk.risk.pretrade import review


def close(desk: Desk, command: ClosePosition, plan: Plan) -> None:
    """Close a fraction of a position at market, reduce-only."""
    if not 0 < command.fraction <= 1:
        raise refuse("FRACTION", "A position is closed by more than 0 and at most 100%.")
    instrument, account = find_instrument(desk, command.instrument, command.account)
    if instrument.kind is Kind.SPOT:
        raise refuse("NO_POSITION", f"{instrument.id} is spot: sell it with an order.")
    held = desk.state.position(account.id, instrument.id).quantity
    quantity = abs(held) * command.fraction
    order_id = command.id or next(unused_ids(desk, "close"))
    terms = close_terms(desk, account.id, instrument, quantity, order_id)
    if terms is None:
        held_text = plain(held)
        raise refuse(
            "NO_POSITION",
            f"Nothing to close in {instrument.id}: {held_text} held, "
            f"{plain(command.fraction * 100)}% of it is less than a lot."
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
    """Cancel every order, close every position: each instrument on its own, none waits."""
    del command
    if desk.state.state == "HALTED" and not desk.rules.limits.allow_reduce_when_halted:
        raise refuse("STATE_HALTED", "The desk is HALTED and may only cancel.", "kill.switch")
    orders: list[NewOrder] = []
    left: list[str] = []
    ids = unused_ids(desk, plan.client_id)
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
    live, programs = desk.state.live_orders(), desk.state.programs.running
    if not orders and not live and not programs:
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
            programs=ending(programs, "the desk was flattened"),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )


def unused_ids(desk: Desk, client_id: str) -> Iterator[str]:
    """Return ids of orders behind a command's; a client may have thought of the same."""
    state = desk.state
    names = (f"{client_id}-{number}" for number in count(1))
    taken = (state.orders, state.contents)
    return (
        name
        for name in names
        if not any(name in known for known in taken) and not state.programs.reserves(name)
    )
