"""Stops, take-profits and their margin on the real engine."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader

from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import CancelOrder, Deposit, Kill
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import OrderStatus, OrderType, Side

S = OrderStatus
STOP = OrderType.STOP


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


def codes(events):
    return [d.code for event in events if isinstance(event, Denied) for d in event.denials]


def acked(events):
    return any(isinstance(event, Acknowledged) for event in events)


def alerts(events):
    return [(e.code, e.message) for e in events if isinstance(e, Alerted)]


def stop(trader, side, quantity, trigger, **fields):
    give = trader.buy if side is Side.BUY else trader.sell
    return give(quantity, None, **{"type": STOP, "trigger": D(trigger), "id": "s"} | fields)


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def test_a_stop_entry_is_new_risk_and_is_margined_while_it_waits(trader):
    assert acked(stop(trader, Side.BUY, "1", "62000"))
    trader.run(60)
    assert trader.state.orders["s"].status is S.WAITING
    # 62,000 × 1.03 / 5, and against the mark of 60,000 a loss of 3,860 at once.
    assert trader.desk.figures("perp-1").order_margin == D(12772) + D(3860)
    assert codes(stop(trader, Side.BUY, "9", "62000", id="big"))


def test_a_stop_entry_acts_at_its_mark_and_is_journaled(trader):
    stop(trader, Side.BUY, "1", "62000")
    trader.run(60)
    trader.book(bids=(("62001", "5"),), asks=(("62002", "5"),))
    trader.mark(price="62000.5")
    assert held(trader) == 1
    assert [row.entry.type for row in trader.rows][-3:] == ["accepted", "triggered", "fill"]
    outcome = trader.rows[-2].entry.data["outcome"]
    assert (outcome["mark"], outcome["collar_price"]) == ("62000.5", "63860.5")
    assert ("TRIGGERED", "s is triggered by the mark 62,000.5.") in alerts(trader.events)


def test_a_protective_stop_passes_in_a_reducing_desk_and_outlives_a_kill(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.run(2100)
    assert acked(stop(trader, Side.SELL, "1", "58000", reduce_only=True))
    trader.give(Kill(id="k", reason="test"))
    trader.run(100)
    assert trader.state.orders["s"].status is S.WAITING
    trader.book(bids=(("57990", "5"),), asks=(("57991", "5"),))
    trader.mark(price="57999")
    assert held(trader) == 0


def test_a_stop_on_the_wrong_side_is_denied(trader):
    trader.buy("1", "60000")
    trader.run(60)
    assert codes(stop(trader, Side.SELL, "1", "60000", reduce_only=True)) == ["WOULD_TRIGGER"]
    assert acked(stop(trader, Side.SELL, "1", "59999.9", reduce_only=True))


def test_the_named_stop_passes_and_one_tick_beyond_is_denied(trader):
    given = {"quantity": "7", "price": "60000", "id": "e", "reduce_only": False}
    denied = trader.buy(**given, stop_loss=D(30000))
    (denial,) = denied[-1].denials
    assert denial.code == "STOP_BEYOND_LIQUIDATION"
    safe = D(denial.limit)
    beyond = trader.buy(**given | {"id": "e2"}, stop_loss=safe - D("0.1"))
    assert codes(beyond) == ["STOP_BEYOND_LIQUIDATION"]
    assert acked(trader.buy(**given, stop_loss=safe))
    trader.run(60)
    (position,) = trader.desk.figures("perp-1").positions
    assert safe * D("0.97") > position.liquidation_price
    assert (safe - D("0.1")) * D("0.97") <= position.liquidation_price


def test_a_protective_stop_is_held_against_liquidation_too(trader):
    trader.buy("7", "60000")
    trader.run(60)
    (denial,) = stop(trader, Side.SELL, "7", "47000", reduce_only=True)[-1].denials
    assert denial.code == "STOP_BEYOND_LIQUIDATION"
    assert acked(stop(trader, Side.SELL, "7", denial.limit, reduce_only=True))


def test_risk_sizes_the_order_from_its_stop(trader):
    risk = Quantity(D(500), QuantityUnit.RISK, "USDT")
    trader.buy(risk, "59000", id="e", stop_loss=D(58000))
    # 1,000 + 0.0005 × (59,000 + 58,000) = 1,058.5 a coin.
    assert trader.state.orders["e"].terms.quantity == D("0.472")
    assert codes(trader.buy(risk, "59000", id="n")) == ["QUANTITY_UNIT"]


def test_stops_that_cannot_see_are_told_of_once_and_so_is_their_return(trader):
    stop(trader, Side.BUY, "1", "62000")
    trader.run(60)
    before = len(trader.events)
    trader.run(3000)
    told = f"{BTC} has no fresh mark: 1 order cannot be triggered."
    assert alerts(trader.events[before:]) == [("STOPS_BLIND", told)]
    trader.mark()
    trader.run(40)
    back = f"{BTC} has a fresh mark again: 1 order can be triggered."
    assert alerts(trader.events[before:])[1:] == [("STOPS_SEE", back)]
    trader.run(3000)
    trader.give(CancelOrder(id="c", order_id="s"))
    trader.run(100)
    before = len(trader.events)
    trader.mark()
    trader.run(100)
    assert alerts(trader.events[before:]) == []


def test_a_stale_mark_triggers_nothing_however_far_the_market_went(trader):
    trader.buy("1", "60000")
    trader.run(60)
    stop(trader, Side.SELL, "1", "59000", reduce_only=True)
    trader.run(2100)
    trader.book(bids=(("50000", "5"),), asks=(("50001", "5"),))
    trader.trade("50000", "9")
    assert held(trader) == 1
    assert trader.state.orders["s"].status is S.WAITING


@pytest.mark.fault("T18")
@pytest.mark.parametrize("cut_after", ["order", "accepted", "triggered", "fill"])
def test_a_stop_survives_a_restart_after_every_row(trader, cut_after):
    trader.buy("1", "60000")
    trader.run(60)
    stop(trader, Side.SELL, "1", "59000", reduce_only=True)
    trader.run(60)
    trader.book(bids=(("58990", "5"),), asks=(("58991", "5"),))
    trader.mark(price="58995")
    assert held(trader) == 0
    kinds = [row.entry.type for row in trader.rows]
    again = Trader(trader.rows[: len(kinds) - kinds[::-1].index(cut_after)])
    again.run(60)
    again.book(bids=(("58990", "5"),), asks=(("58991", "5"),))
    again.mark(price="58995")
    again.run(60)
    again.mark(price="58995")
    assert held(again) == 0
    assert not again.state.live_orders()
    assert again.state.ledger.document() == trader.state.ledger.document()


def test_a_spot_holding_is_guarded_like_a_position(trader):
    trader.give(Deposit(id="d", account="spot-1", asset="USDT", quantity=D(70000)))
    trader.book(SPOT, bids=(("59999", "5"),), asks=(("60000", "5"),))
    bought = trader.buy("1", "60000", id="e", instrument=SPOT,
                        stop_loss=D(58000), take_profit=D(62000))  # fmt: skip
    assert acked(bought)
    trader.run(120)
    assert {o.id: o.status for o in trader.state.live_orders()} == {
        "e-sl": S.WAITING,
        "e-tp": S.WAITING,
    }
    trader.book(SPOT, bids=(("57990", "5"),), asks=(("57991", "5"),))
    trader.run(120)
    assert trader.state.ledger.balance("spot-1", "BTC") == 0
    assert not trader.state.live_orders()
