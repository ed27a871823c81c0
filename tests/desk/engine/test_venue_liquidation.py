"""The paper venue liquidates by its own mark, after the desk has had its chance, and once."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader
from helpers.linked import Practice

from desk.margin.inputs import MarginTerms, Tier
from desk.model.commands import AddMargin, SetMarginMode
from desk.model.events import Alerted, Filled, OrderChanged
from desk.model.orders import MarginMode, OrderStatus, OrderType

# 1 BTC bought at 60,000 on 15,000 less 30 of fee: bankrupt at 60,000 − 14,970 = 45,030, where
# maintenance is 0.4 %: 180.80 at 45,200, against 170 that are left.
LOW, FAR = "45200", "46500"  # the index lies 2.8 % off: the desk may not act on such a mark
BANKRUPT = D(45030)


def long_one(rows=()):
    trader = Trader(rows)
    if not rows:
        trader.deposit("15000")
        trader.market()
        trader.buy("1", "60000")
        trader.run(60)
    return trader


def fall(trader, price=LOW, index=FAR):
    below = str(D(price) - D("0.1"))
    trader.book(BTC, bids=((below, "10"),), asks=((price, "10"),))
    trader.mark(BTC, price, index)


def run_on(trader, ms, price=LOW, index=FAR):
    """Let time pass in a market whose marks keep coming."""
    for _ in range(ms // 500):
        trader.mark(BTC, price, index)
        trader.run(500, step=100)


def rows_of(trader, about="liquidation"):
    return [row.entry for row in trader.rows if row.entry.type == about]


def said(trader):
    return [
        e.message for e in trader.events if isinstance(e, Alerted) and e.code == "VENUE_LIQUIDATION"
    ]


def held(trader, instrument=BTC):
    return trader.state.position("perp-1", instrument).quantity


def balance(trader, holder="perp-1"):
    return trader.state.ledger.balance(holder, "USDT")


def test_a_position_that_the_desk_may_not_close_is_taken_over_at_its_bankruptcy_price():
    trader = long_one()
    fall(trader)
    run_on(trader, 9_500)
    assert held(trader) == 1
    assert not trader.state.closing_out("perp-1")
    run_on(trader, 1_000)
    assert (held(trader), balance(trader)) == (0, 0)
    assert balance(trader, "insurance") == balance(trader, "loss") == 0
    (row,) = rows_of(trader)
    assert row.data["what"]["margin_balance"] == "170"
    assert row.data["what"]["maintenance_margin"] == "180.8"
    order = trader.state.orders["liquidation-1-1"]
    assert (order.status, order.reason) == (OrderStatus.FILLED, "liquidated by the venue")
    assert order.fills[0].price == BANKRUPT
    (sentence,) = said(trader)
    assert sentence == (
        "The venue has liquidated perp-1 at margin ratio 106.35%: SELL 1 BTCUSDT-PERP.BINANCE at "
        "45,030.00. Its margin is lost; the insurance fund bears the rest."
    )
    assert any(isinstance(e, Filled) and e.fill.price == BANKRUPT for e in trader.events)
    assert any(isinstance(e, OrderChanged) and e.reason == order.reason for e in trader.events)


def test_beyond_the_bankruptcy_price_the_venue_waits_for_two_marks_and_loses_the_rest_itself():
    trader = long_one()
    fall(trader, "44000", "46500")
    trader.run(900)
    assert held(trader) == 1
    run_on(trader, 500, "44000")
    assert (held(trader), balance(trader)) == (0, 0)
    assert trader.state.fills[-1].price == BANKRUPT
    assert balance(trader, "loss") == 0


def test_the_desk_goes_first_where_it_may():
    trader = long_one()
    fall(trader, LOW, LOW)
    run_on(trader, 12_000, LOW, LOW)
    assert rows_of(trader, "close_out")
    assert not rows_of(trader)
    assert held(trader) > 0


def test_a_mark_that_is_not_fresh_liquidates_nothing():
    trader = long_one()
    fall(trader)
    run_on(trader, 7_000)  # and 2 s more, as long as it is fresh
    trader.run(60_000, step=500)
    assert not rows_of(trader)
    run_on(trader, 9_500)  # counted anew: nobody knows what the venue's mark was
    assert not rows_of(trader)
    run_on(trader, 1_000)
    assert rows_of(trader)


def test_margin_that_is_covered_in_between_starts_the_count_anew():
    trader = long_one()
    fall(trader)
    run_on(trader, 9_000)
    trader.mark(BTC, "50000", "50000")
    trader.run(200)
    fall(trader)
    run_on(trader, 9_500)
    assert not rows_of(trader)


def with_orders(rows=()):
    trader = long_one(rows)
    if not rows:
        trader.buy("0.1", "2440", id="resting", instrument=ETH)
        high = {"type": OrderType.TAKE_PROFIT, "trigger": D(70000), "reduce_only": True}
        trader.sell("1", None, id="profit", **high)
        trader.run(100)
    return trader


def test_open_orders_are_cancelled_before_the_position_is_taken_over():
    trader = with_orders()
    fall(trader)
    run_on(trader, 11_000)
    first, second = rows_of(trader)
    assert first.data["what"]["phase"] == "cancels"
    assert sorted(first.data["cancels"]) == ["profit", "resting"]
    assert second.data["what"]["phase"] == "taken over"
    ends = [trader.state.orders[name].status for name in ("profit", "resting")]
    assert ends == [OrderStatus.CANCELLED] * 2
    assert (held(trader), balance(trader)) == (0, 0)


def test_a_cure_after_the_cancels_stops_the_venue():
    trader = with_orders()
    fall(trader)
    run_on(trader, 9_500)
    while not rows_of(trader):
        trader.mark(BTC, LOW, FAR)
        trader.tick(20)
    trader.deposit("9000", command_id="cure")
    run_on(trader, 1_000)
    assert [row.data["what"]["phase"] for row in rows_of(trader)] == ["cancels", "ended"]
    assert held(trader) == 1
    assert not trader.state.liquidating


def test_an_isolated_position_loses_its_wallet_and_the_account_nothing():
    trader = Trader()
    trader.deposit("100000")
    trader.market()
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1", "60000")
    trader.run(60)
    trader.give(AddMargin(id="more", instrument=BTC, amount=D(3000)))
    wallet = balance(trader, f"perp-1/{BTC}")
    free = balance(trader)
    assert wallet == 15_000
    fall(trader, "45100", "46500")
    run_on(trader, 11_000, "45100")
    assert held(trader) == 0
    assert balance(trader, f"perp-1/{BTC}") == 0
    assert balance(trader) == free
    assert trader.state.fills[-1].price == D(45000)


def two_positions():
    """Long both coins at 5×: 60,000 and 60,000 of notional on 27,000."""
    trader = Trader()
    trader.deposit("27000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.buy("24", "2500", id="eth", instrument=ETH)
    trader.run(60)
    return trader


def test_of_a_pool_nothing_is_left_and_nothing_is_owed():
    trader = two_positions()
    fall(trader, "46700", "48000")
    for _ in range(24):
        trader.mark(BTC, "46700", "48000")
        trader.mark(ETH, "1944", "2000")
        trader.run(500, step=100)
    assert (held(trader), held(trader, ETH)) == (0, 0)
    assert balance(trader) == 0
    # 26,940 − 13,300 on BTC leave 13,640 for 24 ETH: 2,500 − 568.333…, on the tick above.
    by_name = {fill.instrument: fill.price for fill in trader.state.fills[-2:]}
    assert by_name in (
        {BTC: D("46700.0"), ETH: D("1931.67")},
        {BTC: D("46404.0"), ETH: D("1944.00")},  # or 26,940 − 13,344 for 1 BTC
    )
    assert 0 <= balance(trader, "insurance") < D("0.24")
    assert len(rows_of(trader)) == 1


# 0.4 % up to 30,000 of notional, 5 % beyond; the amount continues the first tier.
STEEP = MarginTerms(
    model="binance",
    tiers=tuple(
        Tier(
            notional_floor=D(floor),
            notional_cap=cap,
            maintenance_rate=D(rate),
            maintenance_amount=D(amount),
            max_leverage=D(20),
        )
        for floor, cap, rate, amount in (
            ("0", D(30000), "0.004", "0"),
            ("30000", None, "0.05", "1380"),
        )
    ),
)


def test_where_maintenance_is_dearer_than_the_clearance_fee_a_part_is_enough():
    trader = Trader()
    trader.desk._terms = lambda day: {BTC: STEEP}
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    # At 45,900 the margin of 870 faces 5 % of 45,900 − 1,380 = 915: what makes up for the 45 is
    # closing 45 / (5 % − 1.25 %) = 1,200 of notional, 0.0262 BTC; on the lot, and one more, 0.028.
    fall(trader, "45900", "47500")
    run_on(trader, 11_000, "45900", "47500")
    assert held(trader) == D("0.972")
    assert balance(trader) == 14_970 - D("0.028") * 14_100 - D("16.065")
    assert balance(trader, "insurance") == 0
    assert trader.state.fills[-1].fee == D("16.065")  # 1.25 % of 0.028 × 45,900
    assert D("0.99") < trader.desk.figures("perp-1").margin_ratio < 1
    (row,) = rows_of(trader)
    assert row.data["what"]["phase"] == "reduced"
    assert said(trader)[0].endswith(
        "SELL 0.028 BTCUSDT-PERP.BINANCE at 45,900.00. The clearance fee is 16.06 USDT; the "
        "margin is covered again."
    )
    run_on(trader, 11_000, "45900", "47500")
    assert len(rows_of(trader)) == 1
    assert trader.restarted().state.hash() == trader.state.hash()


@pytest.mark.thorough
@pytest.mark.parametrize("orders", [False, True])
def test_a_crash_at_any_row_of_a_liquidation_ends_in_the_same_desk(orders):
    def market(trader):
        fall(trader)
        run_on(trader, 12_000)

    whole = with_orders() if orders else long_one()
    begun = len(whole.rows)
    market(whole)
    assert len(rows_of(whole)) == 1 + orders
    for cut in range(begun, len(whole.rows) + 1):
        again = Trader(whole.rows[:cut])
        market(again)
        assert again.state.ledger.document() == whole.state.ledger.document()
        assert held(again) == 0
        assert [f.price for f in again.state.fills] == [f.price for f in whole.state.fills]
        assert again.restarted().state.hash() == again.state.hash()


def test_nothing_is_liquidated_by_figures_that_the_venue_may_know_better():
    practice = Practice()
    trader = practice.trader()
    trader.market()
    trader.deposit("15000")
    trader.run(500)
    trader.buy("1", "60000")
    trader.run(300)
    stop = {"id": "s", "type": OrderType.STOP, "trigger": D(57000), "reduce_only": True}
    trader.sell("1", None, **stop)
    trader.run(300)
    practice.fault("down:at=0s:for=15s")
    trader.run(300)
    trader.book(BTC, bids=(("56999.9", "10"),), asks=(("57000", "10"),))
    trader.mark(BTC, "57000")
    assert (practice.exchange.held("perp-1", BTC), held(trader)) == (0, 1)
    run_on(trader, 30_000)
    assert (practice.exchange.held("perp-1", BTC), held(trader)) == (0, 0)
    assert trader.state.liquidations == 0
    assert trader.state.orders["s"].status is OrderStatus.FILLED
