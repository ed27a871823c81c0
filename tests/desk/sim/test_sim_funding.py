"""Funding and mark price against examples worked by hand from the venue's published formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sim.funding import (
    FundingState,
    Terms,
    average_premium,
    funding_rate,
    mark_price,
    next_funding_ms,
    premium_index,
    sample_basis,
    sample_premium,
    settle_if_due,
)

HOUR_MS = 3_600_000
EIGHT = Terms(interval_h=8, rate_limit=0.003)


@pytest.mark.parametrize(
    ("premium", "hours", "rate"),
    [
        # I − P = 0.0001 − 0.0002 lies within ±0.0005: what remains is the interest.
        (0.0002, 8, 0.0001),
        # P = −0.00062: I − P = 0.00072, cut to 0.0005: −0.00062 + 0.0005.
        (-0.00062, 8, -0.00012),
        # P = 0.0011: I − P = −0.001, cut to −0.0005: 0.0011 − 0.0005.
        (0.0011, 8, 0.0006),
        # Four hours: the same sum over 8 / 4.
        (0.0011, 4, 0.0003),
        (0.0, 1, 0.0000125),
        # Beyond the limit of what is published.
        (0.02, 8, 0.003),
        (-0.02, 8, -0.003),
    ],
    ids=["interest", "discount", "premium", "four-hours", "one-hour", "cap", "floor"],
)
def test_funding_rate_by_hand(premium, hours, rate):
    terms = Terms(interval_h=hours, rate_limit=0.003)
    assert funding_rate(premium, terms) == pytest.approx(rate, abs=1e-15)


def test_premium_index_by_hand():
    assert premium_index(60_060.0, 60_061.0, 60_000.0) == pytest.approx(0.001)
    assert premium_index(59_939.0, 59_940.0, 60_000.0) == pytest.approx(-0.001)
    assert premium_index(59_999.0, 60_001.0, 60_000.0) == 0.0


def test_later_premiums_weigh_more():
    state = FundingState(next_ms=8 * HOUR_MS)
    for premium in (0.0003, 0.0006, 0.0012):
        sample_premium(state, premium)
    # (1 × 3 + 2 × 6 + 3 × 12) / (1 + 2 + 3) = 51 / 6 = 8.5 in ten-thousandths
    assert average_premium(state) == pytest.approx(0.00085)
    assert funding_rate(average_premium(state), EIGHT) == pytest.approx(0.00035)


def test_mark_is_the_median_of_three_prices_by_hand():
    state = FundingState(next_ms=8 * HOUR_MS, last_rate=0.0004)
    for basis in (-30.0, -10.0):
        sample_basis(state, basis)
    at = {"now_ms": 6 * HOUR_MS, "terms": EIGHT, "index_price": 60_000.0}
    # Price 1 = 60,000 × (1 + 0.0004 × 2 / 8) = 60,006; Price 2 = 60,000 − 20 = 59,980.
    assert mark_price(state, last_price=59_990.0, **at) == pytest.approx(59_990.0)
    assert mark_price(state, last_price=60_100.0, **at) == pytest.approx(60_006.0)
    assert mark_price(state, last_price=59_000.0, **at) == pytest.approx(59_980.0)


def test_basis_averages_the_last_thirty_seconds():
    state = FundingState(next_ms=8 * HOUR_MS, last_rate=0.0)
    for basis in [1_000.0] * 50 + [6.0] * 30:
        sample_basis(state, basis)
    mark = mark_price(state, index_price=100.0, last_price=500.0, now_ms=0, terms=EIGHT)
    assert mark == pytest.approx(106.0)


def test_an_interval_is_settled_once_and_begins_anew():
    state = FundingState(next_ms=8 * HOUR_MS)
    sample_premium(state, 0.0011)
    assert settle_if_due(state, 8 * HOUR_MS - 1, EIGHT) is None
    assert settle_if_due(state, 8 * HOUR_MS, EIGHT) == pytest.approx(0.0006)
    assert settle_if_due(state, 8 * HOUR_MS, EIGHT) is None
    assert (state.last_rate, state.samples) == (pytest.approx(0.0006), 0)
    assert state.next_ms == 16 * HOUR_MS
    sample_premium(state, 0.0002)
    assert average_premium(state) == pytest.approx(0.0002)


@given(st.integers(0, 10**13), st.sampled_from([1, 4, 8]))
def test_funding_times_are_whole_intervals_ahead(now_ms, hours):
    terms = Terms(interval_h=hours)
    following = next_funding_ms(now_ms, terms)
    assert now_ms < following <= now_ms + hours * HOUR_MS
    assert following % (hours * HOUR_MS) == 0


@given(st.floats(-0.05, 0.05), st.sampled_from([1, 4, 8]))
def test_no_rate_leaves_the_published_limits(premium, hours):
    assert abs(funding_rate(premium, Terms(interval_h=hours, rate_limit=0.003))) <= 0.003
