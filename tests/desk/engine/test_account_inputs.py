"""What margin is given of an account: moved mark by mark, and the same as if made anew."""

from datetime import timedelta
from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, CATALOGUE, ETH, Trader, order

from desk.engine.account_inputs import AccountInputs
from desk.margin.account import account_figures
from desk.model.catalogue import Catalogue
from desk.model.commands import AmendOrder, SubmitOco
from desk.model.market_data import InstrumentListed
from desk.model.orders import OrderType, Side

DAY_MS = 86_400_000


@pytest.fixture
def trader():
    """Long bitcoin and short ether, with orders whose cost hangs on the mark, and one in ether."""
    trader = Trader(catalogue=Catalogue(CATALOGUE.all()))  # one of its own, to be listed anew
    trader.deposit()
    trader.market()
    trader.buy("1", "60000", id="long")
    trader.run(60)
    trader.book(ETH, bids=[("2500.0", "100")], asks=[("2500.5", "100")])
    trader.sell("2", "2500", id="short", instrument=ETH)
    trader.run(60)
    trader.sell("0.5", None, type=OrderType.TRAILING_STOP, trail=D(500), id="trails")
    trader.give(
        SubmitOco(
            id="pair",
            first=order(Side.BUY, "0.1", "59000", id=""),
            second=order(Side.BUY, "0.1", None, id="", type=OrderType.STOP, trigger=D(61500)),
        )
    )
    trader.buy("1", "2450", id="rests", instrument=ETH)
    trader.run(60)
    trader.give(AmendOrder(id="amends", order_id="rests", price=D(2440)))
    return trader


def made_anew(trader):
    return AccountInputs(trader.desk).of("perp-1")


def test_an_account_that_is_moved_is_the_account_made_anew(trader):
    assert len(trader.desk.account_input("perp-1").orders) == 3
    for price in ("60100", "61000.5", "59900", "61400"):
        trader.mark(BTC, price)
        assert trader.desk.account_input("perp-1") == made_anew(trader)
        trader.mark(ETH, str(D(price) / 24))
        assert trader.desk.account_input("perp-1") == made_anew(trader)


def test_a_mark_measures_its_own_position_and_no_other(trader):
    before = {p.instrument.id: p for p in trader.desk.account_input("perp-1").positions}
    trader.mark(BTC, "60123")
    after = {p.instrument.id: p for p in trader.desk.account_input("perp-1").positions}
    assert after[ETH] is before[ETH]
    assert after[BTC].mark == D(60123)


def test_what_is_of_no_account_and_the_same_mark_again_change_nothing(trader):
    given, figures = trader.desk.account_input("perp-1"), trader.desk.margin("perp-1")
    trader.mark("BTCUSD_PERP.BINANCE", "60123")
    trader.mark(BTC, "60000")
    assert trader.desk.account_input("perp-1") is given
    assert trader.desk.margin("perp-1") is figures


def test_what_is_shown_is_of_the_marks_that_were_decided_by(trader):
    trader.mark(BTC, "60500")
    decided, shown = trader.desk.margin("perp-1"), trader.desk.figures("perp-1")
    for name in msgspec.structs.asdict(decided):
        assert getattr(shown, name) == getattr(decided, name), name
    marks = {one.instrument: one.mark for one in shown.positions}
    assert marks[BTC] == D(60500)


def test_figures_are_to_the_last_digit_those_of_an_account_made_anew(trader):
    for price, money in (("60100", 0), ("59900", "1000.50"), ("61400.5", 0), ("60333", "7")):
        if money:
            trader.deposit(quantity=money, command_id=f"money-{price}")
        for instrument, mark in ((BTC, price), (ETH, str(D(price) / 24))):
            trader.mark(instrument, mark)
            assert repr(trader.desk.figures("perp-1")) == repr(account_figures(made_anew(trader)))


def test_other_terms_of_an_instrument_are_taken_in(trader):
    terms = msgspec.structs.replace(CATALOGUE.get(BTC), taker_fee_rate=D("0.01"))
    trader.hear(InstrumentListed(BTC, terms, trader.now_ns))
    (held,) = [p for p in trader.desk.account_input("perp-1").positions if p.instrument.id == BTC]
    assert held.instrument.taker_fee_rate == D("0.01")


def test_the_margin_rules_of_the_next_day_hold_from_its_first_moment(trader):
    known = trader.desk._terms
    changed_on = trader.desk.today + timedelta(days=1)
    trader.desk._terms = lambda day: {} if day >= changed_on else known(day)
    assert trader.desk.margin("perp-1").known
    trader.tick(DAY_MS)
    assert trader.desk.today == changed_on
    assert not trader.desk.margin("perp-1").known
