"""Distance in σ of one hour and in minutes of usual movement."""

from decimal import Decimal as D

import pytest

from desk.margin.room import in_minutes, in_sigmas


@pytest.mark.parametrize(
    ("distance", "sigma", "sigmas", "minutes"),
    [
        # reference/features.md: so many σ of one hour, squared, are hours.
        ("0.02", "0.01", "2", "240"), ("0.01", "0.01", "1", "60"), ("0.005", "0.01", "0.5", "15"),
        ("0", "0.01", "0", "0"), ("-0.02", "0.01", "-2", "0"),
        ("0.1", "0", None, None), ("0.1", None, None, None), (None, "0.01", None, None),
    ],
)  # fmt: skip
def test_distance_is_measured_by_what_the_market_usually_moves(distance, sigma, sigmas, minutes):
    given = tuple(None if one is None else D(one) for one in (distance, sigma))
    assert in_sigmas(*given) == (None if sigmas is None else D(sigmas))
    assert in_minutes(*given) == (None if minutes is None else D(minutes))


def test_a_negative_sigma_is_none():
    assert in_sigmas(D(1), D("-0.1")) is None
