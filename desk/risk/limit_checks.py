"""Checks against the numbers of the profile: size, value, positions, orders, rate."""

from __future__ import annotations

from decimal import Decimal

from desk.model.events import Denial
from desk.model.numbers import ZERO, plain
from desk.risk.context import OrderContext
from desk.risk.denial import deny, hint, usd


def level(context: OrderContext) -> Denial | None:
    """An account in call or close-out takes no new risk."""
    if context.level not in {"MARGIN_CALL", "CLOSE_OUT", "UNKNOWN"}:
        return None
    what = {
        "MARGIN_CALL": "is in margin call",
        "CLOSE_OUT": "is in close-out",
        "UNKNOWN": "has figures that are unknown",
    }[context.level]
    return deny(
        f"LEVEL_{context.level}",
        "vaf.stop_advances",
        f"{context.order.account} {what}: no new risk until it is cured.{hint(context)}",
    )


def value(context: OrderContext) -> Denial | None:
    """One order may be worth only so much."""
    if context.price is None:
        return None
    worth = usd(context, context.order.quantity, context.price)
    limit = context.limits.max_value_usd
    if worth <= limit:
        return None
    return deny(
        "MAX_VALUE",
        "ord.max_value",
        f"The order is worth {worth:,.0f} USD; one order may be worth {limit:,.0f}.",
        limit=limit,
        actual=worth,
    )


def max_quantity(context: OrderContext) -> Denial | None:
    """One order may be only so large in coin."""
    limit = context.limits.max_quantity.get(context.instrument.base)
    if limit is None or context.price is None:
        return None
    coin = abs(context.instrument.base_quantity(context.order.quantity, context.price))
    if coin <= limit:
        return None
    base = context.instrument.base
    return deny(
        "MAX_QUANTITY",
        "ord.max_value",
        f"The order is {plain(coin)} {base}; one order may be {plain(limit)} {base}.",
        limit=limit,
        actual=coin,
    )


def position_limit(context: OrderContext) -> Denial | None:
    """Position and working orders, as if filled, stay within the instrument's limit."""
    mark = context.market.mark
    if mark is None:
        return None
    same_side = sum(
        (
            own.remaining
            for own in context.working
            if own.instrument == context.instrument.id
            and own.side is context.order.side
            and not own.reduce_only
        ),
        ZERO,
    )
    sign = context.order.side.sign
    held = abs(context.position + sign * (context.order.quantity + same_side))
    worth = usd(context, held, mark)
    limit = context.limits.instrument_limit_usd
    if worth <= limit:
        return None
    return deny(
        "POSITION_LIMIT",
        "perp.position_limit",
        f"Filled with the working orders the position would be worth {worth:,.0f} USD; the limit "
        f"is {limit:,.0f}.",
        limit=limit,
        actual=worth,
    )


def account_limit(context: OrderContext) -> Denial | None:
    """All positions of an account together stay within its limit."""
    mark = context.market.mark
    if mark is None:
        return None
    sign = context.order.side.sign
    here = context.instrument.notional(context.position + sign * context.order.quantity, mark)
    worth = (sum(context.notionals.values(), ZERO) + here) * context.usd_per_settle
    limit = context.limits.account_limit_usd
    if worth <= limit:
        return None
    return deny(
        "ACCOUNT_LIMIT",
        "perp.position_limit",
        f"All positions together would be worth {worth:,.0f} USD; the limit is {limit:,.0f}.",
        limit=limit,
        actual=worth,
    )


def open_orders(context: OrderContext) -> Denial | None:
    """Only so many orders work at once."""
    limit = context.limits.max_open_orders
    if len(context.working) < limit:
        return None
    return deny(
        "OPEN_ORDERS",
        "ord.max_messages",
        f"{len(context.working)} orders are working; the limit is {limit}.",
        limit=Decimal(limit),
        actual=Decimal(len(context.working)),
    )


def rate(context: OrderContext) -> Denial | None:
    """Only so many messages a second."""
    if not context.over_rate:
        return None
    return deny("RATE", "ord.max_messages", "Too many orders at once: 20 a second, 50 in a burst.")
