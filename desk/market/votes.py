"""What each venue votes for the consensus index of an underlying, in US dollars.

A venue has one vote: its index, else the mid of its synced spot book. A price in a stablecoin is
converted at the stablecoin's own price in dollars, the median of the live spot books against the
dollar; at par where there is none, or where they do not agree, and the vote says that this is
assumed. A single book is believed, however far from par: a stablecoin may lose its peg.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median

import msgspec

from desk.market.consensus import OUTLIER, SILENT_NS, Vote
from desk.market.instrument_market import InstrumentMarket
from desk.model.instrument import Kind
from desk.model.numbers import ONE

DOLLAR = "USD"
STABLECOINS = ("USDT", "USDC")


class UsdRate(msgspec.Struct, frozen=True):
    """What one unit of a currency is worth in dollars."""

    rate: Decimal
    assumed: bool = False
    """Par, because live books gave no price, or none that they agree on."""


_NO_VOTE = Vote(None, None)


def usd_rates(markets: Iterable[InstrumentMarket], now_ns: int) -> dict[str, UsdRate]:
    """Return the dollar's worth of each stablecoin, and of the dollar itself."""
    mids: dict[str, list[Decimal]] = {coin: [] for coin in STABLECOINS}
    for market in markets:
        terms = market.instrument
        if terms.kind is Kind.SPOT and terms.quote == DOLLAR and terms.base in mids:
            price = market.mark_price
            if price is not None and _is_live(market.mark_age_ns(now_ns)):
                mids[terms.base].append(price)
    return {DOLLAR: UsdRate(ONE)} | {coin: _agreed(prices) for coin, prices in mids.items()}


def _agreed(prices: Sequence[Decimal]) -> UsdRate:
    """Return the median of the prices within 1 % of that of all; par where there is none.

    The middle of two that differ is the price of neither.
    """
    middle = median(prices) if prices else ONE
    near = [price for price in prices if abs(price - middle) <= OUTLIER * middle]
    return UsdRate(median(near)) if near else UsdRate(ONE, assumed=True)


def venue_votes(
    markets: Iterable[InstrumentMarket], base: str, rates: Mapping[str, UsdRate], now_ns: int
) -> dict[str, Vote]:
    """Return each venue's vote on an underlying; one whose prices are all silent votes nothing.

    Of several indices, or books, of one venue the first live one in dollars counts, else the
    first live one, in the order given. A quote currency that has no rate gives no vote.
    """
    votes: dict[str, Vote] = {}
    ranks: dict[str, tuple[bool, bool]] = {}
    for market in markets:
        terms = market.instrument
        if terms.base != base:
            continue
        votes.setdefault(terms.venue, _NO_VOTE)
        spot = terms.kind is Kind.SPOT
        price = market.mark_price if spot else market.index_price
        age_ns = market.mark_age_ns(now_ns)
        rate = rates.get(terms.quote)
        if price is None or rate is None or not _is_live(age_ns):
            continue
        rank = (spot, terms.quote != DOLLAR)
        if terms.venue not in ranks or rank < ranks[terms.venue]:
            ranks[terms.venue] = rank
            votes[terms.venue] = Vote(price * rate.rate, age_ns, rate.assumed)
    return votes


def _is_live(age_ns: int | None) -> bool:
    return age_ns is not None and 0 <= age_ns < SILENT_NS
