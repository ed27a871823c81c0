"""Fundings that one perpetual has settled, for the eye: as seen here, and as its venue tells."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from desk.model.market_data import MarkPrice, PastFunding

KEPT = 400

_CLOCKS_APART_MS = 60_000
"""A stamp that gives way to a later one has passed, if the mark that says so is not much older."""


class Settlements:
    """The newest settlements, oldest first."""

    __slots__ = ("_rates", "_times")

    def __init__(self) -> None:
        self._times = array("q")
        self._rates = array("d")

    def heard(self, before: MarkPrice, after: MarkPrice) -> None:
        """Look at two marks that followed each other: did the time of funding pass between?"""
        due_ms, rate, now_ms = before.next_funding_ms, before.funding_rate, after.ts_venue_ms
        told_ms = after.next_funding_ms
        if due_ms is None or rate is None or now_ms is None or told_ms is None:
            return
        if told_ms > due_ms and now_ms >= due_ms - _CLOCKS_APART_MS:
            self._put(due_ms, float(rate))

    def take_past(self, told: Iterable[PastFunding]) -> None:
        """Take what the venue tells; it settles at its own rate, whatever was heard before."""
        for one in told:
            self._put(one.time_ms, float(one.rate))

    def since(self, from_ms: int) -> list[tuple[int, float]]:
        """Return time and rate of those at or after a time."""
        row = bisect_left(self._times, from_ms)
        return list(zip(self._times[row:], self._rates[row:], strict=True))

    def _put(self, time_ms: int, rate: float) -> None:
        row = bisect_left(self._times, time_ms)
        if row < len(self._times) and self._times[row] == time_ms:
            self._rates[row] = rate
            return
        self._times.insert(row, time_ms)
        self._rates.insert(row, rate)
        del self._times[:-KEPT], self._rates[:-KEPT]
