"""Candles as arrays: accumulated from frames, asked for from the last one on.

Loads numpy, so nothing imports it before the first paint.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from desk.engine.chart_snapshot import CandlesView, HeatView
from desk.model.commands import ChartWanted
from ui.viewmodels.translation import said

Numbers = NDArray[np.float64]

CANDLE_LIMIT = 5_000
HEAT_LIMIT = 2_000
KEPT = 8
"""Charts whose candles are kept after nobody looks at them any more."""
ASK_ALL_EVERY_MS = 60_000
"""All candles are asked for again after this long, whatever was promised."""

COLUMNS = ("open", "high", "low", "close", "volume", "mark", "index")


class Bar(NamedTuple):
    """One candle; unknown is NaN."""

    start_s: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    mark: float
    index_price: float

    @property
    def is_up(self) -> bool:
        return self.close >= self.open


class Heat:
    """Depth of the book over time: columns of buckets, oldest first."""

    def __init__(self) -> None:
        self.step = 0.0
        self.time_s: list[float] = []
        self.low: list[float] = []
        self.sizes: list[Numbers] = []
        self.version = 0

    def next_from_ms(self) -> int:
        """Columns are wanted from here: those that are known do not change."""
        return round(self.time_s[-1] * 1_000) + 1 if self.time_s else 0

    def take(self, view: HeatView) -> None:
        """Add columns; those from the first new one on are replaced."""
        if not _is_sound_heat(view) or not view.time_ms:
            return
        if view.step != self.step:
            self.time_s, self.low, self.sizes = [], [], []
            self.step = view.step
        cut = bisect_left(self.time_s, view.time_ms[0] / 1_000)
        self.time_s[cut:] = [ms / 1_000 for ms in view.time_ms]
        self.low[cut:] = view.low
        self.sizes[cut:] = [np.nan_to_num(np.asarray(column, float)) for column in view.sizes]
        spare = len(self.time_s) - HEAT_LIMIT
        if spare > 0:
            del self.time_s[:spare], self.low[:spare], self.sizes[:spare]
        self.version += 1

    def grid(self, times: Numbers, low: float, high: float) -> NDArray[np.float64]:
        """Sizes between two prices, a row a time (the column in force then), a bucket a column."""
        count = max(0, math.ceil((high - low) / self.step)) if self.step > 0 else 0
        grid = np.zeros((len(times), count))
        if not self.time_s or not count:
            return grid
        chosen: NDArray[Any] = np.searchsorted(np.asarray(self.time_s), times, side="right") - 1
        for number in sorted({int(place) for place in chosen if place >= 0}):
            column = self.sizes[number]
            start = round((self.low[number] - low) / self.step)
            first, last = max(0, -start), min(len(column), count - start)
            if first < last:
                grid[chosen == number, start + first : start + last] = column[first:last]
        return grid


class Candles:
    """The candles of one instrument and size, oldest first; the last may still be running."""

    def __init__(self, instrument: str, bar_s: int, heat: Heat | None = None) -> None:
        """`heat`: depth is the same for candles of every size."""
        self.instrument = instrument
        self.bar_s = bar_s
        self.start: Numbers = np.empty(0)
        self.values: dict[str, Numbers] = {name: np.empty(0) for name in COLUMNS}
        self.funding: dict[int, float] = {}
        """Settlements: time in milliseconds and rate."""
        self.source = ""
        self.heat = heat or Heat()
        self.is_heard = False
        """The desk has answered, if only that there is none."""
        self.version = 0
        """Counts changes of candles that were over."""
        self._revision: int = 0
        self._is_whole = False
        self._asked: ChartWanted | None = None
        self._whole_at_ms = 0
        self._last: CandlesView | None = None
        """What was taken last."""

    def __len__(self) -> int:
        return len(self.start)

    def wanted(self, *, heat: bool, wall_ms: int) -> ChartWanted:
        """What to ask for next: from the last candle on, or everything."""
        late = wall_ms - self._whole_at_ms > ASK_ALL_EVERY_MS
        whole = not self._is_whole or late
        since = 0 if whole or not len(self) else int(self.start[-1] * 1_000)
        self._asked = ChartWanted(
            instrument=self.instrument,
            bar_s=self.bar_s,
            from_ms=since,
            heat=heat,
            heat_from_ms=self.heat.next_from_ms() if heat else None,
        )
        return self._asked

    def take(self, view: CandlesView, wall_ms: int) -> bool:
        """Add candles; those from the first new one on are replaced. True if anything came."""
        asked, last = self._asked, self._last
        whole = asked is not None and asked.from_ms == 0
        # Almost every frame brings the same candles, of which only the last has moved.
        runs_on = not whole and last is not None and _runs_on(last, view)
        if not (_is_sound_at_its_end(view) if runs_on else _is_sound(view)):
            return False
        self.is_heard, self._last = True, view
        if whole:
            self._is_whole, self._whole_at_ms = True, wall_ms
        elif view.revision != self._revision:
            self._is_whole = False
        self._revision = view.revision
        if runs_on:
            for name in COLUMNS:
                self.values[name][-1] = _number(getattr(view, name)[-1])
        else:
            self._splice(view, whole=whole)
        self.source = said(view.source) or self.source
        self.funding |= {ms: rate for ms, rate in view.funding if math.isfinite(rate)}
        if view.heat is not None:
            self.heat.take(view.heat)
        return bool(view.start_ms) or whole

    def _splice(self, view: CandlesView, *, whole: bool) -> None:
        start: Numbers = np.asarray(view.start_ms, float) / 1_000
        if not len(start) and not whole:
            return
        cut = 0 if whole else int(np.searchsorted(self.start, float(start[0])))
        columns = {name: _numbers(getattr(view, name)) for name in COLUMNS}
        over = max(0, len(self) - 1 - cut)
        if not whole and over < len(start) and self._is_known(start[:over], columns, cut):
            start, cut = start[over:], cut + over
            columns = {name: values[over:] for name, values in columns.items()}
            if len(start) == 1 and cut == len(self) - 1 and start[0] == self.start[cut]:
                for name, values in columns.items():
                    self.values[name][cut] = values[0]
                return
        keep = max(0, cut + len(start) - CANDLE_LIMIT)
        self.start = np.concatenate((self.start[:cut], start))[keep:]
        for name, values in columns.items():
            self.values[name] = np.concatenate((self.values[name][:cut], values))[keep:]
        self.version += 1

    def _is_known(self, start: Numbers, columns: dict[str, Numbers], cut: int) -> bool:
        """Candles that were over have come again as they were."""
        part = slice(cut, cut + len(start))
        return np.array_equal(self.start[part], start) and all(
            np.array_equal(self.values[name][part], values[: len(start)], equal_nan=True)
            for name, values in columns.items()
        )

    def bar(self, number: int) -> Bar:
        """One candle, by its place; −1 is the newest."""
        columns = (self.start, *(self.values[name] for name in COLUMNS))
        values: list[float] = [float(column[number]) for column in columns]
        return Bar(*values)

    def at(self, time_s: float) -> int | None:
        """The place of the candle that a time lies in, else of the nearest before it."""
        number = int(np.searchsorted(self.start, time_s, side="right")) - 1
        return number if number >= 0 else 0 if len(self) else None

    def between(self, start_s: float, end_s: float) -> tuple[int, int]:
        """Places of the first candle of a span and of the first behind it."""
        first = int(np.searchsorted(self.start, start_s - self.bar_s, side="right"))
        return first, int(np.searchsorted(self.start, end_s, side="left"))


class Shelf:
    """Candles by instrument and size: charts that show the same ones share them."""

    def __init__(self) -> None:
        self._candles: dict[tuple[str, int], Candles] = {}
        self._heat: dict[str, Heat] = {}
        self._taken: Sequence[CandlesView] | None = None

    def clear(self) -> None:
        """Everything is asked for anew."""
        self._candles.clear()
        self._heat.clear()
        self._taken = None

    def get(self, instrument: str, bar_s: int) -> Candles:
        """The candles of an instrument and size, empty at first."""
        key = (instrument, bar_s)
        candles = self._candles.pop(key, None)
        if candles is None:
            candles = Candles(*key, self._heat.setdefault(instrument, Heat()))
        self._candles[key] = candles  # the last is what was looked at last
        return candles

    def take(self, views: Sequence[CandlesView], wall_ms: int) -> set[Candles]:
        """Keep what a frame brings, once; return the candles that changed.

        Once, because what a frame means depends on what was asked for before it.
        """
        if views is self._taken:
            return set()
        self._taken = views
        known = [(self._candles.get((view.instrument, view.bar_s)), view) for view in views]
        return {one for one, view in known if one is not None and one.take(view, wall_ms)}

    def wanted(self, looked_at: Iterable[tuple[Candles, bool]], wall_ms: int) -> list[ChartWanted]:
        """What to ask for: `looked_at` are candles and whether depth is wanted with them."""
        heat: dict[Candles, bool] = {}
        for candles, depth in looked_at:
            heat[candles] = heat.get(candles, False) or depth
        spare = [key for key, one in self._candles.items() if one not in heat][:-KEPT]
        for key in spare:
            del self._candles[key]
        seen = {instrument for instrument, _ in self._candles}
        self._heat = {name: heat for name, heat in self._heat.items() if name in seen}
        return [one.wanted(heat=depth, wall_ms=wall_ms) for one, depth in heat.items()]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _numbers(values: Sequence[float | None]) -> Numbers:
    return np.asarray([_number(value) for value in values], float)


def _runs_on(last: CandlesView, view: CandlesView) -> bool:
    """The same candles as before, but for the figures of the last one."""
    if not view.start_ms or view.start_ms != last.start_ms:
        return False
    columns = ((getattr(last, name), getattr(view, name)) for name in COLUMNS)
    return all(len(old) == len(new) and old[:-1] == new[:-1] for old, new in columns)


def _is_sound_at_its_end(view: CandlesView) -> bool:
    prices = (view.open[-1], view.high[-1], view.low[-1], view.close[-1])
    return all(math.isfinite(price) and price > 0 for price in prices)


def _is_sound(view: CandlesView) -> bool:
    """Columns of one length, times that rise, prices that are prices."""
    count = len(view.start_ms)
    if any(len(getattr(view, name)) != count for name in COLUMNS):
        return False
    prices = np.asarray([view.open, view.high, view.low, view.close], float)
    rising = all(one < other for one, other in zip(view.start_ms, view.start_ms[1:], strict=False))
    return rising and bool(np.all(np.isfinite(prices))) and bool(np.all(prices > 0))


def _is_sound_heat(view: HeatView) -> bool:
    if not (math.isfinite(view.step) and view.step > 0):
        return False
    if not len(view.time_ms) == len(view.low) == len(view.sizes):
        return False
    return all(math.isfinite(low) for low in view.low)
