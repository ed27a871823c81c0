"""The market as a venue quotes it in dollars: its books, prints and candles on the venue's grid.

A coin that the market trades in USDT costs that many dollars: price × USDT/USD, bids rounded
down and asks up, so that a book that is not crossed stays so. Levels that fall on one price are
one level.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import msgspec

from desk.model.instrument import Kind
from desk.sim.book import Side, Top
from desk.sim.candles import Candle, History
from desk.sim.coarse import coarse_levels
from desk.sim.decimals import Grid
from desk.sim.dialect import Stage
from desk.sim.events import Event, Print
from desk.sim.listing import Listing
from desk.sim.stablecoins import Stablecoin
from desk.sim.window import Levels

TETHER = "USDT"
KEPT_PRINTS = 100


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair against the dollar as a venue lists it."""

    base: str
    tick: Decimal
    lot: Decimal


@dataclass(frozen=True, slots=True)
class DatedPrint:
    """A trade with its wall time."""

    at_ms: int
    fill: Print


class DollarView:
    """One pair: `bids`, `asks`, `history` and `recent` are in the venue's ticks and lots."""

    def __init__(
        self, pair: Pair, listing: Listing, tether: Stablecoin | None, history: History
    ) -> None:
        """`tether`: what the listing is quoted in, None for dollars; ValueError for odd lots."""
        source = listing.instrument
        unit = Fraction(1) if tether is None else Fraction(tether.listing.instrument.tick_size)
        self._step = Fraction(source.tick_size) / Fraction(pair.tick) * unit
        lots = Fraction(source.lot_size) / Fraction(pair.lot)
        if lots.denominator != 1:
            raise ValueError(f"{pair.base}: lots of the market are no whole lots of the venue")
        self._lots = lots.numerator
        self.pair = pair
        self.source = source.id
        """Whose events are this pair's."""
        self._book = listing.book
        self._tether = tether
        self.price = Grid(pair.tick, trimmed=False)
        self.quantity = Grid(pair.lot, trimmed=False)
        self.last_ticks = self._down(listing.last_ticks)
        self.bids = DollarSide(listing.book.bids, self._scale, self._lots)
        self.asks = DollarSide(listing.book.asks, self._scale, self._lots)
        self.recent: deque[DatedPrint] = deque(maxlen=KEPT_PRINTS)
        self.history = history.mapped(self._candle)

    @property
    def update_id(self) -> int:
        """Number of the market's last change."""
        return self._book.update_id

    def top(self) -> Top:
        """Return best bid ticks and lots, best ask ticks and lots."""
        return *self.bids.levels(1)[0], *self.asks.levels(1)[0]

    def prints(self, events: Iterable[Event], wall_ms: Callable[[int], int]) -> list[DatedPrint]:
        """Return the trades among events, and remember them."""
        found: list[DatedPrint] = []
        for event in events:
            if isinstance(event, Print):
                ticks = (self._up if event.buyer_is_taker else self._down)(event.ticks)
                lots, taker = event.lots * self._lots, event.buyer_is_taker
                fill = Print(event.at_us, event.trade_id, ticks, lots, taker)
                found.append(DatedPrint(wall_ms(event.at_us), fill))
                self.last_ticks = ticks
                self.history.add(found[-1].at_ms, fill)
        self.recent.extend(found)
        return found

    def day(self, now_ms: int) -> Candle:
        """Return the last 24 hours; a day without trades stands at the last price."""
        last = self.last_ticks
        return self.history.day(now_ms) or Candle(
            now_ms, last, last, last, last, 0, 0, 0, 0, 0, 0, 0, 0
        )

    def turnover(self, tick_lots: int) -> Decimal:
        """Return a sum of ticks × lots in dollars."""
        return tick_lots * self.pair.tick * self.pair.lot

    def _scale(self) -> tuple[int, int]:
        """Return how many of the venue's ticks one of the market's is, as a fraction."""
        rate = 1 if self._tether is None else self._tether.known_ticks
        return rate * self._step.numerator, self._step.denominator

    def _down(self, ticks: int) -> int:
        numerator, denominator = self._scale()
        return ticks * numerator // denominator

    def _up(self, ticks: int) -> int:
        return -self._down(-ticks)

    def _candle(self, candle: Candle) -> Candle:
        """Return a candle of the past at today's rate: that of its time is not known."""
        price, lots = self._down, self._lots
        return msgspec.structs.replace(
            candle,
            open=price(candle.open),
            high=price(candle.high),
            low=price(candle.low),
            close=price(candle.close),
            volume=candle.volume * lots,
            tick_lots=price(candle.tick_lots) * lots,
            taker_buy_volume=candle.taker_buy_volume * lots,
            taker_buy_tick_lots=price(candle.taker_buy_tick_lots) * lots,
            last_lots=candle.last_lots * lots,
        )


class DollarSide:
    """The bids or the asks of a pair."""

    def __init__(self, side: Side, scale: Callable[[], tuple[int, int]], lots: int) -> None:
        self._side = side
        self._scale = scale
        self._lots = lots

    def levels(self, limit: int) -> Levels:
        """Return (ticks, lots) from the best level on, at most `limit` levels."""
        numerator, denominator = self._scale()
        levels = coarse_levels(self._side, limit, lambda key: key * numerator // denominator)
        return [(ticks, lots * self._lots) for ticks, lots in levels]


def dollar_views(stage: Stage, pairs: Iterable[Pair]) -> dict[str, DollarView]:
    """Return what a market has of a venue's pairs, by base coin."""
    stable = {coin.asset: coin for coin in stage.stablecoins.values()}
    spot = {
        listing.instrument.base: listing
        for listing in stage.listings.values()
        if listing.instrument.kind is Kind.SPOT and listing.instrument.quote == TETHER
    }
    views: dict[str, DollarView] = {}
    for pair in pairs:
        if pair.base in stable:
            listing, tether = stable[pair.base].listing, None
        elif pair.base in spot and TETHER in stable:
            listing, tether = spot[pair.base], stable[TETHER]
        else:
            continue
        history = stage.history[listing.instrument.id]
        views[pair.base] = DollarView(pair, listing, tether, history)
    return views
