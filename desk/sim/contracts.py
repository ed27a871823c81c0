"""The market's perpetuals as inverse contracts: the same prices, quantities in contracts.

A contract is worth a round sum of US dollars, for which a USDT stands in here. What rests or
trades at a price, in base coin, is that many contracts, rounded down; something is never nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO
from desk.sim.book import Book, Side, Top
from desk.sim.candles import Candle, History
from desk.sim.events import Event, Forced, LevelSet, Print, TopOfBook
from desk.sim.listing import Listing

Levels = list[tuple[int, int]]


def inverse(source: Instrument, size: Decimal, **terms: str) -> Instrument:
    """Return the inverse contract of so many US dollars on the coin of a linear perpetual.

    `terms` are what a venue calls it: `id`, `connection`, `symbol`.
    """
    return msgspec.structs.replace(
        source,
        contract=Contract.INVERSE,
        quote="USD",
        settle=source.base,
        contract_size=size,
        lot_size=ONE,
        min_quantity=ONE,
        min_notional=ZERO,
        **terms,
    )


class ContractSide:
    """The bids or the asks, in contracts."""

    def __init__(self, side: Side, of: ContractListing) -> None:
        self._side = side
        self._of = of

    def levels(self, limit: int) -> Levels:
        """Return (ticks, contracts) from the best level on, at most `limit` levels."""
        contracts = self._of.contracts
        return [(ticks, contracts(ticks, lots)) for ticks, lots in self._side.levels(limit)]


class ContractBook:
    """Both sides, and the id that they stand at."""

    def __init__(self, book: Book, of: ContractListing) -> None:
        self._book = book
        self.bids = ContractSide(book.bids, of)
        self.asks = ContractSide(book.asks, of)

    @property
    def update_id(self) -> int:
        """Id of the last change."""
        return self._book.update_id


class ContractListing:
    """A listing of the market as one of inverse contracts; its lots are contracts."""

    def __init__(self, source: Listing, terms: Callable[[Instrument], Instrument]) -> None:
        """`terms` makes those of the contract from those of the linear one."""
        self._source = source
        self._terms = terms
        linear = source.instrument
        worth = Fraction(linear.lot_size) * Fraction(linear.tick_size)
        self._per_tick_lot = worth / Fraction(self.instrument.contract_size)
        self.book = ContractBook(source.book, self)

    @property
    def instrument(self) -> Instrument:
        """Its terms, as those of the market's listing are now."""
        return self._terms(self._source.instrument)

    @property
    def last_ticks(self) -> int:
        """Price of the last trade."""
        return self._source.last_ticks

    @property
    def open_interest_lots(self) -> int:
        """Contracts that are open, one side of them."""
        return self.contracts(self.last_ticks, self._source.open_interest_lots)

    def top(self) -> Top:
        """Return best bid ticks and contracts, best ask ticks and contracts."""
        bid, bid_lots, ask, ask_lots = self._source.top()
        return bid, self.contracts(bid, bid_lots), ask, self.contracts(ask, ask_lots)

    def contracts(self, ticks: int, lots: int) -> int:
        """Return how many contracts lots of base coin are at a price."""
        if not lots:
            return 0
        rate = self._per_tick_lot
        return max(1, ticks * lots * rate.numerator // rate.denominator)

    def events(self, events: Iterable[Event], *, with_book: bool) -> list[Event]:
        """Return the events in contracts; those of the book only where somebody wants them."""
        return [
            self._event(event)
            for event in events
            if with_book or not isinstance(event, LevelSet | TopOfBook)
        ]

    def history(self, history: History) -> History:
        """Return the candles so far in contracts, as well as their sums allow."""
        return history.mapped(self._candle)

    def _event(self, event: Event) -> Event:
        replace, contracts = msgspec.structs.replace, self.contracts
        if isinstance(event, LevelSet | Print | Forced):
            return replace(event, lots=contracts(event.ticks, event.lots))
        if isinstance(event, TopOfBook):
            return replace(
                event,
                bid_lots=contracts(event.bid_ticks, event.bid_lots),
                ask_lots=contracts(event.ask_ticks, event.ask_lots),
            )
        return event

    def _candle(self, candle: Candle) -> Candle:
        average = round(candle.tick_lots / candle.volume) if candle.volume else candle.close
        volume = self.contracts(average, candle.volume)
        bought = self.contracts(average, candle.taker_buy_volume)
        return msgspec.structs.replace(
            candle,
            volume=volume,
            tick_lots=average * volume,
            taker_buy_volume=bought,
            taker_buy_tick_lots=average * bought,
            last_lots=self.contracts(candle.close, candle.last_lots),
        )


def in_lots_of(listing: Listing | ContractListing, events: list[Event]) -> list[Event]:
    """Return a listing's events without single levels, in its own lots."""
    told: list[Event] = [event for event in events if not isinstance(event, LevelSet)]
    return listing.events(told, with_book=True) if isinstance(listing, ContractListing) else told


def history_of(listing: Listing | ContractListing, history: History) -> History:
    """Return the candles of a listing: the market's own, or a copy in contracts."""
    return listing.history(history) if isinstance(listing, ContractListing) else history
