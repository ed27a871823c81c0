"""What all venues together say: the consensus index of each underlying, dollar rates, deviations.

It is looked at as time passes, at most ten times a second, and remembers what the consensus has
to remember from one look to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from desk.market.consensus import Consensus, Index
from desk.market.instrument_market import InstrumentMarket
from desk.market.votes import DOLLAR, UsdRate, usd_rates, venue_votes
from desk.model.instrument import Kind
from desk.model.numbers import ONE, ZERO

UNDERLYINGS = ("BTC", "ETH")

EVERY_NS = 100_000_000
"""Distance of two looks: short beside the seconds that the rules of a consensus count in."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one instrument's mark stands beside the other sources; unknown is None."""

    state: str
    """`CONSENSUS` or `THIN`."""
    votes: int
    deviation: Decimal | None
    """Mark in dollars ÷ index − 1, a fraction."""
    own_deviation: Decimal | None
    """Mark ÷ what the venue itself has beside it (its index, else its spot mid) − 1."""


class Reference:
    """The consensus over the instruments of a set of markets."""

    def __init__(self, markets: Iterable[InstrumentMarket]) -> None:
        self._markets = list(markets)
        self._consensus = {base: Consensus() for base in UNDERLYINGS}
        self._looked_ns: int | None = None
        self._spots = _spots(self._markets)
        self.rates: dict[str, UsdRate] = {DOLLAR: UsdRate(ONE)}
        """By currency: what one unit is worth in dollars."""
        self.indices: dict[str, Index] = {}
        """By underlying; none before the first look."""
        self.ages_ns: dict[str, dict[str, int | None]] = {}
        """By underlying and venue: the age of its vote."""

    @property
    def venues(self) -> int:
        """How many venues could vote."""
        return len({market.instrument.venue for market in self._markets})

    def look(self, now_ns: int) -> None:
        """Let time pass; `now_ns` never runs backwards."""
        if self._looked_ns is not None and now_ns - self._looked_ns < EVERY_NS:
            return
        self._looked_ns = now_ns
        self.rates = usd_rates(self._markets, now_ns)
        for base, consensus in self._consensus.items():
            votes = venue_votes(self._markets, base, self.rates, now_ns)
            self.ages_ns[base] = {venue: vote.age_ns for venue, vote in votes.items()}
            self.indices[base] = consensus.update(votes, now_ns)

    def standing(self, market: InstrumentMarket, now_ns: int) -> Standing | None:
        """Say how a mark stands; None for what has no underlying, such as a stablecoin."""
        index = self.indices.get(market.instrument.base)
        if index is None:
            if market.instrument.base in self._consensus:
                return Standing(state="THIN", votes=0, deviation=None, own_deviation=None)
            return None
        mark, rate = market.mark_price, self.rates.get(market.instrument.quote)
        deviation = None
        if mark is not None and rate is not None and index.value is not None:
            deviation = mark * rate.rate / index.value - ONE
        return Standing(
            state=index.state,
            votes=index.votes,
            deviation=deviation,
            own_deviation=self._own_deviation(market, now_ns),
        )

    def spot_of(self, market: InstrumentMarket) -> InstrumentMarket | None:
        """Return the spot market of the same coin at the same venue, its quote for choice."""
        terms = market.instrument
        found = self._spots.get((terms.venue, terms.base), [])
        same = [spot for spot in found if spot.instrument.quote == terms.quote]
        return next(iter(same or found), None)

    def _own_deviation(self, market: InstrumentMarket, now_ns: int) -> Decimal | None:
        mark = market.mark_price
        if mark is None:
            return None
        if market.instrument.kind is Kind.SPOT:
            return ZERO  # it is the venue's spot price
        beside = market.index_price
        if beside is None:
            spot = self.spot_of(market)
            if spot is not None and spot.quality(now_ns) == "LIVE":
                beside = spot.mark_price
        return None if not beside else mark / beside - ONE


def _spots(markets: list[InstrumentMarket]) -> dict[tuple[str, str], list[InstrumentMarket]]:
    found: dict[tuple[str, str], list[InstrumentMarket]] = {}
    for market in markets:
        if market.instrument.kind is Kind.SPOT:
            found.setdefault((market.instrument.venue, market.instrument.base), []).append(market)
    return found
