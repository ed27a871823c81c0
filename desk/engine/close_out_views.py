"""Close-outs as screen and console show them: standing, waiting for a mark, running, just over."""

from __future__ import annotations

from collections.abc import Iterable

from desk.engine.change import CloseOut
from desk.engine.desk import Desk
from desk.engine.risk_snapshot import CloseOutStepView, CloseOutView
from desk.engine.standing_plan import price_in, standing_plan
from desk.execution.order import Order, average_price
from desk.margin.rounding import written
from desk.model.numbers import ZERO
from desk.risk.close_out import close_out_plan, units
from desk.risk.close_out_step import CloseOutStep

SHOWN_MS = 60_000
"""How long a close-out that is over stays in sight."""


def close_out_views(desk: Desk) -> list[CloseOutView]:
    """Return one view for each perpetual account that has something to close out.

    Of a watched one what is planned is shown, and never more: nothing is traded there.
    """
    return [
        close_out_view(desk, account.id)
        for account in desk.state.accounts.values()
        if account.kind == "perpetual" and _concerns(desk, account.id)
    ]


def close_out_view(desk: Desk, account: str) -> CloseOutView:
    """Return what the desk would do for an account now, or is doing."""
    if running := desk.state.closing_out(account):
        return _view(desk, account, "running", running, _remaining(desk, account, running))
    if any(unit[0] == account for unit in desk.waits):
        return _view(desk, account, "confirming", (), standing_plan(desk, account).steps)
    if over := _just_over(desk, account):
        return _view(desk, account, "done", over, ())
    plan = standing_plan(desk, account)
    return _view(desk, account, "standing", (), plan.steps, plan.reason)


def _concerns(desk: Desk, account: str) -> bool:
    if desk.state.accounts[account].watched:
        return bool(desk.figures(account).positions)
    held = (p.quantity for (holder, _), p in desk.state.positions.items() if holder == account)
    return any(held) or bool(desk.state.closing_out(account) or _just_over(desk, account))


def _just_over(desk: Desk, account: str) -> list[CloseOut]:
    return [
        one
        for one in desk.state.close_outs.values()
        if one.account == account
        and one.ended_ms is not None
        and desk.wall_ms - one.ended_ms < SHOWN_MS
    ]


def _remaining(desk: Desk, account: str, running: list[CloseOut]) -> list[CloseOutStep]:
    """Return the steps that close-outs which run have still before them, as things stand."""
    pools = units(desk.account_input(account))
    preference = desk.state.close_out_orders.get(account, ())
    return [
        step
        for one in running
        if (pool := pools.get(one.instrument)) is not None
        for step in close_out_plan(pool, price_in(desk, {}), preference, one.at_trigger)
    ]


def _view(
    desk: Desk,
    account: str,
    phase: str,
    close_outs: Iterable[CloseOut],
    planned: Iterable[CloseOutStep],
    reason: str = "",
) -> CloseOutView:
    close_outs = list(close_outs)
    waits = [sentence for unit, sentence in desk.waits.items() if unit[0] == account]
    sent = [desk.state.orders[order_id] for one in close_outs for order_id in one.orders]
    return CloseOutView(
        account=account,
        phase=phase,
        reason=reason or " ".join(waits or [one.reason for one in close_outs]),
        triggered_ms=min((one.triggered_ms for one in close_outs), default=None),
        steps=[
            *(_sent(desk, order) for order in sent if order.is_live or order.fills),
            *(_planned(step) for step in planned),
        ],
        preference=list(desk.state.close_out_orders.get(account, ())),
    )


def _sent(desk: Desk, order: Order) -> CloseOutStepView:
    """Return a step that was sent; one that has ended with what it filled."""
    instrument = desk.catalogue.get(order.terms.instrument)
    assert instrument is not None, f"a step in {order.terms.instrument}, which is unknown"
    average = average_price(order, instrument)
    return CloseOutStepView(
        instrument=order.terms.instrument,
        side=order.terms.side.value,
        quantity=order.terms.quantity if order.is_live else order.filled,
        expected_price=None if average is None else written(average),
        fee=sum((fill.fee for fill in order.fills), ZERO) if order.fills else None,
        margin_ratio_after=None,
        status="working" if order.is_live else "done",
    )


def _planned(step: CloseOutStep) -> CloseOutStepView:
    ratio = step.margin_ratio_after
    return CloseOutStepView(
        instrument=step.instrument,
        side=step.side.value,
        quantity=step.quantity,
        expected_price=written(step.expected_price),
        fee=written(step.fee),
        margin_ratio_after=None if ratio is None else written(ratio),
    )
