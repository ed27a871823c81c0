"""The consensus index of one underlying in US dollars: one vote a venue, and their median.

A vote counts unless it is silent (10 s old, or older than that), or left out (it lay more than
1 % off the median, and since then not yet inside for 30 s without a break). A price that jumps by
more than 2 % is held for 3 s: the venue votes with the price from before, until the time is over
or a second venue's price lies within 1 % of the new one. Three votes or more are a CONSENSUS,
fewer are THIN; where those that are left disagree so that none lies within 1 % of their median,
there is no index at all. Prices are Decimal, times nanoseconds on one clock, passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from desk.model.numbers import ONE

SILENT_NS = 10_000_000_000
HELD_NS = 3_000_000_000
LEFT_OUT_NS = 30_000_000_000

OUTLIER = Decimal("0.01")
JUMP = Decimal("0.02")
CONFIRMED = Decimal("0.01")
"""A second venue that near the new price confirms a jump."""

ENOUGH_VOTES = 3

Standing: TypeAlias = Literal["counted", "held", "left out", "silent"]
"""How a venue took part; `held` is counted too, at its price from before the jump."""


class Vote(msgspec.Struct, frozen=True):
    """What one venue says now, in US dollars (see `desk.market.votes`)."""

    price: Decimal | None
    age_ns: int | None
    """Age of the price; unknown or negative ages are no ages."""
    assumed: bool = False
    """Converted at par, because the stablecoin's own price was not to be had."""


class Source(msgspec.Struct, frozen=True):
    """How one venue took part in an index."""

    venue: str
    price: Decimal | None
    """Its price now, None when silent."""
    standing: Standing
    deviation: Decimal | None
    """Price ÷ index − 1, a fraction."""
    assumed: bool


class Index(msgspec.Struct, frozen=True):
    """The index at a moment, with all that made it."""

    value: Decimal | None
    state: Literal["CONSENSUS", "THIN"]
    votes: int
    """Number of venues counted."""
    sources: tuple[Source, ...]
    """By the name of the venue."""


class _Memory(msgspec.Struct):
    """What is remembered of one venue."""

    accepted: Decimal | None = None
    """The price it votes with; None while it is silent."""
    jumped_ns: int | None = None
    """Since when its price lies more than 2 % from that."""
    left_out: bool = False
    inside_ns: int | None = None
    """While left out: since when it lies within 1 %."""


class Consensus:
    """The index of one underlying, with what must be remembered from moment to moment."""

    def __init__(self) -> None:
        self._venues: dict[str, _Memory] = {}

    def update(self, votes: Mapping[str, Vote], now_ns: int) -> Index:
        """Return the index of what the venues say now; `now_ns` never runs backwards."""
        prices = {venue: price for venue, vote in votes.items() if (price := _live(vote))}
        for venue, memory in self._venues.items():
            if venue not in prices:
                memory.accepted = memory.jumped_ns = memory.inside_ns = None
        values = {venue: self._accept(venue, prices, now_ns) for venue in prices}
        counted = self._counted(values)
        if self._let_in(values, counted, now_ns):
            counted = self._counted(values)
        value = _median(counted)
        return Index(
            value=value,
            state="CONSENSUS" if len(counted) >= ENOUGH_VOTES else "THIN",
            votes=len(counted),
            sources=tuple(
                self._source(venue, votes[venue], prices.get(venue), counted, value)
                for venue in sorted(votes)
            ),
        )

    def _accept(self, venue: str, prices: Mapping[str, Decimal], now_ns: int) -> Decimal:
        """Return the price that a venue votes with, which is not its own while a jump is held."""
        price = prices[venue]
        memory = self._venues.setdefault(venue, _Memory())
        before = memory.accepted
        if before is not None and abs(price - before) > JUMP * before:
            if memory.jumped_ns is None:
                memory.jumped_ns = now_ns
            confirmed = any(
                _is_near(other, price, CONFIRMED) for name, other in prices.items() if name != venue
            )
            if not confirmed and now_ns - memory.jumped_ns < HELD_NS:
                return before
        memory.accepted, memory.jumped_ns = price, None
        return price

    def _counted(self, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Leave out what is too far off, until the median of the rest has no such vote."""
        counted = {v: value for v, value in values.items() if not self._venues[v].left_out}
        while True:
            median = _median(counted)
            if median is None:
                return counted
            off = [v for v, value in counted.items() if not _is_near(value, median, OUTLIER)]
            if not off:
                return counted
            for venue in off:
                self._venues[venue].left_out, self._venues[venue].inside_ns = True, None
                del counted[venue]

    def _let_in(
        self, values: Mapping[str, Decimal], counted: Mapping[str, Decimal], now_ns: int
    ) -> bool:
        """Let in those that have been inside for long enough; return whether there were any.

        Inside is measured from the index, or from the median of all while nobody is counted.
        """
        median = _median(counted or values)
        entered = False
        for venue, value in values.items():
            memory = self._venues[venue]
            if not memory.left_out:
                continue
            if median is None or not _is_near(value, median, OUTLIER):
                memory.inside_ns = None
            elif memory.inside_ns is None:
                memory.inside_ns = now_ns
            elif now_ns - memory.inside_ns >= LEFT_OUT_NS:
                memory.left_out, memory.inside_ns, entered = False, None, True
        return entered

    def _source(
        self,
        venue: str,
        vote: Vote,
        price: Decimal | None,
        counted: Mapping[str, Decimal],
        value: Decimal | None,
    ) -> Source:
        standing: Standing = "counted"
        if price is None:
            standing = "silent"
        elif venue not in counted:
            standing = "left out"
        elif self._venues[venue].jumped_ns is not None:
            standing = "held"
        deviation = None if price is None or value is None else price / value - ONE
        return Source(venue, price, standing, deviation, vote.assumed)


_HIGHEST_PRICE = Decimal(10) ** 12
_LOWEST_PRICE = 1 / _HIGHEST_PRICE


def _live(vote: Vote) -> Decimal | None:
    """Return a vote's price when it is one and not silent."""
    price, age_ns = vote.price, vote.age_ns
    if price is None or age_ns is None or not 0 <= age_ns < SILENT_NS:
        return None
    if not price.is_finite() or not _LOWEST_PRICE < price < _HIGHEST_PRICE:
        return None
    return price


def _is_near(price: Decimal, reference: Decimal, tolerance: Decimal) -> bool:
    return abs(price - reference) <= tolerance * reference


def _median(prices: Mapping[str, Decimal]) -> Decimal | None:
    """Return the middle price, or the mean of the two in the middle; None of none."""
    ordered = sorted(prices.values())
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
