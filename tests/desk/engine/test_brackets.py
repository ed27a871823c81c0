"""Brackets on the real engine: legs that follow the fills, and end one another."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, CATALOGUE, Trader

from desk.engine.state import DeskState
from desk.model.command import Quantity
from desk.model.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Flatten,
    Kill,
    WindowFailed,
)
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import OrderStatus, OrderType, Side

S = OrderStatus


class Noting(Trader):
    """Notes after which rows a write ended: between those a crash may come."""

    def __init__(self, rows=()):
        self.ends = []
        super().__init__(rows)

    def _answer(self, entries):
        answer = super()._answer(entries)
        self.ends.append(len(self.rows))
        return answer


@pytest.fixture
def trader():
    trader = Noting()
    trader.deposit()
    trader.market()
    return trader


def codes(events):
    return [d.code for event in events if isinstance(event, Denied) for d in event.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def alerts(trader):
    return [event.code for event in trader.events if isinstance(event, Alerted)]


def enter(trader, quantity="1", price="60000", **fields):
    """Buy with a stop at 58,000 and a profit at 62,000."""
    given = {"id": "e", "stop_loss": D(58000), "take_profit": D(62000)}
    return trader.buy(quantity, price, **given | fields)


def legs(trader):
    """Each leg that there ever was: (status, quantity, filled)."""
    return {
        order.id: (order.status, order.terms.quantity, order.filled)
        for order in trader.state.orders.values()
        if order.terms.parent is not None
    }


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def settle(trader):
    """Let everything that is on its way arrive."""
    trader.run(120)


def test_an_entry_that_fills_gets_both_legs_in_one_row_behind_its_fill(trader):
    assert acked(enter(trader))
    trader.run(60)
    kinds = [row.entry.type for row in trader.rows][-2:]
    assert kinds == ["fill", "bracket"]
    settle(trader)
    stop, profit = trader.state.orders["e-sl"].terms, trader.state.orders["e-tp"].terms
    assert (stop.type, stop.trigger, stop.side) == (OrderType.STOP, D(58000), Side.SELL)
    assert (profit.type, profit.trigger) == (OrderType.TAKE_PROFIT, D(62000))
    assert stop.reduce_only
    assert profit.reduce_only
    assert legs(trader) == {
        "e-sl": (S.WAITING, D(1), D(0)),
        "e-tp": (S.WAITING, D(1), D(0)),
    }


def test_legs_grow_with_what_fills(trader):
    enter(trader, "1", "59000")
    settle(trader)
    assert legs(trader) == {}
    for sold, total in (("0.25", "0.25"), ("0.5", "0.75"), ("0.25", "1")):
        trader.trade("58999.9", sold)
        settle(trader)
        trader.mark()
        assert held(trader) == D(total)
        assert legs(trader) == {
            "e-sl": (S.WAITING, D(total), D(0)),
            "e-tp": (S.WAITING, D(total), D(0)),
        }


def test_a_parent_that_is_cancelled_unfilled_leaves_no_legs(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.give(CancelOrder(id="c", order_id="e"))
    settle(trader)
    assert trader.state.orders["e"].status is S.CANCELLED
    assert legs(trader) == {}
    assert trader.state.brackets.open == []


def test_the_stop_closes_the_position_and_ends_the_profit(trader):
    enter(trader)
    settle(trader)
    trader.book(bids=(("57950", "10"),), asks=(("57951", "10"),))
    trader.mark(price="58000.1")
    assert trader.state.orders["e-sl"].status is S.WAITING
    trader.mark(price="58000")
    assert held(trader) == 0
    settle(trader)
    assert legs(trader) == {
        "e-sl": (S.FILLED, D(1), D(1)),
        "e-tp": (S.CANCELLED, D(1), D(0)),
    }
    assert alerts(trader) == ["TRIGGERED"]


def test_the_profit_closes_the_position_and_ends_the_stop(trader):
    enter(trader)
    settle(trader)
    trader.book(bids=(("62010", "10"),), asks=(("62011", "10"),))
    trader.mark(price="61999.9")
    assert held(trader) == 1
    trader.mark(price="62000")
    settle(trader)
    assert held(trader) == 0
    assert legs(trader) == {
        "e-sl": (S.CANCELLED, D(1), D(0)),
        "e-tp": (S.FILLED, D(1), D(1)),
    }


def test_a_profit_that_fills_in_part_shrinks_the_stop(trader):
    enter(trader)
    settle(trader)
    trader.book(bids=(("62010", "0.3"),), asks=(("62011", "10"),))
    trader.mark(price="62000")
    trader.run(200)
    assert held(trader) == D("0.7")
    assert legs(trader)["e-tp"] == (S.CANCELLED, D(1), D("0.3"))
    assert legs(trader)["e-sl"] == (S.WAITING, D("0.7"), D(0))
    assert "UNPROTECTED" in alerts(trader)


def test_a_stop_that_was_lost_is_said_again_at_each_start_until_the_position_is_gone(trader):
    enter(trader)
    settle(trader)
    trader.book(bids=(("57950", "0.3"),), asks=(("57951", "10"),))
    trader.mark(price="57990")
    trader.run(200)
    assert held(trader) == D("0.7")
    assert "UNPROTECTED" in alerts(trader)
    again = trader.restarted()
    again.run(60)
    assert "STILL_UNPROTECTED" in alerts(again)
    again.market()
    again.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    settle(again)
    again.buy("1", id="plain")
    settle(again)
    assert held(again) == 1
    later = again.restarted()
    later.run(60)
    assert "STILL_UNPROTECTED" not in alerts(later)


def test_a_stop_that_a_person_took_away_is_not_called_lost(trader):
    enter(trader)
    settle(trader)
    trader.give(CancelOrder(id="c", order_id="e-sl"))
    settle(trader)
    again = trader.restarted()
    again.run(60)
    assert held(again) == 1
    assert "STILL_UNPROTECTED" not in alerts(again)


def test_once_a_leg_is_triggered_the_rest_of_the_entry_is_cancelled(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.trade("58999.9", "0.4")
    settle(trader)
    trader.book(bids=(("57950", "10"),), asks=(("57951", "10"),))
    assert trader.state.orders["e"].status is S.FILLED or held(trader) > 0
    trader.mark(price="58000")
    settle(trader)
    assert not trader.state.orders["e"].is_live
    assert held(trader) == 0


def test_a_short_is_guarded_on_the_other_side(trader):
    trader.sell("1", "59999.9", id="e", stop_loss=D(62000), take_profit=D(58000))
    settle(trader)
    assert {o.terms.side for o in trader.state.orders.values() if o.terms.parent} == {Side.BUY}
    trader.book(bids=(("62010", "10"),), asks=(("62011", "10"),))
    trader.mark(price="62000")
    settle(trader)
    assert held(trader) == 0
    assert legs(trader)["e-sl"][0] is S.FILLED
    assert legs(trader)["e-tp"][0] is S.CANCELLED


def test_legs_end_with_the_position(trader):
    enter(trader)
    settle(trader)
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    settle(trader)
    trader.mark()
    settle(trader)
    assert held(trader) == 0
    assert {leg[0] for leg in legs(trader).values()} == {S.CANCELLED}
    assert trader.state.brackets.open == []
    assert alerts(trader) == []


def test_what_is_half_closed_by_hand_is_never_closed_past_flat(trader):
    enter(trader)
    settle(trader)
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D("0.5")))
    settle(trader)
    trader.book(bids=(("57950", "10"),), asks=(("57951", "10"),))
    trader.mark(price="57990")
    settle(trader)
    trader.mark(price="57990")
    settle(trader)
    assert held(trader) == 0
    assert legs(trader)["e-sl"] == (S.CANCELLED, D(1), D("0.5"))
    assert not trader.state.live_orders()
    assert "UNPROTECTED" not in alerts(trader)


def test_a_leg_that_a_person_cancels_stays_away_and_later_fills_get_a_new_one(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.trade("58999.9", "0.4")
    settle(trader)
    trader.mark()
    trader.give(CancelOrder(id="c", order_id="e-sl"))
    settle(trader)
    settle(trader)
    assert legs(trader)["e-sl"] == (S.CANCELLED, D("0.4"), D(0))
    assert "e-sl-2" not in trader.state.orders
    trader.trade("58999.9", "0.6")
    settle(trader)
    trader.mark()
    assert legs(trader)["e-sl-2"] == (S.WAITING, D("0.6"), D(0))
    assert legs(trader)["e-tp"] == (S.WAITING, D(1), D(0))
    assert alerts(trader) == []


def test_kill_leaves_the_legs_and_what_still_fills_is_guarded(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.give(Kill(id="k", reason="test"))
    trader.trade("58999.9", "0.4")  # before the cancel arrives
    settle(trader)
    assert trader.state.state == "HALTED"
    assert trader.state.orders["e"].status is S.CANCELLED
    assert held(trader) == D("0.4")
    assert legs(trader) == {
        "e-sl": (S.WAITING, D("0.4"), D(0)),
        "e-tp": (S.WAITING, D("0.4"), D(0)),
    }


def test_kill_all_and_flatten_end_the_legs_for_good(trader):
    enter(trader)
    settle(trader)
    trader.give(Kill(id="k", reason="test", everything=True))
    settle(trader)
    settle(trader)
    assert {leg[0] for leg in legs(trader).values()} == {S.CANCELLED}
    assert held(trader) == 1
    trader.give(Flatten(id="f"))
    settle(trader)
    assert held(trader) == 0
    assert len(legs(trader)) == 2


def test_cancel_all_leaves_nothing_that_comes_back(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.trade("58999.9", "0.4")
    settle(trader)
    trader.give(CancelAll(id="c"))
    settle(trader)
    settle(trader)
    assert not trader.state.live_orders()
    assert held(trader) == D("0.4")


def test_a_stale_mark_places_the_legs_and_triggers_none(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.run(2100)
    trader.trade("58999.9", "0.4")
    settle(trader)
    assert legs(trader)["e-sl"] == (S.WAITING, D("0.4"), D(0))
    trader.book(bids=(("57000", "10"),), asks=(("57001", "10"),))
    settle(trader)
    assert trader.state.orders["e-sl"].status is S.WAITING
    trader.mark(price="57000")
    settle(trader)
    assert held(trader) == 0


def test_a_fill_behind_its_stop_already_is_closed_at_once(trader):
    enter(trader, "1", "59000")
    settle(trader)
    trader.book(bids=(("57900", "10"),), asks=(("59100", "10"),))
    trader.mark(price="57990")
    trader.trade("58999.9", "0.4")
    settle(trader)
    assert legs(trader)["e-sl"][0] is S.FILLED
    assert held(trader) == 0
    assert trader.state.orders["e"].status is S.CANCELLED


def test_the_trigger_of_a_leg_is_amended_and_its_quantity_is_not(trader):
    enter(trader)
    settle(trader)
    trader.mark()
    quantity = Quantity(D("0.4"))
    assert codes(trader.give(AmendOrder(id="q", order_id="e-sl", quantity=quantity))) == [
        "LEG_QUANTITY"
    ]
    assert acked(trader.give(AmendOrder(id="p", order_id="e-sl", price=D(59000))))
    settle(trader)
    assert trader.state.orders["e-sl"].terms.trigger == D(59000)
    assert legs(trader)["e-sl"] == (S.WAITING, D(1), D(0))


@pytest.mark.parametrize("way", ["reducing", "old mark"])
def test_the_stop_of_a_position_that_was_halved_can_still_be_moved(trader, way):
    enter(trader)
    settle(trader)
    trader.give(ClosePosition(id="half", instrument=BTC, fraction=D("0.5")))
    settle(trader)
    assert legs(trader)["e-sl"] == (S.WAITING, D(1), D(0))
    if way == "reducing":
        trader.give(WindowFailed(id="failed", what="a fault"))
        trader.mark()
    else:
        trader.tick(2001)
    assert acked(trader.give(AmendOrder(id="up", order_id="e-sl", trigger=D(58600))))
    settle(trader)
    assert trader.state.orders["e-sl"].terms.trigger == D(58600)
    assert legs(trader)["e-sl"] == (S.WAITING, D(1), D(0))


@pytest.mark.fault("T18")
def test_restart_at_every_row_of_a_brackets_life_is_the_same_desk(trader):
    enter(trader, "1", "59000")
    settle(trader)
    for sold in ("0.25", "0.5"):
        trader.trade("58999.9", sold)
        settle(trader)
    trader.mark()
    trader.give(AmendOrder(id="p", order_id="e-sl", price=D(58500)))
    settle(trader)
    trader.book(bids=(("58450", "0.2"), ("58400", "9")), asks=(("58451", "10"),))
    trader.mark(price="58500")
    settle(trader)
    assert held(trader) == 0
    assert trader.restarted().state.hash() == trader.state.hash()
    for cut in trader.ends:
        again = Trader(trader.rows[:cut])
        state = DeskState(CATALOGUE)
        for row in again.rows:
            state.apply(row)
        assert again.state.hash() == state.hash()
        # What a crash kept from being written is the first thing that the desk writes.
        made_good = [row.entry.data for row in again.rows[cut:]]
        assert made_good == [row.entry.data for row in trader.rows[cut : len(again.rows)]]


def test_after_a_crash_at_any_row_what_is_held_is_guarded_and_closes_flat(trader):
    enter(trader, "1", "59000")
    settle(trader)
    for sold in ("0.25", "0.75"):
        trader.trade("58999.9", sold)
        settle(trader)
    for cut in range(3, len(trader.rows) + 1):
        again = Trader(trader.rows[:cut])
        again.market()
        settle(again)
        settle(again)
        position = held(again)
        if position:
            assert legs(again)["e-sl"][:2] == (S.WAITING, position)
            assert legs(again)["e-tp"][:2] == (S.WAITING, position)
        again.give(CancelOrder(id="c", order_id="e"))
        settle(again)
        again.book(bids=(("57950", "10"),), asks=(("57951", "10"),))
        again.mark(price="57990")
        settle(again)
        settle(again)
        assert held(again) == 0
        assert not again.state.live_orders()
        fills = [fill.id for fill in again.state.fills]
        assert len(fills) == len(set(fills))
