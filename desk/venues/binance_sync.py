"""Keeping one Binance book in sequence: buffer, snapshot, drop, chain.

Spot: drop what ends at or before the snapshot's id L; the first kept must hold L + 1; from then
on each must begin at or before the last id + 1.
Futures: drop what ends before L; the first kept must hold L itself; from then on each must name
the last id as the one before it (`pu`), for the ids in between belong to other instruments.
A snapshot older than the first buffered delta proves nothing and is asked for again.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from desk.model.market_data import BookDelta
from desk.venues.protocol import BookSync

BUFFER_LIMIT = 5_000
"""Deltas kept while there is no snapshot; beyond it the oldest go, and with them the chance
that an older snapshot fits."""


class Verdict(Enum):
    """What to do with a delta."""

    APPLY = "apply"
    WAIT = "wait"
    """It is kept until there is a snapshot, or it is older than what is known."""
    GAP = "gap"
    """It does not follow: the book is lost, and the delta is the first of a new buffer."""


# A member of an enum costs a look-up in its class: too dear for every message.
APPLY, WAIT, GAP = Verdict.APPLY, Verdict.WAIT, Verdict.GAP


class Sequence:
    """Where one instrument's stream of deltas stands.

    `previous_id` is the id that a futures delta names as the one before it; on spot, where ids
    have no holes, its first id − 1.
    """

    def __init__(self, *, futures: bool, counters: BookSync) -> None:
        self._futures = futures
        self._counters = counters
        self._buffer: deque[tuple[BookDelta, int]] = deque(maxlen=BUFFER_LIMIT)
        self._first = False
        """The snapshot is in, its first delta is not."""
        self.last_id: int | None = None
        """Id that the book stands at; None while a snapshot is needed."""

    def receive(self, delta: BookDelta, previous_id: int) -> Verdict:
        """Place one delta in the sequence."""
        last = self.last_id
        if previous_id == last and not self._first:
            self.last_id = delta.last_id
            return APPLY
        if last is None:
            self._keep(delta, previous_id)
            return WAIT
        if self._first:
            follows = self._is_first(delta, last)
        else:
            follows = self._chains(delta, previous_id, last)
        if follows:
            self.last_id, self._first = delta.last_id, False
            return APPLY
        if self._precedes(delta, last) if self._first else delta.last_id <= last:
            self._counters.stale_dropped += 1
            return WAIT
        if not self._first:
            self._counters.gaps += 1
        self.lose()
        self._keep(delta, previous_id)
        return GAP

    def receive_snapshot(self, snapshot_id: int) -> list[BookDelta] | None:
        """Return the buffered deltas that continue a snapshot, or None: it does not fit them."""
        buffer = self._buffer
        if buffer and snapshot_id < buffer[0][0].first_id:
            return None
        while buffer and self._precedes(buffer[0][0], snapshot_id):
            buffer.popleft()
        if buffer and not self._is_first(buffer[0][0], snapshot_id):
            return None
        hole = self._hole()
        if hole is not None:
            self._counters.gaps += 1
            for _ in range(hole):
                buffer.popleft()
            return None
        held = [delta for delta, _ in buffer]
        buffer.clear()
        self.last_id = held[-1].last_id if held else snapshot_id
        self._first = not held
        self._counters.buffered_applied += len(held)
        return held

    def lose(self) -> None:
        """Forget everything; a snapshot is needed."""
        self.last_id = None
        self._first = False
        self._buffer.clear()

    @property
    def is_waiting(self) -> bool:
        """Whether deltas are buffered: only while a snapshot is needed."""
        return bool(self._buffer)

    def _keep(self, delta: BookDelta, previous_id: int) -> None:
        if self._buffer and delta.last_id <= self._buffer[-1][0].last_id:
            self._counters.stale_dropped += 1
        else:
            self._buffer.append((delta, previous_id))
            self._counters.buffered += 1

    def _hole(self) -> int | None:
        """Number of buffered deltas before the first that does not follow the one before it."""
        last: int | None = None
        for count, (delta, previous_id) in enumerate(self._buffer):
            if last is not None and not self._chains(delta, previous_id, last):
                return count
            last = delta.last_id
        return None

    def _chains(self, delta: BookDelta, previous_id: int, last: int) -> bool:
        if self._futures:
            return previous_id == last
        return delta.first_id <= last + 1 <= delta.last_id

    def _is_first(self, delta: BookDelta, snapshot_id: int) -> bool:
        wanted = snapshot_id if self._futures else snapshot_id + 1
        return delta.first_id <= wanted <= delta.last_id

    def _precedes(self, delta: BookDelta, snapshot_id: int) -> bool:
        if self._futures:
            return delta.last_id < snapshot_id
        return delta.last_id <= snapshot_id
