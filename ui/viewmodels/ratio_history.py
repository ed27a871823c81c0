"""The last half hour of each account's margin ratio, as the window has seen it."""

from __future__ import annotations

from collections import deque

from desk.engine.snapshot import DeskFrame

HISTORY_SECONDS = 1_800


class RatioHistory:
    """What each account's margin ratio was, once a second, for the sparkline."""

    def __init__(self) -> None:
        self._points: dict[str, deque[float]] = {}
        self._second = 0

    def forget(self) -> None:
        """What was seen is of another time."""
        self.__init__()

    def take(self, frame: DeskFrame) -> None:
        """Note the ratios of a frame if a new second has begun."""
        second = frame.wall_ms // 1_000
        if second == self._second:
            return
        self._second = second
        for account in frame.accounts:
            if account.margin_ratio is not None:
                points = self._points.setdefault(account.account, deque(maxlen=HISTORY_SECONDS))
                points.append(float(account.margin_ratio))

    def points(self, account: str) -> list[float]:
        """The ratios seen, oldest first."""
        return list(self._points.get(account, ()))
