"""Mark price and funding of a perpetual, by the venue's published formulas.

Funding (Binance, since 2025-09-18): F = [P + clamp(I − P, ±0.05 %)] / (8 / N), with N the hours
of an interval, I the interest of 0.01 % and P the average of the premium index since the
interval began, each sample weighted by its ordinal number (1·P1 + 2·P2 + …) / (1 + 2 + …), one
sample every 5 seconds.

Premium index: [max(0, impact bid − index) − max(0, index − impact ask)] / index.

Mark price: the median of Price 1 = index × (1 + last funding × time to funding / interval),
Price 2 = index + average of (mid − index) over the last 30 seconds, and the last trade's price.
"""

from __future__ import annotations

from statistics import median

import msgspec

INTEREST = 0.0001
CLAMP = 0.0005
BASIS_SAMPLES = 30
PREMIUM_SAMPLE_MS = 5_000
HOUR_MS = 3_600_000


class Terms(msgspec.Struct, frozen=True):
    """A perpetual's funding terms."""

    interval_h: int = 8
    rate_limit: float = 0.003
    """A published rate stays within ± this."""

    @property
    def interval_ms(self) -> int:
        """Length of an interval in market time."""
        return self.interval_h * HOUR_MS


class FundingState(msgspec.Struct):
    """What the formulas remember of one perpetual."""

    next_ms: int
    """End of the current interval, market time."""
    last_rate: float = INTEREST
    """What the last interval paid."""
    samples: int = 0
    weighted_premiums: float = 0.0
    premium: float = 0.0
    basis: list[float] = []


def funding_rate(average_premium: float, terms: Terms) -> float:
    """Return the rate that one interval pays, a fraction; longs pay when it is positive."""
    pull = max(-CLAMP, min(CLAMP, INTEREST - average_premium))
    rate = (average_premium + pull) / (8 / terms.interval_h)
    return max(-terms.rate_limit, min(terms.rate_limit, rate))


def average_premium(state: FundingState) -> float:
    """Return the weighted average of the premium samples since the interval began."""
    weights = state.samples * (state.samples + 1) // 2
    return state.weighted_premiums / weights if weights else state.premium


def premium_index(impact_bid: float, impact_ask: float, index_price: float) -> float:
    """Return how far the perpetual trades above (+) or below (−) the index, a fraction."""
    above = max(0.0, impact_bid - index_price)
    below = max(0.0, index_price - impact_ask)
    return (above - below) / index_price


def sample_premium(state: FundingState, premium: float) -> None:
    """Add a sample to the current interval's average."""
    state.premium = premium
    state.samples += 1
    state.weighted_premiums += state.samples * premium


def sample_basis(state: FundingState, basis: float) -> None:
    """Add a second's mid − index; only the last 30 are kept."""
    state.basis.append(basis)
    del state.basis[:-BASIS_SAMPLES]


def settle_if_due(state: FundingState, now_ms: int, terms: Terms) -> float | None:
    """End the interval when its time has come; return the rate it paid, else None.

    Intervals that passed while the market stood still are skipped, not paid.
    """
    if now_ms < state.next_ms:
        return None
    state.last_rate = funding_rate(average_premium(state), terms)
    state.next_ms = next_funding_ms(now_ms, terms)
    state.samples = 0
    state.weighted_premiums = 0.0
    return state.last_rate


def next_funding_ms(now_ms: int, terms: Terms) -> int:
    """Return the first whole multiple of the interval after now."""
    return (now_ms // terms.interval_ms + 1) * terms.interval_ms


def mark_price(
    state: FundingState, *, index_price: float, last_price: float, now_ms: int, terms: Terms
) -> float:
    """Return the mark price."""
    left = (state.next_ms - now_ms) / terms.interval_ms
    by_funding = index_price * (1 + state.last_rate * left)
    by_basis = index_price + (sum(state.basis) / len(state.basis) if state.basis else 0.0)
    return median((by_funding, by_basis, last_price))
