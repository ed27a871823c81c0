"""How an order that the journal holds comes back to the paper venue after a restart."""

from __future__ import annotations

from desk.execution.order import Order
from desk.execution.paper_order import PaperOrder, collar_ticks
from desk.execution.queue_position import QueuePosition
from desk.model.orders import OrderStatus

LOST_WITH_LINK = "it was lost on the way to a venue that is not in use any more"
ENDED_BY_RESTART = "the desk restarted before the rest of this immediate order was decided"


def put_back(restored: PaperOrder, order: Order, now_ns: int) -> None:
    """Let an order stand where it stood: in its book, before its trigger, or on its way."""
    restored.fill_count = len(order.fills)
    restored.number = order.amendments - (order.amending is not None)
    if order.trailed is not None:
        restored.best, restored.said = order.trailed.best, order.trailed
    restored.accepted = order.accepted is not None
    restored.untriggered = order.status is OrderStatus.WAITING
    takes = order.triggered is not None and not order.terms.type.has_price
    if order.triggered is not None and takes:
        collar = order.triggered.collar_price
        restored.limit = collar_ticks(restored.instrument, restored.side, collar)
        restored.trigger()
    elif not restored.untriggered:
        restored.queue = QueuePosition()
    nobody_knows = order.status is OrderStatus.UNKNOWN  # to send it now could be to send it twice
    if restored.refusal or nobody_knows or not (restored.can_rest or restored.untriggered or takes):
        restored.cancel_at_ns = now_ns
        ended = LOST_WITH_LINK if nobody_knows else ENDED_BY_RESTART
        restored.cancel_reason = restored.refusal or ended
