"""Margin before the order: what the account looks like after this fill, and after all fills."""

from __future__ import annotations

from decimal import Decimal

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.margin.whatif import after_fill, after_working_orders
from desk.model.events import Denial
from desk.model.numbers import ZERO
from desk.risk.context import OrderContext
from desk.risk.denial import deny


def margin_after(
    context: OrderContext,
) -> tuple[AccountFigures | None, AccountFigures | None, list[Denial]]:
    """Return the account before and after this fill, and the denials that follow.

    Two questions are asked: does available margin stay at or above zero after this fill while
    the other orders work, and does it after all of them fill as well?
    """
    if context.account is None:
        return None, None, [_unknown(context, "the account has no margin pool")]
    before = account_figures(context.account)
    price = context.price
    if price is None:
        return before, None, [_unknown(context, f"{context.instrument.id} has no price")]
    filled = after_fill(
        context.account,
        context.instrument,
        context.order.side,
        context.order.quantity,
        price,
        _fee_rate(context),
    )
    after = account_figures(filled)
    denials = [
        denial
        for denial in (
            _available(context, after, "this fill"),
            _after_all(context, filled),
            _leverage_setting(context),
            _account_leverage(context, after),
        )
        if denial is not None
    ]
    return before, after, denials


def _fee_rate(context: OrderContext) -> Decimal:
    maker = context.order.post_only
    terms = context.instrument
    return terms.maker_fee_rate if maker else terms.taker_fee_rate


def _available(context: OrderContext, after: AccountFigures, when: str) -> Denial | None:
    if after.available_margin is None:
        missing = "; ".join(after.unknown) or "a figure is missing"
        return _unknown(context, missing)
    if after.available_margin >= 0:
        return None
    said = (
        "there is no collateral"
        if after.margin_utilization is None
        else f"utilization would be {after.margin_utilization * 100:.1f} %; the limit is 100 %"
    )
    return deny(
        "MARGIN_AFTER_FILL" if when == "this fill" else "MARGIN_AFTER_ORDERS",
        "perp.margin_first",
        f"After {when} {said}. {-after.available_margin:,.2f} {after.settle} is missing.",
        limit=ZERO,
        actual=after.available_margin,
    )


def _after_all(context: OrderContext, filled: AccountInput) -> Denial | None:
    if all(order.reduce_only for order in filled.orders):
        return None  # none of them can fill as one that opens
    worst = account_figures(after_working_orders(filled))
    return _available(context, worst, "this fill and all working orders")


def _leverage_setting(context: OrderContext) -> Denial | None:
    assert context.account is not None
    setting = context.account.leverages.get(context.instrument.id)
    limit = context.limits.max_leverage
    if setting is None or setting <= limit:
        return None
    return deny(
        "LEVERAGE_SETTING",
        "perp.max_leverage",
        f"The leverage of {context.instrument.id} is set to {setting:f}×; the cap is {limit:f}×.",
        limit=limit,
        actual=setting,
    )


def _account_leverage(context: OrderContext, after: AccountFigures) -> Denial | None:
    limit = context.limits.max_leverage
    if after.leverage is None or after.leverage <= limit:
        return None
    return deny(
        "LEVERAGE_OVER_CAP",
        "perp.max_leverage",
        f"Leverage would be {after.leverage:.2f}×; the cap is {limit:.2f}×.",
        limit=limit,
        actual=after.leverage,
    )


def spot_balance(context: OrderContext) -> list[Denial]:
    """Spot is paid for in full: no order may spend what is not free."""
    order, terms = context.order, context.instrument
    buying = order.side.sign > 0
    asset = terms.quote if buying else terms.base
    if context.price is None or context.free_balance is None:
        return [_unknown(context, f"the cost in {asset} is unknown")]
    cost = order.quantity
    if buying:
        notional = terms.notional(order.quantity, context.price)
        cost = notional + notional * terms.taker_fee_rate
    if cost <= context.free_balance:
        return []
    return [
        deny(
            "INSUFFICIENT_BALANCE",
            "perp.margin_first",
            f"It needs {cost:,.8f} {asset}; {context.free_balance:,.8f} is free in "
            f"{order.account}.",
            limit=context.free_balance,
            actual=cost,
        )
    ]


def _unknown(context: OrderContext, what: str) -> Denial:
    return deny(
        "MARGIN_UNKNOWN",
        "perp.margin_first",
        f"Margin after the fill cannot be known: {what}.",
    )
