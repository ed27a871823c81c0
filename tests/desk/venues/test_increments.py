"""Prices and quantities in ticks and lots: equal to Decimal, whatever way they were read."""

import re
from decimal import Decimal

import pytest
from helpers.binance_frames import CATALOGUE
from hypothesis import given
from hypothesis import strategies as st

from desk.venues import increments
from desk.venues.increments import MAX_COUNT, Increments, NotAnIncrement

INSTRUMENTS = CATALOGUE.all()
GRIDS = sorted({i.tick_size for i in INSTRUMENTS} | {i.lot_size for i in INSTRUMENTS})
ODD_GRIDS = [Decimal("0.5"), Decimal("0.25"), Decimal(5), Decimal("0.0000025")]

any_grid = st.sampled_from(GRIDS + ODD_GRIDS)
plain_text = st.from_regex(r"[0-9]{1,13}(\.[0-9]{0,12})?", fullmatch=True)


@given(any_grid, st.integers(1, MAX_COUNT), st.integers(0, 6))
def test_every_number_on_the_grid_is_counted(grid, count, zeros):
    text = f"{grid * count:f}"
    text += ("." if "." not in text else "") + "0" * zeros
    assert Increments(grid)[text] == count


@given(any_grid, plain_text)
def test_text_means_what_decimal_says_it_means(grid, text):
    exact, rest = divmod(Decimal(text), grid)
    table = Increments(grid, zero=True)
    if rest or exact > MAX_COUNT:
        with pytest.raises(NotAnIncrement):
            table[text]
    else:
        assert table[text] == exact == table[text]


@given(any_grid, st.text("0123456789.-+eE_ ٣²", max_size=18))
def test_what_decimal_would_not_write_plainly_is_no_number(grid, text):
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        with pytest.raises(NotAnIncrement):
            Increments(grid, zero=True, rounds_down=True)[text]


@given(any_grid, plain_text)
def test_a_quantity_between_two_lots_is_the_lower_one(grid, text):
    lots = Decimal(text) // grid
    table = Increments(grid, zero=True, rounds_down=True)
    if lots <= MAX_COUNT:
        assert table[text] == lots


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda i: i.id)
def test_the_reader_itself_agrees_with_the_instrument(instrument):
    ticks, lots = Increments(instrument.tick_size), Increments(instrument.lot_size)
    for count in (*range(1, 20_000), *range(1, 20_000_000, 9_973)):
        assert ticks[f"{instrument.price(count):f}"] == count
        assert lots[f"{instrument.quantity(count):.8f}"] == count


def test_digits_behind_those_of_the_grid_may_be_zeros_only():
    table = Increments(Decimal("0.01"))
    assert [table[t] for t in ("3500.00000000", "3500.010", "3500.", "0.5")] == [
        350000,
        350001,
        350000,
        50,
    ]
    for text in (".50", "3500.001", "3500.00000001", "3500.0x", "3500.00 ", "3500.00-"):
        with pytest.raises(NotAnIncrement):
            table[text]


def test_what_is_long_is_worked_out_in_whole_numbers():
    table = Increments(Decimal("0.00000001"))
    assert table["1234567.12345678"] == 123456712345678
    assert table["12345678.12345678"] == 1234567812345678
    with pytest.raises(NotAnIncrement, match="off the grid"):
        Increments(Decimal("0.01"))["2683.800000000000001"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "1e999",
        "1e3",
        "1E3",
        "-1",
        "-0.5",
        "+1",
        "-0",
        " 1",
        "1 ",
        "1_000",
        "1,5",
        "1.2.3",
        ".",
        ".5",
        "0x10",
        "٣",
        "²",
        "½",
        "١٫٥",
        "1\n",
        "1\x00",
        "0",
        "0.0",
        "0.000",
        "1e-5",
        "999999999999999999999999",
        "9007199254740992",
        "None",
    ],
)
def test_what_is_no_positive_plain_number_is_refused(text):
    with pytest.raises(NotAnIncrement):
        Increments(Decimal(1))[text]


def test_a_number_of_five_thousand_digits_is_refused_at_once():
    for text in ("9" * 5_000, "1." + "0" * 5_000, "0." + "0" * 4_999 + "1"):
        with pytest.raises(NotAnIncrement):
            Increments(Decimal("0.01"))[text]


def test_dust_below_a_lot_is_no_zero_to_refuse():
    table = Increments(Decimal("0.001"), rounds_down=True)
    assert table["0.0004"] == 0
    with pytest.raises(NotAnIncrement, match="not positive"):
        table["0.0000"]


def test_what_is_remembered_has_a_bound(monkeypatch):
    monkeypatch.setattr(increments, "REMEMBERED", 100)
    table = Increments(Decimal("0.1"))
    assert [table[f"{n}.5"] for n in range(1, 1_000)] == [n * 10 + 5 for n in range(1, 1_000)]
    assert len(table) <= 100
