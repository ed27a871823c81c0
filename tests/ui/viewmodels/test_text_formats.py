import re
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.viewmodels import text

ratios = st.decimals(min_value=D(0), max_value=D(3), places=6)
prices = st.decimals(min_value=D("0.01"), max_value=D(200_000), places=6)
ticks = st.sampled_from([D("0.1"), D("0.01"), D(1), D("0.5"), D("0.00001")])


def read(shown):
    return D(re.sub(r"[,%+ ×]", "", shown.replace("−", "-")))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.price(D("61010.5"), D("0.1")), "61,010.5"),
        (text.price(D(2602), D("0.01")), "2,602.00"),
        (text.price(D("0.00001234"), D("0.00000001")), "0.00001234"),
        (text.money(D("-77243.81")), "−77,244"),
        (text.money(D(121960), 2), "121,960.00"),
        (text.money(D("-0.3")), "0"),
        (text.signed(D(29910)), "+29,910"),
        (text.signed(D("-133696.8")), "−133,697"),
        (text.signed(D("0.2")), "0"),
        (text.ratio(D("0.63874")), "63.9%"),
        (text.ratio(D("0.01757")), "1.76%"),
        (text.ratio(D(12)), "> 999%"),
        (text.distance(D("0.49419")), "49.4%"),
        (text.distance(D("-0.30403")), "−30.4%"),
        (text.distance(D("0.78976")), "78.9%"),
        (text.rate(D("0.000068")), "+0.0068%"),
        (text.rate(D("-0.000041")), "−0.0041%"),
        (text.change(D("-0.0385")), "−3.85%"),
        (text.multiple(D(5)), "5×"),
        (text.multiple(D("2.959")), "2.96×"),
        (text.compact(D(8100000000)), "8.1B"),
        (text.compact(D(84200)), "84.2K"),
        (text.age(38), "38"),
        (text.age(6_400), "6.4 s"),
        (text.age(96 * 60_000), "1 h 36"),
        (text.countdown(6_808_000), "1:53:28"),
        (text.countdown(-5), "0:00:00"),
        (text.countdown_short(335 * 60_000), "5:35"),
        (text.clock(1_795_055_071_000, 8), "10:24:31"),
        (text.clock(1_795_055_071_000, 0), "02:24:31"),
        (text.symbol("BTCUSDT-PERP.BINANCE"), "BTCUSDT-PERP"),
        (text.venue("BTCUSDT-PERP.BINANCE"), "BINANCE"),
    ],
)
def test_figures_are_written_as_the_design_writes_them(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(
    "shown",
    [
        text.price(None, D("0.1")),
        text.money(None),
        text.signed(None),
        text.ratio(None),
        text.distance(None),
        text.rate(None),
        text.change(None),
        text.multiple(None),
        text.compact(None),
        text.age(None),
        text.countdown(None),
        text.countdown_short(None),
        text.quantity(None, D("0.001")),
        text.liquidation_price(None, D("0.1"), is_long=True),
    ],
)
def test_unknown_is_a_dash_and_never_zero(shown):
    assert shown == "—"


@pytest.mark.parametrize(
    ("value", "shown"), [("0.7996", "79.9%"), ("0.79999", "79.9%"), ("0.99999", "99.9%")]
)
def test_rounded_ratio_stays_below_a_threshold_it_has_not_reached(value, shown):
    assert text.ratio(D(value)) == shown


@given(ratios)
def test_no_ratio_ever_shows_a_threshold_it_has_not_reached(value):
    shown = read(text.ratio(value)) / 100
    for threshold in text.RATIO_THRESHOLDS:
        assert shown < threshold or value >= threshold


@given(prices, ticks)
def test_long_liquidation_rounds_up_and_short_down_by_less_than_a_tick(value, tick):
    long = read(text.liquidation_price(value, tick, is_long=True))
    short = read(text.liquidation_price(value, tick, is_long=False))
    assert short <= value <= long
    assert long - value < tick
    assert value - short < tick


@given(ratios)
def test_distance_never_looks_longer_than_it_is(value):
    assert read(text.distance(value)) / 100 <= value
    assert abs(read(text.distance(-value))) / 100 <= value


@given(st.decimals(min_value=D(-10) ** 9, max_value=D(10) ** 9, places=4), st.integers(0, 4))
def test_minus_is_the_true_sign_and_zero_has_none(value, decimals):
    shown = text.number(value, decimals)
    assert "-" not in shown
    assert read(shown) == 0 or (read(shown) < 0) == (value < 0)
    if read(shown) == 0:
        assert "−" not in shown
