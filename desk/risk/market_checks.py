"""Checks of the data behind an order: no fresh mark, no proven book, no new risk."""

from __future__ import annotations

from decimal import Decimal

from desk.model.events import Denial
from desk.risk.context import OrderContext
from desk.risk.denial import deny, hint


def fresh_mark(context: OrderContext) -> Denial | None:
    """No fresh mark, no new risk."""
    market = context.market
    if market.mark is None or market.quality == "UNKNOWN":
        return deny(
            "NO_MARK",
            "price.mark_sources",
            f"{context.instrument.id} has no mark price.{hint(context)}",
        )
    if market.quality == "LIVE":
        return None
    age = "unknown" if market.mark_age_ms is None else f"{market.mark_age_ms / 1000:.1f} s"
    return deny(
        "STALE_MARK",
        "price.mark_sources",
        f"The mark of {context.instrument.id} is stale (age {age}; limit 2.0 s).{hint(context)}",
        limit=Decimal(2000),
        actual=None if market.mark_age_ms is None else Decimal(market.mark_age_ms),
    )


def fresh_account(context: OrderContext) -> Denial | None:
    """Margin after the fill stands on every mark of the account, not on this one alone."""
    if not context.stale_elsewhere:
        return None
    return deny(
        "STALE_ACCOUNT",
        "price.mark_sources",
        f"The margin of {context.order.account} stands on marks that are not fresh: "
        f"{', '.join(context.stale_elsewhere)}.{hint(context)}",
    )


def diverging(context: OrderContext) -> Denial | None:
    """A venue's mark far from what other sources say is not a price to open at."""
    if not context.market.diverging:
        return None
    return deny(
        "DIVERGING",
        "price.mark_sources",
        f"The mark of {context.instrument.id} lies more than 3 % from its index.{hint(context)}",
    )


def book_synced(context: OrderContext) -> Denial | None:
    """Without a proven book there is nothing to trade against."""
    if context.market.book_state == "SYNCED":
        return None
    return deny(
        "BOOK_UNSYNCED",
        "price.mark_sources",
        f"The order book of {context.instrument.id} is {context.market.book_state.lower()}."
        f"{hint(context)}",
    )


def collar(context: OrderContext) -> Denial | None:
    """A limit price may lie only so far from the mark, on either side."""
    mark, price = context.market.mark, context.order.price
    if mark is None or price is None or context.market.quality != "LIVE":
        return None
    distance = abs(price - mark) / mark
    limit = context.limits.collar_rate
    if distance <= limit:
        return None
    return deny(
        "PRICE_COLLAR",
        "ord.price_collar",
        f"Price {price:,f} is {distance * 100:.2f} % from the mark {mark:,f}; the collar is "
        f"{limit * 100:.1f} %.",
        limit=limit,
        actual=distance,
    )
