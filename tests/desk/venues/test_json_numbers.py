"""JSON numbers to ticks and lots, by their text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.venues.json_numbers import NumberIncrements, plain_text
from desk.venues.unreadable import Unusable


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (b"61000", "61000"),
        (b"61000.50", "61000.50"),
        (b"-0.5", "-0.5"),
        (b"2.081e-05", "0.00002081"),
        (b"-8.477E-5", "-0.00008477"),
        (b"2.2e3", "2200"),
        (b"1e0", "1"),
        (b"4.923e+1", "49.23"),
    ],
)
def test_exponents_are_worked_out(number, text):
    assert plain_text(number) == text


@pytest.mark.parametrize(
    "number",
    [b"", b'"1"', b"null", b"true", b"[1]", b"NaN", b"1e999", b"9" * 25, b"1." + b"9" * 25, b"+1",
     b".5", b"1.", b" 1", b"1 ", b"1_0", "٣".encode()],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(number):
    with pytest.raises(Unusable):
        plain_text(number)


def test_one_number_in_every_spelling_is_one_count():
    ticks = NumberIncrements(Decimal("0.05"))
    assert {ticks[n] for n in (b"2772.65", b"2772.650", b"2.77265e3", b"277265e-2")} == {55_453}


@pytest.mark.parametrize("number", [b"0", b"0.0", b"0e5", b"-0.05", b"0.051", b"1e-99", b"1e99"])
def test_what_is_off_the_grid_is_refused(number):
    with pytest.raises(Unusable):
        NumberIncrements(Decimal("0.05"))[number]


def test_only_so_many_spellings_are_remembered(monkeypatch):
    monkeypatch.setattr("desk.venues.json_numbers.REMEMBERED", 10)
    ticks = NumberIncrements(Decimal(1))
    assert [ticks[str(n).encode()] for n in range(1, 100)] == list(range(1, 100))
    assert len(ticks) <= 10


@given(st.integers(1, 10**12), st.sampled_from(["0.5", "0.05", "0.0001", "10", "0.00000001"]))
def test_a_float_as_python_writes_it_comes_back_as_its_count(count, increment):
    value = count * Decimal(increment)
    if Decimal(repr(float(value))) == value:
        assert NumberIncrements(Decimal(increment))[repr(float(value)).encode()] == count
