"""The close-out as the screen shows it: standing, confirming, running, done."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader

from desk.engine.close_out_views import close_out_view, close_out_views
from desk.engine.frame import build_frame
from desk.engine.questions import answer
from desk.engine.standing_plan import standing_plan
from desk.model.commands import NextFrame, SetCloseOutOrder, SetMarginMode
from desk.model.orders import MarginMode

LOW = "45200"


def long_one(quantity="1", deposit="15000"):
    trader = Trader()
    trader.deposit(deposit)
    trader.market()
    trader.buy(quantity, "60000")
    trader.run(60)
    return trader


def fall(trader, price=LOW, deep="10", times=1):
    trader.book(BTC, bids=((str(D(price) - D("0.1")), deep),), asks=((price, deep),))
    for _ in range(times):
        trader.mark(BTC, price)
        trader.tick(20)


def view(trader):
    return close_out_view(trader.desk, "perp-1")


def test_an_account_without_positions_has_no_view():
    assert close_out_views(Trader().desk) == []


def test_a_calm_account_shows_what_would_be_done_where_it_is_due():
    trader = long_one()
    shown = view(trader)
    assert (shown.phase, shown.triggered_ms, shown.preference) == ("standing", None, [])
    # 15,000 − 30 − (60,000 − P) = 0.004 × P where P = 45,210.84…
    assert shown.reason == "At BTCUSDT-PERP.BINANCE 45210.84, where perp-1 would be due."
    assert [step.quantity for step in shown.steps[:1]] == [D("0.25")]
    assert all(step.status == "planned" for step in shown.steps)
    assert shown.steps[-1].margin_ratio_after <= D("0.70")
    # The book stands 0.1 below the mark of now, and would stand as far below there.
    assert round(shown.steps[0].expected_price, 2) == D("45210.77")


def test_near_the_limit_it_is_planned_at_the_marks_of_now():
    trader = long_one()
    fall(trader, "45230")
    shown = view(trader)
    assert shown.phase == "standing"
    assert shown.reason == "At the marks of now, margin ratio 90.46% of perp-1."
    assert shown.steps[0].expected_price == D("45229.9")
    assert shown.steps[0].quantity == D("0.248")
    assert shown.steps[0].fee == D("45229.9") * D("0.248") * D("0.0005")


def test_an_account_that_nothing_can_break_has_no_steps():
    shown = view(long_one(deposit="100000"))
    assert shown.reason == "No move of prices brings perp-1 to close-out."
    assert shown.steps == []


def test_unknown_figures_plan_nothing():
    trader = long_one().restarted()
    shown = view(trader)
    assert shown.reason == "Nothing can be planned for perp-1: its figures are unknown."
    assert shown.steps == []


def test_each_isolated_position_is_planned_for_itself():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1", "60000")
    trader.run(60)
    trader.buy("4", "2500", id="eth", instrument=ETH)
    trader.run(60)
    assert view(trader).reason == (
        "No move of prices brings perp-1 to close-out. At BTCUSDT-PERP.BINANCE 48192.77, where "
        "the isolated BTCUSDT-PERP.BINANCE of perp-1 would be due."
    )


def test_a_mark_that_is_not_confirmed_shows_as_confirming():
    trader = long_one()
    fall(trader)
    shown = view(trader)
    assert shown.phase == "confirming"
    assert shown.reason.endswith("on 1 of 3 marks in a row.")
    assert shown.steps[0].status == "planned"


def test_a_running_close_out_shows_what_is_done_working_and_planned():
    trader = long_one()
    fall(trader, deep="0.25", times=3)
    trader.tick(20)
    shown = view(trader)
    assert shown.phase == "running"
    assert shown.triggered_ms == trader.state.close_outs["perp-1", None].triggered_ms
    assert shown.reason.startswith("Close-out of perp-1 begins: margin ratio 106.35%")
    assert [step.status for step in shown.steps][:2] == ["working", "planned"]
    assert shown.steps[0].expected_price is None
    trader.run(100)
    shown = view(trader)
    assert shown.steps[0].status == "done"
    assert shown.steps[0].expected_price == D("45199.9")
    assert shown.steps[0].fee == D("5.6499875")
    trader.run(2500)
    assert "is stale" in view(trader).reason


def test_a_close_out_that_is_over_is_shown_for_a_minute():
    trader = long_one()
    fall(trader, times=3)
    for _ in range(4):
        trader.mark(BTC, LOW)
        trader.run(200)
    shown = view(trader)
    assert shown.phase == "done"
    assert shown.reason.startswith("Close-out of perp-1 is over: margin ratio 6")
    assert {step.status for step in shown.steps} == {"done"}
    ended = trader.state.close_outs["perp-1", None].ended_ms
    trader.tick(ended + 59_999 - trader.wall_ms)
    assert view(trader).phase == "done"
    trader.tick(1)
    assert view(trader).phase == "standing"


def test_the_plan_is_made_anew_with_every_mark_where_it_is_near_and_once_a_second_else():
    trader = long_one(deposit="20000")
    first = standing_plan(trader.desk, "perp-1")
    assert standing_plan(trader.desk, "perp-1") is first
    trader.mark(BTC, "60001")
    assert standing_plan(trader.desk, "perp-1") is first, "calm, and not yet a second old"
    trader.tick(1000)
    assert standing_plan(trader.desk, "perp-1") is not first
    trader.mark(BTC, "46000")
    trader.run(40)
    near = trader.desk.plans["perp-1"]
    trader.mark(BTC, "45999")
    trader.run(40)
    assert trader.desk.plans["perp-1"] is not near, "the engine holds it without being asked"


def test_a_change_of_the_desk_overtakes_a_calm_plan_at_once():
    trader = long_one(deposit="20000")
    first = standing_plan(trader.desk, "perp-1")
    trader.deposit("1", command_id="more")
    assert standing_plan(trader.desk, "perp-1") is not first


def test_frame_and_console_show_the_plan_and_the_preference():
    trader = long_one()
    trader.give(SetCloseOutOrder(id="pref", account="perp-1", instruments=(ETH,)))
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    (shown,) = frame.close_outs
    assert shown.preference == [ETH]
    (told,) = answer(trader.desk, "risk")["close_outs"]
    assert told["steps"][0]["instrument"] == BTC
    assert told["steps"][0]["quantity"] == "0.250"


@pytest.mark.parametrize("book", [True, False])
def test_without_a_book_it_is_planned_at_the_mark(book):
    trader = long_one()
    trader.book(BTC, bids=(("45229.9", "9"),) if book else (), asks=(("45230", "1"),))
    trader.mark(BTC, "45230")
    assert view(trader).steps[0].expected_price == D("45229.9" if book else "45230")
