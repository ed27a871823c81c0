"""The consensus over whole markets, and how one mark stands beside it."""

from decimal import Decimal as D

import pytest
from test_votes import book, index, terms

from desk.market.reference import EVERY_NS, Reference
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.instrument import InstrumentId, Kind
from desk.model.market_data import MarkPrice

S = 1_000_000_000


@pytest.fixture
def market():
    return MarketState(
        Catalogue([
            terms("BTCPERP.BIN", "BTC", "USDT", Kind.PERPETUAL),
            terms("BTCPERP.OKX", "BTC", "USDT", Kind.PERPETUAL),
            terms("BTCUSD.COIN", "BTC", "USD"),
            terms("BTCUSD.KRA", "BTC", "USD"),
            terms("USDTUSD.KRA", "USDT", "USD"),
            terms("BTCPERP.LONE", "BTC", "USD", Kind.PERPETUAL),
        ])
    )  # fmt: skip


def mark(market, name, price, index_price=None, at=1 * S):
    value = None if index_price is None else D(index_price)
    market.apply(MarkPrice(InstrumentId(name), D(price), value, None, None, at))


def looked(market, at=1 * S):
    reference = Reference(market.all())
    reference.look(at)
    return reference


def standing(reference, market, name, at=1 * S):
    return reference.standing(market.get(name), at)


def test_a_mark_in_a_stablecoin_is_compared_in_dollars(market):
    book(market, "USDTUSD.KRA", "0.9899", "0.9901")
    book(market, "BTCUSD.COIN", "60000", "60000.0002")
    book(market, "BTCUSD.KRA", "60000", "60000.0002")
    mark(market, "BTCPERP.BIN", "61000", "60606.06")  # 60,606.06 USDT at 0.99 are 60,000 dollars
    found = standing(looked(market), market, "BTCPERP.BIN")
    assert (found.state, found.votes) == ("CONSENSUS", 3)
    assert found.deviation == pytest.approx(D(61000) * D("0.99") / D(60000) - 1, abs=D("1e-8"))
    assert found.own_deviation == D(61000) / D("60606.06") - 1


def test_two_venues_are_thin_and_a_lone_mark_has_nothing_beside_it(market):
    book(market, "BTCUSD.KRA", "60000", "60000.0002")
    mark(market, "BTCPERP.LONE", "60000")
    reference = looked(market)
    assert standing(reference, market, "BTCPERP.LONE").state == "THIN"
    assert standing(reference, market, "BTCPERP.LONE").own_deviation is None
    assert standing(reference, market, "BTCUSD.KRA").own_deviation == 0
    assert standing(reference, market, "USDTUSD.KRA") is None


def test_nobody_looks_more_often_than_ten_times_a_second(market):
    index(market, "BTCPERP.OKX", "60000")
    reference = looked(market)
    before = reference.indices["BTC"]
    index(market, "BTCPERP.OKX", "60001", at=1 * S + 1)
    reference.look(1 * S + EVERY_NS - 1)
    assert reference.indices["BTC"] is before
    reference.look(1 * S + EVERY_NS)
    assert reference.indices["BTC"].value == D(60001)


def test_before_the_first_look_nothing_is_confirmed(market):
    reference = Reference(market.all())
    assert standing(reference, market, "BTCPERP.BIN").votes == 0
    assert reference.indices == {}
