"""Who pays funding, how much, when, and what it does to an isolated wallet."""

from decimal import Decimal as D

import pytest

from desk.margin.funding import forecast, payment, rate_of, stamps, wallet_loss

HOUR = 3_600_000
EIGHT = 8 * HOUR


def test_longs_pay_when_the_rate_is_positive_and_shorts_receive_it():
    assert payment(D(2), D(100_000), D("0.0001")) == -10
    assert payment(D(-2), D(100_000), D("0.0001")) == 10
    assert payment(D(2), D(100_000), D("-0.0001")) == 10
    assert payment(D(-2), D(100_000), D("-0.0001")) == -10
    assert payment(D("0.5"), D(100_000), D("0.0001")) == -10
    assert payment(D(0), D(0), D("0.0001")) == 0


def test_the_rate_follows_the_interest_within_the_clamp():
    assert rate_of(D("0.0001"), D("0.0001"), 8) == D("0.0001")
    assert rate_of(D("0.0006"), D("0.0001"), 8) == D("0.0001")
    assert rate_of(D("-0.0004"), D("0.0001"), 8) == D("0.0001")


def test_beyond_the_clamp_the_rate_is_the_premium_pulled_back():
    assert rate_of(D("0.00061"), D("0.0001"), 8) == D("0.00011")
    assert rate_of(D("-0.00041"), D("0.0001"), 8) == D("0.00009")


@pytest.mark.parametrize(("hours", "rate"), [(8, "0.0095"), (4, "0.00475"), (1, "0.0011875")])
def test_a_shorter_interval_pays_its_share_of_eight_hours(hours, rate):
    assert rate_of(D("0.01"), D("0.0001"), hours) == D(rate)


def test_a_position_is_charged_at_each_stamp_after_it_was_opened():
    assert list(stamps(1, 3 * EIGHT, 8)) == [EIGHT, 2 * EIGHT, 3 * EIGHT]
    assert list(stamps(EIGHT - 1, EIGHT, 8)) == [EIGHT]
    assert list(stamps(EIGHT, 2 * EIGHT - 1, 8)) == []
    assert list(stamps(EIGHT - 1, EIGHT - 1, 8)) == []
    assert list(stamps(1, 2 * HOUR, 1)) == [HOUR, 2 * HOUR]


def test_within_its_grace_a_new_position_is_charged_for_the_stamp_before():
    assert list(stamps(EIGHT + 14_999, EIGHT + HOUR, 8, 15_000)) == [EIGHT]
    assert list(stamps(EIGHT + 15_000, EIGHT + HOUR, 8, 15_000)) == []


def test_a_forecast_counts_the_stamps_to_come():
    now = 6 * HOUR
    assert forecast(D(-10), 8, now, EIGHT - 1, EIGHT) == 0
    assert forecast(D(-10), 8, now, EIGHT, EIGHT) == -10
    assert forecast(D(-10), 8, now, 2 * EIGHT - 1, EIGHT) == -10
    assert forecast(D(-10), 8, now, 2 * EIGHT, EIGHT) == -20
    assert forecast(D(-10), 8, now, now, now) == 0
    assert forecast(D(-10), 8, now, now - 1, now - EIGHT) == 0


def test_continuous_funding_flows_with_time():
    assert forecast(D(-8), 8, 0, HOUR, None) == -1
    assert forecast(D(8), 8, 0, 24 * HOUR, None) == 24
    assert forecast(D(8), 8, HOUR, HOUR, None) == 0
    assert forecast(D(8), 8, 2 * HOUR, 5 * HOUR, None) == 3
    assert forecast(D(-1), 3, 0, HOUR, None) == D("-0." + 39 * "3" + "4")


def test_funding_takes_from_the_wallet_what_the_free_balance_cannot_pay():
    assert wallet_loss(D(-200), D(0)) == 200
    assert wallet_loss(D(-200), D(150)) == 50
    assert wallet_loss(D(-200), D(200)) == 0
    assert wallet_loss(D(-200), D(-50)) == 200
    assert wallet_loss(D(200), D(0)) == 0
    assert wallet_loss(D(200), D(-300)) == 0
