"""Fundings as a chart marks them: seen to pass here, or told by the venue."""

from decimal import Decimal as D

import pytest

from desk.market.settlements import KEPT, Settlements
from desk.model.market_data import MarkPrice, PastFunding

HOUR = 3_600_000
DUE = 1_800_000_000_000 // (8 * HOUR) * 8 * HOUR


def mark(at_ms, next_ms, rate="0.0001"):
    told = None if rate is None else D(rate)
    return MarkPrice("X", D(1), None, told, next_ms, 1, at_ms)


def test_a_funding_is_seen_to_pass_with_the_rate_that_was_last_told():
    seen = Settlements()
    seen.heard(mark(DUE - 1_000, DUE, "-0.0003"), mark(DUE + 500, DUE + 8 * HOUR, "0.0009"))
    assert seen.since(0) == [(DUE, -0.0003)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (mark(DUE - 3 * HOUR, DUE), mark(DUE - 3 * HOUR + 1, DUE + 4 * HOUR)),  # other terms
        (mark(DUE - 1_000, DUE), mark(DUE - 500, DUE - 4 * HOUR)),
        (mark(DUE - 1_000, DUE, None), mark(DUE + 1, DUE + 8 * HOUR)),
        (mark(DUE - 1_000, None), mark(DUE + 1, DUE + 8 * HOUR)),
        (mark(DUE - 1_000, DUE), mark(DUE + 1, None)),
        (mark(DUE - 1_000, DUE), mark(None, DUE + 8 * HOUR)),
    ],
)
def test_what_is_no_settlement_is_none(before, after):
    seen = Settlements()
    seen.heard(before, after)
    assert seen.since(0) == []


def test_the_venues_word_stands_and_only_the_newest_are_kept():
    seen = Settlements()
    seen.heard(mark(DUE - 1_000, DUE, "0.0001"), mark(DUE + 500, DUE + 8 * HOUR))
    seen.take_past([PastFunding(DUE, D("0.0002")), PastFunding(DUE - 8 * HOUR, D("0.0005"))])
    assert seen.since(0) == [(DUE - 8 * HOUR, 0.0005), (DUE, 0.0002)]
    assert seen.since(DUE) == [(DUE, 0.0002)]
    seen.take_past([PastFunding(DUE + n * HOUR, D(0)) for n in range(1, KEPT + 50)])
    assert len(seen.since(0)) == KEPT
