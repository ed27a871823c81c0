"""May this order leave the desk? One fixed, ordered pipeline; every reason at once.

The order is that of the risk model, section 3. A step looks at the context, and at what the order
would make of its account, and says why not. An order that strictly reduces passes only the steps
that bind it too: it must always be possible to get out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from desk.model.events import Denial
from desk.model.instrument import Kind
from desk.risk import (
    data_doubts,
    eligibility,
    life_checks,
    limit_checks,
    margin_checks,
    market_checks,
    order_checks,
    stop_checks,
    venue_checks,
)
from desk.risk.context import OrderContext, Review
from desk.risk.denial import attributed, with_hint
from desk.risk.market_checks import Check, hinted
from desk.risk.projection import Projection, project

Look: TypeAlias = Callable[[OrderContext, Projection], Iterable[Denial]]


class Step(msgspec.Struct, frozen=True):
    """One look at an order; `always`: an order that only reduces is held to it too."""

    look: Look
    always: bool
    needs_margin: bool = False
    """It looks at what the order makes of its account."""


def _one(check: Check, *, always: bool = False) -> Step:
    def look(context: OrderContext, projection: Projection) -> Iterable[Denial]:
        del projection
        found = check(context)
        return () if found is None else (found,)

    return Step(look, always)


def _client(context: OrderContext, projection: Projection) -> Iterable[Denial]:
    del projection
    return eligibility.client(context)


PIPELINE: Sequence[Step] = (
    # Desk state, identity, and what the venue takes at all.
    _one(order_checks.desk_state, always=True),
    _one(order_checks.identity, always=True),
    _one(order_checks.shape, always=True),
    _one(life_checks.expiry, always=True),
    _one(life_checks.trail, always=True),
    _one(stop_checks.trigger, always=True),
    _one(order_checks.grid, always=True),
    _one(order_checks.smallest, always=True),
    _one(order_checks.reduce_only, always=True),
    _one(stop_checks.trigger_side, always=True),
    _one(stop_checks.bracket, always=True),
    _one(limit_checks.limits_present),
    # The way to the venue.
    _one(venue_checks.reachable),
    _one(venue_checks.answered),
    # Data quality.
    _one(hinted(data_doubts.fresh_mark)),
    _one(market_checks.fresh_account),
    _one(hinted(data_doubts.diverging)),
    _one(hinted(data_doubts.unconfirmed)),
    _one(hinted(data_doubts.few_sources)),
    _one(hinted(data_doubts.book_synced)),
    _one(market_checks.anomaly),
    # Permission and eligibility.
    _one(eligibility.permission),
    Step(_client, always=False),
    _one(eligibility.level),
    _one(eligibility.reference),
    _one(eligibility.convergence),
    # Price.
    _one(market_checks.collar, always=True),
    _one(market_checks.collar_move),
    # Size, value, position, open orders; rate, repetition, self-match.
    _one(limit_checks.value),
    _one(limit_checks.max_quantity),
    _one(limit_checks.position_limit),
    _one(limit_checks.account_limit),
    _one(limit_checks.open_orders),
    _one(limit_checks.day_loss),
    _one(limit_checks.rate),
    _one(order_checks.repetition),
    _one(order_checks.self_match),
    # Margin after this fill and after all working orders.
    Step(margin_checks.spot_balance, always=True, needs_margin=True),
    Step(margin_checks.available, always=False, needs_margin=True),
    Step(margin_checks.backed, always=False, needs_margin=True),
    Step(margin_checks.loss_limited, always=False, needs_margin=True),
    # Leverage, concentration, protective stop.
    Step(margin_checks.leverage_setting, always=False, needs_margin=True),
    Step(margin_checks.account_leverage, always=False, needs_margin=True),
    _one(limit_checks.concentration),
    Step(stop_checks.stop_before_liquidation, always=True, needs_margin=True),
)


def only_as_reduction(context: OrderContext) -> bool:
    """Whether an order in a perpetual that is not reduce-only passes as a reduction alone: as one
    that adds risk it would be denied. In spot nobody sells what is not there."""
    perpetual = context.instrument.kind is Kind.PERPETUAL
    if not perpetual or context.order.reduce_only or not context.strictly_reduces:
        return False
    if context.state != "ACTIVE":
        return True
    projection = project(context)
    looks = (step.look(context, projection) for step in PIPELINE if not step.always)
    return any(denial for denials in looks for denial in denials)


def review(context: OrderContext) -> Review:
    """Run the whole pipeline and return every denial, with the figures before and after."""
    reduces, projection = context.strictly_reduces, project(context)
    denials = [
        denial if step.always else with_hint(denial, context)
        for step in PIPELINE
        if step.always or not reduces
        for denial in step.look(context, projection)
    ]
    return Review(
        denials=tuple(attributed(denials, context.profile)),
        reduces=reduces,
        before=projection.before,
        after=projection.after,
    )
