"""The close-out of a paper loan: coins are sold step by step, and what they bring repays it."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import SPOT, decided, order
from helpers.loans import LOAN_RULES, LOANS, Lender

from desk.engine.frame import build_frame
from desk.model.commands import NextFrame, SetCloseOutOrder
from desk.model.events import Alerted
from desk.model.orders import OrderStatus, Side


def plan(lender):
    (found,) = build_frame(lender.desk, NextFrame(), number=1, engine_ms=0, notes={}).close_outs
    return found


HOURS_2_MS = 7_200_000
CODES = ("CLOSE_OUT", "CLOSE_OUT_STEP", "CLOSE_OUT_REPAID", "CLOSE_OUT_DONE", "CLOSE_OUT_WAITS")


def overdue(btc="30000", bid=False):
    """A call that two hours have not cured.

    10 BTC: margin value 936,000 at 30,000 and 3,500,000 of securities; loan 5,000,000: 1.127.
    """
    lender = Lender().ready()
    lender.fund("5", "BTC")
    lender.pledge("8", "BTC")
    lender.draw("5000000")
    lender.market(btc)
    if bid:
        lender.fund("10000", "USDT")
        lender.fund("1", "BTC")
        lender.give(order(Side.BUY, "0.1", "29500", instrument=SPOT, id="bid"))
        lender.give(order(Side.SELL, "0.1", "30500", instrument=SPOT, id="ask"))
        lender.run(100)
    lender.tick(20)
    return lender.reborn(wall_ms=lender.wall_ms + HOURS_2_MS)


def settle(lender, btc="30000", looks=150):
    """Let the desk act on a market that stands still."""
    for n in range(looks):
        if n % 50 == 0:
            lender.market(btc)
        lender.tick(20)


def said(lender):
    return [e.message for e in lender.events if isinstance(e, Alerted) and e.code in CODES]


def balance(lender, account, asset):
    return lender.state.ledger.balance(account, asset)


def test_coins_whose_sale_is_on_its_way_do_not_come_back():
    lender = overdue()
    lender.fund("6000000", "HKD")
    lender.market("30000")
    for _ in range(60):
        lender.tick(5)
        if lender.state.live_orders("loan-1"):
            break
    lender.repay(str(lender.loan().owed[0].total))
    denial = lender.release("10", "BTC")[-1].denials[0]
    assert denial.code == "INSUFFICIENT_BALANCE"
    assert denial.message == "loan-1 has 7.5 BTC free; 10 was asked for."
    lender.run(300)
    assert balance(lender, "loan-1", "BTC") == D("7.5")
    lender.release("7.5", "BTC", command_id="rest")
    assert balance(lender, "loan-1", "BTC") == 0


def test_coins_are_sold_until_the_loan_is_cured_and_no_further():
    lender = overdue()
    settle(lender)
    steps = lender.state.close_outs["loan-1", None].orders
    sold = [lender.state.orders[step].filled for step in steps]
    # 5,000,000 − 0.95 × 4,436,000 = 785,800; a coin brings 29,999.99 × 7.8 × 0.999 = 233,765.9
    # and takes 0.95 × 93,600: 785,800 / 144,845.9 = 5.4251.
    assert sold[:2] == [D("2.5"), D("2.5")]
    assert D("0.425") <= sold[2] <= D("0.426")
    assert len(sold) == 3
    loan = lender.loan()
    assert D("0.9499") < loan.figures.utilization <= D("0.95")
    assert balance(lender, "loan-1", "USDT") < D("0.01")
    assert balance(lender, "loan-1", "BTC") == 10 - sum(sold)
    assert lender.state.close_outs["loan-1", None].ended_ms is not None
    settle(lender, looks=700)
    assert lender.desk.levels["loan-1"] == "WARNING"
    assert len(lender.state.close_outs["loan-1", None].orders) == 3


def test_it_is_said_and_journaled_from_the_trigger_to_the_end():
    lender = overdue()
    settle(lender)
    found = said(lender)
    assert found[0] == "Close-out of loan-1 begins: utilization 112.71%."
    assert found[1] == "Close-out of loan-1, step 1: SELL 2.5 BTCUSDT.BINANCE."
    # 2.5 × 29,999.99 less 0.1 %; at 7.8.
    assert found[2] == "Close-out of loan-1: 74,924.98 USDT repay 584,414.81 HKD."
    assert found[-1] == "Close-out of loan-1 is over: utilization 95.00%."
    kinds = [r.entry.type for r in lender.rows if r.entry.type in {"close_out", "fill", "repay"}]
    assert kinds == ["close_out", *["close_out", "fill", "repay"] * 3, "close_out"]
    phases = [r.entry.data["what"]["phase"] for r in lender.rows if r.entry.type == "close_out"]
    assert phases == ["triggered", "step", "step", "step", "ended"]
    (first, *_) = [r.entry for r in lender.rows if r.entry.type == "repay"]
    assert (first.account, first.id) == ("loan-1", None)
    assert first.data["what"]["of"] == "USDT"
    assert first.data["what"]["rate"] == "7.8"
    assert first.data["what"]["owed_after"] == "4415585.194805"
    for asset in ("BTC", "HKD", "USDT"):
        held = lender.state.ledger.document().values()
        assert sum(D(row.get(asset, "0")) for row in held) == 0


def test_all_coins_go_where_they_are_not_enough():
    lender = Lender().ready()
    lender.draw("3800000")
    lender.securities("3808000")
    settle(lender, "60000")
    steps = lender.state.close_outs["loan-1", None].orders
    assert [lender.state.orders[step].filled for step in steps] == [D("0.5")] * 4
    assert balance(lender, "loan-1", "BTC") == 0
    # 3,800,000 − 2 × 59,999.99 × 0.999 × 7.8 over 2,665,600.
    assert said(lender)[-1] == (
        "Close-out of loan-1 is over: nothing is left to sell, utilization 107.48%."
    )
    assert lender.desk.levels["loan-1"] == "CLOSE_OUT"
    settle(lender, "60000")
    assert len(lender.state.close_outs) == 1


def test_interest_is_repaid_before_principal_and_no_more_than_is_owed():
    lender = Lender().ready()
    lender.draw("100000")
    lender.accrue(days=1)
    lender.securities("0")
    # 468,000 HKD of coins count 0.16 of that: one coin may be two fifths of the margin value.
    settle(lender, "30000")
    (row,) = [r.entry for r in lender.rows if r.entry.type == "repay"]
    assert row.data["what"]["interest"] == "21.91780822"
    # 100,021.92 − 0.95 × 74,880 = 28,885.92; 29,999.99 × 7.8 × 0.999 − 0.95 × 37,440 a coin.
    assert lender.fills() == [D("0.14575")]
    assert lender.loan().figures.utilization <= D("0.95")


def test_a_price_that_comes_back_ends_it_before_anything_is_sold():
    lender = Lender().ready()
    lender.draw("100")
    lender.securities("0")
    lender.book(SPOT, bids=(("0.49", "1"),), asks=(("0.51", "1"),))
    lender.tick(20)
    assert lender.desk.levels["loan-1"] == "CLOSE_OUT"
    lender.market("30000")
    lender.tick(20)
    assert lender.fills() == []
    over = lender.state.close_outs["loan-1", None]
    assert over.reason == "Close-out of loan-1 is over: utilization 0.13%."


def test_a_loan_that_is_repaid_ends_it_and_the_rest_of_the_proceeds_stays():
    lender = Lender().ready()
    lender.draw("100")
    lender.securities("0")
    no_coin_counts = msgspec.structs.replace(LOANS, eligible=())
    lender = lender.reborn(rules=msgspec.structs.replace(LOAN_RULES, loans=no_coin_counts))
    settle(lender, "60000")
    # 100 / (59,999.99 × 7.8 × 0.999) = 0.000213892 up to the lot.
    assert lender.fills() == [D("0.00022")]
    assert lender.loan().owed == ()
    assert said(lender)[-1] == "Close-out of loan-1 is over: the loan is repaid."
    # 0.00022 × 59,999.99 × 0.999 − 100 / 7.8, rounded up.
    assert round(balance(lender, "loan-1", "USDT"), 4) == D("0.3663")
    assert lender.desk.levels["loan-1"] == "CLOSE_OUT"
    settle(lender, "60000", looks=600)
    assert lender.desk.levels["loan-1"] == "NORMAL"


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_restart_at_any_row_goes_on_and_sells_nothing_twice(cut):
    steady = overdue()
    before = len(steady.rows)
    settle(steady)
    new = decided(steady.rows[before:])
    assert len(new) >= 13
    again = Lender(steady.rows[: new[cut - 1].seq], wall_ms=steady.wall_ms)
    settle(again, looks=120)
    assert balance(again, "loan-1", "BTC") == balance(steady, "loan-1", "BTC")
    assert again.loan().figures.loan == steady.loan().figures.loan
    ids = [r.entry.data["orders"][0]["terms"]["id"] for r in again.rows if "orders" in r.entry.data]
    # A market order that had arrived and was not decided is cancelled, and sent anew.
    assert len(ids) == len(set(ids)) == (4 if cut in {4, 8, 12} else 3)


def test_nothing_is_sold_on_a_stale_price_and_it_is_said_once():
    lender = overdue()
    lender.market("30000")
    lender.tick(20)
    assert lender.desk.levels["loan-1"] == "CLOSE_OUT"
    lender.tick(2_500)
    lender.run(1_000)
    assert len(lender.state.close_outs["loan-1", None].orders) <= 1
    (waits,) = [e for e in lender.events if getattr(e, "code", "") == "CLOSE_OUT_WAITS"]
    assert waits.message.startswith("Close-out of loan-1 pauses. The mark of BTCUSDT.BINANCE is")
    assert lender.desk.waits["loan-1", None].startswith(waits.message[:60])
    settle(lender)
    assert lender.loan().figures.utilization <= D("0.95")
    assert ("loan-1", None) not in lender.desk.waits


def test_own_bids_for_the_coins_are_cancelled_first():
    lender = overdue(bid=True)
    assert lender.state.orders["bid"].is_live
    assert lender.state.orders["ask"].is_live
    settle(lender)
    assert lender.state.orders["bid"].status is OrderStatus.CANCELLED
    assert lender.state.orders["ask"].is_live
    assert lender.loan().figures.utilization <= D("0.95")


def test_a_kill_does_not_stop_a_close_out():
    lender = overdue()
    lender.kill()
    settle(lender)
    assert lender.state.state == "HALTED"
    assert lender.loan().figures.utilization <= D("0.95")


def test_a_full_disk_does_not_stop_a_close_out():
    lender = overdue()
    lender.fill_disk()
    settle(lender)
    assert lender.loan().figures.utilization <= D("0.95")


def test_the_traders_preference_goes_first():
    lender = Lender().ready()
    lender.fund("1000", "ETH")
    lender.pledge("200", "ETH")
    lender.named(SetCloseOutOrder(account="loan-1", instruments=("ETHUSDT.BINANCE",)))
    lender.draw("4400000")
    lender.securities("1400000")
    settle(lender, "60000", looks=20)
    first = lender.state.close_outs["loan-1", None].orders[0]
    assert lender.state.orders[first].terms.instrument == "ETHUSDT.BINANCE"


def test_the_plan_stands_before_it_is_needed():
    lender = Lender().ready()
    lender.fund("5", "BTC")
    lender.pledge("8", "BTC")
    lender.draw("4000000")
    shown = plan(lender)
    # Margin value 5,372,000 of which 1,872,000 are coins; 3,200,000 is left at no fall at all.
    assert (shown.account, shown.phase, shown.steps) == ("loan-1", "standing", [])
    assert shown.reason == "No fall of virtual assets brings loan-1 to close-out."
    lender.draw("900000")
    # 3,920,000 are left when 1,452,000 of 1,872,000 are gone.
    shown = plan(lender)
    assert shown.reason == "At a fall of 77.56% of virtual assets, where loan-1 would be due."
    assert [step.quantity for step in shown.steps] == [D("2.5")] * 4
    first = shown.steps[0]
    assert (first.instrument, first.side, first.status) == (SPOT, "SELL", "planned")
    # In USDT, as it will be filled: 59,999.99 × 420 / 1,872; 2.5 of them at 0.1 %.
    assert round(first.expected_price, 2) == D("13461.54")
    assert round(first.fee, 2) == D("33.65")
    # (4,900,000 − 262,237.46) / (3,500,000 + 315,000)
    assert round(first.margin_ratio_after, 5) == D("1.21567")


def test_a_running_close_out_is_shown_with_what_is_done_and_what_is_left():
    lender = overdue()
    lender.market("30000")
    lender.run(160)
    shown = plan(lender)
    assert shown.phase == "running"
    assert shown.reason == "Close-out of loan-1 begins: utilization 112.71%."
    assert shown.triggered_ms == lender.state.close_outs["loan-1", None].triggered_ms
    done, *left = shown.steps
    assert (done.status, done.quantity, done.expected_price) == ("done", D("2.5"), D("29999.99"))
    assert done.fee == D("74.999975")
    assert [(step.status, step.quantity) for step in left] == [
        ("working", D("2.5")),
        ("planned", D("0.42508")),
    ]
    settle(lender)
    shown = plan(lender)
    assert (shown.phase, len(shown.steps)) == ("done", 3)
    assert shown.reason == "Close-out of loan-1 is over: utilization 95.00%."


def test_a_real_lenders_plan_says_that_the_desk_sells_nothing():
    lender = Lender().ready()
    lender.draw("3800000")
    lender.lend_for_real()
    shown = plan(lender)
    assert shown.reason == ("At the prices of now. The desk sells nothing there: the lender does.")
    assert sum(step.quantity for step in shown.steps) > 0
    lender.tick(2_001)
    assert plan(lender).reason == (
        "Nothing can be planned: what the collateral is worth is unknown."
    )


def test_a_close_out_that_waits_says_why():
    lender = overdue()
    lender.market("30000")
    lender.tick(2_500)
    lender.tick(20)
    shown = plan(lender)
    assert shown.phase in {"running", "confirming"}
    assert "The mark of BTCUSDT.BINANCE is stale" in shown.reason


def test_a_desk_that_owes_nothing_has_no_plan():
    lender = Lender().ready()
    assert build_frame(lender.desk, NextFrame(), number=1, engine_ms=0, notes={}).close_outs == []
