"""What one instrument has traded, by wall time: candles, and the last 24 hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from desk.sim.events import Print

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
KEPT_MINUTES = 500
HOURS_KEPT = 100
DAYS_KEPT = 366
DAY_QUARTERS = 96
QUARTER_MS = 900_000


class Candle(msgspec.Struct, array_like=True):
    """The trades of one span of time, in ticks and lots."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    tick_lots: int
    """Turnover: sum of ticks × lots."""
    trades: int
    taker_buy_volume: int
    taker_buy_tick_lots: int
    first_trade_id: int
    last_trade_id: int
    last_lots: int

    def add(self, fill: Print) -> None:
        """Count one more trade."""
        ticks, lots = fill.ticks, fill.lots
        if ticks > self.high:
            self.high = ticks
        elif ticks < self.low:
            self.low = ticks
        self.close = ticks
        self.last_lots = lots
        self.volume += lots
        self.tick_lots += ticks * lots
        self.trades += 1
        if fill.buyer_is_taker:
            self.taker_buy_volume += lots
            self.taker_buy_tick_lots += ticks * lots
        self.last_trade_id = fill.trade_id

    def refine(self, factor: int) -> None:
        """Count prices in ticks that are so many times smaller."""
        for name in ("open", "high", "low", "close", "tick_lots", "taker_buy_tick_lots"):
            setattr(self, name, getattr(self, name) * factor)

    def merge(self, later: Candle) -> None:
        """Take in the candle that follows."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.tick_lots += later.tick_lots
        self.trades += later.trades
        self.taker_buy_volume += later.taker_buy_volume
        self.taker_buy_tick_lots += later.taker_buy_tick_lots
        self.last_trade_id = later.last_trade_id
        self.last_lots = later.last_lots


class PremiumBar(msgspec.Struct):
    """A minute of a perpetual's premium index, fractions."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    samples: int = 0

    def add(self, premium: float) -> None:
        """Count one more second."""
        self.high = max(self.high, premium)
        self.low = min(self.low, premium)
        self.close = premium
        self.samples += 1


class History(msgspec.Struct):
    """The candles that one instrument keeps: minutes, hours and days, and quarters of a day.

    The oldest minutes go an hour at a time, the oldest hours a day at a time.
    """

    minutes: list[Candle] = []
    quarters: list[Candle] = []
    hours: list[Candle] = []
    days: list[Candle] = []
    key: str = "0 BTC"
    """Seed and coin: what older candles are drawn by."""

    def add(self, at_ms: int, fill: Print) -> None:
        """Count a trade at its wall time, once, though every dialect tells of it."""
        if self.minutes and fill.trade_id <= self.minutes[-1].last_trade_id:
            return
        for candles, span_ms in (
            (self.minutes, MINUTE_MS),
            (self.quarters, QUARTER_MS),
            (self.hours, HOUR_MS),
            (self.days, DAY_MS),
        ):
            if _candle_at(candles, at_ms // span_ms * span_ms, fill):
                self._trim()

    def _trim(self) -> None:
        _trim(self.minutes, KEPT_MINUTES, HOUR_MS)
        _trim(self.quarters, DAY_QUARTERS, QUARTER_MS)
        _trim(self.hours, HOURS_KEPT, DAY_MS)
        _trim(self.days, DAYS_KEPT, DAY_MS)

    def mapped(self, change: Callable[[Candle], Candle]) -> History:
        """Return a copy in other units."""
        return History(
            minutes=[change(candle) for candle in self.minutes],
            quarters=[change(candle) for candle in self.quarters],
            hours=[change(candle) for candle in self.hours],
            days=[change(candle) for candle in self.days],
            key=self.key,
        )

    def refine(self, factor: int) -> None:
        """Count prices in ticks that are so many times smaller."""
        for candle in (*self.minutes, *self.quarters, *self.hours, *self.days):
            candle.refine(factor)

    def day(self, now_ms: int) -> Candle | None:
        """Return the trades of the last 24 hours as one candle, or None when there were none."""
        since = now_ms - DAY_QUARTERS * QUARTER_MS
        recent = [quarter for quarter in self.quarters if quarter.start_ms > since]
        if not recent:
            return None
        day = msgspec.structs.replace(recent[0])
        for quarter in recent[1:]:
            day.merge(quarter)
        return day


def grouped(candles: Iterable[Candle], span_ms: int) -> list[Candle]:
    """Return longer candles made of shorter ones; the first may lack its beginning."""
    spans: list[Candle] = []
    for candle in candles:
        put(spans, candle, span_ms)
    return spans


def put(candles: list[Candle], candle: Candle, span_ms: int) -> None:
    """Put a candle into the one of its span, which is the last or a new one."""
    start_ms = candle.start_ms // span_ms * span_ms
    if candles and candles[-1].start_ms == start_ms:
        candles[-1].merge(candle)
    else:
        candles.append(msgspec.structs.replace(candle, start_ms=start_ms))


def _candle_at(candles: list[Candle], start_ms: int, fill: Print) -> bool:
    """Count a trade in the candle of a start time; return whether it is the first trade in it."""
    is_new = not candles or candles[-1].start_ms < start_ms
    if is_new:
        price, number = fill.ticks, fill.trade_id
        candles.append(
            Candle(start_ms, price, price, price, price, 0, 0, 0, 0, 0, number, number, 0)
        )
    candles[-1].add(fill)
    return is_new


def _trim(candles: list[Candle], kept: int, whole_ms: int) -> None:
    """Cut the oldest candles, down to one that begins a whole span of time."""
    spare = len(candles) - kept
    while spare > 0 and candles[spare].start_ms % whole_ms:
        spare -= 1
    if spare > 0:
        del candles[:spare]
