"""Checks of triggers and protective prices: on the right side, and before liquidation.

A trigger that the mark has passed would act at once: whoever writes one means something else. A
protective stop counts only if even its worst fill, the collar away from it, comes before the
venue's liquidation: one that lies closer protects nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountFigures
from desk.model.events import Denial
from desk.model.numbers import grouped, round_down, round_up
from desk.model.orders import OrderTerms, OrderType, Side
from desk.risk.context import OrderContext
from desk.risk.denial import deny
from desk.risk.projection import Projection

SIDES = {Side.BUY: ("below", "above"), Side.SELL: ("above", "below")}
"""Where the stop and the take-profit of an order of a side lie."""


def trigger(context: OrderContext) -> Denial | None:
    """What waits for a mark needs one to wait for, unless it follows it; nothing else has one."""
    order = context.order
    own = order.type.has_trigger and order.type is not OrderType.TRAILING_STOP
    if own == (order.trigger is not None):
        return None
    named = order.type.value.replace("_", "-")
    wanted = "needs a" if own else "has no"
    return deny("TRIGGER", "ord.no_limit_no_trade", f"A {named} {wanted} trigger.")


def trigger_side(context: OrderContext) -> Denial | None:
    """A trigger that the fresh mark has come to would act at once."""
    trigger, mark = context.trigger, _fresh_mark(context)
    if mark is None or trigger is None or context.guarding:
        return None
    order = msgspec.structs.replace(context.order, trigger=trigger)
    if not order.is_triggered_by(mark):
        return None
    rises = (order.side is Side.BUY) is not (order.type is OrderType.TAKE_PROFIT)
    where = "at or below" if rises else "at or above"
    return deny(
        "WOULD_TRIGGER",
        "ord.no_limit_no_trade",
        f"The trigger {grouped(trigger)} lies {where} the mark {grouped(mark)}: it would act at "
        "once.",
        limit=mark,
        actual=trigger,
    )


def bracket(context: OrderContext) -> Denial | None:
    """Protective prices stand behind what opens; a loss on one side, a profit on the other."""
    order = context.order
    if order.stop_loss is None and order.take_profit is None:
        return None
    if order.reduce_only or context.position * order.side.sign < 0:
        return deny(
            "BRACKET",
            "ord.no_limit_no_trade",
            "tp and sl stand behind an order that opens or adds; this one is against the position.",
        )
    return _loss_side(context) or _profit_side(context)


def _loss_side(context: OrderContext) -> Denial | None:
    """The stop lies where the order loses, and where the mark would not trigger it at once."""
    order, stop = context.order, context.order.stop_loss
    bounds = _entries(context)
    if stop is None or not bounds:
        return None
    nearest = min(bounds) if order.side is Side.BUY else max(bounds)
    if (nearest - stop) * order.side.sign > 0:
        return None
    where, _ = SIDES[order.side]
    return deny(
        "STOP_SIDE",
        "ord.no_limit_no_trade",
        f"The stop of a {order.side.value.lower()} lies {where} its price and the mark; "
        f"{grouped(stop)} is not {where} {grouped(nearest)}.",
        limit=nearest,
        actual=stop,
    )


def _profit_side(context: OrderContext) -> Denial | None:
    """The take-profit lies where the order earns."""
    order, profit = context.order, context.order.take_profit
    entry = order.expected_price or _fresh_mark(context)
    if profit is None or entry is None or (profit - entry) * order.side.sign > 0:
        return None
    _, where = SIDES[order.side]
    return deny(
        "TAKE_PROFIT_SIDE",
        "ord.no_limit_no_trade",
        f"The take-profit of a {order.side.value.lower()} lies {where} its price; "
        f"{grouped(profit)} is not {where} {grouped(entry)}.",
        limit=entry,
        actual=profit,
    )


def _entries(context: OrderContext) -> list[Decimal]:
    """Return the prices the position would be entered at: of one that waits, its own alone."""
    order, mark = context.order, _fresh_mark(context)
    if order.type.has_trigger:
        mark = None
    return [price for price in (order.price, context.trigger, mark) if price is not None]


def _fresh_mark(context: OrderContext) -> Decimal | None:
    return context.market.mark if context.market.quality == "LIVE" else None


def stop_before_liquidation(context: OrderContext, projection: Projection) -> Iterator[Denial]:
    """Look at the account before the order, and after its fill."""
    if projection.before is not None:
        found = before_liquidation(context, projection.before, projection.after)
        if found is not None:
            yield found


def before_liquidation(
    context: OrderContext, before: AccountFigures, after: AccountFigures | None
) -> Denial | None:
    """A protective stop's worst fill comes before liquidation, or the stop protects nothing.

    The stop behind an order is held against the account after its fill; a stop that reduces,
    against the account as it is. One that the desk places behind a fill is placed in any case.
    """
    found = _protective(context)
    if found is None or context.guarding:
        return None
    stop, worst, is_long = found
    figures = after if context.order.stop_loss is not None else before
    edge = None if figures is None else _edge(figures, context.instrument.id, is_long=is_long)
    if edge is None or (worst - edge > 0 if is_long else edge - worst > 0):
        return None
    return _beyond(context, stop, worst, edge, is_long=is_long)


def _protective(context: OrderContext) -> tuple[Decimal, Decimal, bool] | None:
    """Return the stop, its worst fill and whether it guards a long; None where none is meant."""
    order = context.order
    if order.stop_loss is not None:
        is_long = order.side is Side.BUY
        return order.stop_loss, _slipped(context, order.stop_loss, is_long=is_long), is_long
    stops = order.type in {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP}
    trigger = context.trigger
    if not stops or trigger is None or not context.strictly_reduces:
        return None
    if context.market.quality != "LIVE":
        return None
    is_long = order.side is Side.SELL
    return trigger, _worst_fill(context, order, trigger, is_long=is_long), is_long


def _worst_fill(
    context: OrderContext, order: OrderTerms, stop: Decimal, *, is_long: bool
) -> Decimal:
    if order.price is None:
        return _slipped(context, stop, is_long=is_long)
    return min(order.price, stop) if is_long else max(order.price, stop)


def _slipped(context: OrderContext, stop: Decimal, *, is_long: bool) -> Decimal:
    """Return the worst price a stop may fill at once it is triggered at its mark."""
    collar = context.limits.collar_rate
    return stop * (1 - collar) if is_long else stop * (1 + collar)


def _edge(figures: AccountFigures, instrument: str, *, is_long: bool) -> Decimal | None:
    """Return the liquidation price on the side where the position loses; None where none is."""
    for position in figures.positions:
        if position.instrument != instrument or position.mark is None:
            continue
        mark = position.mark
        prices = (position.liquidation_price, position.liquidation_price_upper)
        edges = [edge for edge in prices if edge is not None and (edge < mark) is is_long]
        return (max if is_long else min)(edges, default=None)
    return None


def _beyond(
    context: OrderContext, stop: Decimal, worst: Decimal, edge: Decimal, *, is_long: bool
) -> Denial:
    tick = context.instrument.tick_size
    safe = _safe(context, edge, is_long=is_long)
    edge = round_up(edge, tick) if is_long else round_down(edge, tick)
    when = "After the fill " if context.order.stop_loss is not None else ""
    kind = "lowest" if is_long else "highest"
    mark = _fresh_mark(context)
    bounds = _entries(context)
    if context.order.stop_loss is None:
        bounds = [] if mark is None else [mark]
    named = f"The {kind} safe stop is {grouped(safe)}."
    if bounds and (safe >= min(bounds) if is_long else safe <= max(bounds)):
        named = f"The {kind} safe stop would be {grouped(safe)}, beyond the price: take less."
    elif context.order.type is OrderType.TRAILING_STOP:
        trail = round_up(abs((context.best or safe) - safe), tick)
        named = f"The {kind} safe stop is {grouped(safe)}: trail by {grouped(trail)} at most."
    return deny(
        "STOP_BEYOND_LIQUIDATION",
        "perp.margin_first",
        f"{when}{context.instrument.id} is liquidated at {grouped(edge)}; the stop "
        f"{grouped(stop)} may fill as far as {worst:,.2f}. {named}",
        limit=safe,
        actual=stop,
    )


def _safe(context: OrderContext, edge: Decimal, *, is_long: bool) -> Decimal:
    """Return the farthest trigger on the tick whose worst fill still comes before liquidation."""
    tick = context.instrument.tick_size
    slip = Decimal(0) if context.order.type is OrderType.STOP_LIMIT else context.limits.collar_rate
    if context.order.stop_loss is not None:
        slip = context.limits.collar_rate
    if is_long:
        return round_down(edge / (1 - slip), tick) + tick
    return round_up(edge / (1 + slip), tick) - tick
