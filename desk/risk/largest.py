"""The largest quantity that would pass where an order is denied: by the pipeline itself.

Halving over whole lots, so that no rule is written a second time: a denial that depends on size
denies every larger quantity too.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import msgspec

from desk.model.numbers import ZERO
from desk.risk.context import OrderContext, Review
from desk.risk.pretrade import review

STEPS = 12
"""Halvings at most: enough for one part in four thousand, and the answer is due in milliseconds."""


def largest_quantity(context: OrderContext, found: Review) -> Decimal | None:
    """Return the largest quantity found to pass; None where none does, or the order itself does.

    Always one that passes: of a very fine lot it may lie under the true limit by 1/4,000 of what
    was asked for.
    """
    if found.accepted:
        return None
    lot = context.instrument.lot_size
    low, high = _least(context), _lots_up(context.order.quantity, lot)
    reducible = int(max(context.reducible, _reduce_only(context)) // lot)
    if low >= high or not _passes(context, low * lot):
        return _reducing(context, min(reducible, high - 1) * lot)
    for _ in range(STEPS):
        middle = (low + high) // 2
        if middle == low:
            break
        low, high = (middle, high) if _passes(context, middle * lot) else (low, middle)
    return low * lot


def _least(context: OrderContext) -> int:
    """Return the lots of the smallest order that the venue takes."""
    terms, price = context.instrument, context.price
    one = terms.notional(terms.lot_size, price) if price else ZERO
    worth = _lots_up(terms.min_notional, one) if one else 1
    return max(1, _lots_up(terms.min_quantity, terms.lot_size), worth)


def _lots_up(quantity: Decimal, lot: Decimal) -> int:
    return int((quantity / lot).to_integral_value(ROUND_CEILING))


def _reduce_only(context: OrderContext) -> Decimal:
    against = context.position * context.order.side.sign < 0
    return abs(context.position) if against and context.order.reduce_only else ZERO


def _reducing(context: OrderContext, quantity: Decimal) -> Decimal | None:
    return quantity if quantity > 0 and _passes(context, quantity) else None


def _passes(context: OrderContext, quantity: Decimal) -> bool:
    order = msgspec.structs.replace(context.order, quantity=quantity)
    return review(msgspec.structs.replace(context, order=order)).accepted
