"""Cuts the changes of a book into the pieces that depth frames carry."""

from __future__ import annotations

from typing import Any

from desk.sim.binance.wire import WireNumbers
from desk.sim.events import LevelSet


class DepthCut:
    """One diff stream of one instrument: what has changed since its last frame."""

    def __init__(self, *, interval_us: int, phase_us: int, now_us: int, update_id: int) -> None:
        self._interval_us = interval_us
        self._phase_us = phase_us
        self.due_us = 0
        self.restart(now_us)
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._first_id: int | None = None
        self._last_id = update_id
        self._sent_id = update_id

    def restart(self, now_us: int) -> None:
        """Set the next time to cut after the market has stood still; nothing is lost."""
        intervals = (now_us - self._phase_us) // self._interval_us + 1
        self.due_us = intervals * self._interval_us + self._phase_us

    def add(self, change: LevelSet) -> None:
        """Take in a change."""
        side = self._bids if change.is_bid else self._asks
        side[change.ticks] = change.lots
        if self._first_id is None:
            self._first_id = change.update_id
        self._last_id = change.update_id

    def cut(self, numbers: WireNumbers) -> dict[str, Any] | None:
        """End the interval: first, last and previously sent id and levels; None: no change."""
        self.due_us += self._interval_us
        if self._first_id is None:
            return None
        piece = {
            "U": self._first_id,
            "u": self._last_id,
            "pu": self._sent_id,
            "b": [numbers.level(t, self._bids[t]) for t in sorted(self._bids, reverse=True)],
            "a": [numbers.level(t, self._asks[t]) for t in sorted(self._asks)],
        }
        self._sent_id = self._last_id
        self._first_id = None
        self._bids.clear()
        self._asks.clear()
        return piece
