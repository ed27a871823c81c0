"""Checks of what may change while an order works: until when it is good, how its trigger trails."""

from __future__ import annotations

from desk.model.events import Denial
from desk.model.numbers import plain
from desk.model.orders import OrderType, TimeInForce
from desk.risk.context import OrderContext
from desk.risk.denial import deny

LONGEST_MS = 366 * 86_400_000
"""How far ahead an order may expire: a year. Farther is a slip of the pen."""


def expiry(context: OrderContext) -> Denial | None:
    """A GTD order is good until a moment that lies ahead, within a year; no other has one."""
    said = _unfit(context)
    return None if said is None else deny("EXPIRY", "ord.no_limit_no_trade", said)


def _unfit(context: OrderContext) -> str | None:
    moment_ms, now_ms = context.order.expires_ms, context.now_ms
    if (context.order.tif is TimeInForce.GTD) is not (moment_ms is not None):
        if moment_ms is None:
            return "A GTD order says until when it is good."
        return "Only a GTD order is good until a moment."
    if moment_ms is None or now_ms is None:
        return None
    if moment_ms <= now_ms:
        return "The moment until which it would be good is past."
    if moment_ms - now_ms > LONGEST_MS:
        return "An order is good for a year at most."
    return None


def trail(context: OrderContext) -> Denial | None:
    """A trailing stop follows at a distance in price or at a fraction of the mark; nothing else."""
    said = _untrailing(context)
    return None if said is None else deny("TRAIL", "ord.no_limit_no_trade", said)


def _untrailing(context: OrderContext) -> str | None:
    order, tick = context.order, context.instrument.tick_size
    distances = [d for d in (order.trail, order.trail_rate) if d is not None]
    if order.type is not OrderType.TRAILING_STOP:
        return "Only a trailing stop trails." if distances else None
    if len(distances) != 1:
        return "A trailing stop trails at a distance or at a fraction of the mark, one of the two."
    if order.stop_loss is not None or order.take_profit is not None:
        return "No tp or sl stands behind a trailing stop: where it will fill is not known."
    rate, mark = order.trail_rate, context.market.mark
    if rate is not None and not 0 < rate < 1:
        return "The fraction at which a stop trails lies between 0 and 1."
    if rate is not None and mark is not None and mark * rate < tick:
        return f"{plain(rate * 100)}% of the mark is less than the tick {plain(tick)}."
    if context.trigger is not None and context.trigger <= 0:
        return f"Nothing is left of the mark below a trail of {plain(distances[0])}."
    return None
