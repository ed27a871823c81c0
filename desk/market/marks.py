"""How old a price is, and whether it may be used.

The age of a value is the larger of two:

* boot-time clock now minus the receipt of the last message that carried or confirmed it;
* now minus the venue's own stamp minus that venue's offset, the running minimum of receipt minus
  stamp. A feed that goes on sending with stamps that stand still grows old by this one. A
  constant difference between the clocks, of any size, is part of the offset and ages nothing.

Fresh is 0 ≤ age ≤ 2,000 ms (a venue's file may say up to 5,000); older, negative or unknown is
STALE. The running minimum may creep up
by what two honest clocks drift apart, so that a desk that runs for days does not grow stale.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from desk.model.instrument import FRESH_MS

NS_PER_MS = 1_000_000

Quality: TypeAlias = Literal["LIVE", "STALE", "UNKNOWN"]

_DRIFT_PARTS = 1_000
"""The minimum creeps up by one part in so many: twice what a bad pair of clocks drifts (500 parts
per million is the worst planned for), a thousandth of how fast frozen stamps grow old."""

LEAP_NS = 500_000_000
"""A stamp that much ahead of all before it must be confirmed before it moves the minimum."""

_LEAP_CONFIRMATIONS = 3
_LEAP_AGREEMENT_NS = 500_000_000
_LEAP_UNDONE_NS = 60_000_000_000
"""A leap that was believed may be taken back for so long."""


class VenueClock:
    """The offset between a venue's stamps and this machine's boot-time clock."""

    __slots__ = ("_as_of_ns", "_leap_ns", "_leaps", "_left", "_offset_ns", "_returns")

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._as_of_ns = 0
        self._leap_ns = 0
        self._leaps = 0
        self._left: tuple[int, int] | None = None
        """The minimum before a leap that may be taken back, and until when it may."""
        self._returns = 0

    def observe(self, ts_recv_ns: int, ts_venue_ms: int) -> None:
        """Learn from one stamped message."""
        offset = ts_recv_ns - ts_venue_ms * 1_000_000
        lowest = self._offset_ns
        if lowest is not None:
            passed_ns = ts_recv_ns - self._as_of_ns
            if passed_ns > 0:
                lowest += passed_ns // _DRIFT_PARTS
                self._as_of_ns = ts_recv_ns
            if offset >= lowest - LEAP_NS:  # no leap: as good as always
                self._leaps = 0
                if self._left is not None:
                    lowest = self._returned(self._left, lowest, offset, ts_recv_ns)
                self._offset_ns = min(lowest, offset)
                return
            if not self._leapt(offset):
                self._offset_ns = lowest
                return
            self._left, self._returns = (lowest, ts_recv_ns + _LEAP_UNDONE_NS), 0
        self._offset_ns = offset
        if ts_recv_ns > self._as_of_ns:
            self._as_of_ns = ts_recv_ns

    def age_ns(self, now_ns: int, ts_venue_ms: int) -> int | None:
        """Return the age of a stamp; negative when it lies ahead, None before any message."""
        offset = self._allowed_ns(now_ns)
        return None if offset is None else now_ns - ts_venue_ms * 1_000_000 - offset

    @property
    def offset_ms(self) -> int | None:
        """Boot-time clock minus the venue's, at the quickest message so far."""
        return None if self._offset_ns is None else self._offset_ns // 1_000_000

    def _allowed_ns(self, now_ns: int) -> int | None:
        if self._offset_ns is None:
            return None
        return self._offset_ns + max(0, now_ns - self._as_of_ns) // _DRIFT_PARTS

    def _leapt(self, offset: int) -> bool:
        """Whether stamps that lie far ahead have come often enough in a row to be the truth.

        Without this, one mad stamp would make every later message look old for ever.
        """
        agrees = abs(offset - self._leap_ns) <= _LEAP_AGREEMENT_NS
        self._leaps = self._leaps + 1 if self._leaps and agrees else 1
        self._leap_ns = offset
        return self._leaps >= _LEAP_CONFIRMATIONS

    def _returned(self, left: tuple[int, int], lowest: int, offset: int, ts_recv_ns: int) -> int:
        """Return the minimum from before a leap once stamps have come back to it, else the last.

        Without this, a clock that was wrong for moments would make all that follows look old.
        """
        before, until_ns = left
        if ts_recv_ns > until_ns:
            self._left = None
            return lowest
        is_back = abs(offset - before) <= _LEAP_AGREEMENT_NS
        self._returns = self._returns + 1 if is_back else 0
        if self._returns < _LEAP_CONFIRMATIONS:
            return lowest
        self._left = None
        return before


def age_ns(
    now_ns: int, ts_recv_ns: int, ts_venue_ms: int | None, clock: VenueClock | None
) -> int | None:
    """Return the age of a value: the larger by receipt and by the venue's stamp.

    Negative when either lies ahead of now: such an age is no age. None when nothing was received.
    """
    if ts_recv_ns <= 0:
        return None
    by_receipt = now_ns - ts_recv_ns
    if ts_venue_ms is None or clock is None:
        return by_receipt
    by_stamp = clock.age_ns(now_ns, ts_venue_ms)
    if by_stamp is None or by_receipt < 0 or by_stamp < 0:
        return by_receipt if by_stamp is None else min(by_receipt, by_stamp)
    return max(by_receipt, by_stamp)


def is_fresh(age: int | None, limit_ms: int = FRESH_MS) -> bool:
    """Return whether a value of this age (nanoseconds) may be used."""
    return age is not None and 0 <= age <= limit_ms * NS_PER_MS
