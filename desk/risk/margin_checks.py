"""Margin before the order: what the account looks like after this fill, and after all fills."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.margin.inputs import AccountFigures
from desk.model.events import Denial
from desk.model.instrument import Kind
from desk.model.numbers import ZERO, plain
from desk.model.orders import Side
from desk.risk.backing import backings, loss_beyond, short_of_buffer
from desk.risk.context import OrderContext
from desk.risk.denial import beside, deny, over
from desk.risk.projection import Projection

HUNDRED = Decimal(100)


def available(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """Available margin stays at or above zero, after this fill and after all working orders."""
    if context.instrument.kind is Kind.SPOT:
        return
    if projection.after is None:
        yield _unknown(projection.unknown)
        return
    yield from _available(projection.after, "this fill")
    if projection.after_orders is not None:
        yield from _available(projection.after_orders, "this fill and all working orders")


def _available(after: AccountFigures, when: str) -> Iterator[Denial]:
    if after.available_margin is None or not after.known:
        yield _unknown("; ".join(after.unknown) or "a figure is missing")
        return
    if after.available_margin >= 0:
        return
    said = (
        "there is no collateral"
        if after.margin_utilization is None
        else f"utilization would be {beside(after.margin_utilization * 100, HUNDRED, 1)}%; "
        "the limit is 100%"
    )
    yield deny(
        "MARGIN_AFTER_FILL" if when == "this fill" else "MARGIN_AFTER_ORDERS",
        "perp.margin_first",
        f"After {when} {said}. {beside(-after.available_margin, ZERO)} {after.settle} is missing.",
        limit=ZERO,
        actual=after.available_margin,
    )


def backed(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """Equity keeps the house's buffer over maintenance, behind pool and positions."""
    rule = "perp.maintenance_margin"
    house, buffer = context.profile.number(rule), context.profile.number(rule, "buffer")
    for one in () if projection.after is None else backings(projection.after):
        if not short_of_buffer(one, house, buffer):
            continue
        needed = one.needed(house)
        assert one.equity is not None
        assert needed is not None
        yield deny(
            "MAINTENANCE_BUFFER",
            rule,
            f"After this fill {beside(one.equity, buffer * needed)} would stand behind {one.name}; "
            f"{buffer:f} times {one.asked_by(house)} is {over(buffer * needed)}.",
            limit=buffer * needed,
            actual=one.equity,
        )


def loss_limited(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """What slippage may cost at a close-out is covered by the margin that was posted."""
    rule = "perp.loss_limited_to_margin"
    reserve = context.profile.number(rule, "slippage_reserve")
    for one in () if projection.after is None else backings(projection.after):
        beyond = loss_beyond(one, reserve)
        if beyond:
            yield deny(
                "LOSS_BEYOND_MARGIN",
                rule,
                f"After this fill a close-out of {one.name} could lose {beside(beyond, ZERO)} more "
                f"than its margin at a slippage of {plain(reserve * 100)}%.",
                limit=ZERO,
                actual=beyond,
            )


def leverage_setting(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """The setting of the instrument is within the cap."""
    del projection
    account, limit = context.account, context.limits.max_leverage
    setting = None if account is None else account.leverages.get(context.instrument.id)
    if setting is not None and setting > limit:
        yield deny(
            "LEVERAGE_SETTING",
            "perp.max_leverage",
            f"The leverage of {context.instrument.id} is set to {setting:f}×; the cap is "
            f"{limit:f}×.",
            limit=limit,
            actual=setting,
        )


def account_leverage(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """The leverage of the whole account after this fill is within the cap."""
    limit = context.limits.max_leverage
    after = None if projection.after is None else projection.after.leverage
    if after is not None and after > limit:
        yield deny(
            "LEVERAGE_OVER_CAP",
            "perp.max_leverage",
            f"Leverage would be {beside(after, limit)}×; the cap is {limit:.2f}×.",
            limit=limit,
            actual=after,
        )


def spot_balance(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """Spot is paid for in full: no order may spend what is not free.

    A reduce-only one is held to the balance at each fill.
    """
    del projection
    order, terms = context.order, context.instrument
    if terms.kind is not Kind.SPOT or (order.reduce_only and context.strictly_reduces):
        return
    buying = order.side is Side.BUY
    asset = terms.quote if buying else terms.base
    if context.price is None or context.free_balance is None:
        yield _unknown(f"the cost in {asset} is unknown")
        return
    cost = order.quantity
    if buying:
        notional = terms.notional(order.quantity, _dearest(context, context.price))
        cost = notional + notional * terms.taker_fee_rate
    if cost > context.free_balance:
        yield deny(
            "INSUFFICIENT_BALANCE",
            "perp.margin_first",
            f"It needs {cost:,.8f} {asset}; {context.free_balance:,.8f} is free in "
            f"{order.account}.",
            limit=context.free_balance,
            actual=cost,
        )


def _dearest(context: OrderContext, price: Decimal) -> Decimal:
    """Return the most that a buy may pay: one that takes at market pays as much as its collar."""
    if context.order.type.has_price:
        return price
    reference = context.trigger or context.market.mark or price
    return max(price, reference * (1 + context.limits.collar_rate))


def _unknown(what: str) -> Denial:
    return deny(
        "MARGIN_UNKNOWN",
        "perp.margin_first",
        f"Margin after the fill cannot be known: {what.removesuffix('.')}.",
    )
