"""Checks of how long an order works."""

from __future__ import annotations

from desk.model.events import Denial
from desk.model.orders import TimeInForce
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
