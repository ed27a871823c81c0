"""The ladder's rows: sizes, own orders and what matters about the position, price by price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from desk.engine.snapshot import BookView, DeskFrame, MarketView
from ui.viewmodels.ladder_pins import Pin, pins_of
from ui.viewmodels.own_orders import Chip, Mark, alive_orders, chip_of, position_marks
from ui.viewmodels.scale import GROUPS, Scale
from ui.viewmodels.text import compact, decimals_of, number, price
from ui.viewmodels.translation import tr

WIDE_SIZE = Decimal(100_000)
_NOTHING: tuple[Chip, ...] = ()


class LadderRow(NamedTuple):
    """One price."""

    shown: str
    bid: str = ""
    bid_share: int = 0
    """Of the largest size shown, in percent."""
    ask: str = ""
    ask_share: int = 0
    traded: str = ""
    traded_share: int = 0
    is_mark: bool = False
    is_last: bool = False
    chips: tuple[Chip, ...] = _NOTHING
    marks: tuple[Mark, ...] = ()
    traded_short: str = ""
    """Without decimals, where there is little room; empty: that would say nothing."""


class LadderView(msgspec.Struct, frozen=True):
    """Everything that the ladder paints."""

    rows: tuple[LadderRow, ...]
    above: tuple[Pin, ...]
    """What is out of sight above, the farthest first."""
    below: tuple[Pin, ...]
    """What is out of sight below, the nearest first."""
    book_live: bool
    mark_live: bool


def row_words(row: LadderRow) -> str:
    """A row for who does not see it: its price, what lies there, and what is one's own."""
    said = [row.shown]
    said += [tr("mark")] * row.is_mark + [tr("last trade")] * row.is_last
    said += [tr("bid {size}", size=row.bid)] * bool(row.bid)
    said += [tr("ask {size}", size=row.ask)] * bool(row.ask)
    said += [mark.word for mark in row.marks]
    said += [tr("own order {order}", order=chip.words()) for chip in row.chips]
    return ", ".join(said)


class _Sizes(NamedTuple):
    bids: dict[int, Decimal]
    asks: dict[int, Decimal]
    traded: dict[int, Decimal]


def usual_group(at: Decimal, tick: Decimal) -> int:
    """Ticks for rows of a basis point or a little more."""
    return next((group for group in GROUPS if group * tick >= at / 10_000), GROUPS[-1])


def ladder_view(
    scale: Scale,
    frame: DeskFrame,
    market: MarketView,
    sent: Iterable[Chip] = (),
    covered: tuple[int, int] = (0, 0),
) -> LadderView:
    """The rows of a scale; `sent`: chips of orders that the frame does not know yet.

    `covered`: rows at either end that pins lie over, so that what stands there is pinned too.
    """
    orders = alive_orders(frame, market.instrument)
    chips = [chip for chip in map(chip_of, orders) if chip is not None]
    known = {order.id for order in frame.orders}
    chips += [chip for chip in sent if chip.id not in known]
    marks = position_marks(frame, market.instrument, market.base)
    seen = range(covered[0], scale.count - covered[1])
    above, below = pins_of(scale, seen, chips, marks, market)
    return LadderView(
        _rows(scale, frame.book, market, chips, marks),
        above,
        below,
        market.book_state == "SYNCED",
        market.quality == "LIVE",
    )


def _rows(
    scale: Scale,
    book: BookView | None,
    market: MarketView,
    chips: Sequence[Chip],
    marks: Sequence[Mark],
) -> tuple[LadderRow, ...]:
    bids, asks, traded = _sizes(scale, book, market)
    shown = range(scale.top, scale.top - scale.count, -1)
    largest = max((side.get(n, Decimal(0)) for n in shown for side in (bids, asks)), default=None)
    most = max((traded.get(n, Decimal(0)) for n in shown), default=None)
    own: defaultdict[int, list[Chip]] = defaultdict(list)
    for chip in chips:
        own[scale.number(chip.price, up=chip.side == "SELL")].append(chip)
    lines: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        lines[scale.number(mark.price)].append(mark)
    mark_row = None if market.mark is None else scale.number(market.mark)
    last_row = None if market.last is None else scale.number(market.last)
    step, lot = scale.step, market.lot_size
    return tuple(
        LadderRow(
            _shown(n, step),
            _size(bids.get(n), lot),
            _share(bids.get(n), largest),
            _size(asks.get(n), lot),
            _share(asks.get(n), largest),
            _volume(traded.get(n)),
            _share(traded.get(n), most),
            n == mark_row,
            n == last_row,
            tuple(own[n]) if n in own else _NOTHING,
            tuple(lines[n]) if n in lines else (),
            _volume(traded.get(n), 0),
        )
        for n in shown
    )


def _sizes(scale: Scale, book: BookView | None, market: MarketView) -> _Sizes:
    """Sum a book that is finer than the rows; one that is coarser is not of these rows yet."""
    fits = book is not None and book.instrument == market.instrument
    if book is None or not fits or scale.group % book.group:
        return _Sizes({}, {}, {})
    return _Sizes(
        _summed(scale, book.bids, up=False),
        _summed(scale, book.asks, up=True),
        _summed(scale, book.traded, up=False),
    )


def _summed(
    scale: Scale, levels: Iterable[tuple[Decimal, Decimal]], *, up: bool
) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    low, high = scale.top - scale.count, scale.top
    for level_price, size in levels:
        n = scale.number(level_price, up=up)
        if low < n <= high:
            sums[n] = sums[n] + size if n in sums else size
    return sums


@lru_cache(maxsize=1024)
def _shown(number_of_row: int, step: Decimal) -> str:
    return price(number_of_row * step, step)


@lru_cache(maxsize=1024)
def _size(value: Decimal | None, lot: Decimal) -> str:
    if value is None:
        return ""
    return compact(value) if value >= WIDE_SIZE else number(value, decimals_of(lot))


def _volume(value: Decimal | None, decimals: int = 1) -> str:
    if value is None or (value < 1 and not decimals):
        return ""
    return compact(value) if value >= 1_000 else number(value, decimals)


def _share(value: Decimal | None, largest: Decimal | None) -> int:
    return int(value / largest * 100) if value and largest else 0
