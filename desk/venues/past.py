"""What venues tell of the time before: where it is asked for, and what must hold of an answer.

An answer is taken whole or not at all. Nothing of it is news: it only fills charts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TypeAlias

import msgspec

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle, PastFunding
from desk.venues.figures import funding_rate_of, price_of, volume_of
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

EARLIEST_MS = 1_230_768_000_000
"""Before 2009 there was nothing to trade."""

CLOCKS_APART_MS = 120_000
"""How far a venue's clock may be ahead of the one that asked."""

MOST_CANDLES = 6_000
MAX_PAST_BYTES = 2 << 20
"""Of one answer: what is asked for is a fifth of it."""


class Span(msgspec.Struct, frozen=True):
    """Candles that are wanted: so many of a length, the newest first seen from a time."""

    bar_s: int
    word: str
    """The venue's own for the length."""
    until_ms: int
    count: int

    @property
    def since_ms(self) -> int:
        """Where the first of them begins."""
        bar_ms = self.bar_s * 1_000
        return self.until_ms // bar_ms * bar_ms - (self.count - 1) * bar_ms


class FundingSource(msgspec.Struct, frozen=True):
    """How settled fundings of a perpetual are asked for and read."""

    ask: Callable[[Instrument], RestRequest]
    read: Callable[[Instrument, bytes], list[PastFunding]]


class PastSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where the candles of one connection are asked for, and how answers are read.

    `read` raises one of `desk.venues.unreadable.UNREADABLE` for what is none.
    """

    name: str
    """The venue, as a sentence names it."""
    words: Mapping[int, str]
    """Seconds of a candle → the venue's word for it; others it does not draw."""
    largest: int
    """Candles of one answer at most."""
    ask: Callable[[Instrument, Span], RestRequest]
    read: Callable[[Instrument, bytes], list[PastCandle]]
    funding: FundingSource | None = None


Row: TypeAlias = tuple[int, str, str, str, str, str]
"""Start in milliseconds; open, high, low, close; volume in base coins."""


def past_candles(rows: Iterable[Row]) -> list[PastCandle]:
    """Return rows as candles, oldest first; raise Unusable for what cannot be true.

    They may come oldest or newest first, but in order, none twice.
    """
    told = [_candle(row) for row in rows]
    if len(told) > MOST_CANDLES:
        raise Unusable("more candles than were asked for")
    if len(told) > 1 and told[0].start_ms > told[-1].start_ms:
        told.reverse()
    if any(before.start_ms >= after.start_ms for before, after in pairwise(told)):
        raise Unusable("candles in no order")
    return told


def past_fundings(rows: Iterable[tuple[int, str]]) -> list[PastFunding]:
    """Return settlements (time, rate) in order of time; raise Unusable for what is none."""
    told = [PastFunding(_checked_time(at_ms), funding_rate_of(rate)) for at_ms, rate in rows]
    if len(told) > MOST_CANDLES:
        raise Unusable("more fundings than were asked for")
    return sorted(told, key=lambda one: one.time_ms)


def check_bars(told: list[PastCandle], span: Span) -> None:
    """Raise Unusable for candles that are not of the length and the time that was asked for."""
    bar_ms = span.bar_s * 1_000
    for candle in told:
        if candle.start_ms % bar_ms:
            raise Unusable("not candles of that length")
        if candle.start_ms > span.until_ms + CLOCKS_APART_MS:
            raise Unusable("candles of a time to come")


def _candle(row: Row) -> PastCandle:
    start_ms, *prices, volume = row
    first, high, low, last = (price_of(text) for text in prices)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise Unusable("prices outside their candle")
    return PastCandle(_checked_time(start_ms), first, high, low, last, volume_of(volume))


def _checked_time(time_ms: int) -> int:
    if not EARLIEST_MS <= time_ms < 1 << 43:
        raise Unusable("time out of range")
    return time_ms
