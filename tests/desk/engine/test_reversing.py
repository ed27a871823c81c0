"""A position turned round: exact through zero, judged as new risk, old protection gone."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader
from helpers.programs import accepted, alerts, codes, live_ids

from desk.ledger.book import wallet
from desk.model.commands import ClosePosition, Kill, PreviewOrder, SetMarginMode
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


def protected(trader):
    """Long 1 with a stop and a take-profit behind it, and a reversal that is on its way."""
    trader.buy("1", stop_loss=D(57000), take_profit=D(62000), id="E")
    trader.run(200)
    assert live_ids(trader) == ["E-sl", "E-tp"]
    trader.give(REVERSE)
    assert live_ids(trader) == ["E-sl", "E-tp", "R-close", "R"]
    assert not trader.state.cancels
    trader.events.clear()


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def warned(trader):
    """What was said of the reversal and of protection."""
    short, bare = (alerts(trader.events, code) for code in ("REVERSED_SHORT", "UNPROTECTED"))
    return short, bare


def test_what_protected_the_old_position_ends_once_that_is_turned_and_it_is_said(trader):
    protected(trader)
    trader.run(300)
    assert (held(trader), live_ids(trader)) == (-1, [])
    short, (bare,) = warned(trader)
    assert not short
    assert bare.startswith(f"1 of {BTC} is NOT protected")


def test_a_reversal_that_stops_before_zero_leaves_the_rest_its_stop(trader):
    protected(trader)
    trader.book(bids=(("59999.9", "0.6"), ("50000", "100")))
    trader.run(300)
    assert (held(trader), live_ids(trader)) == (D("0.4"), ["E-sl", "E-tp"])
    (short,), bare = warned(trader)
    assert "0.4 is held, -1 was meant" in short
    assert not bare
    trader.book(bids=(("56900", "10"),))
    trader.mark(price="56950")
    trader.run(200)
    assert held(trader) == 0  # the stop has acted on what was left, and on no more


def test_a_reversal_that_stops_beyond_zero_says_that_what_it_left_has_no_stop(trader):
    protected(trader)
    trader.book(bids=(("59999.9", "1.6"), ("50000", "100")))
    trader.run(300)
    assert (held(trader), live_ids(trader)) == (D("-0.6"), [])
    (short,), (bare,) = warned(trader)
    assert "-0.6 is held, -1 was meant" in short
    assert bare.startswith(f"0.6 of {BTC} is NOT protected")


def test_a_reversal_that_fills_nothing_leaves_the_position_its_stop(trader):
    protected(trader)
    trader.book(bids=(("50000", "100"),))
    trader.run(300)
    assert (held(trader), live_ids(trader)) == (1, ["E-sl", "E-tp"])
    (short,), bare = warned(trader)
    assert "1 is held, -1 was meant" in short
    assert not bare


def test_a_stop_that_acts_before_the_reversal_arrives_opens_no_more_than_was_judged(trader):
    protected(trader)
    trader.mark(price="56950")
    trader.run(300)
    short, (bare,) = warned(trader)
    assert held(trader) == -1
    assert trader.state.orders["R-close"].filled == 0
    assert not short
    assert bare.startswith(f"1 of {BTC} is NOT protected")


def test_the_id_of_the_half_that_closes_is_nobody_elses(trader):
    trader.buy("1", id="R-close")
    trader.run(100)
    assert codes(trader.give(REVERSE)) == ["ID_REUSED"]


def test_without_a_stop_before_nothing_is_said_of_protection(trader):
    trader.buy("1")
    trader.run(100)
    trader.give(REVERSE)
    trader.run(300)
    assert held(trader) == -1
    assert warned(trader) == ([], [])


def test_a_restart_in_between_loses_neither_the_stop_nor_the_warning(trader):
    protected(trader)
    again = trader.restarted(wall_ms=trader.wall_ms + 60_000)
    assert again.state.hash() == trader.state.hash()
    again.market()
    again.book(bids=(("59999.9", "1.6"), ("50000", "100")))
    again.run(300)
    assert (held(again), live_ids(again)) == (D("-0.6"), [])
    (short,), (bare,) = warned(again)
    assert "-0.6 is held, -1 was meant" in short
    assert bare.startswith(f"0.6 of {BTC} is NOT protected")


def test_a_restart_after_the_turn_says_again_that_nothing_protects_the_position(trader):
    protected(trader)
    trader.run(300)
    again = trader.restarted()
    again.run(100)
    assert alerts(again.events, "STILL_UNPROTECTED") == [
        f"1 of {BTC} is still NOT protected: it has lost its stop."
    ]


def test_what_is_left_of_the_old_position_loses_its_legs_when_it_is_closed(trader):
    protected(trader)
    trader.book(bids=(("59999.9", "0.6"), ("50000", "100")))
    trader.run(300)
    trader.book()
    trader.give(ClosePosition(id="c", instrument=BTC, fraction=D(1)))
    trader.run(300)
    assert (held(trader), live_ids(trader)) == (0, [])


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
