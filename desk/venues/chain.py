"""Keeping one book in sequence where each change names the one before it.

Ids may be drawn from a counter that many instruments share, so that they jump; only the equality
of the id that a change names and the last one proves that nothing is missing. A change that was
applied already may come twice and is passed over; any other that does not follow is a gap.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from desk.venues.protocol import BookSync

_REMEMBERED = 64
"""Changes whose repetition is known as one."""


class Verdict(Enum):
    """What to do with a change."""

    APPLY = "apply"
    DROP = "drop"
    """It is a repeat, or came while a snapshot is awaited."""
    GAP = "gap"
    """It does not follow: the book is lost."""


class Chain:
    """Where one instrument's changes stand."""

    def __init__(self, counters: BookSync) -> None:
        self._counters = counters
        self._applied: deque[int] = deque(maxlen=_REMEMBERED)
        self.last_id: int | None = None
        """Id that the book stands at; None while a snapshot is needed."""

    def start(self, change_id: int) -> bool:
        """Begin at a snapshot; False when a held book is newer."""
        if self.last_id is not None and change_id < self.last_id:
            self._counters.stale_dropped += 1
            return False
        self._applied.clear()
        self._applied.append(change_id)
        self.last_id = change_id
        self._counters.snapshots += 1
        return True

    def follow(self, previous_id: int, change_id: int) -> Verdict:
        """Place one change."""
        if self.last_id is None:
            self._counters.stale_dropped += 1
            return Verdict.DROP
        if previous_id == self.last_id:
            self.last_id = change_id
            self._applied.append(change_id)
            return Verdict.APPLY
        if change_id in self._applied:
            self._counters.stale_dropped += 1
            return Verdict.DROP
        self._counters.gaps += 1
        self.last_id = None
        return Verdict.GAP

    def lose(self) -> None:
        """Forget the book; a snapshot is needed."""
        self.last_id = None
