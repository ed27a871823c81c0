"""What a trader must not miss, as the load of a benchmark sends it: fills, denials, alerts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import count, cycle

from desk.engine.snapshot import EventMessage
from desk.io.clock import SystemClock
from desk.model.events import Alerted, AnyEvent, Denial, Denied, Filled
from desk.model.orders import Fill, Liquidity, Side

INSTRUMENT = "BTCUSDT-PERP.BENCH"
SOONEST_MS, LATEST_MS = 20, 60
"""Between two of them: at no fixed place between two frames."""


class Criticals:
    """One after the other, each when its moment has come."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._chance = random.Random(2)
        self._events = _events(clock)
        self._numbers = count(1)
        self._due_ns = clock.boot_ns()

    def due(self) -> EventMessage | None:
        """The next one if it is time."""
        now_ns = self._clock.boot_ns()
        if now_ns < self._due_ns:
            return None
        self._due_ns = now_ns + self._chance.randint(SOONEST_MS, LATEST_MS) * 1_000_000
        event = next(self._events)
        return EventMessage(number=next(self._numbers), sent_ns=self._clock.boot_ns(), event=event)


def _events(clock: SystemClock) -> Iterator[AnyEvent]:
    for number, kind in enumerate(cycle((_fill, _denial, _alert))):
        yield kind(number, clock.wall_ms())


def _fill(number: int, wall_ms: int) -> AnyEvent:
    return Filled(
        fill=Fill(
            id=f"f-{number}",
            order_id=f"o-{number}",
            account="perp-1",
            instrument=INSTRUMENT,
            side=Side.BUY,
            quantity=Decimal(number % 7 + 1),
            price=Decimal(61_000 + number),
            fee=Decimal("1.5"),
            fee_asset="USDT",
            liquidity=Liquidity.TAKER,
            time_ms=wall_ms,
        )
    )


def _denial(number: int, wall_ms: int) -> AnyEvent:
    del wall_ms
    reason = Denial(code="STALE_MARK", rule="ord.fresh_mark", message="The mark is too old.")
    return Denied(about="order", id=f"o-{number}", denials=[reason])


def _alert(number: int, wall_ms: int) -> AnyEvent:
    said = f"BTCUSDT-PERP is above {61_000 + number:,}"
    return Alerted(severity="warning", message=said, number=number + 1, event_ms=wall_ms)
