"""An unreliable way to the venue: nothing is sent twice, nothing is guessed, all is made good."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, MS, SPOT, START_MS, START_NS, Trader, order
from helpers.linked import Practice, agree, live

from desk.engine.execution_views import execution_views
from desk.engine.order_views import live_order_views
from desk.execution.exchange import Exchange, Submit, Taken
from desk.model.commands import AmendOrder, CancelOrder, ClosePosition, WindowClosing
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.order_commands import SubmitOco
from desk.model.orders import OrderStatus, OrderType, Side

S = OrderStatus


def status(trader, order_id):
    return trader.state.orders[order_id].status


def codes(events):
    return [d.code for e in events if isinstance(e, Denied) for d in e.denials]


def alerts(trader, code):
    return [e.message for e in trader.events if isinstance(e, Alerted) and e.code == code]


def test_over_a_good_link_orders_do_what_they_do_on_paper():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="take")
    trader.buy("1", "59000", id="rest")
    assert status(trader, "take") is S.PENDING
    trader.run(40)
    assert status(trader, "take") is S.PENDING
    trader.run(40)
    assert (status(trader, "take"), status(trader, "rest")) == (S.FILLED, S.WORKING)
    trader.give(CancelOrder(id="c", order_id="rest"))
    trader.run(100)
    assert status(trader, "rest") is S.CANCELLED
    assert trader.state.orders["rest"].reason == "cancelled on request"
    agree(practice, trader)


def test_nothing_that_adds_risk_leaves_before_the_connection_is_reconciled():
    trader = Practice().trader()
    trader.market()
    trader.deposit()
    assert codes(trader.buy("1", "59000", id="early")) == ["VENUE_DOWN"]
    trader.run(500)
    assert isinstance(trader.buy("1", "59000", id="later")[-1], Acknowledged)


def test_an_answer_that_is_lost_makes_an_order_unknown_and_the_venue_is_asked():
    practice = Practice()
    trader = practice.ready()
    practice.fault("lose:p=1")
    trader.buy("1", "60000", id="o")
    live(trader, 2000)
    assert status(trader, "o") is S.PENDING
    trader.run(100)
    assert status(trader, "o") is S.UNKNOWN
    live(trader, 3000)
    assert status(trader, "o") is S.UNKNOWN
    assert codes(trader.buy("1", "59000", id="more")) == ["ORDER_UNKNOWN"]
    practice.fault("")
    live(trader, 9000)
    assert status(trader, "o") is S.FILLED
    assert alerts(trader, "RECONCILED") == [
        "Reconciled with the venue; what had not come was taken: 1 accepted, 1 filled."
    ]
    agree(practice, trader)
    assert trader.restarted().state.hash() == trader.state.hash()


def test_an_order_the_venue_never_had_ends_so_only_once_it_can_never_have_it():
    practice = Practice()
    trader = practice.ready()
    practice.fault("drop:p=1:for=1s")
    sent_ms = trader.wall_ms
    trader.buy("1", "60000", id="o")
    while status(trader, "o") in {S.PENDING, S.UNKNOWN}:
        live(trader, 100)
    order = trader.state.orders["o"]
    assert (order.status, order.reason) == (S.REJECTED, "the venue never had it")
    # A request may be on its way for five seconds: Binance's recvWindow.
    assert 5000 < trader.wall_ms - sent_ms < 8000
    assert isinstance(trader.buy("1", "60000", id="again")[-1], Acknowledged)
    trader.run(100)
    assert trader.state.position("perp-1", BTC).quantity == 1


@pytest.mark.parametrize("fault", ["error:p=1", "partial:p=1"])
def test_an_error_or_half_a_list_is_never_not_there_and_never_flat(fault):
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="held")
    trader.run(100)
    practice.fault("drop:p=1:for=1s")
    trader.buy("0.9", "60000", id="lost")
    live(trader, 1000)
    practice.fault(fault)
    live(trader, 20_000)
    assert status(trader, "lost") is S.UNKNOWN
    assert trader.state.position("perp-1", BTC).quantity == 1
    assert trader.state.latches == {}
    practice.fault("")
    live(trader, 10_000)
    assert status(trader, "lost") is S.REJECTED


def test_a_request_that_comes_too_late_is_refused_and_one_in_time_is_taken():
    for by_s, end in ((3, S.FILLED), (6, S.REJECTED)):
        practice = Practice()
        trader = practice.ready()
        practice.fault(f"delay:p=1:by={by_s}s:for=0.1s")
        trader.buy("1", "60000", id="o")
        live(trader, 4000 + 1000 * by_s)
        assert status(trader, "o") is end
        agree(practice, trader)


def test_while_the_link_is_down_new_risk_is_denied_and_a_cancel_is_asked_for_again():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "59000", id="rest")
    trader.run(100)
    practice.fault("down:at=0s:for=3s")
    trader.run(100)
    denied = trader.buy("0.9", "59000", id="more")[-1]
    assert [(d.code, d.message) for d in denied.denials] == [
        (
            "VENUE_DOWN",
            (
                "The venue cannot be reached: the connection broke: no new risk until it is "
                "reconciled."
            ),
        )
    ]
    assert isinstance(trader.give(CancelOrder(id="c", order_id="rest"))[-1], Acknowledged)
    live(trader, 2000)
    assert (status(trader, "rest"), trader.state.cancels) == (S.WORKING, {"rest"})
    live(trader, 2000)
    assert status(trader, "rest") is S.CANCELLED
    (said,) = alerts(trader, "VENUE_DOWN")
    assert said == (
        "The venue cannot be reached: the connection broke. No new risk until it is reconciled. "
        "After 5 s without the desk it cancels what could add risk."
    )
    assert alerts(trader, "VENUE_BACK") == ["The venue is back, and all it holds is known here."]
    assert isinstance(trader.buy("1", "59000", id="more-2")[-1], Acknowledged)


def test_an_unknown_order_can_be_cancelled_and_a_retry_is_the_same_order():
    practice = Practice()
    trader = practice.ready()
    practice.fault("lose:p=1")
    first = trader.buy("1", "59000", id="o")[-1]
    live(trader, 3000)
    assert status(trader, "o") is S.UNKNOWN
    again = trader.buy("1", "59000", id="o")[-1]
    assert (first.id, again.id, again.data["repeated"], again.data["status"]) == (
        "o",
        "o",
        True,
        "UNKNOWN",
    )
    assert codes(trader.give(AmendOrder(id="a", order_id="o", price=D(59500)))) == ["ORDER_UNKNOWN"]
    assert isinstance(trader.give(CancelOrder(id="c", order_id="o"))[-1], Acknowledged)
    live(trader, 1000)
    assert status(trader, "o") is S.UNKNOWN
    practice.fault("")
    live(trader, 9000)
    assert (status(trader, "o"), trader.state.cancels) == (S.CANCELLED, set())
    assert len(practice.exchange.orders) == 1


def test_the_screen_shows_the_link_and_what_is_unknown():
    practice = Practice()
    trader = practice.ready()
    shown = execution_views(trader.desk)[0]
    assert (shown.up, shown.note, shown.unknown, shown.cancel_on_disconnect_s) == (True, "", 0, 5)
    assert (shown.latency_ms, shown.since_ms) == (50, START_MS)
    assert START_MS < shown.reconciled_ms <= trader.wall_ms
    practice.fault("lose:p=1")
    trader.buy("1", "60000", id="o")
    sent_ms = trader.wall_ms
    live(trader, 3000)
    order = live_order_views(trader.desk)[0]
    assert (order.status, order.unanswered_since_ms) == ("UNKNOWN", sent_ms)
    assert execution_views(trader.desk)[0].unknown == 1
    closing = trader.give(WindowClosing(id="bye"))[-1]
    assert (closing.orders, closing.unknown) == (["o"], ["o"])
    practice.fault("down:at=0s:for=9s")
    trader.run(100)
    shown = execution_views(trader.desk)[0]
    assert (shown.up, shown.note, shown.since_ms) == (
        False,
        "The venue cannot be reached: the connection broke",
        trader.wall_ms - 80,
    )


def test_on_paper_the_link_is_up_since_ever():
    shown = execution_views(Trader().desk)[0]
    assert (shown.up, shown.since_ms, shown.note, shown.reconciled_ms) == (True, None, "", None)
    assert (shown.cancel_on_disconnect_s, shown.is_paper, shown.latency_ms) == (None, True, 50)


def test_a_close_is_held_for_five_seconds_and_then_ends_unsent():
    for down_s, end in ((4, S.FILLED), (7, S.REJECTED)):
        practice = Practice()
        trader = practice.ready()
        trader.buy("1", "60000", id="in")
        trader.run(100)
        practice.fault(f"down:at=0s:for={down_s}s")
        trader.run(100)
        said = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))[-1]
        assert said.data["held"] == (
            "The venue cannot be reached: the connection broke. It is sent if the venue is back "
            "within 5 s; else it ends unsent."
        )
        live(trader, 8000)
        assert status(trader, "out") is end
        if end is S.REJECTED:
            assert trader.state.orders["out"].reason == (
                "it was not sent: the venue could not be reached within 5 s"
            )
        agree(practice, trader)


def test_a_held_order_that_is_cancelled_was_never_sent():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="in")
    trader.run(100)
    practice.fault("down:at=0s:for=4s")
    trader.run(100)
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.give(CancelOrder(id="c", order_id="out"))
    live(trader, 6000)
    assert status(trader, "out") is S.CANCELLED
    assert "out" not in practice.exchange.orders


def test_the_venue_cancels_what_adds_risk_when_it_does_not_hear_the_desk():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="in", stop_loss=D(58000))
    trader.buy("1", "59000", id="rest")
    trader.run(200)
    practice.fault("down:at=0s:for=7s")
    live(trader, 9000)
    assert status(trader, "rest") is S.CANCELLED
    assert trader.state.orders["rest"].reason == "the venue had not heard the desk for 5 s"
    assert status(trader, "in-sl") is S.WAITING
    agree(practice, trader)


def test_a_protective_leg_waits_for_the_link_as_long_as_it_takes():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="in", stop_loss=D(58000))
    trader.run(60)
    practice.fault("down:at=0s:for=20s")
    live(trader, 19_000)
    practice.fault("")
    live(trader, 3000)
    assert status(trader, "in") is S.FILLED
    assert status(trader, "in-sl") is S.WAITING


def test_a_link_that_goes_silent_is_given_up_and_made_anew():
    practice = Practice()
    trader = practice.ready()
    practice.fault("stall:at=0s:for=4s")
    live(trader, 2600)
    assert not trader.desk.venue.link.up
    assert trader.desk.venue.link.note == "nothing was heard for 2 s"
    live(trader, 3000)
    assert trader.desk.venue.link.up
    assert isinstance(trader.buy("1", "59000", id="o")[-1], Acknowledged)


def test_fills_that_happened_while_the_link_was_down_are_taken_once():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "59000", id="rest")
    trader.run(100)
    practice.fault("down:at=0s:for=3s")
    trader.run(100)
    trader.trade("58999", "0.4")
    live(trader, 5000)
    assert (status(trader, "rest"), trader.state.orders["rest"].filled) == (
        S.PARTIALLY_FILLED,
        D("0.4"),
    )
    agree(practice, trader)


def test_an_amendment_that_never_arrived_is_answered_as_refused():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "59000", id="o")
    trader.run(100)
    practice.fault("drop:p=1:for=0.2s")
    trader.give(AmendOrder(id="a", order_id="o", price=D(59500)))
    live(trader, 10_000)
    order = trader.state.orders["o"]
    assert (order.amending, order.terms.price, order.status) == (None, D(59000), S.WORKING)
    assert "the venue never had the amendment" in order.answered.reason
    trader.give(AmendOrder(id="b", order_id="o", price=D(59600)))
    trader.run(200)
    assert trader.state.orders["o"].terms.price == D(59600)


@pytest.mark.fault("T04")
def test_a_desk_that_dies_between_journal_and_act_never_sends_the_order():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="before")
    trader.run(200)
    trader.tick()
    venue = trader.desk.venue
    venue.submit = lambda *_: None  # the process ends here
    trader.buy("0.9", "60000", id="cut")
    back = practice.trader(trader.rows, like=trader)
    back.market()
    live(back, 9000)
    assert (status(back, "cut"), back.state.orders["cut"].reason) == (
        S.REJECTED,
        "the venue never had it",
    )
    agree(practice, back)


def test_a_desk_that_comes_back_finds_what_the_exchange_did_meanwhile():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="o")
    back = practice.trader(trader.rows, like=trader)
    back.market()
    live(back, 3000)
    assert status(back, "o") is S.FILLED
    agree(practice, back)


def test_an_order_at_the_venue_that_nobody_here_sent_latches_the_desk():
    practice = Practice()
    trader = practice.ready()
    other = practice.trader(like=trader)
    other.market()
    other.deposit()
    other.run(500)
    other.buy("1", "59000", id="theirs")
    other.run(200)
    back = practice.trader(trader.rows, like=other)
    live(back, 1000)
    assert back.state.state == "REDUCING"
    assert back.state.latches["reconciliation"].reason == (
        "the venue has order theirs (BUY 1 BTCUSDT-PERP.BINANCE), which was never sent from here"
    )


def test_a_position_that_cannot_be_explained_latches_the_desk_with_both_figures():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="o")
    trader.run(200)
    practice.exchange._positions["perp-1", BTC] = D("1.5")
    live(trader, 15_000)
    latch = trader.state.latches["reconciliation"]
    assert latch.state == "REDUCING"
    assert latch.reason == (
        "positions: 1.5 BTCUSDT-PERP.BINANCE in perp-1 at the venue, 1 on this desk"
    )
    assert len([r for r in trader.rows if r.entry.type == "reconciliation"]) == 1


def pair(trader):
    """Two buys that would both fill at once."""
    first, second = (order(Side.BUY, "1", price, id="") for price in ("60000", "60010"))
    trader.give(SubmitOco(id="x", first=first, second=second))


def test_the_second_of_a_pair_that_comes_late_is_not_filled_beside_the_first(monkeypatch):
    practice = Practice()
    trader = practice.ready()
    send = practice.wire.send

    def late(way, message, now_ns, **fields):
        second = isinstance(message, Submit) and message.terms.id == "x-2"
        send(way, message, now_ns + (1_000 * MS if second else 0), **fields)

    monkeypatch.setattr(practice.wire, "send", late)
    pair(trader)
    live(trader, 4_000)
    assert (status(trader, "x-1"), status(trader, "x-2")) == (S.FILLED, S.REJECTED)
    assert trader.state.orders["x-2"].reason == "x-1 has filled, of which it is the alternative"
    agree(practice, trader)


def test_an_exchange_that_died_between_a_fill_and_the_end_of_its_rival_ends_it_when_it_is_back():
    practice = Practice()
    trader = practice.ready()
    pair(trader)
    trader.run(300)
    kept = [f for f in practice.facts if isinstance(f, Taken) or f.order_id != "x-2"]
    again = Exchange(kept.append, 5)
    again.restore(list(kept), trader.desk.catalogue.get, START_NS)
    assert again.orders["x-1"].status is S.FILLED
    assert again.orders["x-2"].status is S.CANCELLED


def test_what_was_liquidated_is_gone_at_the_exchange_too():
    practice = Practice()
    trader = practice.trader()
    trader.market()
    trader.deposit("15000")
    trader.run(500)
    trader.buy("1", "60000")
    trader.run(300)
    for _ in range(26):  # the index lies too far off for the desk to act itself
        trader.mark(BTC, "45200", "46500")
        trader.run(500, step=100)
    assert "liquidation-1-1" in trader.state.orders
    assert trader.state.position("perp-1", BTC).quantity == 0
    agree(practice, trader)
    facts = len(practice.facts)
    again = practice.trader(trader.rows, like=trader)
    assert len(practice.facts) == facts
    live(again, 12_000)
    assert again.state.state == "ACTIVE"
    agree(practice, again)


def test_one_leg_of_a_bracket_is_enough_while_the_desk_hears_of_neither():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e", stop_loss=D(59000), take_profit=D(61000))
    trader.buy("1", "60000", id="plain", confirmed=True)
    trader.run(500)
    live(trader, 1_000)
    practice.fault("down:at=0s:for=4s")
    trader.run(200)
    for bid, ask in (("61000", "61000.1"), ("59000", "59000.1")):
        trader.book(BTC, bids=((bid, "10"),), asks=((ask, "10"),))
        trader.mark(BTC, bid)
        trader.run(400)
    assert practice.exchange.held("perp-1", BTC) == 1
    live(trader, 9_000)
    assert trader.state.position("perp-1", BTC).quantity == 1
    assert not trader.state.latches
    agree(practice, trader)


def test_reduce_only_sales_in_spot_sell_no_more_than_there_is_while_the_desk_hears_of_none():
    practice = Practice()
    trader = practice.ready()
    trader.deposit("1", "BTC", "spot-1", "coin")
    for _ in range(2):  # its mark is the middle of a book that is fresh
        trader.book(SPOT, bids=(("59999.99", "10"),), asks=(("60000.01", "10"),))
        trader.tick(100)
    given = {"instrument": SPOT, "reduce_only": True}
    trader.sell("1", "61000", id="tp", **given)
    trader.sell("1", None, id="sl", type=OrderType.STOP, trigger=D(59000), **given)
    trader.run(500)
    practice.fault("down:at=0s:for=4s")
    trader.run(200)
    for bid, ask in (("61000.5", "61000.6"), ("59000", "59000.01"), ("58990", "58990.01")):
        trader.book(SPOT, bids=((bid, "10"),), asks=((ask, "10"),))
        trader.run(300)
    assert [practice.exchange.orders[name].filled for name in ("tp", "sl")] == [1, 0]
    live(trader, 9_000)
    assert trader.state.ledger.balance("spot-1", "BTC") == 0
    assert not trader.state.latches
    agree(practice, trader)


def test_a_plain_sale_in_spot_sells_no_coins_that_a_stop_has_sold():
    trader = Trader()
    trader.deposit("1", "BTC", "spot-1", "coin")
    trader.market()
    for _ in range(2):
        trader.book(SPOT, bids=(("59999.99", "10"),), asks=(("60000.01", "10"),))
        trader.tick(50)
    trader.sell("1", "61000", id="plain", instrument=SPOT)
    trader.sell("1", None, id="sl", type=OrderType.STOP, trigger=D(59000), instrument=SPOT,
                reduce_only=True)  # fmt: skip
    trader.run(100)
    for bid, ask in (("59000", "59000.01"), ("58990", "58990.01"), ("61000.5", "61000.6")):
        trader.book(SPOT, bids=((bid, "10"),), asks=((ask, "10"),))
        trader.run(200)
    assert trader.state.orders["sl"].filled == 1
    assert trader.state.orders["plain"].status is OrderStatus.CANCELLED
    assert trader.state.ledger.balance("spot-1", "BTC") == 0


def test_coins_that_the_desk_has_booked_are_not_counted_twice():
    """Half is sold in the desk's sight: the other half is there for the second order to sell."""
    practice = Practice()
    trader = practice.ready()
    trader.deposit("1", "BTC", "spot-1", "coin")
    for _ in range(2):
        trader.book(SPOT, bids=(("59999.99", "10"),), asks=(("60000.01", "10"),))
        trader.tick(100)
    given = {"instrument": SPOT, "reduce_only": True}
    for name in ("one", "two"):
        trader.sell("0.5", "59999", id=name, confirmed=True, **given)
        trader.run(500)
    assert [practice.exchange.orders[name].filled for name in ("one", "two")] == [D("0.5")] * 2
    agree(practice, trader)
