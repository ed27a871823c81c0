"""Two orders of which the first fill cancels the other: judged each alone, sent together.

They never both fill: a venue that is sent them keeps them apart itself. What is here asks again
for the cancel of one whose rival has filled, should it still be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import decision_of, leaving, order_context
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.reducing import unused_ids
from desk.execution.outcome import Cancelled
from desk.model.events import Alerted, AnyEvent, Denial
from desk.model.numbers import plain
from desk.model.order_commands import SubmitOco, SubmitOrder
from desk.model.orders import OrderTerms, OrderType
from desk.risk.context import OrderContext, Review
from desk.risk.pretrade import review
from desk.risk.together import as_working


def submit(desk: Desk, command: SubmitOco, plan: Plan, *, over_rate: bool) -> int:
    """Send a pair through the pipeline and record it; return how often it was sent before."""
    contexts = _contexts(desk, command, over_rate=over_rate)
    reviews, denials = _reviewed(contexts)
    if denials:
        raise Refusal(*denials)
    first, second = (decision_of(desk, c, r) for c, r in zip(contexts, reviews, strict=True))
    orders = tuple(context.order for context in contexts)
    plan.add(
        plan.about,
        Change(
            what=first | {"second": second},
            orders=leaving(desk, plan, zip(orders, contexts, strict=True)),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=orders[0].account,
        reserve=all(found.reduces for found in reviews),
    )
    return max(context.repeats for context in contexts)


def seen(
    desk: Desk, command: SubmitOco
) -> tuple[OrderContext, Review, list[dict[str, str | None]]]:
    """Return the order of a pair that strains the account more, with what is said of both.

    The parts are both orders, each with its price or, without one, its trigger.
    """
    contexts = _contexts(desk, command if command.id else _named(command), over_rate=False)
    reviews, denials = _reviewed(contexts)
    context, found = max(zip(contexts, reviews, strict=True), key=lambda one: _strain(one[1]))
    reduces = all(one.reduces for one in reviews)
    found = msgspec.structs.replace(found, denials=tuple(denials), reduces=reduces)
    return context, found, [_part(one.order) for one in contexts]


def _named(command: SubmitOco) -> SubmitOco:
    return msgspec.structs.replace(command, id="preview")


def _part(terms: OrderTerms) -> dict[str, str | None]:
    price = terms.trigger if terms.price is None else terms.price
    return {"quantity": plain(terms.quantity), "price": None if price is None else plain(price)}


def _strain(found: Review) -> Decimal:
    """Return how much of the account is in use after an order; unknown is the most there is."""
    use = None if found.after is None else found.after.margin_utilization
    return Decimal("Infinity") if use is None else use


def _reviewed(contexts: Iterable[OrderContext]) -> tuple[list[Review], list[Denial]]:
    reviews = [review(context) for context in contexts]
    return reviews, list(_once(denial for found in reviews for denial in found.denials))


def _contexts(desk: Desk, command: SubmitOco, *, over_rate: bool) -> tuple[OrderContext, ...]:
    """Return both orders as the pipeline sees them: the second with the first beside it."""
    if not desk.venue.capabilities.oco:
        raise refuse("UNSUPPORTED", "The venue cannot keep two orders from filling both.")
    if not command.id:
        raise refuse("ID", "An OCO needs an id: its orders are named for it.")
    if command.first.id or command.second.id:
        raise refuse("OCO", "The orders of an OCO are named for it: they have no ids of their own.")
    ids = unused_ids(desk, command.id)
    first, second = (
        _paired(desk, msgspec.structs.replace(one, id=next(ids)), command.id, over_rate=over_rate)
        for one in (command.first, command.second)
    )
    one, other = first.order, second.order
    for word in ("instrument", "account", "side"):
        if getattr(one, word) != getattr(other, word):
            raise refuse("OCO", f"The two orders of an OCO have one {word}.")
    if one.type is other.type is OrderType.MARKET:
        raise refuse("OCO", "Two market orders would both fill at once.")
    working = (*second.working, as_working(first))
    return first, msgspec.structs.replace(second, working=working)


def _paired(desk: Desk, one: SubmitOrder, pair: str, *, over_rate: bool) -> OrderContext:
    context = order_context(desk, one, over_rate=over_rate)
    terms = msgspec.structs.replace(context.order, oco=pair)
    return msgspec.structs.replace(context, order=terms)


def _once(denials: Iterable[Denial]) -> Iterator[Denial]:
    said: set[tuple[str, str]] = set()
    for denial in denials:
        if (denial.code, denial.message) not in said:
            said.add((denial.code, denial.message))
            yield denial


def tend(desk: Desk) -> Plan | None:
    """Ask for the cancel of an order whose rival has filled, in whole or in part."""
    for order in desk.state.live_orders():
        if order.terms.oco is None or order.id in desk.state.cancels:
            continue
        rival = desk.state.rival(order)
        if rival is None or not rival.fills or (order.fills and order.id < rival.id):
            continue
        plan = Plan(about="oco")
        plan.add(
            "oco",
            Change(what={"oco": order.terms.oco, "filled": rival.id}, cancels=(order.id,)),
            time_ms=desk.wall_ms,
            account=order.terms.account,
            reserve=True,
        )
        return plan
    return None


def half_filled(desk: Desk, changes: Iterable[Change]) -> list[AnyEvent]:
    """Say what nothing protects any more: the part that a protective pair's fill has left."""
    said: list[AnyEvent] = []
    for change in changes:
        if not isinstance(change.outcome, Cancelled):
            continue
        ended = desk.state.orders[change.outcome.order_id]
        rival = desk.state.rival(ended)
        protects = ended.terms.reduce_only and ended.terms.type.has_trigger
        if not protects or rival is None or not (rival.is_live and rival.fills):
            continue
        message = (
            f"{plain(rival.remaining)} of {rival.terms.instrument} is NOT protected: {rival.id} "
            f"has filled in part, which ended {ended.id}."
        )
        said.append(Alerted(severity="danger", code="UNPROTECTED", message=message))
    return said


def present(desk: Desk, pair: str) -> dict[str, object]:
    """Return how the orders of a pair stand, for one that is asked for again."""
    orders = desk.state.pair(pair)
    return {"orders": {order.id: order.status.value for order in orders}} if orders else {}
