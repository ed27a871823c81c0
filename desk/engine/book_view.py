"""The book of the instrument that the window shows: grouped, with what has traded."""

from __future__ import annotations

from collections import defaultdict

from desk.engine.desk import Desk
from desk.engine.snapshot import BookView
from desk.market.grouping import edge, grouped
from desk.market.instrument_market import InstrumentMarket
from desk.model.commands import NextFrame
from desk.model.instrument import Lots, Ticks
from desk.model.market_data import Level
from desk.model.orders import Side

MAX_LEVELS = 200
MAX_GROUP = 100_000
"""What a window may ask for at most; more is cut to it, and `BookView.group` says what was."""


def book_view(desk: Desk, wanted: NextFrame) -> BookView | None:
    """Return the levels that are asked for; None while the book is not synced."""
    market = None if wanted.selected is None else desk.market.get(wanted.selected)
    if market is None or not market.book.synced:
        return None
    terms, group = market.instrument, min(max(wanted.group, 1), MAX_GROUP)
    count = min(max(wanted.levels, 1), MAX_LEVELS)
    bids = grouped(market.book.levels(Side.BUY), Side.BUY, group, count)
    asks = grouped(market.book.levels(Side.SELL), Side.SELL, group, count)
    traded = _traded(market, bids, asks, group, count)
    return BookView(
        instrument=terms.id,
        bids=[(terms.price(ticks), terms.quantity(lots)) for ticks, lots in bids],
        asks=[(terms.price(ticks), terms.quantity(lots)) for ticks, lots in asks],
        group=group,
        traded=[(terms.price(ticks), terms.quantity(lots)) for ticks, lots in traded],
    )


def _traded(
    market: InstrumentMarket, bids: list[Level], asks: list[Level], group: int, count: int
) -> list[Level]:
    """Return volume by group, dearest first, as far as so many rows reach beyond the best prices.

    A book with holes reaches farther; a ladder of `count` rows a side does not.
    """
    best = [side[0][0] for side in (bids, asks) if side]
    if not best:
        return []
    reach = count * group
    low = edge(Side.BUY, max(min(best) - reach, 0), group)
    sums: defaultdict[Ticks, int] = defaultdict(int)
    for ticks, lots in market.traded.between(low, max(best) + reach):
        sums[edge(Side.BUY, ticks, group)] += lots
    return [(ticks, Lots(sums[ticks])) for ticks in sorted(sums, reverse=True)]
