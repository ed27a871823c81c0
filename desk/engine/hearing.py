"""What a venue says, on its way into the journal: new words once, contradictions never."""

from __future__ import annotations

from collections.abc import Iterable

from desk.engine.change import Change, Latch
from desk.engine.close_out_rows import losses_said
from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.engine.settlement import Settlement
from desk.execution.order import Order, OrderContradiction, apply
from desk.execution.outcome import Filled, Outcome, Unanswered
from desk.ledger.book import Posting
from desk.model.events import Alerted
from desk.model.numbers import plain

RECONCILIATION = "reconciliation"
"""The key of the latch that stands for what cannot be explained."""


def hear(desk: Desk, plan: Plan, outcomes: Iterable[Outcome]) -> None:
    """Add a row for every outcome that says something new.

    One that cannot be true together with what is known changes no order: it latches the desk.
    """
    settlement = Settlement(desk.state, desk.leverage, desk.cross_pnl)
    known: dict[str, Order] = {}
    for outcome in outcomes:
        order = known.get(outcome.order_id) or desk.state.orders.get(outcome.order_id)
        if order is None:
            doubt(desk, plan, f"the venue speaks of order {outcome.order_id}, never sent from here")
            continue
        try:
            after = apply(order, outcome)
        except OrderContradiction as contradiction:
            doubt(desk, plan, _told(order, contradiction))
            continue
        if after is not order:
            known[order.id] = after
            _add(desk, plan, order, outcome, settlement)


def _told(order: Order, contradiction: OrderContradiction) -> str:
    terms = order.terms
    what = f"{terms.side.value} {plain(terms.quantity)} {terms.instrument}"
    return f"the venue contradicts itself: {contradiction} ({what})"


def _add(desk: Desk, plan: Plan, order: Order, outcome: Outcome, settlement: Settlement) -> None:
    postings: tuple[Posting, ...] = ()
    if isinstance(outcome, Filled):
        instrument = desk.catalogue.get(outcome.fill.instrument)
        assert instrument is not None, f"a fill in {outcome.fill.instrument}, which is unknown"
        postings = settlement.postings(instrument, outcome.fill)
        plan.events += losses_said(order.terms, postings)
    elif isinstance(outcome, Unanswered) and not order.was_heard_of:
        plan.events.append(_unanswered(order, outcome))
    plan.add(
        "fill" if isinstance(outcome, Filled) else str(outcome.__struct_config__.tag),
        Change(outcome=outcome, postings=postings),
        time_ms=desk.wall_ms,
        account=order.terms.account,
        reserve=True,
    )


def _unanswered(order: Order, outcome: Unanswered) -> Alerted:
    terms = order.terms
    what = f"{terms.side.value} {plain(terms.quantity)} {terms.instrument}"
    after_s = (outcome.time_ms - outcome.since_ms) / 1000
    message = (
        f"{order.id} ({what}) is UNKNOWN: no answer for {after_s:.1f} s. The venue is being asked; "
        f"until it says, the order counts in full and {terms.account} takes no new risk."
    )
    return Alerted(severity="danger", code="ORDER_UNKNOWN", message=message)


def doubt(desk: Desk, plan: Plan, what: str) -> None:
    """Latch the desk for a difference that cannot be explained; what it is latched for already is
    not said again."""
    standing = [one.reason for one in _latches(desk, plan)]
    if any(what in reason for reason in standing):
        return
    reason = "; ".join([*standing[-1:], what])
    latch = Latch(key=RECONCILIATION, state="REDUCING", reason=reason, since_ms=desk.wall_ms)
    plan.add(
        RECONCILIATION,
        Change(what={"difference": what}, latch=latch),
        time_ms=desk.wall_ms,
        reserve=True,
    )
    plan.events.append(
        Alerted(severity="danger", code="RECONCILIATION", message=f"REDUCING: {what}.")
    )


def _latches(desk: Desk, plan: Plan) -> list[Latch]:
    """Return the latches of reconciliation, those that a plan is about to set last."""
    held = desk.state.latches.get(RECONCILIATION)
    drafted = [change.latch for change in plan.changes]
    latches = [held, *drafted]
    return [one for one in latches if one is not None and one.key == RECONCILIATION]
