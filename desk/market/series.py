"""Series for charts and for volatility: float64, one way, never back into money.

Time is the venue's own (milliseconds since 1970, UTC): it is what other screens show.
"""

from __future__ import annotations

import math
from collections import deque
from typing import SupportsFloat

import msgspec

from desk.model.instrument import Lots, Ticks

MINUTE_MS = 60_000

CANDLES_KEPT = 6 * 60

_NAN = math.nan


class Candle(msgspec.Struct):
    """Trades of one minute, in the instrument's ticks and lots."""

    start_ms: int
    open: Ticks
    high: Ticks
    low: Ticks
    close: Ticks
    volume: Lots
    trades: int
    first_id: int
    last_id: int


class MinuteCandles:
    """Candles by the trades' own time; a minute without trades has none."""

    __slots__ = ("_by_minute", "_capacity")

    def __init__(self, capacity: int | None = CANDLES_KEPT) -> None:
        self._capacity = capacity
        """None keeps all."""
        self._by_minute: dict[int, Candle] = {}

    def add(self, time_ms: int, trade_id: int, price: Ticks, quantity: Lots) -> None:
        """Add one trade; open and close go by trade id, whatever the order of arrival."""
        minute = time_ms // MINUTE_MS
        candle = self._by_minute.get(minute)
        if candle is None:
            self._open(minute, trade_id, price, quantity)
            return
        candle.high = max(candle.high, price)
        candle.low = min(candle.low, price)
        candle.volume = Lots(candle.volume + quantity)
        candle.trades += 1
        if trade_id < candle.first_id:
            candle.first_id, candle.open = trade_id, price
        if trade_id > candle.last_id:
            candle.last_id, candle.close = trade_id, price

    def all(self) -> list[Candle]:
        """Return the candles, oldest first."""
        return [self._by_minute[minute] for minute in sorted(self._by_minute)]

    def _open(self, minute: int, trade_id: int, price: Ticks, quantity: Lots) -> None:
        self._by_minute[minute] = Candle(
            minute * MINUTE_MS, price, price, price, price, quantity, 1, trade_id, trade_id
        )
        if self._capacity is not None and len(self._by_minute) > self._capacity:
            del self._by_minute[min(self._by_minute)]


class HourVolatility:
    """Standard deviation of the log return of one hour, from the marks of whole minutes.

    Exponentially weighted mean of squared one-minute log returns, half-life 60 minutes, times
    60, square root. A return over k minutes (some had no mark) counts as k minutes of a k-th of
    its square each.
    """

    __slots__ = ("_closed", "_mark", "_minute", "_returns", "_square", "_weight", "closes")

    HALF_LIFE_MIN = 60
    MIN_RETURNS = 30
    CLOSES_KEPT = 6 * 60
    """Minutes: six half-lives, before which next to nothing counts."""

    def __init__(self) -> None:
        self._minute: int | None = None
        """The minute that is still running, with its newest mark."""
        self._mark = _NAN
        self._closed: tuple[int, float] | None = None
        """The last whole minute that had a mark, and its last mark."""
        self._returns = 0
        self._square = 0.0
        self._weight = 0.0
        self.closes: deque[tuple[int, float]] = deque(maxlen=self.CLOSES_KEPT)
        """Newest whole minutes and their last marks, for what moves together."""

    def add(self, time_ms: int, mark: SupportsFloat) -> None:
        """Note a mark; one of a minute that is over is passed over."""
        minute = time_ms // MINUTE_MS
        if self._minute is not None and minute < self._minute:
            return
        if self._minute is not None and minute > self._minute:
            self._close(self._minute, self._mark)
        self._minute, self._mark = minute, float(mark)

    @property
    def sigma(self) -> float | None:
        """The standard deviation as a fraction; None with fewer than 30 one-minute returns."""
        if self._returns < self.MIN_RETURNS:
            return None
        return math.sqrt(60 * self._square / self._weight)

    def _close(self, minute: int, mark: float) -> None:
        if self._closed is not None:
            before, price = self._closed
            minutes = minute - before
            keep = 0.5 ** (minutes / self.HALF_LIFE_MIN)
            square = math.log(mark / price) ** 2 / minutes
            self._square = keep * self._square + (1 - keep) * square
            self._weight = keep * self._weight + (1 - keep)
            self._returns += 1
        self._closed = (minute, mark)
        self.closes.append(self._closed)
