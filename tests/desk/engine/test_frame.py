from decimal import ROUND_FLOOR
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, CATALOGUE, ETH, Trader, order

from desk.engine.frame import build_frame
from desk.execution.fee_tiers import catalogue_at, load_fees
from desk.io.resources import resource
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import NextFrame, PreviewOrder, Transfer
from desk.model.orders import Side


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


def frame(trader, selected=None):
    wanted = NextFrame(selected=selected)
    return build_frame(trader.desk, wanted, number=1, engine_ms=0.0, notes={})


def test_an_empty_desk_says_nothing_that_it_does_not_know():
    shown = frame(Trader(), BTC)
    assert shown.data_ns == 0
    assert {market.quality for market in shown.markets} == {"UNKNOWN"}
    assert all(market.mark is None and market.bid is None for market in shown.markets)
    assert shown.book is None
    assert [feed.age_ms for feed in shown.feeds] == [None]


def test_totals_add_up_what_the_desk_holds(trader):
    trader.buy("2", "60000")
    trader.sell("10", None, id="eth", instrument=ETH)
    trader.run(60)
    trader.give(Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(1000)))
    shown = frame(trader)
    # Fees 0.05 % of 120,000 and of 24,999.90; ETH was sold one tick below its mark of 2,500.
    fees = D(60) + D("12.49995")
    assert shown.totals.equity == D(100000) - fees - D("0.1")
    assert shown.totals.btc_delta == D(2)
    assert shown.totals.eth_delta == D(-10)
    # Longs pay 0.01 % three times a day, shorts receive it.
    assert shown.totals.funding_per_day == D("-36.00") + D("7.50")


def test_marks_at_close_out_lie_where_the_common_move_says(trader):
    trader.buy("5", "60000")
    trader.run(60)
    (account,) = [view for view in frame(trader).accounts if view.account == "perp-1"]
    assert account.common_move_down is not None
    assert account.close_out_marks == {"BTC": D(60000) * (1 + account.common_move_down)}


def test_a_stale_mark_keeps_its_value_and_says_its_age(trader):
    trader.run(3000, step=500)
    (btc,) = [market for market in frame(trader).markets if market.instrument == BTC]
    assert btc.quality == "STALE"
    assert btc.mark == D(60000)
    assert btc.mark_age_ms >= 3000


def test_a_spot_holding_without_a_price_leaves_the_total_unknown(trader):
    trader.deposit("1", asset="BTC", account="spot-1", command_id="d2")
    assert frame(trader).totals.equity is None


def test_the_selected_book_is_shown_best_first(trader):
    shown = frame(trader, BTC)
    assert shown.book.bids[0] == (D("59999.9"), D(10))
    assert shown.book.asks[0] == (D(60000), D(10))


def ladder(trader, **wanted):
    asked = NextFrame(selected=BTC, **wanted)
    return build_frame(trader.desk, asked, number=1, engine_ms=0.0, notes={}).book


def test_a_ladder_gets_its_levels_grouped_from_the_whole_book(trader):
    bids = [(f"{59999.9 - n / 10:.1f}", "1") for n in range(100)]
    asks = [(f"{60000.1 + n / 10:.1f}", "2") for n in range(100)]
    trader.book(BTC, bids, asks)
    book = ladder(trader, levels=3, group=10)
    assert book.group == 10
    assert book.bids == [(D("59999.0"), D(10)), (D("59998.0"), D(10)), (D("59997.0"), D(10))]
    assert book.asks == [(D("60001.0"), D(20)), (D("60002.0"), D(20)), (D("60003.0"), D(20))]
    assert len(ladder(trader).bids) == 20
    assert len(ladder(trader, levels=60).asks) == 60


@pytest.mark.parametrize("odd", [0, -5, 10**30])
def test_a_window_that_asks_for_anything_gets_bounded_levels(trader, odd):
    trader.book(BTC, [(f"{60000 - n / 10:.1f}", "1") for n in range(1, 400)], [("60000.0", "1")])
    assert len(ladder(trader, levels=odd).bids) in {1, 200}
    assert 1 <= ladder(trader, group=odd).group <= 100_000


def test_a_ladder_shows_what_traded_at_its_prices_since_the_desk_listens(trader):
    for price, quantity in (("60000.0", "0.5"), ("59999.9", "0.2"), ("60000.0", "0.3")):
        trader.trade(price, quantity)
    trader.trade("50000.0", "9")
    assert ladder(trader).traded == [(D("60000.0"), D("0.8")), (D("59999.9"), D("0.2"))]
    assert ladder(trader, group=10).traded == [
        (D("60000.0"), D("0.8")),
        (D("59999.0"), D("0.2")),
    ]


def test_a_resting_order_shows_what_is_ahead_of_it_and_behind(trader):
    trader.book(BTC, bids=(("59990.0", "4"),), asks=(("60000.0", "10"),))
    trader.buy("1", "59990.0", id="mine")
    (before,) = frame(trader).orders
    assert (before.queue_ahead, before.queue_behind) == (None, None)
    trader.run(60)
    trader.delta(bids=(("59990.0", "7"),))  # three came behind
    trader.trade("59990.0", "1.5")
    (order,) = frame(trader).orders
    assert (order.queue_ahead, order.queue_behind) == (D("2.5"), D("4.5"))


def test_a_position_shows_where_closing_it_would_leave_nothing(trader):
    trader.buy("1", "60000")
    trader.run(60)
    (position,) = frame(trader).positions
    assert position.break_even_price == pytest.approx(D(60030) / D("0.9995"), abs=D("1e-12"))


def test_a_fee_tier_is_charged_in_fills_previews_sizes_and_break_even():
    table = load_fees(resource("fees/binance.toml"), "fees/binance.toml")
    trader = Trader(catalogue=catalogue_at(CATALOGUE, table, "VIP 9"))  # taker 0.017 %
    trader.deposit()
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    (fill,) = trader.state.fills
    assert fill.fee == D("10.2")
    (position,) = frame(trader).positions
    assert position.break_even_price == pytest.approx(D("60010.2") / D("0.99983"), abs=D("1e-12"))
    # 500 at risk: each coin loses 1,000 and 0.017 % of 60,000 and of 59,000, rounded down.
    given = Quantity(D(500), QuantityUnit.RISK)
    sized = order(Side.BUY, given, "60000", stop_loss=D(59000))
    (shown,) = trader.give(PreviewOrder(id="p", order=sized))
    sized_to = (D(500) / D("1020.23")).quantize(D("0.001"), ROUND_FLOOR)
    assert D(shown.cost["quantity"]) == sized_to
    assert D(shown.cost["fee_rate"]) == D("0.00017")
