"""Checks of the order itself: is it one the desk and the venue can take?"""

from __future__ import annotations

from decimal import Decimal

from desk.model.events import Denial
from desk.model.instrument import IncrementError
from desk.model.numbers import plain
from desk.model.orders import OrderTerms, OrderType
from desk.risk.context import OrderContext
from desk.risk.denial import beside, deny, hint


def desk_state(context: OrderContext) -> Denial | None:
    """ACTIVE lets everything on, REDUCING what strictly reduces, HALTED only close and flatten."""
    if context.state == "ACTIVE":
        return None
    if context.state == "HALTED":
        if context.closing and context.limits.allow_reduce_when_halted:
            return None
        passing = "only cancels, close and flatten pass"
        if not context.limits.allow_reduce_when_halted:
            passing = "only cancels pass"
        return deny(
            "STATE_HALTED", "kill.switch", f"Desk is HALTED ({context.state_reason}): {passing}."
        )
    if context.strictly_reduces:
        return None
    return deny(
        f"STATE_{context.state}",
        "kill.switch",
        f"Desk is {context.state} ({context.state_reason}): only orders that reduce a position "
        f"pass.{hint(context)}",
    )


def identity(context: OrderContext) -> Denial | None:
    """A client id names one order for ever."""
    if not context.id_conflict:
        return None
    return deny(
        "ID_REUSED",
        "ord.repeat_throttle",
        f"The id {context.order.id} already names an order with other content.",
    )


def shape(context: OrderContext) -> Denial | None:
    """A limit order has a positive price, a market order none; flags must go together."""
    order = context.order
    limit = order.type.has_price
    if order.quantity <= 0 or any(price <= 0 for price in _prices(order)):
        return deny("NOT_POSITIVE", "ord.no_limit_no_trade", "Quantity and price are positive.")
    if limit != (order.price is not None):
        wanted = "A limit order needs a price." if limit else "A market order has no price."
        return deny("PRICE", "ord.no_limit_no_trade", wanted)
    if order.post_only and not (order.type is OrderType.LIMIT and order.tif.rests):
        said = "Post-only belongs to a limit order that is GTC or GTD."
        return deny("POST_ONLY", "ord.no_limit_no_trade", said)
    if order.type is OrderType.MARKET and order.tif.rests:
        return deny("TIF", "ord.no_limit_no_trade", "A market order is IOC or FOK.")
    if order.type.has_trigger and not order.tif.rests:
        said = "An order that waits for its trigger is GTC or GTD."
        return deny("TIF", "ord.no_limit_no_trade", said)
    return None


def _prices(order: OrderTerms) -> list[Decimal]:
    """Return every price that an order names."""
    prices = (order.price, order.trigger, order.stop_loss, order.take_profit, order.trail)
    return [price for price in prices if price is not None]


def grid(context: OrderContext) -> Denial | None:
    """Price on the tick, quantity on the lot."""
    order = context.order
    try:
        context.instrument.lots(order.quantity)
        for price in _prices(order):
            context.instrument.ticks(price)
    except IncrementError as error:
        code = "TICK_SIZE" if "price" in str(error) else "LOT_SIZE"
        return deny(code, "ord.no_limit_no_trade", f"{error}.")
    return None


def smallest(context: OrderContext) -> Denial | None:
    """The venue's own minimum quantity and notional; closing a smaller rest is let through."""
    order, terms = context.order, context.instrument
    if order.quantity < terms.min_quantity and not context.closing:
        return deny(
            "MIN_QUANTITY",
            "ord.no_limit_no_trade",
            f"The smallest quantity of {terms.id} is {plain(terms.min_quantity)}.",
            limit=terms.min_quantity,
            actual=order.quantity,
        )
    price = context.price
    if price is None or order.reduce_only or context.strictly_reduces:
        return None
    notional = terms.notional(order.quantity, price)
    if notional >= terms.min_notional:
        return None
    return deny(
        "MIN_NOTIONAL",
        "ord.no_limit_no_trade",
        f"The smallest order of {terms.id} is worth {plain(terms.min_notional)} {terms.settle}; "
        f"this one {beside(notional, terms.min_notional)}.",
        limit=terms.min_notional,
        actual=notional,
    )


def reduce_only(context: OrderContext) -> Denial | None:
    """A reduce-only order needs a position on the other side."""
    if not context.order.reduce_only or context.position * context.order.side.sign < 0:
        return None
    held = "there is no position" if not context.position else "it is on the position's own side"
    return deny(
        "REDUCE_ONLY",
        "perp.margin_first",
        f"A reduce-only order in {context.instrument.id} cannot reduce: {held}.",
    )


def self_match(context: OrderContext) -> Denial | None:
    """An order may not trade with one's own; what waits for its trigger is in no book."""
    order = context.order
    if order.type.has_trigger:
        return None
    reach = _reach(context)
    for own in context.working:
        if own.waits or own.instrument != context.instrument.id or own.side is order.side:
            continue
        crosses = reach is None or own.price is None or (reach - own.price) * order.side.sign >= 0
        if crosses:
            return deny(
                "SELF_MATCH",
                "ord.self_match",
                f"It would trade with the own order {own.id}. Cancel that one first.",
            )
    return None


def _reach(context: OrderContext) -> Decimal | None:
    """The worst price the order can take: its own, at market the collar's; None: any."""
    order, market = context.order, context.market
    if order.price is not None or market.mark is None or market.quality != "LIVE":
        return order.price
    return market.mark * (1 + context.limits.collar_rate * order.side.sign)


def repetition(context: OrderContext) -> Denial | None:
    """The same order within a second (as the profile says) asks first."""
    if not context.repeated_at_once:
        return None
    within_s = context.profile.number("ord.repeat_throttle", "ask_within_s")
    return deny(
        "REPEATED",
        "ord.repeat_throttle",
        f"The same order was sent less than {within_s:f} s ago. Confirm it to send it again.",
        limit=within_s,
    )
