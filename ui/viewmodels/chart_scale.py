"""Where times and prices stand: what a chart shows of its candles, its axes, its scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from ui.viewmodels.text import clock, zone_hours

BARS = {
    "1s": 1, "5s": 5, "15s": 15, "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400,
    "1d": 86_400,
}  # fmt: skip
"""Seconds of a candle by what its button says."""

ZONE_H = zone_hours()
"""Hours ahead of UTC of the zone that the window was begun with."""

DAY_S = 86_400
TIME_STEPS_S = (
    5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, DAY_S,
    2 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S, 91 * DAY_S, 364 * DAY_S,
)  # fmt: skip

LEAST_BARS, MOST_BARS = 15.0, 3_000.0
BAR_WIDTH = 6.0
"""Pixels from one candle to the next, until somebody zooms."""
REACH = 1.0
"""Lines this share of the shown span beyond the candles still widen the range."""
MARGIN = 0.10
"""Room above and below, as a share of the span."""
LEAST_MARGIN = 0.02
"""As little as this is left before the scale moves."""
LEAST_SPAN = 0.0004
"""A price's share that is shown at least, or a quiet market would look wild."""


def price_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Round prices between two prices, about as many as wanted."""
    span = high - low
    if not span > 0:
        return []
    power = 10.0 ** math.floor(math.log10(span / max(1, wanted)))
    step = next((m * power for m in (1, 2, 2.5, 5) if span / (m * power) <= wanted), 10 * power)
    first = math.ceil(low / step)
    return [n * step for n in range(first, int(high // step) + 1)]


def time_ticks(start: float, end: float, wanted: int, zone_h: int = 0) -> list[int]:
    """Round moments between two times in seconds, at most as many as wanted.

    Below a day they are round in the zone; from a day on they are UTC days, as candles are.
    """
    every = next((s for s in TIME_STEPS_S if (end - start) / s <= wanted), TIME_STEPS_S[-1])
    ahead = zone_h * 3_600 if every < DAY_S else 0
    return [
        n * every - ahead
        for n in range(math.ceil((start + ahead) / every), int((end + ahead) // every) + 1)
    ]


def time_label(moment_s: float, zone_h: int = ZONE_H, *, is_day: bool = False) -> str:
    """`02:00`, `02:00:15`; the date where a day begins or all that is shown are days."""
    if is_day:
        return _day(moment_s, 0)
    if (moment_s + zone_h * 3_600) % DAY_S == 0:
        return _day(moment_s, zone_h)
    words = clock(int(moment_s * 1_000), zone_h)
    return words[:5] if moment_s % 60 == 0 else words


def moment_words(moment_s: float, bar_s: int, zone_h: int = ZONE_H) -> str:
    """When a candle began, in full: `11-19 10:24:31`, a day as its date."""
    if bar_s >= DAY_S:
        return _at(moment_s, 0).strftime("%Y-%m-%d")
    words = clock(int(moment_s * 1_000), zone_h)
    return f"{_day(moment_s, zone_h)} {words[:5] if bar_s >= 60 else words}"


def _day(moment_s: float, zone_h: int) -> str:
    return _at(moment_s, zone_h).strftime("%m-%d")


def _at(moment_s: float, zone_h: int) -> datetime:
    return datetime.fromtimestamp(moment_s, UTC) + timedelta(hours=zone_h)


class Scale(msgspec.Struct, frozen=True):
    """Pixels of times and prices; `left` to `right` is `start` to `end`, `top` is `high`."""

    left: float = 0.0
    right: float = 1.0
    top: float = 0.0
    bottom: float = 1.0
    start: float = 0.0
    end: float = 1.0
    low: float = 0.0
    high: float = 1.0

    @property
    def pixels_a_second(self) -> float:
        return (self.right - self.left) / (self.end - self.start)

    @property
    def pixels_a_price(self) -> float:
        return (self.bottom - self.top) / (self.high - self.low)

    def x_of(self, time_s: float) -> float:
        return self.left + (time_s - self.start) * self.pixels_a_second

    def y_of(self, price: float) -> float:
        return self.bottom - (price - self.low) * self.pixels_a_price

    def time_at(self, x: float) -> float:
        return self.start + (x - self.left) / self.pixels_a_second

    def price_at(self, y: float) -> float:
        return self.low + (self.bottom - y) / self.pixels_a_price


class Cross(NamedTuple):
    """Where the crosshair stands; a chart of another instrument has no price for it."""

    time_s: float
    price: float | None


class Span:
    """Which candles are shown: as many as fit, up to the newest, until somebody moves them."""

    def __init__(self, bar_s: int = 60) -> None:
        self.bar_s = bar_s
        self.bars: float | None = None
        """How many; None: by the width."""
        self.end_s: float | None = None
        """The right edge; None: the live edge."""
        self._width = 600.0
        self._newest = 0.0
        self._oldest = 0.0

    @property
    def is_live(self) -> bool:
        """The newest candle is followed."""
        return self.end_s is None

    def choose(self, bar_s: int) -> None:
        """Candles of another size, at the live edge."""
        self.bar_s, self.end_s = bar_s, None

    def fit(self, width: float, oldest_s: float, newest_s: float) -> tuple[float, float]:
        """From when to when is shown on a width in pixels; the newest candle ends at the edge."""
        self._width, self._oldest, self._newest = max(1.0, width), oldest_s, newest_s + self.bar_s
        end = self._newest if self.end_s is None else self.end_s
        return end - self._shown() * self.bar_s, end

    def _shown(self) -> float:
        return self._width / BAR_WIDTH if self.bars is None else self.bars

    def _end(self) -> float:
        return self._newest if self.end_s is None else self.end_s

    def zoom(self, factor: float, share: float = 1.0) -> None:
        """Show `factor` times as many candles; what stands at a share of the width stays, at the
        live edge the newest candle.
        """
        before = self._shown()
        self.bars = min(MOST_BARS, max(LEAST_BARS, before * factor))
        if self.end_s is not None:
            self._go_to(self.end_s + (1 - share) * (self.bars - before) * self.bar_s)

    def pan(self, bars: float) -> None:
        """Move by candles; positive is towards now. Beyond the newest is the live edge."""
        self._go_to(self._end() + bars * self.bar_s)

    def _go_to(self, end: float) -> None:
        least = self._oldest + min(self._shown(), LEAST_BARS) * self.bar_s
        end = max(end, least)
        self.end_s = None if end >= self._newest else end

    def go_live(self) -> None:
        """Back to the newest candle."""
        self.end_s = None

    def go_to_start(self) -> None:
        """The oldest candles there are."""
        self._go_to(self._oldest + self._shown() * self.bar_s)

    def bring_in(self, time_s: float) -> None:
        """Move as far as it takes to show the candle that begins at a time."""
        end, shown = self._end(), self._shown() * self.bar_s
        if time_s < end - shown:
            self._go_to(time_s + shown)
        elif time_s + self.bar_s > end:
            self._go_to(time_s + self.bar_s)


def price_range(
    low: float, high: float, lines: Iterable[float], before: tuple[float, float] | None
) -> tuple[float, float]:
    """Lowest and highest price shown: with room, with lines that are near, and standing still
    while what is shown fits the range before.
    """
    span = max(high - low, high * LEAST_SPAN)
    near = [line for line in lines if low - REACH * span <= line <= high + REACH * span]
    low, high = min([low, *near]), max([high, *near])
    lacking = max(0.0, high * LEAST_SPAN - (high - low))
    low, high = low - lacking / 2, high + lacking / 2
    span = high - low
    wanted = (low - MARGIN * span, high + MARGIN * span)
    if before is not None:
        least = LEAST_MARGIN * span
        fits = before[0] <= low - least and before[1] >= high + least
        if fits and before[1] - before[0] <= 1.5 * (wanted[1] - wanted[0]):
            return before
    return wanted
