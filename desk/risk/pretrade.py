"""May this order leave the desk? One fixed, ordered pipeline; every reason at once.

A check is a function of the context that returns a denial or nothing. An order that strictly
reduces skips those that guard against new risk: it must always be possible to get out.
"""

from __future__ import annotations

from collections.abc import Sequence

from desk.model.instrument import Kind
from desk.risk import (
    data_doubts,
    limit_checks,
    margin_checks,
    market_checks,
    order_checks,
    stop_checks,
)
from desk.risk.context import OrderContext, Review
from desk.risk.gates import gates
from desk.risk.market_checks import Check, hinted

ALWAYS: Sequence[Check] = (
    order_checks.desk_state,
    order_checks.identity,
    order_checks.shape,
    stop_checks.trigger,
    order_checks.grid,
    order_checks.smallest,
    order_checks.reduce_only,
    stop_checks.trigger_side,
    stop_checks.bracket,
    market_checks.collar,
)
"""Every order passes these, also one that only reduces."""

NEW_RISK: Sequence[Check] = (
    hinted(data_doubts.fresh_mark),
    market_checks.fresh_account,
    hinted(data_doubts.diverging),
    hinted(data_doubts.unconfirmed),
    hinted(data_doubts.few_sources),
    hinted(data_doubts.book_synced),
    order_checks.permission,
    limit_checks.level,
    limit_checks.value,
    limit_checks.max_quantity,
    limit_checks.position_limit,
    limit_checks.account_limit,
    limit_checks.open_orders,
    limit_checks.rate,
    order_checks.repetition,
    order_checks.self_match,
)
"""An order that strictly reduces skips these."""


def review(context: OrderContext) -> Review:
    """Run the whole pipeline and return every denial, with the figures before and after."""
    reduces = context.strictly_reduces
    checks = [*ALWAYS] if reduces else [*ALWAYS, *NEW_RISK]
    denials = [denial for check in checks if (denial := check(context)) is not None]
    if not reduces:
        denials += gates(context.client, context.instrument, context.today, context.profile)
    if context.instrument.kind is Kind.SPOT:
        if not (reduces and context.order.reduce_only):  # held to the balance at each fill
            denials += margin_checks.spot_balance(context)
        return Review(denials=tuple(denials), reduces=reduces, before=None, after=None)
    before, after, short = margin_checks.margin_after(context)
    if not reduces:
        denials += short
    if before is not None:
        beyond = stop_checks.before_liquidation(context, before, after)
        denials += [] if beyond is None else [beyond]
    return Review(denials=tuple(denials), reduces=reduces, before=before, after=after)
