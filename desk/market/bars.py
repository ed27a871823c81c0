"""Bars of one length in columns: float64, one way, never back into money.

Time is the venue's own (milliseconds since 1970, UTC): it is what other screens show. A bar of
nothing but marks has no prices: it is there for lines, and no candle.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import compress
from typing import NamedTuple, TypeVar

_NAN = math.nan

NumberT = TypeVar("NumberT", int, float)


class Bar(NamedTuple):
    """Trades of one span; NaN prices: there were none. NaN marks: none was heard."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    """In base coins."""
    mark: float = _NAN
    index_price: float = _NAN


class Bars:
    """The newest bars of one instrument; the oldest go first where there are too many."""

    __slots__ = (
        "_capacity",
        "bar_ms",
        "close",
        "high",
        "index",
        "low",
        "mark",
        "open",
        "revision",
        "start",
        "volume",
        "whole_from_ms",
    )

    def __init__(self, bar_ms: int, capacity: int) -> None:
        self.bar_ms = bar_ms
        self._capacity = capacity
        self.start = array("q")
        """Milliseconds, rising."""
        self.open = array("d")
        self.high = array("d")
        self.low = array("d")
        self.close = array("d")
        self.volume = array("d")
        self.mark = array("d")
        """The last one of each bar."""
        self.index = array("d")
        self.revision = 0
        """Counts changes of bars that were over for longer than `LATE` of them."""
        self.whole_from_ms: int | None = None
        """From here on nothing is missing that was heard or told; None: there is no bar yet."""

    LATE = 2
    """So many bars before the newest may still change without notice: messages of several
    streams come in no common order, and a venue says how a bar ended a little later."""

    def __len__(self) -> int:
        return len(self.start)

    def _columns(self) -> tuple[array[float], ...]:
        return (
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.mark,
            self.index,
        )

    def __contains__(self, start_ms: object) -> bool:
        """Whether there is a bar that starts at a time."""
        row = self.row_from(start_ms) if isinstance(start_ms, int) else len(self.start)
        return row < len(self.start) and self.start[row] == start_ms

    def bar(self, row: int) -> Bar:
        """Return the bar of a row."""
        return Bar(self.start[row], *(column[row] for column in self._columns()))

    # ------------------------------------------------------------------ what is heard

    def add_trade(self, time_ms: int, price: float, coins: float) -> None:
        """Add one trade; within a bar the order of arrival is the order."""
        row = self._row(time_ms)
        if row is None:
            return
        if math.isnan(self.open[row]):
            self.open[row] = self.high[row] = self.low[row] = price
        elif price > self.high[row]:
            self.high[row] = price
        elif price < self.low[row]:
            self.low[row] = price
        self.close[row] = price
        self.volume[row] += coins

    def set_mark(self, time_ms: int, mark: float, index: float = _NAN) -> None:
        """Note a mark; one older than the newest bar is passed over."""
        start = self.start
        if start and time_ms < start[-1]:
            return
        row = self._row(time_ms)
        assert row is not None, "the newest bar is always kept"
        self.mark[row] = mark
        if index == index:
            self.index[row] = index

    def put(self, bar: Bar) -> None:
        """Put a bar as the venue draws it in the place of what was heard; marks stay."""
        row = self._row(bar.start_ms)
        if row is not None:
            self._write(row, bar)

    def _write(self, row: int, bar: Bar) -> None:
        _, self.open[row], self.high[row], self.low[row], self.close[row], volume, mark, index = bar
        self.volume[row] = volume
        if mark == mark:
            self.mark[row] = mark
        if index == index:
            self.index[row] = index

    def _row(self, time_ms: int) -> int | None:
        """Return the row of a time, a new one where there was none; None: it is too old to keep."""
        starts = self.start
        start = time_ms - time_ms % self.bar_ms
        newest = starts[-1] if starts else -1
        if start == newest:
            return len(starts) - 1
        if start > newest:
            return self._append(start)
        if start < starts[-1] - self.LATE * self.bar_ms:
            self.revision += 1
        row = bisect_left(starts, start)
        if starts[row] != start:
            if row == 0 and len(starts) >= self._capacity:
                return None
            starts.insert(row, start)
            for column in self._columns():
                column.insert(row, 0.0 if column is self.volume else _NAN)
        return row

    def _append(self, start: int) -> int:
        if self.whole_from_ms is None:
            self.whole_from_ms = start + self.bar_ms
        self.start.append(start)
        for column in (self.open, self.high, self.low, self.close, self.mark, self.index):
            column.append(_NAN)
        self.volume.append(0.0)
        # Cutting an eighth at once costs less than shifting everything with every bar.
        if len(self.start) > self._capacity + self._capacity // 8:
            self._cut(len(self.start) - self._capacity)
        return len(self.start) - 1

    def _cut(self, count: int) -> None:
        for column in (self.start, *self._columns()):
            del column[:count]
        self.whole_from_ms = max(self.whole_from_ms or 0, self.start[0])

    # ------------------------------------------------------------------ what is told

    def take_past(self, told: list[Bar]) -> None:
        """Take bars that the venue told, in order; the last one may still have been running.

        They stand in the place of what was heard, but for a running bar that was heard whole.
        """
        if not told:
            return
        whole_ms = self.whole_from_ms
        merged = {bar.start_ms: bar for bar in self.rows()}
        newest = told[-1].start_ms
        for bar in told:
            known = merged.get(bar.start_ms)
            if known is None:
                merged[bar.start_ms] = bar
            elif bar.start_ms < newest or whole_ms is None or bar.start_ms < whole_ms:
                merged[bar.start_ms] = bar._replace(mark=known.mark, index_price=known.index_price)
        self._refill(merged[start] for start in sorted(merged)[-self._capacity :])
        first_ms = told[0].start_ms
        self.whole_from_ms = first_ms if whole_ms is None else min(whole_ms, first_ms)
        self._cut(0)
        self.revision += 1

    def _refill(self, bars: Iterable[Bar]) -> None:
        columns = list(zip(*bars, strict=True))
        self.start[:] = array("q", columns[0])
        for column, values in zip(self._columns(), columns[1:], strict=True):
            column[:] = array("d", values)

    def rows(self, row: int = 0) -> Iterator[Bar]:
        """Return the bars from a row on, oldest first."""
        columns = (self.start, *self._columns())
        return map(Bar._make, zip(*(column[row:] for column in columns), strict=True))

    # ------------------------------------------------------------------ what is asked

    def row_from(self, from_ms: int) -> int:
        """Return the first row that starts at or after a time."""
        return bisect_left(self.start, from_ms)

    def open_at(self, time_ms: int) -> float | None:
        """Return the open of the bar that a time lies in; None where nothing traded then."""
        row = bisect_right(self.start, time_ms) - 1
        if row < 0 or time_ms >= self.start[row] + self.bar_ms or math.isnan(self.open[row]):
            return None
        return self.open[row]


class TradedRows:
    """The bars from a row on in which something traded."""

    def __init__(self, bars: Bars, row: int) -> None:
        self._row = row
        traded = [price == price for price in bars.open[row:]]
        self._traded = None if all(traded) else traded

    def of(self, column: array[NumberT]) -> list[NumberT]:
        """Return these rows of a column."""
        values = column[self._row :]
        return values.tolist() if self._traded is None else list(compress(values, self._traded))


def known(values: Iterable[float]) -> list[float | None]:
    """Return values with None where there is none."""
    return [None if value != value else value for value in values]
