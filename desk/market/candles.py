"""Candles of one instrument, from a second to a day, for charts.

Seconds and minutes are kept as trades and marks come. Longer bars are folded from these when
somebody asks, and from then on only the newest of them are folded again. Before the desk began to
listen there is what the venue tells of its past; a minute that the venue has closed stands as the
venue draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from desk.market.bars import Bar, Bars
from desk.model.instrument import Contract, Instrument
from desk.model.market_data import PastCandle, Trade, VenueCandle

SECOND_MS, MINUTE_MS = 1_000, 60_000

_DAY_MS = 86_400_000
_QUARTER_S = 900
_UNKNOWN: tuple[int, float | None] = (-1, None)
"""A minute, and the price a day before it."""

SECONDS_KEPT = 3 * 3600
MINUTES_KEPT = 3 * 1440
FOLDED_KEPT = 2_400
"""Of each longer length that was asked for."""

FINER_S: Mapping[int, int] = {
    5: 1,
    15: 1,
    300: 60,
    900: 60,
    3_600: 60,
    14_400: 3_600,
    86_400: 3_600,
}
"""Seconds of a bar → of the bars that it is folded from; 1 and 60 are kept as they come."""

_INVERSE = Contract.INVERSE
"""A member of an enum costs a look-up in its class: too dear for every message."""

LENGTHS_S = tuple(sorted({1, 60, *FINER_S}))


class CandleStore:
    """Every length of bar of one instrument; a full day takes about a megabyte."""

    __slots__ = (
        "_coins",
        "_day_ago",
        "_folded",
        "_terms",
        "_tick",
        "minutes",
        "seconds",
        "source",
        "told_last",
    )

    def __init__(self) -> None:
        self.seconds = Bars(SECOND_MS, SECONDS_KEPT)
        self.minutes = Bars(MINUTE_MS, MINUTES_KEPT)
        self._folded: dict[int, _Folded] = {}
        self.source = ""
        """Where bars come from that were not heard trade by trade, a short sentence."""
        self._day_ago = _UNKNOWN
        self._terms: Instrument | None = None
        """By whose increments the next two are."""
        self._tick = self._coins = (1, 1)
        """Price of a tick and coins (or quote currency) of a lot, as whole numbers: their quotient
        is the float that is nearest, and quicker than by Decimal."""
        self.told_last: Decimal | None = None
        """Where the newest candle of the venue's history closed: the last trade before the first
        that was heard."""

    def hear_trade(self, terms: Instrument, trade: Trade) -> None:
        """Take a print."""
        if terms is not self._terms:
            self._terms = terms
            self._tick = terms.tick_size.as_integer_ratio()
            self._coins = (terms.lot_size * terms.contract_size).as_integer_ratio()
        ticks, whole = self._tick
        price = trade.price * ticks / whole
        lots, whole = self._coins
        coins = trade.quantity * lots / whole
        if terms.contract is _INVERSE:
            coins /= price
        self.add_trade(trade.ts_venue_ms, price, coins)

    def hear_mark(self, time_ms: int, mark: Decimal, index: Decimal | None) -> None:
        """Take a mark, and the index that came with it."""
        self.set_mark(time_ms, float(mark), math.nan if index is None else float(index))

    def hear_minute(self, terms: Instrument, candle: VenueCandle) -> None:
        """Take a minute as the venue draws it, once it is over and if something was heard of it."""
        if not candle.closed or candle.start_ms not in self.minutes:
            return
        prices = (candle.open, candle.high, candle.low, candle.close)
        first, high, low, last = (float(terms.price(ticks)) for ticks in prices)
        coins = base_coins(terms, float(candle.volume), (first + high + low + last) / 4)
        self.minutes.put(Bar(candle.start_ms, first, high, low, last, coins))

    def hear_past(self, bar_s: int, told: Sequence[PastCandle]) -> None:
        """Take candles of a length out of the venue's history, in order, not none."""
        self.told_last, self._day_ago = told[-1].close, _UNKNOWN
        self.take_past(
            bar_s,
            [
                Bar(
                    one.start_ms,
                    float(one.open),
                    float(one.high),
                    float(one.low),
                    float(one.close),
                    float(one.volume),
                )
                for one in told
            ],
        )

    def day_change(self, last: Decimal, now_ms: int) -> Decimal | None:
        """Return last ÷ the price 24 hours ago − 1, to a millionth; None where that is not known.

        That price is the open of the minute in which it was, or of the quarter of an hour.
        """
        minute = now_ms // MINUTE_MS
        if self._day_ago[0] != minute:
            self._day_ago = (minute, self._open_at(now_ms - _DAY_MS))
        price = self._day_ago[1]
        return Decimal(f"{float(last) / price - 1:.6f}") if price else None

    def _open_at(self, time_ms: int) -> float | None:
        quarters = self._folded.get(_QUARTER_S)
        price = self.minutes.open_at(time_ms)
        return price if price or quarters is None else quarters.bars.open_at(time_ms)

    def add_trade(self, time_ms: int, price: float, coins: float) -> None:
        """Add one trade."""
        self.seconds.add_trade(time_ms, price, coins)
        self.minutes.add_trade(time_ms, price, coins)

    def set_mark(self, time_ms: int, mark: float, index: float = math.nan) -> None:
        """Note a mark; one that is older than what is known already is passed over."""
        self.seconds.set_mark(time_ms, mark, index)
        self.minutes.set_mark(time_ms, mark, index)

    def take_past(self, bar_s: int, told: list[Bar]) -> None:
        """Take bars of a length as the venue tells them, in order, the last one perhaps running.

        ValueError for a length that is none of `LENGTHS_S`.
        """
        if bar_s not in LENGTHS_S:
            raise ValueError(f"there are no bars of {bar_s} s")
        bars = self._kept(bar_s)
        if bars is not None:
            bars.take_past(told)
        else:
            self._fold_of(bar_s).take_past(told)

    def bars(self, bar_s: int) -> Bars | None:
        """Return the bars of a length, up to date; None for a length that there is not."""
        kept = self._kept(bar_s)
        if kept is not None or bar_s not in FINER_S:
            return kept
        finer = self.bars(FINER_S[bar_s])
        assert finer is not None, "what bars are folded from is a length, too"
        folded = self._fold_of(bar_s)
        folded.follow(finer)
        return folded.bars

    def _kept(self, bar_s: int) -> Bars | None:
        return {1: self.seconds, 60: self.minutes}.get(bar_s)

    def _fold_of(self, bar_s: int) -> _Folded:
        folded = self._folded.get(bar_s)
        if folded is None:
            folded = self._folded[bar_s] = _Folded(bar_s * 1_000)
        return folded


def base_coins(terms: Instrument, quantity: float, price: float) -> float:
    """Return a quantity in base coins: of an inverse contract, what it is worth at a price."""
    size = quantity * float(terms.contract_size)
    return size if terms.contract is Contract.LINEAR else size / price


class _Folded:
    """Bars of one length that follow finer ones."""

    __slots__ = ("_seen_revision", "_told_to_ms", "bars")

    def __init__(self, bar_ms: int) -> None:
        self.bars = Bars(bar_ms, FOLDED_KEPT)
        self._seen_revision = -1
        """Of the finer bars, when they were last folded."""
        self._told_to_ms = -1
        """Start of the newest bar that the venue has told."""

    def take_past(self, told: list[Bar]) -> None:
        """Take what the venue tells; what finer bars know whole stands in its place at once."""
        self.bars.take_past(told)
        self._told_to_ms = max(self._told_to_ms, told[-1].start_ms if told else -1)
        self._seen_revision = -1

    def follow(self, finer: Bars) -> None:
        """Fold what is new; all of it where finer bars have changed that were over."""
        if not len(finer):
            return
        bars, first_ms = self.bars, finer.start[0]
        revision = bars.revision
        if finer.revision == self._seen_revision:
            first_ms = max(first_ms, bars.start[-1] - Bars.LATE * bars.bar_ms)
        elif self._seen_revision >= 0:
            revision += 1
        self._seen_revision = finer.revision
        whole_ms = finer.whole_from_ms or 0
        row = finer.row_from(first_ms - first_ms % bars.bar_ms)
        for bar in _folded(finer.rows(row), bars.bar_ms):
            # One that began unheard is worth less than the venue's word.
            if bar.start_ms >= whole_ms or bar.start_ms > self._told_to_ms:
                halved = bar.start_ms < finer.start[0] == whole_ms and bar.start_ms in bars
                bars.put(_joined(bars.bar(bars.row_from(bar.start_ms)), bar) if halved else bar)
        bars.revision = revision


def _joined(known: Bar, left: Bar) -> Bar:
    """Return a bar whose first finer ones are no longer kept, of what it was and what is left."""
    if left.open != left.open:
        return known._replace(mark=left.mark, index_price=left.index_price)
    if known.open != known.open:
        return left
    return left._replace(
        open=known.open,
        high=max(known.high, left.high),
        low=min(known.low, left.low),
        volume=max(known.volume, left.volume),
    )


def _folded(finer: Iterable[Bar], bar_ms: int) -> Iterator[Bar]:
    """Yield longer bars from finer ones, which come in order."""
    begin = end = 0
    first = high = low = last = mark = index = volume = math.nan
    for start, opened, highest, lowest, closed, coins, marked, index_price in finer:
        if start >= end:
            if end:
                yield Bar(begin, first, high, low, last, volume, mark, index)
            begin = start - start % bar_ms
            end = begin + bar_ms
            first = high = low = last = mark = index = math.nan
            volume = 0.0
        if first == first:
            high = max(high, highest)
            low = min(low, lowest)
        else:
            first, high, low = opened, highest, lowest
        last = closed if closed == closed else last
        volume += coins
        mark = marked if marked == marked else mark
        index = index_price if index_price == index_price else index
    if end:
        yield Bar(begin, first, high, low, last, volume, mark, index)
