"""How two coins move together: over the minutes that both have."""

import math

import pytest

from desk.market.correlation import correlation
from desk.market.series import HourVolatility

MINUTE = 60_000


def walk(factors, start=0, price=100.0):
    moved = HourVolatility()
    for minute, factor in enumerate(factors, start):
        price *= math.exp(factor)
        moved.add(minute * MINUTE, price)
    return moved


SWING = [0.001 * (-1) ** n for n in range(80)]
SLOW = [0.002 * (-1) ** (n // 2) for n in range(80)]


def test_the_same_path_is_one_and_its_mirror_minus_one():
    assert correlation(walk(SWING), walk([2 * f for f in SWING])) == pytest.approx(1)
    assert correlation(walk(SWING), walk([-f for f in SWING])) == pytest.approx(-1)


def test_paths_that_have_nothing_to_do_with_one_another_are_near_none():
    assert abs(correlation(walk(SWING), walk(SLOW))) < 0.05


def test_a_sum_of_two_equal_parts_is_the_root_of_a_half():
    both = [a + b / 2 for a, b in zip(SWING, SLOW, strict=True)]
    assert correlation(walk(SWING), walk(both)) == pytest.approx(math.sqrt(0.5), abs=0.05)


def test_it_needs_thirty_common_minutes_and_movement():
    assert correlation(walk(SWING[:31]), walk(SWING)) is None
    assert correlation(walk(SWING[:32]), walk(SWING)) is not None
    assert correlation(walk(SWING, start=200), walk(SWING)) is None
    assert correlation(walk([0.0] * 80), walk(SWING)) is None


def test_history_is_bounded():
    assert len(walk(SWING * 10).closes) == 360
