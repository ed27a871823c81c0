"""Which price a venue votes with, and in what money."""

from decimal import Decimal as D

import pytest

from desk.market.state import MarketState
from desk.market.votes import UsdRate, usd_rates, venue_votes
from desk.model.catalogue import Catalogue
from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.market_data import BookLost, BookSnapshot, MarkPrice

S = 1_000_000_000


def terms(name, base, quote, kind=Kind.SPOT):
    return Instrument(
        id=InstrumentId(name), venue=name.split(".")[1], connection=name, symbol=name, kind=kind,
        contract=Contract.LINEAR, base=base, quote=quote, settle=quote, contract_size=D(1),
        tick_size=D("0.0001"), lot_size=D(1), min_quantity=D(1), min_notional=D(0),
        maker_fee_rate=D(0), taker_fee_rate=D(0),
    )  # fmt: skip


@pytest.fixture
def market():
    """Two exchanges for stablecoins and dollars, one that quotes in USDT and has an index."""
    return MarketState(
        Catalogue([
            terms("PERP.BIN", "BTC", "USDT", Kind.PERPETUAL),
            terms("BTCUSDT.BIN", "BTC", "USDT"),
            terms("BTCUSD.COIN", "BTC", "USD"),
            terms("BTCUSDC.COIN", "BTC", "USDC"),
            terms("BTCEUR.KRA", "BTC", "EUR"),
            terms("USDTUSD.COIN", "USDT", "USD"),
            terms("USDTUSD.KRA", "USDT", "USD"),
            terms("USDTUSD.BIN", "USDT", "USD"),
            terms("ETHUSD.KRA", "ETH", "USD"),
        ])
    )  # fmt: skip


def book(market, name, bid, ask, at=1 * S):
    levels = [[(int(D(price) * 10_000), 1)] for price in (bid, ask)]
    market.apply(BookSnapshot(InstrumentId(name), 1, *levels, at))


def index(market, name, price, at=1 * S):
    value = None if price is None else D(price)
    market.apply(MarkPrice(InstrumentId(name), D(1), value, None, None, at))


def ask(market, at=1 * S):
    rates = usd_rates(market.all(), at)
    return {v: (x.price, x.assumed) for v, x in venue_votes(market.all(), "BTC", rates, at).items()}


def test_a_stablecoin_is_worth_the_median_of_its_live_books(market):
    book(market, "USDTUSD.COIN", "0.9990", "0.9992")
    book(market, "USDTUSD.KRA", "0.9994", "0.9996", at=2 * S)
    assert usd_rates(market.all(), 2 * S)["USDT"] == UsdRate(D("0.9993"))
    assert usd_rates(market.all(), 11 * S)["USDT"] == UsdRate(D("0.9995"))
    assert usd_rates(market.all(), 12 * S)["USDT"] == UsdRate(D(1), assumed=True)
    assert usd_rates(market.all(), 2 * S)["USDC"] == UsdRate(D(1), assumed=True)


def test_a_stablecoin_price_that_no_other_book_confirms_is_not_taken(market):
    book(market, "USDTUSD.COIN", "0.9999", "1.0001")
    book(market, "USDTUSD.KRA", "0.4999", "0.5001")
    assert usd_rates(market.all(), 1 * S)["USDT"] == UsdRate(D(1), assumed=True), "not 0.75"
    book(market, "USDTUSD.BIN", "0.9995", "0.9997")
    assert usd_rates(market.all(), 1 * S)["USDT"] == UsdRate(D("0.9998")), "without the wrong one"


def test_a_depeg_that_the_books_agree_on_is_seen(market):
    book(market, "USDTUSD.COIN", "0.8999", "0.9001")
    book(market, "USDTUSD.KRA", "0.9099", "0.9101")
    assert usd_rates(market.all(), 1 * S)["USDT"] == UsdRate(D("0.905"))


def test_a_depeg_is_seen_in_the_only_book_that_lives(market):
    book(market, "USDTUSD.KRA", "0.8999", "0.9001")
    assert usd_rates(market.all(), 1 * S)["USDT"] == UsdRate(D("0.9"))


def test_an_index_goes_before_a_book_and_is_converted(market):
    book(market, "USDTUSD.KRA", "0.9980", "0.9990")
    index(market, "PERP.BIN", "60000")
    book(market, "BTCUSDT.BIN", "61000", "61001")
    assert ask(market)["BIN"] == (D(59910), False)


def test_without_an_index_or_with_a_silent_one_the_book_votes(market):
    index(market, "PERP.BIN", None)
    book(market, "BTCUSDT.BIN", "61000", "61001")
    assert ask(market)["BIN"] == (D("61000.5"), True), "at par, and it says so"
    index(market, "PERP.BIN", "60000", at=2 * S)
    book(market, "BTCUSDT.BIN", "61000", "61001", at=9 * S)
    assert ask(market, 9 * S)["BIN"] == (D(60000), True)
    assert ask(market, 12 * S)["BIN"] == (D("61000.5"), True)


def test_of_two_books_the_one_in_dollars_votes(market):
    book(market, "BTCUSDC.COIN", "61000", "61001")
    assert ask(market)["COIN"] == (D("61000.5"), True)
    book(market, "BTCUSD.COIN", "60999", "61000")
    assert ask(market)["COIN"] == (D("60999.5"), False)


def test_a_money_without_a_rate_is_no_vote(market):
    book(market, "BTCEUR.KRA", "55000", "55001")
    assert ask(market)["KRA"] == (None, False)


@pytest.mark.parametrize("fault", ["crossed", "lost"])
def test_a_book_that_is_crossed_or_lost_does_not_vote(market, fault):
    book(market, "BTCUSD.COIN", "61000", "61001")
    if fault == "crossed":
        book(market, "BTCUSD.COIN", "61001", "61000")
    else:
        market.apply(BookLost(InstrumentId("BTCUSD.COIN"), 1, 3, "gap", 1 * S))
    assert ask(market)["COIN"] == (None, False)
