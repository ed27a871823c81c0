"""A comma is a sign between thousands or nothing: never one that is passed over."""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, normal_desk

from ui.viewmodels.alerts import alert_form
from ui.viewmodels.forms import read_form
from ui.viewmodels.written import read_level, read_number, read_quantity


@pytest.mark.parametrize("written", ["0,500", "0,500.5", "00,500", "0,5", "1,50"])
def test_half_a_coin_with_a_comma_is_not_five_hundred(written):
    assert read_number(written) is None
    assert read_quantity(f"{written}btc", "BTC") is None
    assert read_level(f"{written}%", D(61000), 1, D("0.1")) is None


@pytest.mark.parametrize(
    ("written", "read"), [("1,500", D(1500)), ("60,980.0", D("60980.0")), ("0.500", D("0.500"))]
)
def test_thousands_are_read(written, read):
    assert read_number(written) == read


def alert(bound):
    form = alert_form(normal_desk(), BTC, None)
    values = {entry.key: entry.value for entry in form.entries}
    return read_form(form, values | {"bound": bound}, "a-1")


def test_a_bound_of_an_alert_is_read_like_every_other_number():
    assert alert("61,500")[0].above == D(61500)
    command, wrong = alert("61500,5")
    assert command is None
    assert wrong.field == "bound"
