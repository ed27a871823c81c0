"""The wider context of margin: inside it more digits, outside it the desk's own again."""

from decimal import Decimal as D
from decimal import getcontext

import pytest

from desk.margin.rounding import finely

THIRD = D(1) / D(3)


@finely
def third():
    return D(1) / D(3)


@finely
def thirds():
    return third() + third() + third(), third()


@finely
def failing():
    raise ValueError("no such figure")


def test_margin_is_worked_out_in_more_digits_also_from_within():
    assert third() == D("0." + "3" * 60)
    assert thirds() == (D("0." + "9" * 60), third())


def test_outside_nothing_has_changed_also_after_a_failure():
    before = getcontext()
    thirds()
    with pytest.raises(ValueError, match="no such figure"):
        failing()
    assert getcontext() is before
    assert D(1) / D(3) == THIRD == D("0." + "3" * 28)
