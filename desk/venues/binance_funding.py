"""How long a funding interval of a Binance perpetual is.

No stream tells it. The venue answers GET fundingInfo with the contracts that differ from its
usual 8 hours, and may change one at any time. The next funding time, which every mark carries,
tells that it has: at a funding it moves on by one interval, and by nothing else.
"""

from __future__ import annotations

USUAL_H = 8
"""Of a contract that fundingInfo does not list (the venue's funding rate info page, 2026-11)."""

_INTERVALS_H = frozenset({1, 2, 4, 8})
"""What the venue has used so far."""

_HOUR_MS = 3_600_000

_IN_A_ROW_NS = 60_000_000_000
"""Marks further apart than this may have fundings between them that nobody has seen."""


class FundingInterval:
    """One contract's interval: as shipped or listed, as answered, as seen."""

    __slots__ = ("_listed", "_next_ms", "_seen_ns", "doubtful", "hours")

    def __init__(self, hours: int | None) -> None:
        self._listed = hours
        self.hours = hours
        """None: unknown, because it has changed and nobody has told to what."""
        self.doubtful = False
        """The next funding has moved by another step: fundingInfo should be asked."""
        self._next_ms: int | None = None
        self._seen_ns = 0

    def inherit(self, before: FundingInterval) -> None:
        """Go on with what was known on other sockets, unless a listing has told another since."""
        if before._listed == self._listed:
            self.hours, self.doubtful = before.hours, before.doubtful
            self._next_ms, self._seen_ns = before._next_ms, before._seen_ns

    def told(self, hours: int) -> None:
        """Take the venue's own word."""
        self.hours = hours
        self.doubtful = False

    def seen(self, next_ms: int | None, ts_recv_ns: int) -> None:
        """Compare the next funding time with the one before."""
        before, before_ns = self._next_ms, self._seen_ns
        self._next_ms, self._seen_ns = next_ms, ts_recv_ns
        if before == next_ms or before is None or next_ms is None:
            return
        hours, rest = divmod(abs(next_ms - before), _HOUR_MS)
        if hours == self.hours and not rest:
            return
        self.doubtful = True
        if ts_recv_ns - before_ns <= _IN_A_ROW_NS:
            is_step = next_ms > before and not rest and hours in _INTERVALS_H
            self.hours = hours if is_step else None
