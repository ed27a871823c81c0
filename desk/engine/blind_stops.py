"""Stops without eyes: an instrument whose mark is not fresh triggers nothing, and that is said."""

from __future__ import annotations

from collections import Counter

from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.model.events import Alerted
from desk.model.orders import OrderStatus


class BlindStops:
    """Says once when the mark that orders wait for is lost, and once when it is back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._blind: set[str] = set()

    def look(self) -> Plan | None:
        """Return the next thing to say, or None."""
        waiting = Counter(
            order.terms.instrument
            for order in self._desk.state.live_orders()
            if order.status is OrderStatus.WAITING
        )
        self._blind &= waiting.keys()
        for instrument, count in waiting.items():
            blind = self._desk.fresh_mark(instrument) is None
            if blind != (instrument in self._blind):
                self._blind ^= {instrument}
                return Plan(about="alert", events=[_said(instrument, count, blind=blind)])
        return None


def _said(instrument: str, count: int, *, blind: bool) -> Alerted:
    orders = "1 order" if count == 1 else f"{count} orders"
    if blind:
        message = f"{instrument} has no fresh mark: {orders} cannot be triggered."
        return Alerted(severity="danger", code="STOPS_BLIND", message=message)
    message = f"{instrument} has a fresh mark again: {orders} can be triggered."
    return Alerted(severity="info", code="STOPS_SEE", message=message)
