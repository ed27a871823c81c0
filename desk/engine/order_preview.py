"""What a command that sends orders would come to, without sending any."""

from __future__ import annotations

from typing import TypeAlias

from desk.engine import oco
from desk.engine.desk import Desk
from desk.engine.ladders import judged_ladder
from desk.engine.ordering import order_context
from desk.engine.programs import Judged
from desk.engine.reversing import reversal
from desk.engine.twaps import judged_twap
from desk.model.numbers import plain
from desk.model.order_commands import (
    Previewable,
    ReversePosition,
    SubmitLadder,
    SubmitOco,
    SubmitOrder,
    SubmitTwap,
)
from desk.risk.context import OrderContext, Review
from desk.risk.pretrade import review

LookedAt: TypeAlias = tuple[OrderContext, Review, list[dict[str, str | None]]]


def looked_at(desk: Desk, command: Previewable) -> LookedAt:
    """Return an order (of a program the one its parts make, of a pair the one that strains the
    account more), what is said of it, and its parts.

    Raises Refusal for what cannot be worked out.
    """
    match command:
        case SubmitLadder():
            return _judged(judged_ladder(desk, command))
        case SubmitTwap():
            return _judged(judged_twap(desk, command))
        case SubmitOco():
            return oco.seen(desk, command)
        case ReversePosition():
            context = reversal(desk, command)
        case SubmitOrder():
            context = order_context(desk, command)
    return context, review(context), []


def _judged(one: Judged) -> LookedAt:
    prices = [context.order.price for context in one.contexts]
    prices += [one.program.limit] * (len(one.program.parts) - len(prices))
    parts = [
        {"quantity": plain(part), "price": None if price is None else plain(price)}
        for part, price in zip(one.program.parts, prices, strict=True)
    ]
    return one.whole, one.review, parts
