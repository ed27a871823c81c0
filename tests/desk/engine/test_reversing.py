"""A position turned round: exact through zero, judged as new risk, old protection gone."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader
from helpers.programs import accepted, codes, live_ids

from desk.ledger.book import wallet
from desk.model.commands import Kill, PreviewOrder, SetMarginMode
from desk.model.events import Denied
from desk.model.order_commands import ReversePosition
from desk.model.orders import MarginMode, OrderType

REVERSE = ReversePosition(id="R", instrument=BTC)


@pytest.fixture
def trader():
    one = Trader()
    one.deposit()
    one.market()
    return one


def money(trader, account="perp-1"):
    return trader.state.ledger.balance(account, "USDT")


def test_a_long_becomes_as_large_a_short_with_fee_and_profit_to_the_cent(trader):
    """Long 1 at 60,000, turned at 59,999.9: 0.1 lost; fees 0.05 % of 60,000 and 119,999.8."""
    trader.buy("1")
    trader.run(100)
    assert accepted(trader.give(REVERSE))
    trader.run(100)
    held = trader.state.position("perp-1", BTC)
    terms = trader.state.orders["R"].terms
    assert (held.quantity, terms.type, terms.reduce_only) == (D(-1), OrderType.MARKET, False)
    assert held.entry_price(trader.desk.catalogue.get(BTC)) == D("59999.9")
    assert money(trader) == D(100000) - D("0.1") - D(30) - D("59.9999")


def test_a_short_becomes_a_long(trader):
    trader.sell("1", "59999.9")
    trader.run(100)
    trader.give(REVERSE)
    trader.run(100)
    assert trader.state.position("perp-1", BTC).quantity == 1


def test_what_protected_the_old_position_is_cancelled_in_the_same_row(trader):
    trader.buy("1", stop_loss=D(57000), take_profit=D(62000), id="E")
    trader.run(200)
    assert live_ids(trader) == ["E-sl", "E-tp"]
    rows = len(trader.rows)
    trader.give(REVERSE)
    assert len(trader.rows) == rows + 1
    trader.run(300)
    assert trader.state.position("perp-1", BTC).quantity == -1
    assert not live_ids(trader)


def test_an_isolated_pocket_comes_back_and_another_is_put_up(trader):
    """At 5x: 12,000 behind the long at 60,000, 11,999.98 behind the short at 59,999.9."""
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1")
    trader.run(100)
    pocket = wallet("perp-1", BTC)
    assert money(trader, pocket) == 12_000
    said = trader.give(REVERSE)
    assert said[-1].data["pocket"] == (
        "12,000.00 USDT of isolated margin comes back to perp-1; 11,999.98 is put up for the new "
        "position."
    )
    trader.run(100)
    assert money(trader, pocket) == D("11999.98")
    whole = D(100000) - D("0.1") - D(30) - D("59.9999")
    assert money(trader) + money(trader, pocket) == whole


def test_a_reversal_through_several_levels_is_exact(trader):
    trader.buy("2")
    trader.run(100)
    trader.book(bids=(("59999.9", "0.7"), ("59999", "2"), ("59990", "9")))
    trader.give(REVERSE)
    trader.run(100)
    held = trader.state.position("perp-1", BTC)
    # 0.7 and 1.3 close; of the level at 59,999 another 0.7, and 1.3 at 59,990, open.
    assert held.quantity == -2
    assert held.cost == -(D("0.7") * 59_999 + D("1.3") * 59_990)


def test_it_is_judged_as_what_adds_risk(trader):
    trader.buy("4")
    trader.run(100)
    trader.run(2500)
    assert "STALE_MARK" in codes(trader.give(REVERSE))
    assert trader.state.position("perp-1", BTC).quantity == 4


def test_a_halted_desk_names_the_way_out_instead(trader):
    trader.buy("1")
    trader.run(100)
    trader.give(Kill(id="k", reason="drill"))
    (denied,) = [e for e in trader.give(REVERSE) if isinstance(e, Denied)]
    assert denied.denials[0].code == "STATE_HALTED"
    assert f"`close {BTC}`" in denied.denials[0].message


def test_a_book_that_does_not_hold_twice_the_position_refuses_it(trader):
    trader.buy("1")
    trader.run(100)
    trader.book(bids=(("59999.9", "1.5"), ("50000", "100")))
    (denied,) = [e for e in trader.give(REVERSE) if isinstance(e, Denied)]
    assert [one.code for one in denied.denials] == ["REVERSE_BOOK"]
    assert "holds 1.5 up to the collar; twice the position is 2." in denied.denials[0].message


@pytest.mark.parametrize("instrument", [BTC, SPOT])
def test_without_a_position_there_is_nothing_to_turn_round(trader, instrument):
    assert codes(trader.give(ReversePosition(id="R", instrument=instrument))) == ["NO_POSITION"]


def test_a_preview_shows_the_account_after_it(trader):
    trader.buy("1")
    trader.run(100)
    (said,) = trader.give(PreviewOrder(id="", order=ReversePosition(id="", instrument=BTC)))
    assert said.accepted
    assert said.cost["quantity"] == "2"
    (position,) = said.after["positions"]
    assert D(position["quantity"]) == -1
