"""What one Deribit instrument is at the moment: best prices, depth, mark, day, recent trades."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from desk.sim.candles import Candle, History
from desk.sim.coarse import coarse_levels
from desk.sim.deribit import messages
from desk.sim.deribit.funding import Funding
from desk.sim.deribit.messages import Mark, Top
from desk.sim.deribit.spelling import Spelling
from desk.sim.events import Forced, MarkUpdate, Print
from desk.sim.listing import Listing

KEPT_TRADES = 1_000

Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]
"""Bids and asks: the venue's ticks and units, best first."""


@dataclass(frozen=True, slots=True)
class Told:
    """A trade with what is told beside it."""

    fill: Print
    at_ms: int
    direction: int
    """Of the price: 0 up, 2 down, and one more for no change."""
    forced: bool


class Present:
    """One instrument."""

    def __init__(
        self, spelling: Spelling, listing: Listing, history: History, *, speed: int, now_us: int
    ) -> None:
        self.spelling = spelling
        self.listing = listing
        self.history = history
        self.now_us = now_us
        self.recent: deque[Told] = deque(maxlen=KEPT_TRADES)
        self._speed = speed
        self._update: MarkUpdate | None = None
        self._funding = Funding()
        self._last_ticks, self._direction = listing.last_ticks, 1

    # ------------------------------------------------------------------ what happens

    def marked(self, update: MarkUpdate) -> None:
        """Take a mark; a spot pair is given that of its coin's perpetual."""
        self._update = update
        self._funding.sample(update)

    def printed(self, fill: Print, forced: list[Forced]) -> Told:
        """Take a trade; `forced` are the orders that were forced lately."""
        if fill.ticks != self._last_ticks:
            self._direction = 0 if fill.ticks > self._last_ticks else 2
        else:
            self._direction |= 1
        self._last_ticks = fill.ticks
        number, at_ms = fill.trade_id, self.wall_ms(fill.at_us)
        self.history.add(at_ms, fill)
        was_forced = any(f.first_trade_id <= number <= f.last_trade_id for f in forced)
        told = Told(fill, at_ms, self._direction, was_forced)
        self.recent.append(told)
        return told

    # ------------------------------------------------------------------ what is

    @property
    def name(self) -> str:
        """The venue's name of it."""
        return self.spelling.terms.name

    def now_ms(self) -> int:
        """Return the wall time."""
        return self.wall_ms(self.now_us)

    def wall_ms(self, at_us: int) -> int:
        """Return the wall time of a market time."""
        return at_us // self._speed // 1000

    def levels(self, depth: int) -> Depth:
        """Return at most so many levels of both sides."""
        step, units = self.spelling.step, self.spelling.units
        bids, asks = (
            [
                (ticks // step, units(ticks // step, lots))
                for ticks, lots in coarse_levels(side, depth, lambda key: key // step * step)
            ]
            for side in (self.listing.book.bids, self.listing.book.asks)
        )
        return bids, asks

    def top(self) -> Top:
        """Return the best bid and ask."""
        (bid,), (ask,) = self.levels(1)
        return *bid, *ask

    def day(self) -> Candle:
        """Return the trades of 24 hours."""
        last, now_ms = self.listing.last_ticks, self.now_ms()
        none_yet = Candle(now_ms, last, last, last, last, 0, 0, 0, 0, 0, 0, 0, 0)
        return self.history.day(now_ms) or none_yet

    def mark(self) -> Mark | None:
        """Return mark, index and funding; None before there are any."""
        update, terms = self._update, self.spelling.terms
        if update is None:
            return None
        interest = self.listing.open_interest_lots * self.listing.lot
        if terms.is_inverse:
            interest *= update.mark_price
        return Mark(
            update.index_price if terms.is_spot else update.mark_price,
            update.index_price,
            self._funding.current,
            self._funding.average,
            self.spelling.amount(round(interest / float(terms.unit))),
        )

    # ------------------------------------------------------------------ what is told

    def quote(self) -> messages.Body:
        """Return the data of `quote`."""
        return messages.quote(self.spelling, self.top(), self.now_ms())

    def ticker(self) -> messages.Body | None:
        """Return the data of `ticker`; None before there is a mark."""
        mark = self.mark()
        if mark is None:
            return None
        return messages.ticker(self.spelling, self.day(), self.top(), mark, self.now_ms())

    def depth(self, levels: int) -> messages.Body:
        """Return the data of `book.….none`."""
        return {
            "timestamp": self.now_ms(),
            "instrument_name": self.name,
            "change_id": self.listing.book.update_id,
            **messages.depth(self.spelling, self.levels(levels)),
        }

    def trade(self, told: Told) -> messages.Body:
        """Return a trade as it is told."""
        last = self.listing.last_ticks * self.listing.tick
        mark = self.mark() or Mark(last, last, 0.0, 0.0, 0.0)
        direction, forced = told.direction, told.forced
        return messages.trade(
            self.spelling, told.fill, mark, told.at_ms, direction=direction, forced=forced
        )
