"""What a frame tells a chart: what it asked for, and of that only what may be new."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, START_MS, Trader

from desk.engine.chart_views import MAX_BARS, chart_views, charts_until
from desk.engine.frame import build_frame
from desk.engine.message import PastTold
from desk.market.bars import Bar
from desk.market.heat import COLUMNS_KEPT, EVERY_MS
from desk.model.commands import ChartWanted, NextFrame
from desk.model.market_data import PastCandle, PastFunding


@pytest.fixture
def trader():
    trader = Trader()
    trader.market()
    return trader


def charts(trader, *wanted):
    asked = NextFrame(charts=list(wanted))
    frame = build_frame(trader.desk, asked, number=1, engine_ms=0.0, notes={})
    return msgspec.msgpack.decode(msgspec.msgpack.encode(frame), type=type(frame)).charts


def chart(trader, bar_s=1, **more):
    (view,) = charts(trader, ChartWanted(instrument=BTC, bar_s=bar_s, **more))
    return view


def test_nobody_asks_and_nothing_is_sent(trader):
    trader.trade("60001", "0.5")
    assert charts(trader) == []


def test_a_chart_shows_candles_with_marks_and_index(trader):
    trader.trade("60001", "0.5")
    trader.trade("60003", "0.25")
    trader.trade("59999", "0.25")
    view = chart(trader)
    assert (view.instrument, view.bar_s) == (BTC, 1)
    assert (view.open, view.high, view.low, view.close) == ([60001], [60003], [59999], [59999])
    assert view.volume == [1.0]
    assert (view.mark, view.index) == ([60000.0], [60000.0])
    assert view.start_ms == [START_MS]


def test_a_second_of_marks_alone_is_no_candle(trader):
    trader.trade("60001", "0.5")
    trader.tick(5_000)
    trader.mark(BTC, "60010")
    assert len(chart(trader).start_ms) == 1
    assert chart(trader, bar_s=60).mark == [60010.0]


def test_only_new_candles_are_sent_and_two_before_them(trader):
    for n in range(20):
        trader.trade(f"{60000 + n}", "0.1")
        trader.tick(1_000)
        trader.mark(BTC)
    assert len(chart(trader).start_ms) == 20
    view = chart(trader, from_ms=START_MS + 15_000)
    assert view.start_ms == [START_MS + n * 1_000 for n in range(13, 20)]


def test_what_cannot_be_charted_is_left_out_and_so_are_charts_beyond_the_limit(trader):
    trader.trade("60001", "0.5")
    odd = [
        ChartWanted(instrument="NO-SUCH.THING", bar_s=60),
        ChartWanted(instrument=BTC, bar_s=7),
        ChartWanted(instrument=BTC, bar_s=-1),
        ChartWanted(instrument=BTC, bar_s=60, from_ms=-(10**18), heat_from_ms=-(10**18)),
        ChartWanted(instrument=BTC, bar_s=60, from_ms=10**18),
    ]
    assert [len(view.start_ms) for view in charts(trader, *odd)] == [1, 0]
    assert len(charts(trader, *[ChartWanted(instrument=BTC, bar_s=60)] * 100)) == 16


def test_the_newest_candles_are_sent_where_there_are_too_many(trader):
    market = trader.desk.market.get(BTC)
    told = [Bar(START_MS + n * 60_000, 1.0, 1.0, 1.0, float(n), 1.0) for n in range(MAX_BARS + 5)]
    market.candles.take_past(60, told)
    market.candles.source = "Binance's own candles"
    view = chart(trader, bar_s=60)
    assert (len(view.start_ms), view.close[0], view.close[-1]) == (MAX_BARS, 5.0, MAX_BARS + 4.0)
    assert view.source == "Binance's own candles"
    assert view.revision == 1


# ------------------------------------------------------------------ the time before


def told(first_ms, bar_s, *closes, source="Binance's own candles"):
    candles = [
        PastCandle(first_ms + n * bar_s * 1_000, D(close), D(close), D(close), D(close), D(1))
        for n, close in enumerate(closes)
    ]
    return PastTold(instrument=BTC, bar_s=bar_s, candles=candles, source=source)


def change(trader):
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    (view,) = [market for market in frame.markets if market.instrument == BTC]
    return view.last, view.change_24h_rate


def test_the_change_of_the_day_is_counted_from_the_price_a_day_ago(trader):
    assert change(trader) == (None, None)
    quarter = 900_000
    first = (START_MS - 86_400_000) // quarter * quarter
    trader.process(told(first - quarter, 900, "50000", "40000", *["55000"] * 95))
    assert change(trader) == (D(55000), D("0.375")), "before a print is heard, as the venue closed"
    trader.trade("50000", "1")
    assert change(trader) == (D(50000), D("0.25"))


def test_a_minute_of_the_desks_own_knows_better_than_a_quarter_of_an_hour(trader):
    then = START_MS - 86_400_000
    trader.process(told(then // 900_000 * 900_000, 900, "40000"))
    trader.process(told(then // 60_000 * 60_000, 60, "44000"))
    trader.trade("55000", "1")
    assert change(trader) == (D(55000), D("0.25"))


def test_no_price_a_day_ago_is_no_change_of_none(trader):
    trader.trade("50000", "1")
    trader.process(told(START_MS - 7_200_000, 60, "40000"))
    assert change(trader) == (D(50000), None)


def test_what_a_venue_tells_of_the_time_before_moves_no_mark_and_no_age(trader):
    desk, market = trader.desk, trader.desk.market.get(BTC)

    def known():
        return (desk.now_ns, desk.market.last_message_ns, market.mark, desk.changes, market.book)

    before = known()
    trader.process(told(START_MS - 600_000, 60, *["1"] * 10))
    assert known() == before
    assert market.last_trade is None
    trader.process(PastTold(instrument="NO-SUCH.THING", source="x"))


def test_fundings_of_the_span_are_marked(trader):
    fundings = [PastFunding(START_MS - n * 28_800_000, D("0.0001")) for n in range(3)]
    trader.process(PastTold(instrument=BTC, fundings=fundings))
    assert [at for at, _ in chart(trader).funding] == sorted(one.time_ms for one in fundings)
    assert chart(trader, from_ms=START_MS).funding == [(START_MS, 0.0001)]


# ------------------------------------------------------------------ depth


def test_depth_is_watched_from_when_it_is_wanted_on(trader):
    assert chart(trader).heat is None
    assert trader.desk.market.get(BTC).heat.columns == []
    heat = chart(trader, heat=True).heat
    assert heat.step == 5.0  # the largest of 1, 2, 5 in a decade below 60,000 / 10,000
    (sizes,), (low,) = heat.sizes, heat.low
    assert len(sizes) == 120
    where = {low + n * heat.step: size for n, size in enumerate(sizes) if size}
    assert where == {59_995.0: 10.0, 60_000.0: 10.0}, "the best bid and the best ask"


def test_a_column_comes_every_two_seconds_and_only_new_ones_are_sent(trader):
    for _ in range(5):
        heat = chart(trader, heat=True).heat
        trader.tick(EVERY_MS // 2)
        chart(trader, heat=True)
        trader.tick(EVERY_MS // 2)
    assert len(heat.time_ms) == 5
    assert len(chart(trader, heat=True, heat_from_ms=heat.time_ms[-1] + 1).heat.time_ms) == 1


def test_columns_are_bounded_and_a_lost_book_has_none(trader):
    wanted = [ChartWanted(instrument=BTC, bar_s=1, heat=True, heat_from_ms=1 << 60)]
    for _ in range(COLUMNS_KEPT + 20):
        trader.tick(EVERY_MS)
        chart_views(trader.desk, wanted)
    market = trader.desk.market.get(BTC)
    assert len(market.heat.columns) == COLUMNS_KEPT
    newest = market.heat.columns[-1]
    market.book.lose("for this test")
    trader.tick(EVERY_MS)
    chart_views(trader.desk, wanted)
    assert market.heat.columns[-1] is newest


def test_buckets_become_coarser_with_the_price_and_old_columns_go(trader):
    chart(trader, heat=True)
    trader.tick(EVERY_MS)
    trader.book(BTC, bids=(("1000099.9", "1"),), asks=(("1000100.0", "1"),))
    heat = chart(trader, heat=True).heat
    assert (heat.step, len(heat.time_ms)) == (100.0, 1)


def test_a_picture_of_the_past_has_the_candles_that_were_over_then(trader):
    for price in ("60001", "60002", "60003"):
        trader.trade(price, "0.5")
        trader.tick(1_000)
    whole = chart(trader)
    assert len(whole.start_ms) == 3
    end_ms = whole.start_ms[-1]
    wanted = [ChartWanted(instrument=BTC, bar_s=1, heat=True)]
    (past,) = charts_until(trader.desk, wanted, end_ms + 999)  # the last was running still
    assert past.start_ms == whole.start_ms[:-1]
    assert past.close == whole.close[:-1]
    assert past.heat is None
    assert charts_until(trader.desk, wanted, end_ms + 1_000)[0].start_ms == whole.start_ms
