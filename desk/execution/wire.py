"""A way to an exchange and back that loses, delays, doubles, reorders, stalls and breaks.

It has no clock and no chance of its own: time is told, and a seed decides what is hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from heapq import heappop, heappush
from typing import Any

from desk.execution.link_faults import OUTAGES, Chances, LinkFault, LinkFaultKind

MS = 1_000_000

REQUESTS, ANSWERS = "requests", "answers"


class Passage(Enum):
    """Whether anything passes now."""

    OPEN = "open"
    STALLED = "stalled"
    BROKEN = "broken"


_LOSES = {REQUESTS: LinkFaultKind.DROP, ANSWERS: LinkFaultKind.LOSE}


class Wire:
    """Messages on their way, in both directions."""

    def __init__(self, faults: Sequence[LinkFault], seed: int, latency_ms: int) -> None:
        self.latency_ms = latency_ms
        """One way."""
        self._faults = faults
        self._chances = Chances(seed)
        self._queues: dict[str, list[tuple[int, int, int, Any]]] = {REQUESTS: [], ANSWERS: []}
        """(arrives, count, sent, message), as heaps."""
        self._count = 0
        self._began_ns: int | None = None

    def passage(self, now_ns: int) -> Passage:
        """Return whether anything passes."""
        on = {fault.kind for fault in self._on(now_ns) if fault.kind in OUTAGES}
        if LinkFaultKind.DOWN in on:
            return Passage.BROKEN
        return Passage.STALLED if on else Passage.OPEN

    def send(self, way: str, message: Any, now_ns: int, *, surely: bool = False) -> None:
        """Send a message; `surely`: nothing but an outage can happen to it."""
        if self.passage(now_ns) is Passage.BROKEN:
            return
        copies = 1 if surely else self._copies(way, now_ns)
        for copy in range(copies):
            due_ns = now_ns + (copy + 1) * self.latency_ms * MS
            if not surely:
                due_ns += self._extra_ns(now_ns)
            self._count += 1
            heappush(self._queues[way], (due_ns, self._count, now_ns, message))

    def arrived(self, way: str, now_ns: int) -> list[tuple[int, Any]]:
        """Take what has arrived, as (when it was sent, message)."""
        if self.passage(now_ns) is Passage.STALLED:
            return []
        queue, arrived = self._queues[way], list[tuple[int, Any]]()
        while queue and queue[0][0] <= now_ns:
            _, _, sent_ns, message = heappop(queue)
            arrived.append((sent_ns, message))
        return arrived

    def break_off(self) -> None:
        """Lose all answers on their way; requests may still arrive."""
        self._queues[ANSWERS].clear()

    def hits(self, kind: LinkFaultKind, now_ns: int) -> LinkFault | None:
        """Return the fault of a kind that hits now, by chance, or None."""
        for fault in self._on(now_ns):
            if fault.kind is kind and self._chances.happens(fault.millionths):
                return fault
        return None

    def heal(self) -> None:
        """Let everything pass from now on."""
        self._faults = ()

    def suffer(self, faults: Sequence[LinkFault]) -> None:
        """Let other things go wrong, counted from now on."""
        self._faults, self._began_ns = faults, None

    def _copies(self, way: str, now_ns: int) -> int:
        if self.hits(_LOSES[way], now_ns) is not None:
            return 0
        return 1 if self.hits(LinkFaultKind.DUPLICATE, now_ns) is None else 2

    def _extra_ns(self, now_ns: int) -> int:
        late = self.hits(LinkFaultKind.DELAY, now_ns)
        extra_ms = 0 if late is None else late.by_ms
        if self.hits(LinkFaultKind.REORDER, now_ns) is not None:
            extra_ms += 3 * self.latency_ms
        return extra_ms * MS

    def _on(self, now_ns: int) -> list[LinkFault]:
        if not self._faults:
            return []
        if self._began_ns is None:
            self._began_ns = now_ns
        elapsed_ms = (now_ns - self._began_ns) // MS
        return [fault for fault in self._faults if fault.is_on(elapsed_ms)]
