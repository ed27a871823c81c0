"""How the steps of one close-out fare: what is waited for, what failed, when it is tried again.

A step that filled in part is followed after a second; one that did not fill at all after 1, 2, 4,
… at most 30 seconds, each instrument on its own. There is no last try: an account at its limit
cannot be left there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from desk.engine.change import CloseOut
from desk.engine.desk import Desk
from desk.execution.order import Order
from desk.model.orders import OrderStatus

NS_PER_S = 1_000_000_000

LONGEST_REST_S = 30


@dataclass(slots=True)
class StepProgress:
    """What is known of a close-out beside its rows; a restart forgets it and tries at once."""

    seen: set[str]
    """Steps whose end has been looked at."""
    misses: dict[str, int] = field(default_factory=dict[str, int])
    """Instrument → steps in a row that filled nothing."""
    rests_until_ns: dict[str, int] = field(default_factory=dict[str, int])
    since_ns: dict[str, int] = field(default_factory=dict[str, int])
    """Order id → since when it is waited for."""

    def waited_ns(self, order_id: str, now_ns: int) -> int:
        """Return how long an order has been waited for; 0 the first time."""
        return now_ns - self.since_ns.setdefault(order_id, now_ns)

    def rests(self, instrument: str, now_ns: int) -> bool:
        """Whether an instrument is left alone for now."""
        return now_ns < self.rests_until_ns.get(instrument, 0)

    def note(self, order: Order, now_ns: int) -> int | None:
        """Take in how a step ended; return in how many seconds its instrument is tried again.

        None: it filled, and the next step may follow at once.
        """
        self.seen.add(order.id)
        instrument = order.terms.instrument
        if order.status is OrderStatus.FILLED:
            self.misses.pop(instrument, None)
            return None
        misses = 0 if order.fills else self.misses.get(instrument, 0) + 1
        self.misses[instrument] = misses
        seconds = min(2 ** max(0, misses - 1), LONGEST_REST_S)
        self.rests_until_ns[instrument] = now_ns + seconds * NS_PER_S
        return seconds


def progress_of(desk: Desk, one: CloseOut) -> StepProgress:
    """Return the progress of a close-out that is looked at for the first time."""
    return StepProgress(seen={i for i in one.orders if not desk.state.orders[i].is_live})
