"""Several orders that leave together or not at all: judged one by one, and as the one they make.

Each is held to what binds every order, with those before it working already. What they could do
to the account is judged of all of them as one order, and with all of them working unfilled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from desk.margin.inputs import OrderInput
from desk.model.events import Denial
from desk.risk.context import OrderContext, Review, WorkingOrder
from desk.risk.denial import attributed
from desk.risk.margin_checks import available
from desk.risk.pretrade import PIPELINE, review
from desk.risk.projection import Projection, project


def review_together(whole: OrderContext, contexts: Sequence[OrderContext]) -> Review:
    """Judge orders of one side in one instrument; `whole` is the one order that they make."""
    found = review(whole)
    stacked = list(_stacked(contexts))
    denials = [*found.denials]
    for context in stacked:
        denials += _of_one(context)
    if not any(denial.code.startswith("MARGIN") for denial in denials) and not found.reduces:
        denials += available(stacked[-1], project(_all_working(stacked[-1], contexts[:-1])))
    said = attributed(_once(denials), whole.profile)
    return msgspec.structs.replace(found, denials=tuple(said))


def _of_one(context: OrderContext) -> Iterable[Denial]:
    """Return what is wrong with one of them by itself; its margin is that of the whole."""
    projection, reduces = Projection(), context.strictly_reduces
    for step in PIPELINE:
        if not step.needs_margin and (step.always or not reduces):
            yield from step.look(context, projection)


def _stacked(contexts: Sequence[OrderContext]) -> Iterable[OrderContext]:
    """Return each as it is judged when those before it work already."""
    working = contexts[0].working
    for context in contexts:
        yield msgspec.structs.replace(context, working=working)
        working = (*working, as_working(context))


def as_working(context: OrderContext) -> WorkingOrder:
    """Return an order as those beside it see it once it works."""
    order = context.order
    return WorkingOrder(
        id=order.id,
        instrument=order.instrument,
        side=order.side,
        remaining=order.quantity,
        price=order.price,
        reduce_only=order.reduce_only,
        waits=order.type.has_trigger,
        oco=order.oco,
    )


def _all_working(last: OrderContext, others: Sequence[OrderContext]) -> OrderContext:
    """Return the last one's account with the others among its working orders."""
    if last.account is None:
        return last
    more = tuple(
        OrderInput(
            instrument=one.instrument,
            side=one.order.side,
            quantity=one.order.quantity,
            price=one.order.price,
            reduce_only=one.order.reduce_only,
        )
        for one in others
    )
    account = msgspec.structs.replace(last.account, orders=(*last.account.orders, *more))
    return msgspec.structs.replace(last, account=account)


def _once(denials: Iterable[Denial]) -> Iterable[Denial]:
    """Say each reason once: of several orders with like reasons the first, and how many more."""
    by_code: dict[str, list[Denial]] = {}
    for denial in denials:
        known = by_code.setdefault(denial.code, [])
        if all(denial.message != one.message for one in known):
            known.append(denial)
    for first, *more in by_code.values():
        said = f" So with {len(more)} more." if more else ""
        yield msgspec.structs.replace(first, message=first.message + said)
