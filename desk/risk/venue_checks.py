"""Checks of the way to the venue: no new risk where nobody knows what arrives, or has arrived."""

from __future__ import annotations

from desk.model.events import Denial
from desk.risk.context import OrderContext
from desk.risk.denial import deny, hint


def reachable(context: OrderContext) -> Denial | None:
    """The venue answers, and what it holds is what the desk holds."""
    around = context.around
    if around is None or not around.venue_doubt:
        return None
    said = f"{around.venue_doubt}: no new risk until it is reconciled.{hint(context)}"
    return deny("VENUE_DOWN", "kill.on_disconnect", said)


def answered(context: OrderContext) -> Denial | None:
    """Nobody knows whether the venue has an order of this account: no second one beside it."""
    around = context.around
    if around is None or not around.unanswered:
        return None
    said = (
        f"The venue has not answered {', '.join(around.unanswered)}: no new risk in "
        f"{context.order.account} until it is known what became of it.{hint(context)}"
    )
    return deny("ORDER_UNKNOWN", "kill.on_disconnect", said)
