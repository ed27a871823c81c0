"""Checks of the data behind an order: no fresh mark, no proven book, no new risk."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.events import Denial
from desk.model.numbers import grouped
from desk.risk.context import OrderContext
from desk.risk.data_doubts import Doubt
from desk.risk.denial import beside, deny, hint

Check: TypeAlias = Callable[[OrderContext], Denial | None]


def hinted(doubt: Doubt) -> Check:
    """Make a check of a doubt about data; what reduces is named where an order would flip."""

    def check(context: OrderContext) -> Denial | None:
        found = doubt(context.instrument.id, context.market, context.limits)
        if found is None:
            return None
        return msgspec.structs.replace(found, message=found.message + hint(context))

    return check


def fresh_account(context: OrderContext) -> Denial | None:
    """Margin after the fill stands on every mark of the account, not on this one alone."""
    if not context.doubted_elsewhere:
        return None
    return deny(
        "STALE_ACCOUNT",
        "price.mark_sources",
        f"The margin of {context.order.account} stands on marks that are not fresh or not "
        f"confirmed: {', '.join(context.doubted_elsewhere)}.{hint(context)}",
    )


def collar(context: OrderContext) -> Denial | None:
    """A limit price may lie only so far from the mark, on either side.

    That of a stop-limit is held against its trigger: the mark will be there when it acts.
    """
    trigger, price = context.order.trigger, context.order.price
    fresh = context.market.mark if context.market.quality == "LIVE" else None
    reference = fresh if trigger is None else trigger
    if reference is None or price is None or reference <= 0:
        return None
    distance = abs(price - reference) / reference
    limit = context.limits.collar_rate
    if distance <= limit:
        return None
    name = "mark" if trigger is None else "trigger"
    return deny(
        "PRICE_COLLAR",
        "ord.price_collar",
        f"Price {grouped(price)} is {beside(distance * 100, limit * 100)}% from the {name} "
        f"{grouped(reference)}; the collar is {limit * 100:.1f}%.",
        limit=limit,
        actual=distance,
    )


def anomaly(context: OrderContext) -> Denial | None:
    """A price that has run away for long enough is not one to open at."""
    around, rule = context.around, "price.anomaly"
    limit = context.profile.number(rule, "unresolved_s")
    if around is None or around.anomaly_s is None or around.anomaly_s < limit:
        return None
    return deny(
        "PRICE_ANOMALY",
        rule,
        f"{context.instrument.id} has been running away for {around.anomaly_s} s; new risk waits "
        f"until it is calm.{hint(context)}",
        limit=limit,
        actual=Decimal(around.anomaly_s),
    )


def collar_move(context: OrderContext) -> Denial | None:
    """A price lies near every mark of the last minute, not of this moment alone.

    Only where the profile has this second collar: RTS 6 asks for one over a period.
    """
    around, price, rule = context.around, context.price, "ord.price_collar"
    if around is None or price is None or context.profile.get(rule, "move") is None:
        return None
    low, high = around.lowest_mark, around.highest_mark
    if low is None or high is None:
        return None
    limit, window = context.profile.number(rule, "move"), context.profile.number(rule, "window_s")
    moved = max(price / low - 1, 1 - price / high)
    if moved <= limit:
        return None
    return deny(
        "PRICE_MOVE",
        rule,
        f"Price {grouped(price)} is {beside(moved * 100, limit * 100)}% from a mark of the last "
        f"{window:f} s; the limit is {limit * 100:.1f}%.{hint(context)}",
        limit=limit,
        actual=moved,
    )
