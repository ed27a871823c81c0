"""Series for charts and for volatility: float64, one way, never back into money.

Time is the venue's own (milliseconds since 1970, UTC): it is what other screens show.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from typing import SupportsFloat

import msgspec

from desk.model.instrument import Lots, Ticks

SECOND_MS = 1_000
MINUTE_MS = 60_000

POINTS_KEPT = 6 * 3600
CANDLES_KEPT = 6 * 60

_NAN = math.nan


class Points(msgspec.Struct, frozen=True):
    """One point a second; a second without a message has none."""

    time_ms: list[int]
    mark: list[float | None]
    last: list[float | None]


class SecondSeries:
    """The last mark and the last trade of each second, for the newest seconds."""

    __slots__ = ("_capacity", "_last", "_mark", "_second")

    def __init__(self, capacity: int = POINTS_KEPT) -> None:
        self._capacity = capacity
        self._second = array("q")
        self._mark = array("d")
        self._last = array("d")

    def __len__(self) -> int:
        return len(self._second)

    def set_mark(self, time_ms: int, price: SupportsFloat) -> None:
        """Note a mark; one older than the newest second is passed over."""
        if self._at(time_ms):
            self._mark[-1] = float(price)

    def set_last(self, time_ms: int, price: SupportsFloat) -> None:
        """Note a trade's price; one older than the newest second is passed over."""
        if self._at(time_ms):
            self._last[-1] = float(price)

    def since(self, from_ms: int = 0) -> Points:
        """Return the points at or after a time, oldest first; None where nothing was known."""
        start = bisect_left(self._second, -(-from_ms // SECOND_MS))
        return Points(
            [second * SECOND_MS for second in self._second[start:]],
            [None if math.isnan(value) else value for value in self._mark[start:]],
            [None if math.isnan(value) else value for value in self._last[start:]],
        )

    def _at(self, time_ms: int) -> bool:
        """Make the point of a time the newest one; False when a newer one is there."""
        second = time_ms // SECOND_MS
        seconds = self._second
        if seconds and second <= seconds[-1]:
            return second == seconds[-1]
        seconds.append(second)
        self._mark.append(_NAN)
        self._last.append(_NAN)
        # Cutting a quarter at once costs less than shifting everything every second.
        if len(seconds) > self._capacity + self._capacity // 4:
            for values in (seconds, self._mark, self._last):
                del values[: len(values) - self._capacity]
        return True


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

    __slots__ = ("_closed", "_mark", "_minute", "_returns", "_square", "_weight")

    HALF_LIFE_MIN = 60
    MIN_RETURNS = 30

    def __init__(self) -> None:
        self._minute: int | None = None
        """The minute that is still running, with its newest mark."""
        self._mark = _NAN
        self._closed: tuple[int, float] | None = None
        """The last whole minute that had a mark, and its last mark."""
        self._returns = 0
        self._square = 0.0
        self._weight = 0.0

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
