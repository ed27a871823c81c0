"""Bounded figures and keys that stand once."""

from decimal import Decimal

import pytest

from desk.venues.deribit_wire import Trade
from desk.venues.figures import (
    funding_rate_of,
    open_interest_of,
    price_of,
)
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.unreadable import Unusable


@pytest.mark.parametrize("text", ["", "0", "-1", "1e5", "NaN", "1" + "0" * 12, "9" * 5_000])
def test_a_price_out_of_range_is_refused(text):
    with pytest.raises(Unusable):
        price_of(text)


@pytest.mark.parametrize("text", ["", "1.01", "-1.01", "NaN", "1e-5"])
def test_a_funding_rate_out_of_range_is_refused(text):
    with pytest.raises(Unusable):
        funding_rate_of(text)


def test_a_funding_rate_may_be_negative_or_nothing():
    assert funding_rate_of("-0.0000847") == Decimal("-0.0000847")
    assert funding_rate_of("0.0") == 0


@pytest.mark.parametrize("text", ["", "-1", "1e5", "NaN", "1" + "0" * 15])
def test_an_open_interest_out_of_range_is_refused(text):
    with pytest.raises(Unusable):
        open_interest_of(text)


def test_an_open_interest_may_be_nothing():
    assert open_interest_of("0.0") == 0


def test_keys_are_those_of_the_wire():
    assert {b'"trade_seq"', b'"instrument_name"', b'"price"'} < set(keys_of(Trade))


def test_a_key_may_stand_once_in_each_object():
    refuse_repeated(b'[{"px":"1"},{"px":"2"}]', (b'"px"',), 2)
    for twice in (b'[{"px":"1","px":"1"},{"sz":"2"}]', b'{"p\\u0078":"1","px":"2"}'):
        with pytest.raises(Unusable, match="a key twice"):
            refuse_repeated(twice, (b'"px"',))


def test_a_known_name_may_stand_inside_something_new():
    refuse_repeated(b'{"px":"1","new":{"px":"2"}}', (b'"px"',))
