"""How the desk and its venue stand: which connection has been reconciled, and what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk.execution.order import Order
from desk.execution.port import HOLD_MS, Link
from desk.model.orders import OrderStatus

if TYPE_CHECKING:
    from desk.engine.desk import Desk


@dataclass(slots=True)
class ExecutionState:
    """What is known of the connection to the venue; nothing of it outlives the process."""

    session: int = 0
    """The connection that was last found equal; 0 is that of a venue which lives with the desk."""
    equal_ms: int | None = None
    """When that was; wall clock."""
    note: str = ""
    """What came of the last question, while it was not that all is equal."""

    def held(self, link: Link) -> str:
        """Return what becomes of an order that is sent now, or nothing when it simply goes."""
        if link.up:
            return ""
        hold_s = HOLD_MS // 1000
        return (
            f"The venue cannot be reached: {link.note}. It is sent if the venue is back within "
            f"{hold_s} s; else it ends unsent."
        )

    def doubt(self, link: Link) -> str:
        """Return why the venue cannot be relied on, or nothing."""
        if not link.up:
            return f"The venue cannot be reached: {link.note}"
        if link.session == self.session:
            return ""
        said = "The venue is back, and what it holds is being compared"
        return f"{said} ({self.note})" if self.note else said


def unknown_orders(desk: Desk, account: str | None = None) -> list[Order]:
    """Return the orders of which nobody knows whether the venue has them."""
    live = desk.state.live_orders(account)
    return [order for order in live if order.status is OrderStatus.UNKNOWN]
