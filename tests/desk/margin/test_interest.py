"""Interest by the day: which days, over which year, and never rounded down."""

from decimal import Decimal as D

import pytest

from desk.margin.interest import days_a_year, periods_begun, simple_interest

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("asset", "days"),
    [("HKD", 365), ("USD", 360), ("USDT", 360), ("USDC", 360), ("BTC", 360)],
)
def test_a_year_has_365_days_in_hkd_and_360_elsewhere(asset, days):
    assert days_a_year(asset) == days


def test_interest_of_a_month_by_hand():
    # 1,000,000 × 8 % × 30 / 365, and / 360
    assert simple_interest(D(1_000_000), D("0.08"), "USD", 30) == D("6666." + 35 * "6" + "7")
    assert simple_interest(D(1_000_000), D("0.08"), "HKD", 73) == 16_000
    assert simple_interest(D(1_000_000), D("0.08"), "HKD", 0) == 0


def test_a_period_counts_once_it_has_begun():
    assert periods_begun(0, HOUR) == 0
    assert periods_begun(1, HOUR) == 1
    assert periods_begun(HOUR, HOUR) == 1
    assert periods_begun(HOUR + 1, HOUR) == 2
    assert periods_begun(5 * HOUR, 4 * HOUR) == 2
