"""How the depth of one book developed: a column every few seconds, for the eye alone.

Nothing is kept until somebody looks; then a column is taken whenever one is due. A column holds
what rested within reach of the middle, in buckets of price that keep their width while the price
stays in the same region.
"""

from __future__ import annotations

import math
from array import array

import msgspec

from desk.market.book import Book
from desk.market.candles import base_coins
from desk.model.instrument import Instrument
from desk.model.orders import Side

EVERY_MS = 2_000
COLUMNS_KEPT = 900
"""Half an hour."""

REACH = 60
"""Buckets on each side of the middle."""

STEP_RATE = 1e-4
"""Of the price: about what a bucket spans, before it is rounded to 1, 2 or 5 of a decade."""

_STEP_FACTOR = 3.0
"""A step that has become that much too fine or too coarse is given up, with all its columns."""


class Column(msgspec.Struct, frozen=True, gc=False):
    """The book at one moment."""

    time_ms: int
    low: float
    """Lower edge of the lowest bucket."""
    sizes: array[float]
    """Quantities in base coins from the lowest bucket up, bids and asks alike."""


class DepthHeat:
    """The newest columns of one instrument's book."""

    __slots__ = ("columns", "step")

    def __init__(self) -> None:
        self.columns: list[Column] = []
        """Oldest first."""
        self.step = 0.0
        """Price that a bucket spans; 0: nobody has looked yet."""

    def look(self, now_ms: int, book: Book, terms: Instrument) -> None:
        """Take a column if one is due and the book is one to look at."""
        bid, ask = book.best_bid, book.best_ask
        last_ms = self.columns[-1].time_ms if self.columns else None
        is_due = last_ms is None or not 0 <= now_ms - last_ms < EVERY_MS
        if bid is None or ask is None or not is_due:
            return
        if last_ms is not None and now_ms < last_ms:  # the clock was set back
            self.columns.clear()
        self._fit(float(terms.price(bid[0]) + terms.price(ask[0])) / 2, float(terms.tick_size))
        self.columns.append(self._column(now_ms, book, terms))
        if len(self.columns) > COLUMNS_KEPT:
            del self.columns[0]

    def _fit(self, middle: float, tick: float) -> None:
        wanted = max(_rounded(middle * STEP_RATE), tick)
        if self.step and wanted / _STEP_FACTOR < self.step < wanted * _STEP_FACTOR:
            return
        self.step = wanted
        self.columns.clear()

    def _column(self, now_ms: int, book: Book, terms: Instrument) -> Column:
        bid = book.best_bid
        assert bid is not None, "a book without a best price is not looked at"
        tick, lot, step = float(terms.tick_size), float(terms.lot_size), self.step
        lowest = math.floor(bid[0] * tick / step) - REACH
        sizes = array("d", bytes(8 * 2 * REACH))
        for side in Side:
            for ticks, lots in book.levels(side):
                price = ticks * tick
                bucket = math.floor(price / step) - lowest
                if not 0 <= bucket < 2 * REACH:
                    break
                sizes[bucket] += base_coins(terms, lots * lot, price)
        return Column(now_ms, lowest * step, sizes)


def _rounded(value: float) -> float:
    """Return 1, 2 or 5 of a decade, the largest that is not more."""
    decade = 10.0 ** math.floor(math.log10(value))
    return decade * max(digit for digit in (1, 2, 5) if digit * decade <= value * (1 + 1e-9))
