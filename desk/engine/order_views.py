"""Orders and fills as screen and console show them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.bracket_book import role_of
from desk.engine.desk import Desk
from desk.engine.order_snapshot import FillView, OrderView
from desk.execution.order import Order
from desk.model.orders import Fill, OrderStatus


def live_order_views(desk: Desk, account: str | None = None) -> list[OrderView]:
    """Return the working orders, oldest first, each with its place in the queue if it is known."""
    return [_placed(desk, order) for order in desk.state.live_orders(account)]


def _placed(desk: Desk, order: Order) -> OrderView:
    view, ahead = order_view(order), desk.venue.queue_ahead(order.id)
    if (trigger := desk.venue.trigger(order.id)) is not None:
        view = msgspec.structs.replace(view, trigger=trigger)
    if ahead is None:
        return view
    behind = _behind(desk, order, ahead)
    return msgspec.structs.replace(view, queue_ahead=ahead, queue_behind=behind)


def _behind(desk: Desk, order: Order, ahead: Decimal) -> Decimal | None:
    """Return what the level holds beyond what is ahead and, where the venue shows it, the order."""
    terms = order.terms
    book, instrument = desk.book(terms.instrument), desk.catalogue.get(terms.instrument)
    if book is None or not book.synced or instrument is None or terms.price is None:
        return None
    shown = instrument.quantity(book.lots_at(terms.side, instrument.ticks(terms.price)))
    own = Decimal(0) if desk.venue.capabilities.is_paper else terms.quantity - order.filled
    return max(Decimal(0), shown - ahead - own)


def order_view(order: Order) -> OrderView:
    """Return one order."""
    terms, role = order.terms, role_of(order.terms)
    return OrderView(
        id=terms.id,
        account=terms.account,
        instrument=terms.instrument,
        side=terms.side.value,
        type=terms.type.value,
        quantity=terms.quantity,
        filled=order.filled,
        price=terms.price,
        tif=terms.tif.value,
        reduce_only=terms.reduce_only,
        post_only=terms.post_only,
        status=order.status.value,
        reason=order.reason,
        time_ms=order.created_ms,
        trigger=terms.trigger,
        waiting=order.status is OrderStatus.WAITING,
        parent=terms.parent,
        program=terms.program,
        role="" if role is None else role.value,
        stop_loss=terms.stop_loss,
        take_profit=terms.take_profit,
        amending=order.amending is not None,
        unanswered_since_ms=_unanswered_since_ms(order),
        expires_ms=terms.expires_ms,
        trail=terms.trail,
        trail_rate=terms.trail_rate,
        oco=terms.oco,
    )


def _unanswered_since_ms(order: Order) -> int | None:
    if order.status is not OrderStatus.UNKNOWN or order.unanswered is None:
        return None
    return order.unanswered.since_ms


def fill_view(fill: Fill) -> FillView:
    """Return one fill."""
    return FillView(
        id=fill.id,
        order_id=fill.order_id,
        account=fill.account,
        instrument=fill.instrument,
        side=fill.side.value,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_asset=fill.fee_asset,
        liquidity=fill.liquidity.value,
        time_ms=fill.time_ms,
    )
