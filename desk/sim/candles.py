"""Minute candles and the last 24 hours of one instrument, by wall time."""

from __future__ import annotations

import msgspec

from desk.sim.events import Print

MINUTE_MS = 60_000
KEPT_MINUTES = 500
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
    """The candles that one instrument keeps: 500 minutes, and quarters of the last day."""

    minutes: list[Candle] = []
    quarters: list[Candle] = []

    def add(self, at_ms: int, fill: Print) -> None:
        """Count a trade at its wall time, once, though every dialect tells of it."""
        if self.minutes and fill.trade_id <= self.minutes[-1].last_trade_id:
            return
        _candle_at(self.minutes, at_ms // MINUTE_MS * MINUTE_MS, fill, KEPT_MINUTES).add(fill)
        _candle_at(self.quarters, at_ms // QUARTER_MS * QUARTER_MS, fill, DAY_QUARTERS).add(fill)

    def refine(self, factor: int) -> None:
        """Count prices in ticks that are so many times smaller."""
        for candle in (*self.minutes, *self.quarters):
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


def grouped(minutes: list[Candle], span_ms: int) -> list[Candle]:
    """Return longer candles made of minutes; the first may lack its beginning."""
    spans: list[Candle] = []
    for minute in minutes:
        start_ms = minute.start_ms // span_ms * span_ms
        if spans and spans[-1].start_ms == start_ms:
            spans[-1].merge(minute)
        else:
            spans.append(msgspec.structs.replace(minute, start_ms=start_ms))
    return spans


def _candle_at(candles: list[Candle], start_ms: int, fill: Print, kept: int) -> Candle:
    """Return the candle of a start time, a new one when this is the first trade in it."""
    if not candles or candles[-1].start_ms < start_ms:
        price, number = fill.ticks, fill.trade_id
        candles.append(
            Candle(start_ms, price, price, price, price, 0, 0, 0, 0, 0, number, number, 0)
        )
        del candles[:-kept]
    return candles[-1]
