"""A close-out at work: triggered on a confirmed mark, step by step, verified, resumed, ended."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, RULES, Trader, full, unwritable

from desk.cli.shipped import shipped
from desk.model.commands import (
    CancelAll,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    SetCloseOutOrder,
    SetMarginMode,
)
from desk.model.events import Alerted, Denied
from desk.model.market_data import BookLost
from desk.model.orders import MarginMode, OrderStatus

# 1 BTC bought at 60,000 on 15,000: at 45,200 the pool is worth 170 and must maintain 180.80.
LOW = "45200"

FEW_VENUES = ("binance-spot", "binance-usdm", "okx", "bybit-linear")


def long_one(**fields):
    trader = Trader(**fields)
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 1
    return trader


def fall(trader, price=LOW, index=None, deep="10"):
    """The market goes to a price: its book, then the mark once."""
    terms = trader.desk.catalogue.get(BTC)
    below = str(D(price) - terms.tick_size)
    trader.book(BTC, bids=((below, deep),), asks=((price, deep),))
    trader.mark(BTC, price, index)


def marks(trader, price=LOW, index=None, times=3):
    for _ in range(times):
        trader.mark(BTC, price, index)
        trader.tick(20)


def alerts(trader, code):
    return [e.message for e in trader.events if isinstance(e, Alerted) and e.code == code]


def running(trader):
    return trader.state.closing_out("perp-1")


def run_on(trader, ms=3000, price=LOW):
    """Let time pass in a market whose marks keep coming."""
    for _ in range(ms // 500):
        trader.mark(BTC, price)
        trader.run(500)


def steps(trader):
    return [
        order for order in trader.state.orders.values() if order.id in trader.state.close_out_steps
    ]


def held(trader, instrument=BTC):
    return trader.state.position("perp-1", instrument).quantity


def ratio(trader):
    return trader.desk.figures("perp-1").margin_ratio


@pytest.mark.fault("T19")
def test_a_whole_close_out_ends_at_the_target():
    trader = long_one()
    fall(trader)
    marks(trader)
    run_on(trader)
    assert not running(trader)
    assert 0 < held(trader) < 1
    assert D("0.6") < ratio(trader) <= D("0.70")
    assert [s.status for s in steps(trader)] == [OrderStatus.FILLED] * len(steps(trader))
    assert all(s.terms.quantity <= D("0.25") for s in steps(trader))
    assert all(s.terms.reduce_only for s in steps(trader))
    (said,) = alerts(trader, "CLOSE_OUT")
    assert said == (
        "Close-out of perp-1 begins: margin ratio 106.35% at BTCUSDT-PERP.BINANCE 45200, "
        "confirmed by its venue's own index on 3 marks in a row."
    )
    (over,) = alerts(trader, "CLOSE_OUT_DONE")
    assert over.startswith("Close-out of perp-1 is over: margin ratio 6")


def test_three_marks_beside_the_venues_own_index_confirm_where_venues_are_few():
    trader = long_one()
    fall(trader)
    assert not running(trader)
    trader.tick(20)
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 waits. The mark of BTCUSDT-PERP.BINANCE is confirmed by its venue's "
        "own index on 1 of 3 marks in a row."
    )
    trader.mark(BTC, LOW)
    trader.tick(20)
    assert not running(trader)
    trader.mark(BTC, LOW)
    heard = trader.now_ns
    while not running(trader):
        trader.tick(20)
    assert trader.now_ns - heard <= 250_000_000
    assert len(alerts(trader, "CLOSE_OUT_WAITS")) == 1


def test_a_mark_off_its_index_breaks_the_row():
    trader = long_one()
    fall(trader)
    marks(trader, times=1)
    marks(trader, index="45700", times=1)  # 1.09 % off
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 waits. The mark of BTCUSDT-PERP.BINANCE lies -1.09% off its venue's "
        "own index; it must be within 1% on 3 marks in a row."
    )
    marks(trader, times=2)
    assert not running(trader)
    marks(trader, times=1)
    assert running(trader)


def test_a_mark_within_one_percent_of_its_index_counts():
    trader = long_one()
    fall(trader, index="45656")  # 0.9988 %
    marks(trader, index="45656", times=2)
    assert running(trader)


def test_a_row_is_broken_by_a_mark_that_is_not_at_the_limit():
    trader = long_one()
    fall(trader)
    trader.mark(BTC, LOW)
    trader.mark(BTC, "45300")
    trader.mark(BTC, LOW)
    trader.mark(BTC, LOW)
    trader.tick(20)
    assert not running(trader)
    assert "2 of 3" in trader.desk.waits["perp-1", None]


def test_no_close_out_on_a_stale_mark():
    trader = long_one()
    fall(trader)
    trader.mark(BTC, LOW)
    trader.run(2100)
    assert not running(trader)
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 waits. The mark of BTCUSDT-PERP.BINANCE is stale (age 2.1 s; limit "
        "2.0 s)."
    )
    marks(trader, times=2)
    assert not running(trader), "a gap breaks the row"
    marks(trader, times=1)
    assert running(trader)


def test_no_close_out_on_a_last_trade():
    trader = long_one()
    for _ in range(5):
        trader.trade("40000", "5")
        trader.mark(BTC, "60000")
        trader.tick(100)
    assert not running(trader)
    assert not trader.desk.waits


def test_what_waits_is_forgotten_when_the_mark_recovers():
    trader = long_one()
    fall(trader)
    trader.tick(20)
    assert trader.desk.waits
    marks(trader, "46000", times=1)
    assert not trader.desk.waits
    assert not running(trader)


def test_working_orders_are_cancelled_first_and_protection_stays():
    trader = long_one()
    trader.buy("0.1", "2440", id="resting", instrument=ETH)
    trader.sell("0.5", "61000", id="protect", reduce_only=True)
    trader.run(100)
    fall(trader)
    for _ in range(2):
        trader.mark(BTC, LOW)
    trader.tick(20)
    assert running(trader)
    trader.tick(20)
    assert not steps(trader), "the first step waits for the cancel"
    assert trader.state.cancels == {"resting"}
    run_on(trader)
    assert trader.state.orders["resting"].status is OrderStatus.CANCELLED
    assert trader.state.orders["protect"].is_live
    assert not running(trader)
    first = next(i for i, row in enumerate(trader.rows) if row.entry.data.get("step_of"))
    gone = next(i for i, row in enumerate(trader.rows) if row.entry.type == "cancelled")
    assert gone < first


def test_no_new_risk_while_it_runs():
    trader = long_one()
    fall(trader, deep="0.3")
    marks(trader)
    trader.run(200)
    assert running(trader)
    trader.mark(BTC, "46500")
    (denied,) = [e for e in trader.buy("0.001", "46400") if isinstance(e, Denied)]
    assert "LEVEL_CLOSE_OUT" in [denial.code for denial in denied.denials]


@pytest.mark.parametrize("allow_reduce", [True, False])
def test_it_runs_in_every_state_of_the_desk(allow_reduce):
    limits = msgspec.structs.replace(RULES.limits, allow_reduce_when_halted=allow_reduce)
    trader = long_one(rules=msgspec.structs.replace(RULES, limits=limits))
    trader.give(Kill(id="k", reason="drill", everything=True))
    assert trader.state.state == "HALTED"
    answers = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D("0.01")))
    assert any(isinstance(e, Denied) for e in answers) is not allow_reduce
    fall(trader)
    marks(trader)
    run_on(trader)
    assert not running(trader)
    assert ratio(trader) <= D("0.70")


@pytest.mark.fault("T19")
def test_a_thin_book_is_taken_in_parts_and_that_is_said():
    trader = long_one()
    fall(trader, deep="0.1")
    marks(trader)
    trader.run(200)
    (said,) = alerts(trader, "CLOSE_OUT_RETRY")
    assert said == (
        "Step close-out-1-1 has filled 0.1 of 0.25 (market order: nothing more in the book up to "
        "the collar of 43844); BTCUSDT-PERP.BINANCE is tried again in 1 s."
    )
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 pauses. BTCUSDT-PERP.BINANCE did not fill and is tried again soon."
    )
    for number in range(10):
        fall(trader, deep="0.1" if number % 2 else "0.11")
        trader.run(1100)
    run_on(trader)
    assert not running(trader)
    assert ratio(trader) <= D("0.70")
    assert held(trader) > 0


def test_an_empty_book_pauses_it_and_the_next_bids_let_it_go_on():
    trader = long_one()
    trader.book(BTC, bids=(), asks=((LOW, "1"),))
    marks(trader)
    trader.run(100)
    assert running(trader)
    assert not steps(trader)
    assert alerts(trader, "CLOSE_OUT_WAITS")[-1] == (
        "Close-out of perp-1 pauses. No book holds anything within the collar."
    )
    fall(trader)
    run_on(trader)
    assert not running(trader)


def test_bids_beyond_the_collar_are_not_taken():
    trader = long_one()
    trader.book(BTC, bids=(("43800", "5"),), asks=((LOW, "1"),))  # 3.1 % below
    marks(trader)
    trader.run(100)
    assert running(trader)
    assert not steps(trader)


@pytest.mark.thorough
def test_misses_are_tried_again_at_growing_distance():
    trader = long_one()
    fall(trader)
    marks(trader)
    assert running(trader)
    for _ in range(4):
        while not any(s.is_live for s in steps(trader)):
            trader.mark(BTC, LOW)
            trader.tick(20)
        trader.give(CancelAll(id=f"c{trader.now_ns}"))
        fall(trader, deep="0.001")
        trader.delta(BTC, bids=((str(D(LOW) - D("0.1")), "0"),))
        trader.run(100)
        fall(trader)
    waits = [text.rpartition(" in ")[2] for text in alerts(trader, "CLOSE_OUT_RETRY")]
    assert waits == ["1 s.", "2 s.", "4 s.", "8 s."]
    assert held(trader) == 1
    run_on(trader, 12_000)
    assert not running(trader)


def test_a_book_that_is_lost_under_a_step_is_not_waited_for_for_ever():
    trader = long_one()
    fall(trader)
    marks(trader)
    while not steps(trader):
        trader.tick(20)
    trader.hear(
        BookLost(
            instrument=BTC,
            expected_id=2,
            received_id=4,
            reason="gap",
            ts_recv_ns=trader.now_ns,
        )
    )
    for _ in range(3):
        trader.mark(BTC, LOW)
        trader.run(500)
    assert alerts(trader, "CLOSE_OUT_CANCELS") == [
        "Step close-out-1-1 has waited a second for its book, and is cancelled."
    ]
    assert trader.state.orders["close-out-1-1"].status is OrderStatus.CANCELLED
    trader.mark(BTC, LOW)
    trader.run(1100)
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 pauses. The book of BTCUSDT-PERP.BINANCE is not synced."
    )
    fall(trader)
    run_on(trader)
    assert not running(trader)


def test_a_stale_mark_in_the_middle_pauses_it_and_is_said():
    trader = long_one()
    fall(trader, deep="0.25")
    marks(trader)
    trader.run(2500)
    assert running(trader)
    assert alerts(trader, "CLOSE_OUT_WAITS")[-1] == (
        "Close-out of perp-1 pauses. The mark of BTCUSDT-PERP.BINANCE is stale (age 2.0 s; limit "
        "2.0 s)."
    )
    count = len(steps(trader))
    trader.run(3000)
    assert len(steps(trader)) == count
    fall(trader)
    marks(trader)
    run_on(trader)
    assert not running(trader)


def test_a_recovery_in_the_middle_ends_it_after_verifying():
    trader = long_one()
    fall(trader, deep="0.25")
    marks(trader)
    while not any(s.status is OrderStatus.FILLED for s in steps(trader)):
        trader.tick(20)
    left = held(trader)
    trader.mark(BTC, "47000")
    trader.run(100)
    assert not running(trader)
    assert held(trader) == left
    assert ratio(trader) < D("0.70")


def test_a_mark_that_recovers_to_between_the_limits_goes_on():
    trader = long_one()
    fall(trader, deep="0.25")
    marks(trader)
    while not any(s.status is OrderStatus.FILLED for s in steps(trader)):
        trader.tick(20)
    fall(trader, "45225")
    trader.tick(20)
    assert D("0.70") < ratio(trader) < 1
    marks(trader, "45225")
    run_on(trader, price="45225")
    assert len(steps(trader)) > 1
    assert ratio(trader) <= D("0.70")


def test_a_deposit_in_the_middle_ends_it():
    trader = long_one()
    fall(trader, deep="0.25")
    marks(trader)
    while not steps(trader):
        trader.tick(20)
    trader.deposit("5000", command_id="help")
    trader.run(200)
    assert not running(trader)
    assert len(steps(trader)) == 1


def gap(trader, price):
    """The market jumps so far that nothing of the margin is left."""
    fall(trader, price)
    marks(trader, price)
    run_on(trader, price=price)


def test_a_loss_beyond_the_margin_of_the_account_is_borne_by_the_loss_account():
    trader = long_one()
    gap(trader, "44000")
    assert not running(trader)
    assert held(trader) == 0
    ledger = trader.state.ledger
    assert ledger.balance("perp-1", "USDT") == 0
    # 15,000 − 30 fee − 16,000.1 − 22 fee (0.05 % of 43,999.9, rounded up to 1e-8).
    assert ledger.balance("loss", "USDT") == D("-1052.09995")
    assert alerts(trader, "LOSS_ALLOCATED") == [
        "perp-1 has lost 1,052.10 USDT more than its margin: the loss account bears it."
    ]
    (row,) = [row for row in trader.rows if row.entry.type == "loss"]
    assert sum(D(p["amount"]) for p in row.entry.data["postings"]) == 0
    (over,) = alerts(trader, "CLOSE_OUT_DONE")
    assert over == "Close-out of perp-1 is over: it is flat."
    assert "no collateral left" in alerts(trader, "CLOSE_OUT")[0]


def isolated(quantity="1"):
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy(quantity, "60000")
    trader.run(60)
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == 12000 * D(quantity)
    return trader


def test_an_isolated_position_is_closed_out_on_its_own_ratio_and_wallet():
    trader = isolated()
    trader.buy("1", "2440", id="eth", instrument=ETH)
    trader.run(60)
    free = trader.state.ledger.balance("perp-1", "USDT")
    fall(trader, "48150")  # 12,000 − 11,850 = 150 against 192.60
    marks(trader, "48150")
    assert [one.unit for one in running(trader)] == [("perp-1", BTC)]
    for _ in range(6):
        trader.mark(ETH, "2500")
        run_on(trader, 500, "48150")
    assert not running(trader)
    assert 0 < held(trader) < 1
    assert trader.state.ledger.balance("perp-1", "USDT") == free, "the wallet bears it alone"
    assert trader.state.orders["eth"].is_live
    (position,) = trader.desk.figures("perp-1").positions
    assert position.margin_ratio <= D("0.70")
    assert alerts(trader, "CLOSE_OUT")[0].startswith(
        "Close-out of the isolated BTCUSDT-PERP.BINANCE of perp-1 begins: margin ratio 128.40%"
    )


def test_a_loss_beyond_an_isolated_wallet_leaves_the_account_untouched():
    trader = isolated()
    free = trader.state.ledger.balance("perp-1", "USDT")
    gap(trader, "47000")
    assert held(trader) == 0
    ledger = trader.state.ledger
    assert ledger.balance("perp-1", "USDT") == free
    assert ledger.balance(f"perp-1/{BTC}", "USDT") == 0
    # 12,000 − 13,000.1 − 23.5 fee (0.05 % of 46,999.9, rounded up to 1e-8).
    assert ledger.balance("loss", "USDT") == D("-1023.59995")
    assert alerts(trader, "LOSS_ALLOCATED") == [
        f"perp-1/{BTC} has lost 1,023.60 USDT more than its margin: the loss account bears it."
    ]


def test_what_is_left_of_a_wallet_that_was_closed_out_goes_back():
    trader = isolated("0.002")
    free = trader.state.ledger.balance("perp-1", "USDT")
    gap(trader, "48120")  # 24 − 23.76 = 0.24 against 0.38496; a lot at a time
    assert held(trader) == 0
    assert [s.terms.quantity for s in steps(trader)] == [D("0.001")] * 2
    # 0.24 less 0.0002 of slippage and twice a fee of 0.02405995
    assert trader.state.ledger.balance("perp-1", "USDT") == free + D("0.1916801")
    assert trader.state.ledger.balance("loss", "USDT") == 0
    assert alerts(trader, "WALLET_RELEASED") == [
        f"perp-1/{BTC} is flat: its 0.19 USDT go back to the account."
    ]


def total(trader, asset="USDT"):
    return sum(D(held.get(asset, "0")) for held in trader.state.ledger.document().values())


def crashed(rows, price):
    """A desk that comes back from these rows, into the market as it was."""
    again = Trader(rows)
    again.book(BTC, bids=((str(D(price) - D("0.1")), "10"),), asks=((price, "10"),))
    marks(again, price)
    run_on(again, 4000, price)
    return again


@pytest.mark.thorough
@pytest.mark.fault("T18")
@pytest.mark.parametrize("price", [LOW, "44000"])
def test_a_crash_at_any_row_of_a_close_out_ends_in_the_same_desk(price):
    whole = long_one()
    whole.buy("0.1", "2440", id="resting", instrument=ETH)
    whole.run(60)
    begun = len(whole.rows)
    gap(whole, price)
    whole.run(100)
    assert not running(whole)
    assert len(whole.rows) - begun >= 8
    for cut in range(begun, len(whole.rows) + 1):
        again = crashed(whole.rows[:cut], price)
        assert not running(again)
        assert held(again) == held(whole)
        assert [s.terms.quantity for s in steps(again) if s.fills] == [
            s.terms.quantity for s in steps(whole)
        ]
        assert again.state.ledger.document() == whole.state.ledger.document()
        assert total(again) == 0
        assert again.restarted().state.hash() == again.state.hash()


@pytest.mark.fault("T18")
def test_a_crash_at_any_row_of_an_isolated_close_out_ends_in_the_same_desk():
    whole = isolated()
    begun = len(whole.rows)
    gap(whole, "47000")
    whole.run(100)
    for cut in range(begun, len(whole.rows) + 1):
        again = crashed(whole.rows[:cut], "47000")
        assert again.state.ledger.document() == whole.state.ledger.document()
        assert held(again) == 0
        assert not running(again)


@pytest.mark.fault("T19")
def test_a_step_is_journaled_before_it_acts_and_acts_though_nothing_is_durable():
    trader = long_one()
    trader.refuse = unwritable()
    gap(trader, LOW)
    assert trader.state.state == "HALTED"
    assert not running(trader)
    assert ratio(trader) <= D("0.70")


@pytest.mark.fault("T12")
def test_a_full_disk_stops_no_close_out():
    trader = long_one()
    trader.refuse = full()
    gap(trader, LOW)
    assert not running(trader)
    assert trader.state.state == "ACTIVE"
    assert trader.restarted().state.hash() == trader.state.hash()


def test_a_client_id_that_looks_like_a_step_is_no_hindrance():
    trader = long_one()
    trader.give(Deposit(id="close-out-1-1", account="spot-1", asset="USDT", quantity=D(1)))
    gap(trader, LOW)
    assert steps(trader)[0].id == "close-out-1-2"
    assert not running(trader)
    assert len({s.id for s in steps(trader)}) == len(steps(trader))


def three_venues():
    catalogue = type(shipped().catalogue)(
        [i for i in shipped().catalogue.all() if i.connection in FEW_VENUES]
    )
    trader = Trader(catalogue=catalogue)
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    return trader


def say_elsewhere(trader, price):
    for name in ("BTC-USDT-SWAP.OKX", "BTCUSDT-PERP.BYBIT"):
        trader.mark(name, price)


def settle_consensus(trader, price, own_index=None):
    """Let a jump be believed: 3 s at the new price everywhere, but for our mark."""
    for _ in range(40):
        say_elsewhere(trader, price)
        trader.mark(BTC, "45400", own_index or price)
        trader.run(100)


def test_a_consensus_within_three_percent_confirms_one_mark_at_once():
    trader = three_venues()
    settle_consensus(trader, "46500")  # 45,200 is 2.80 % below
    assert not trader.desk.waits
    fall(trader, index="46500")
    trader.tick(20)
    (one,) = running(trader)
    assert one.reason == (
        "Close-out of perp-1 begins: margin ratio 106.35% at BTCUSDT-PERP.BINANCE 45200, "
        "confirmed by the consensus of 3 venues."
    )


@pytest.mark.fault("T17")
def test_a_mark_more_than_three_percent_from_the_consensus_closes_nothing_out():
    trader = three_venues()
    settle_consensus(trader, "46700")  # 45,200 is 3.21 % below
    fall(trader, index="46700")
    marks(trader, index="46700", times=5)
    assert not running(trader)
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 waits. The mark of BTCUSDT-PERP.BINANCE lies -3.21% from the "
        "consensus of 3 venues; it must be within 3%."
    )


def two_positions():
    """Long both coins at 5×: 60,000 and 60,000 of notional on 27,000."""
    trader = Trader()
    trader.deposit("27000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.buy("24", "2500", id="eth", instrument=ETH)
    trader.run(60)
    assert held(trader, ETH) == 24
    return trader


def fall_both(trader):
    fall(trader, "46700")
    trader.book(ETH, bids=(("1943.99", "500"),), asks=(("1944", "500"),))
    for _ in range(3):
        trader.mark(BTC, "46700")
        trader.mark(ETH, "1944")
        trader.tick(20)


def test_every_position_of_a_pool_needs_a_confirmed_mark():
    trader = two_positions()
    fall(trader, "46700")
    trader.mark(ETH, "1944")
    marks(trader, "46700")
    assert not running(trader)
    assert trader.desk.waits["perp-1", None] == (
        "Close-out of perp-1 waits. The mark of ETHUSDT-PERP.BINANCE is confirmed by its venue's "
        "own index on 1 of 3 marks in a row."
    )
    fall_both(trader)
    assert running(trader)


def test_the_traders_order_of_preference_is_followed():
    for preference, first in (((), BTC), ((ETH,), ETH), ((BTC, ETH), BTC)):
        trader = two_positions()
        if preference:
            trader.give(SetCloseOutOrder(id="pref", account="perp-1", instruments=preference))
        fall_both(trader)
        for _ in range(8):
            trader.mark(BTC, "46700")
            trader.mark(ETH, "1944")
            trader.run(500)
        assert not running(trader)
        assert steps(trader)[0].terms.instrument == first
        assert ratio(trader) <= D("0.70")


@pytest.mark.parametrize(
    ("account", "instruments", "code"),
    [
        ("spot-1", (), "ACCOUNT"),
        ("nobody", (), "ACCOUNT"),
        ("perp-1", ("XRP",), "UNKNOWN_INSTRUMENT"),
        ("perp-1", ("BTCUSDT.BINANCE",), "ACCOUNT"),
        ("perp-1", (BTC, BTC), "REPEATED"),
    ],
)
def test_an_order_of_preference_that_cannot_be_is_denied(account, instruments, code):
    trader = Trader()
    answer = trader.give(SetCloseOutOrder(id="pref", account=account, instruments=instruments))
    (denied,) = [e for e in answer if isinstance(e, Denied)]
    assert [denial.code for denial in denied.denials] == [code]


def test_an_order_of_preference_survives_a_restart_and_can_be_taken_back():
    trader = Trader()
    trader.give(SetCloseOutOrder(id="pref", account="perp-1", instruments=(ETH, BTC)))
    assert trader.restarted().state.close_out_orders == {"perp-1": (ETH, BTC)}
    trader.give(SetCloseOutOrder(id="none", account="perp-1", instruments=()))
    assert trader.restarted().state.close_out_orders == {"perp-1": ()}


def test_a_person_who_closes_an_isolated_position_loses_no_more_than_its_wallet():
    trader = isolated()
    free = trader.state.ledger.balance("perp-1", "USDT")
    trader.book(BTC, bids=(("46999.9", "10"),), asks=(("47000", "10"),))
    trader.mark(BTC, "47000")
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.run(100)
    assert held(trader) == 0
    assert trader.state.ledger.balance("perp-1", "USDT") == free
    assert trader.state.ledger.balance("loss", "USDT") == D("-1023.59995")
    assert alerts(trader, "LOSS_ALLOCATED") == [
        f"perp-1/{BTC} has lost 1,023.60 USDT more than its margin: the loss account bears it."
    ]


def test_an_isolated_position_that_closes_in_two_fills_loses_no_more_than_its_wallet():
    trader = isolated()
    free = trader.state.ledger.balance("perp-1", "USDT")
    trader.book(BTC, bids=(("46999.9", "0.9"), ("46999.8", "5")), asks=(("47000", "10"),))
    trader.mark(BTC, "47000")
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.run(100)
    assert held(trader) == 0
    ledger = trader.state.ledger
    assert ledger.balance("perp-1", "USDT") == free
    assert ledger.balance(f"perp-1/{BTC}", "USDT") == 0
    # As in one fill, and a tenth of a coin lower by a tick.
    assert ledger.balance("loss", "USDT") == D("-1023.609945")
    assert trader.restarted().state.ledger.document() == ledger.document()


def test_half_of_an_isolated_position_loses_first_what_stands_behind_the_other_half():
    trader = isolated()
    free = trader.state.ledger.balance("perp-1", "USDT")
    trader.book(BTC, bids=(("46999.9", "10"),), asks=(("47000", "10"),))
    trader.mark(BTC, "47000")
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D("0.5")))
    trader.run(60)
    assert held(trader) == D("0.5")
    ledger = trader.state.ledger
    assert ledger.balance("perp-1", "USDT") == free
    # 12,000 less 6,500.05 and a fee of 11.749975, more than half: the loss account gives nothing.
    assert ledger.balance(f"perp-1/{BTC}", "USDT") == D("5488.200025")
    assert ledger.balance("loss", "USDT") == 0


@pytest.mark.parametrize("cross", [False, True])
def test_an_isolated_entry_puts_up_no_more_than_its_account_has_by_now(cross):
    trader = Trader()
    trader.deposit("21000")
    trader.market()
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1", "59500", id="rest")
    trader.buy("15", "2500", id="eth", instrument=ETH)
    trader.run(100)
    trader.mark(ETH, "1800")
    trader.book(ETH, bids=(("1799.99", "500"),), asks=(("1800", "500"),))
    if not cross:
        trader.give(ClosePosition(id="out", instrument=ETH, fraction=D(1)))
        trader.run(100)
    trader.mark(BTC, "59500")
    ledger = trader.state.ledger
    before = ledger.balance("perp-1", "USDT")
    trader.trade("59400", "20")
    trader.run(300)
    assert held(trader) == 1
    behind = ledger.balance("perp-1", "USDT") - (10_500 if cross else 0)
    fee = -sum(order.fee for order in trader.state.orders["rest"].fills)
    pocket = ledger.balance(f"perp-1/{BTC}", "USDT")
    assert behind == 0
    assert pocket == before + fee - (10_500 if cross else 0) < 11_900
    assert ledger.balance("loss", "USDT") == 0


def test_a_person_who_flattens_an_account_loses_no_more_than_is_in_it():
    trader = long_one()
    trader.book(BTC, bids=(("43999.9", "10"),), asks=(("44000", "10"),))
    trader.mark(BTC, "44000")
    trader.give(Flatten(id="out"))
    trader.run(100)
    assert held(trader) == 0
    assert trader.state.ledger.balance("perp-1", "USDT") == 0
    assert trader.state.ledger.balance("loss", "USDT") == D("-1052.09995")
