from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, MS, RULES, SPOT, Trader, full, order, unwritable

from desk.engine.message import WindowChanged
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import (
    AmendOrder,
    CancelAll,
    ClosePosition,
    Flatten,
    Kill,
    Rearm,
    ReversePosition,
    SetLeverage,
    SetMarginMode,
    Transfer,
    WindowClosing,
    Withdraw,
)
from desk.model.events import Acknowledged, Denied, StateChanged
from desk.model.events import Filled as FilledEvent
from desk.model.orders import MarginMode, OrderStatus, OrderType, Side


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


def test_a_deposit_is_one_row_with_its_postings(trader):
    (row,) = [row for row in trader.rows if row.entry.type == "deposit"]
    assert row.entry.id == "dep-1"
    assert row.entry.data["postings"] == [
        {"account": "world", "asset": "USDT", "amount": "-100000"},
        {"account": "perp-1", "asset": "USDT", "amount": "100000"},
    ]
    assert trader.state.ledger.balance("perp-1", "USDT") == D(100000)


def test_an_order_is_journaled_before_it_acts_and_acts_after_its_latency(trader):
    assert acked(trader.buy("1", "60000"))
    assert trader.state.orders["BUY-1-60000"].status is OrderStatus.PENDING
    assert not trader.state.positions
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == D(1)
    fee = D(60000) * D("0.0005")
    assert trader.state.ledger.balance("perp-1", "USDT") == D(100000) - fee


@pytest.mark.fault("T18")
def test_restart_at_every_row_gives_the_same_desk(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.sell("0.4", None, id="half")
    trader.run(60)
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    trader.give(Kill(id="k", reason="test"))
    trader.run(200)
    assert trader.restarted().state.hash() == trader.state.hash()
    for cut in range(len(trader.rows)):
        half = Trader(trader.rows[:cut])
        half.engine.replay(trader.rows[cut:])
        assert half.state.hash() == trader.state.hash()


@pytest.mark.fault("T18")
def test_a_resting_order_survives_a_restart_and_still_fills(trader):
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    again = trader.restarted()
    again.market()
    again.run(60)
    again.trade("58999", "5")
    assert again.state.orders["resting"].status is OrderStatus.FILLED
    assert again.state.position("perp-1", BTC).quantity == D(1)


def test_the_same_id_and_content_is_the_same_command(trader):
    trader.buy("1", "60000")
    rows = len(trader.rows)
    (answer,) = trader.buy("1", "60000")
    assert answer.data["repeated"] is True
    assert len(trader.rows) == rows
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == D(1)


def test_the_same_id_with_other_content_is_denied(trader):
    trader.buy("1", "60000", id="x")
    assert codes(trader.buy("2", "60000", id="x")) == ["ID_REUSED"]
    assert codes(trader.deposit("5", command_id="x")) == ["ID_REUSED"]


def test_a_denial_leaves_its_id_free(trader):
    assert codes(trader.buy("100", "60000", id="x"))
    assert acked(trader.buy("1", "60000", id="x"))


def test_no_fresh_mark_no_new_risk_but_the_way_out_stays_open(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.run(2100)
    assert "STALE_MARK" in codes(trader.buy("0.1", "60000", id="more"))
    assert acked(trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1))))


def test_a_stale_mark_elsewhere_in_the_account_denies_new_risk(trader):
    trader.sell("10", None, id="eth", instrument=ETH)
    trader.run(60)
    trader.run(2000)
    trader.mark(BTC)
    assert codes(trader.buy("0.1", "60000")) == ["STALE_ACCOUNT"]
    assert acked(trader.give(ClosePosition(id="out", instrument=ETH, fraction=D(1))))


def test_a_mark_is_fresh_at_2000_ms_and_stale_after(trader):
    trader.run(1960)
    trader.tick(40)
    assert acked(trader.buy("0.1", "60000"))
    trader.tick(1)
    assert codes(trader.buy("0.2", "60000")) == ["STALE_MARK"]


def test_without_a_client_record_perpetuals_are_denied_and_reducing_is_not():
    trader = Trader(sample_client=False)
    trader.deposit()
    trader.market()
    assert codes(trader.buy("1", "60000")) == ["PI_GATE"]
    rich = Trader()
    rich.deposit()
    rich.market()
    rich.buy("1", "60000")
    rich.run(60)
    again = rich.restarted(sample_client=False)
    again.market()
    assert acked(again.give(ClosePosition(id="out", instrument=BTC, fraction=D(1))))


def test_all_reasons_come_at_once(trader):
    found = codes(trader.buy("45", "61900"))
    assert {"PRICE_COLLAR", "MAX_VALUE", "MARGIN_AFTER_FILL", "LEVERAGE_OVER_CAP"} <= set(found)


def test_margin_after_all_working_orders_is_asked_too(trader):
    # 100,000 at 5× carries 8.3 coins; four resting buys of 2 leave room for less than one.
    for number in range(4):
        assert acked(trader.buy("2", f"{59000 - number}", id=f"r{number}"))
    assert "MARGIN_AFTER_FILL" in codes(trader.buy("2", "58990", id="r5"))


def test_an_order_that_would_flip_the_position_is_new_risk(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.process(WindowChanged(attached=True))
    trader.run(3100)
    assert trader.state.state == "REDUCING"
    trader.mark()
    (denied,) = [e for e in trader.sell("1.5", "60000") if isinstance(e, Denied)]
    assert denied.denials[0].code == "STATE_REDUCING"
    assert "Up to 1 reduces" in denied.denials[0].message
    assert acked(trader.sell("1", "59999.9"))


def test_a_halted_desk_takes_close_and_flatten_and_no_order(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.give(Kill(id="k", reason="test"))
    assert codes(trader.sell("1", "59999.9")) == ["STATE_HALTED"]
    assert acked(trader.give(ClosePosition(id="out", instrument=BTC, fraction=D("0.5"))))
    trader.run(60)
    assert acked(trader.give(Flatten(id="f")))
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 0


def test_where_the_profile_forbids_it_a_halted_desk_only_cancels():
    limits = msgspec.structs.replace(RULES.limits, allow_reduce_when_halted=False)
    trader = Trader(rules=msgspec.structs.replace(RULES, limits=limits))
    trader.deposit()
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.give(Kill(id="k", reason="test"))
    shut = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    assert codes(shut) == ["STATE_HALTED"]
    assert codes(trader.give(Flatten(id="f"))) == ["STATE_HALTED"]
    assert acked(trader.give(CancelAll(id="c")))


@pytest.mark.fault("T05")
def test_kill_halts_cancels_and_survives_a_restart(trader):
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    events = trader.give(Kill(id="k", reason="fat finger"))
    assert [type(e) for e in events] == [StateChanged, Acknowledged]
    trader.run(100)
    assert trader.state.orders["resting"].status is OrderStatus.CANCELLED
    again = trader.restarted()
    assert again.state.state == "HALTED"
    again.market()
    assert codes(again.buy("1", "60000", id="new"))[0] == "STATE_HALTED"


def test_kill_takes_effect_with_its_message_and_its_cancels_within_a_second(trader):
    for number in range(20):
        trader.buy("0.01", f"59{number:02}0", id=f"resting-{number}")
        trader.run(1020)
        trader.mark()
    started = trader.now_ns
    trader.give(Kill(id="k", reason="fat finger"))
    assert trader.state.state == "HALTED"
    assert trader.now_ns - started <= 100 * MS
    while any(order.is_live for order in trader.state.orders.values()):
        trader.tick(20)
    assert trader.now_ns - started <= 1000 * MS


@pytest.mark.fault("T05")
def test_every_latch_survives_a_restart_and_only_a_person_lifts_it(trader):
    trader.process(WindowChanged(attached=True))
    trader.run(3200)
    trader.process(WindowChanged(attached=False))
    trader.mark()
    trader.give(Kill(id="k", reason="test"))
    trader.run(60_000, step=1000)
    again = trader.restarted()
    assert set(again.state.latches) == {"heartbeat", "kill"}
    assert again.state.state == "HALTED"
    assert acked(again.give(Rearm(id="r", name="Ada", reason="checked everything")))
    assert again.restarted().state.state == "ACTIVE"


def test_kill_keeps_reduce_only_orders_and_kill_all_does_not(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.sell("1", "61000", id="out", reduce_only=True)
    trader.run(60)
    trader.give(Kill(id="k", reason="test"))
    trader.run(100)
    assert trader.state.orders["out"].is_live
    trader.give(Kill(id="k2", reason="test", everything=True))
    trader.run(100)
    assert trader.state.orders["out"].status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("name", "reason", "code"), [("", "a good long reason", "NAME"), ("Ada", "short", "REASON")]
)
def test_rearming_needs_a_name_and_a_reason(trader, name, reason, code):
    trader.give(Kill(id="k", reason="test"))
    assert codes(trader.give(Rearm(id="r", name=name, reason=reason))) == [code]
    assert trader.state.state == "HALTED"


def test_where_the_profile_asks_for_two_one_person_cannot_rearm():
    trader = Trader(rules=msgspec.structs.replace(RULES, two_persons=True))
    trader.give(Kill(id="k", reason="test"))
    reason = "checked everything twice"
    assert codes(trader.give(Rearm(id="a", name="Ada", reason=reason))) == ["SECOND_NAME"]
    same = Rearm(id="b", name="Ada", reason=reason, second_name="Ada")
    assert codes(trader.give(same)) == ["SECOND_NAME"]
    written = Rearm(id="d", name="Ada Lo", reason=reason, second_name=" ada  LO")
    assert codes(trader.give(written)) == ["SECOND_NAME"]
    assert acked(trader.give(Rearm(id="c", name="Ada", reason=reason, second_name="Bo")))


def test_rearming_lifts_every_latch(trader):
    trader.give(Kill(id="k", reason="test"))
    trader.give(Rearm(id="r", name="Ada", reason="checked everything twice"))
    assert trader.state.state == "ACTIVE"
    trader.mark()
    assert acked(trader.buy("1", "60000"))


def test_cancels_pass_in_every_state(trader):
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    trader.state.latches.clear()
    trader.give(Kill(id="k", reason="test"))
    assert acked(trader.give(CancelAll(id="c")))


def test_a_full_disk_stops_new_risk_and_nothing_else(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.refuse = full()
    assert codes(trader.buy("0.5", "60000", id="more")) == ["DISK_FULL"]
    assert "more" not in trader.state.orders
    events = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    assert acked(events)
    assert events[-1].durable is True
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 0
    assert trader.state.state == "ACTIVE"
    trader.refuse = None
    trader.mark()
    assert acked(trader.buy("0.5", "60000", id="again"))


def test_after_a_failed_sync_the_desk_is_halted_and_lets_you_out(trader):
    trader.buy("1", "60000")
    trader.run(60)
    durable = trader.state.seq
    trader.refuse = unwritable()
    refused = trader.buy("0.5", "60000", id="more")
    assert codes(refused) == ["JOURNAL_UNWRITABLE"]
    assert trader.state.state == "HALTED"
    changed = [event for event in refused if isinstance(event, StateChanged)]
    assert [(one.before, one.after) for one in changed] == [("ACTIVE", "HALTED")]
    assert "a sync failed" in changed[0].reason
    events = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    assert [e.durable for e in events if isinstance(e, Acknowledged)] == [False]
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 0
    assert trader.state.seq == durable
    trader.refuse = None
    assert codes(trader.give(Rearm(id="r", name="Ada", reason="the disk is well"))) == ["JOURNAL"]


def test_a_lost_heartbeat_reduces_and_cancels_what_adds_risk(trader):
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    trader.process(WindowChanged(attached=True))
    trader.run(2900)
    assert trader.state.state == "ACTIVE"
    trader.run(300)
    assert trader.state.state == "REDUCING"
    assert trader.state.orders["resting"].status is OrderStatus.CANCELLED
    assert trader.restarted().state.state == "REDUCING"


def test_a_desk_that_was_stopped_itself_does_not_blame_the_window(trader):
    trader.process(WindowChanged(attached=True))
    trader.run(200)
    trader.tick(30_000)
    trader.run(1_400)
    assert trader.state.state == "ACTIVE"
    trader.run(300)
    assert trader.state.state == "REDUCING"


def test_a_window_that_crashed_is_not_a_lost_heartbeat(trader):
    trader.process(WindowChanged(attached=True))
    trader.process(WindowChanged(attached=False))
    trader.run(5000)
    assert trader.state.state == "ACTIVE"


def test_the_tenth_identical_order_locks_the_desk(trader):
    for number in range(10):
        trader.run(1020)
        trader.mark()
        assert acked(trader.buy("0.01", "59000", id=f"same-{number}"))
    assert trader.state.state == "REDUCING"
    assert "identical" in next(iter(trader.state.latches.values())).reason


def test_the_same_order_within_a_second_asks(trader):
    trader.buy("0.01", "59000", id="a")
    assert codes(trader.buy("0.01", "59000", id="b")) == ["REPEATED"]
    assert acked(trader.buy("0.01", "59000", id="c", confirmed=True))


def test_flatten_closes_everything_and_cancels(trader):
    trader.buy("1", "60000")
    trader.sell("10", None, id="eth", instrument=ETH)
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    trader.give(Flatten(id="f"))
    trader.run(100)
    assert all(not p.quantity for p in trader.state.positions.values())
    assert not trader.state.live_orders()


def test_flatten_takes_no_id_that_an_order_has(trader):
    trader.buy("1", "60000", id="f-1")
    trader.run(60)
    trader.give(Flatten(id="f"))
    trader.run(100)
    assert not trader.state.position("perp-1", BTC).quantity
    assert trader.state.orders["f-1"].filled == 1


def test_money_leaves_only_when_margin_allows(trader):
    trader.buy("5", "60000")  # 300,000 at 5× binds 60,000
    trader.run(60)
    refused = trader.give(Withdraw(id="w", account="perp-1", asset="USDT", quantity=D(50000)))
    assert codes(refused) == ["MARGIN_AFTER_WITHDRAWAL"]
    moved = trader.give(
        Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(30000))
    )
    assert acked(moved)
    assert trader.state.ledger.balance("spot-1", "USDT") == D(30000)


def test_isolated_margin_moves_with_the_position(trader):
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.give(SetLeverage(id="l", instrument=BTC, leverage=D(4)))
    trader.buy("1", "60000")
    trader.run(60)
    wallet = f"perp-1/{BTC}"
    assert trader.state.ledger.balance(wallet, "USDT") == D(15000)
    trader.mark()
    trader.sell("0.5", "59999.9")
    trader.run(60)
    assert trader.state.ledger.balance(wallet, "USDT") == D(7500)
    assert codes(trader.give(SetMarginMode(id="m2", instrument=BTC, mode=MarginMode.CROSS))) == [
        "NOT_FLAT"
    ]
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.run(60)
    assert trader.state.ledger.balance(wallet, "USDT") == 0


def test_liquidation_price_moves_with_the_other_mark(trader):
    trader.buy("5", "60000")
    trader.buy("30", "2500", id="eth", instrument=ETH)
    trader.run(60)
    before = trader.desk.figures("perp-1").positions[0].liquidation_price
    trader.mark(ETH, "2400")
    after = trader.desk.figures("perp-1").positions[0].liquidation_price
    assert after > before


def test_money_is_neither_made_nor_lost_by_trading(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.delta(bids=(("59999.9", "0"), ("59000", "9")), asks=(("60000.0", "0"), ("59500", "9")))
    trader.mark(price="59400")
    trader.sell("1", None)
    trader.run(60)
    balances = trader.state.ledger.document()
    total = sum(D(assets.get("USDT", "0")) for assets in balances.values())
    assert total == 0
    assert D(balances["perp-1"]["USDT"]) == D(100000) - 1000 - D(30) - D("29.5")


def test_a_pool_holds_its_settle_asset_alone(trader):
    assert codes(trader.deposit("1", asset="BTC", command_id="d2")) == ["ASSET"]
    assert acked(trader.deposit("1", asset="BTC", account="spot-1", command_id="d3"))


def test_leaving_cancels_what_was_chosen(trader):
    trader.buy("1", "60000")
    trader.run(60)
    trader.sell("1", "61000", id="out", reduce_only=True)
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    (asked,) = trader.give(WindowClosing(id="bye"))
    assert sorted(asked.orders) == ["out", "resting"]
    trader.give(WindowClosing(id="bye", choice="leave_positions"))
    trader.run(100)
    assert trader.state.orders["out"].is_live
    assert not trader.state.orders["resting"].is_live


def test_the_window_leaves_as_often_as_it_comes(trader):
    """It gives no id: what has none repeats nothing."""
    for number, choice in enumerate(["cancel_all", "cancel_all", "leave_positions"]):
        trader.market()
        trader.buy("1", "59000", id=f"resting-{number}", confirmed=True)
        trader.run(60)
        (*_, said) = trader.give(WindowClosing(choice=choice))
        assert isinstance(said, Acknowledged)
        trader.run(100)
        assert not trader.state.live_orders()


def test_a_close_without_an_id_names_its_order_itself(trader):
    trader.buy("1", "60000", id="e")
    trader.run(60)
    for share in ("0.5", "1"):
        assert acked(trader.give(ClosePosition(instrument=BTC, fraction=D(share))))
        trader.run(60)
    assert list(trader.state.orders) == ["e", "close-1", "close-2"]
    assert trader.state.position("perp-1", BTC).quantity == 0
    assert acked(trader.give(Kill(id="", reason="no id either")))


def test_an_order_without_an_id_is_denied(trader):
    assert codes(trader.buy("1", "60000", id="")) == ["ID"]
    trader.buy("1", "60000", id="e")
    trader.run(60)
    assert codes(trader.give(ReversePosition(instrument=BTC))) == ["ID"]
    assert list(trader.state.orders) == ["e"]


def test_a_kill_of_the_same_id_halts_a_desk_that_was_rearmed(trader):
    for _ in range(2):
        assert acked(trader.give(Kill(id="k", reason="again")))
        assert trader.state.state == "HALTED"
        (again,) = trader.give(Kill(id="k", reason="again"))
        assert again.data == {"repeated": True}
        trader.give(Rearm(id="", name="Ada", reason="checked every order"))
        assert trader.state.state == "ACTIVE"
    trader.give(Kill(id="k", reason="again"))
    assert trader.restarted().state.hash() == trader.state.hash()


def test_a_fill_is_told_once(trader):
    trader.buy("1", "60000")
    trader.run(60)
    assert sum(isinstance(event, FilledEvent) for event in trader.events) == 1


def test_spot_is_paid_for_in_full(trader):
    trader.book("BTCUSDT.BINANCE")
    trader.give(Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(6006)))
    too_much = order(Side.BUY, "0.11", "60000", id="a", instrument="BTCUSDT.BINANCE")
    assert codes(trader.give(too_much)) == ["INSUFFICIENT_BALANCE"]
    enough = order(Side.BUY, "0.1", "60000", id="b", instrument="BTCUSDT.BINANCE")
    assert acked(trader.give(enough))
    trader.run(60)
    assert trader.state.ledger.balance("spot-1", "BTC") == D("0.1")
    assert trader.state.ledger.balance("spot-1", "USDT") == 0


def spot_trader(balance):
    trader = Trader()
    trader.deposit(balance, account="spot-1")
    trader.book(SPOT, bids=(("59999.99", "10"),), asks=(("60000", "10"),))
    return trader


def test_a_market_buy_in_spot_is_paid_for_as_far_as_its_collar():
    trader = spot_trader("61900")
    given = trader.buy("1.01", None, id="a", instrument=SPOT)
    assert codes(given) == ["INSUFFICIENT_BALANCE"]
    assert acked(trader.buy("1", None, id="b", instrument=SPOT))
    trader.book(SPOT, bids=(("61799", "10"),), asks=(("61799.99", "10"),))
    trader.run(60)
    assert trader.state.ledger.balance("spot-1", "BTC") == 1
    assert 0 <= trader.state.ledger.balance("spot-1", "USDT") < 100


@pytest.mark.parametrize("stop", [None, "60500"])
def test_a_share_of_the_cash_buys_what_it_pays_for_at_market(stop):
    trader = spot_trader("10000")
    fields = {} if stop is None else {"type": OrderType.STOP, "trigger": D(stop)}
    whole = Quantity(D(100), QuantityUnit.PERCENT)
    assert acked(trader.buy(whole, None, id="b", instrument=SPOT, **fields))


def test_a_stop_amended_to_a_share_of_the_cash_buys_what_it_pays_for_at_market():
    trader = spot_trader("10000")
    fields = {"instrument": SPOT, "type": OrderType.STOP, "trigger": D(60500)}
    assert acked(trader.buy("0.01", None, id="b", **fields))
    trader.run(60)
    whole = Quantity(D(100), QuantityUnit.PERCENT)
    assert acked(trader.give(AmendOrder(id="a", order_id="b", quantity=whole)))
    trader.run(60)
    assert trader.state.orders["b"].terms.quantity > D("0.15")


def test_a_stop_buy_in_spot_that_its_account_cannot_pay_for_when_it_acts_is_refused():
    trader = spot_trader("60100")
    fields = {"instrument": SPOT, "type": OrderType.STOP, "trigger": D(61000)}
    assert codes(trader.buy("0.96", None, id="a", **fields)) == ["INSUFFICIENT_BALANCE"]
    assert acked(trader.buy("0.95", None, id="b", **fields))
    trader.run(60)
    trader.book(SPOT, bids=(("69999", "10"),), asks=(("70000", "10"),))
    trader.run(60)
    order = trader.state.orders["b"]
    assert order.status is OrderStatus.REJECTED
    assert order.reason == "the account cannot pay for it any more"
    assert trader.state.ledger.balance("spot-1", "USDT") == 60100
    assert not trader.state.latches


@pytest.mark.parametrize(
    ("quantity", "price"), [("9" * 24, "60000"), ("1", "9" * 24)], ids=["quantity", "price"]
)
def test_a_number_beyond_all_counting_is_denied(trader, quantity, price):
    trader.book(SPOT)
    assert codes(trader.buy(quantity, price, instrument=SPOT))
    trader.deposit("1", asset="BTC", account="spot-1", command_id="dep-2")
    assert codes(trader.sell(quantity, price, instrument=SPOT))
