"""The market as a whole: what is live, stale or unknown, and why."""

from decimal import Decimal

import msgspec
import pytest
from helpers.binance_frames import CATALOGUE

from desk.market.state import MarketState
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    InstrumentListed,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side

PERP, SPOT = "BTCUSDT-PERP.BINANCE", "BTCUSDT.BINANCE"
MS = 1_000_000
S = 1_000 * MS
T0 = 1_800_000_000_000


def mark(recv_ns, price="61000", stamp_ms=..., instrument=PERP):
    stamp = T0 + recv_ns // MS if stamp_ms is ... else stamp_ms
    rate = Decimal("0.0001")
    return MarkPrice(instrument, Decimal(price), Decimal(61001), rate, T0 + 1, recv_ns, stamp)


def book(recv_ns, instrument=SPOT, bid=6_100_000, ask=6_100_002):
    return BookSnapshot(instrument, 1, [(bid, 5)], [(ask, 5)], recv_ns)


@pytest.fixture
def market():
    return MarketState(CATALOGUE)


def test_nothing_is_known_before_anything_was_said(market):
    assert market.mark_price(PERP) is None
    assert market.quality(PERP, S) == "UNKNOWN"
    assert market.mark_age_ms(PERP, S) is None
    assert market.book_age_ms(PERP, S) is None
    assert market.last_message_ns == 0
    assert market.quality("NO-SUCH.THING", S) == "UNKNOWN"
    assert market.get("NO-SUCH.THING") is None


@pytest.mark.parametrize(
    ("waited_ms", "quality"), [(0, "LIVE"), (2_000, "LIVE"), (2_001, "STALE"), (10**7, "STALE")]
)
def test_a_mark_is_live_for_two_seconds(market, waited_ms, quality):
    market.apply(mark(10 * S, stamp_ms=None))
    now = 10 * S + waited_ms * MS
    assert market.quality(PERP, now) == quality
    assert market.mark_age_ms(PERP, now) == waited_ms
    assert market.mark_price(PERP) == 61000, "shown with its age, never hidden, never 0"


def test_a_mark_from_the_future_is_stale(market):
    market.apply(mark(10 * S, stamp_ms=None))
    assert market.quality(PERP, 9 * S) == "STALE"


def test_marks_whose_stamps_stand_still_are_stale(market):
    for second in range(1, 10):
        market.apply(mark(second * S))
    assert market.quality(PERP, 9 * S) == "LIVE"
    for second in range(10, 14):
        market.apply(mark(second * S, stamp_ms=T0 + 9_000))
    assert market.quality(PERP, 13 * S) == "STALE"


def test_a_mark_that_comes_late_or_twice_replaces_no_newer_one(market):
    for second in range(1, 6):
        market.apply(mark(second * S, price=f"{61_000 + second}"))
    for behind_ms in (1, 2_500, 10_000):
        market.apply(mark(5 * S + 100 * MS, price="50000", stamp_ms=T0 + 5_000 - behind_ms))
        assert market.mark_price(PERP) == 61_005
    assert market.mark_age_ms(PERP, 6 * S) == 1_000, "a late one confirms nothing"
    assert market.get(PERP).jumps == 0
    market.apply(mark(6 * S, price="61006", stamp_ms=T0 + 5_000))
    assert market.mark_price(PERP) == 61_006, "of one stamp the last word holds"


def test_marks_of_a_clock_that_was_set_back_far_are_taken_with_their_age(market):
    market.apply(mark(5 * S))
    market.apply(mark(6 * S, price="61001", stamp_ms=T0 + 5_000 - 10_001))
    assert (market.mark_price(PERP), market.quality(PERP, 6 * S)) == (61_001, "STALE")


@pytest.mark.parametrize("mad", [1, 2, 3])
def test_marks_after_mad_stamps_are_not_taken_for_late(market, mad):
    for second in range(1, 5):
        market.apply(mark(second * S))
    for second in range(5, 5 + mad):
        market.apply(mark(second * S, stamp_ms=T0 + second * 1_000 + 5_000))
    for second in range(5 + mad, 8 + mad):
        market.apply(mark(second * S, price=f"{62_000 + second}"))
    assert market.mark_price(PERP) == 62_007 + mad
    assert market.quality(PERP, (7 + mad) * S) == "LIVE"


def test_a_perpetuals_book_does_not_keep_its_mark_alive(market):
    market.apply(mark(10 * S))
    for second in range(10, 20):
        market.apply(book(second * S, PERP, 610_000, 610_001))
    assert market.quality(PERP, 19 * S) == "STALE"
    assert market.book_age_ms(PERP, 19 * S) == 0


def test_the_mark_of_spot_is_the_mid_of_its_synced_book(market):
    market.apply(book(10 * S))
    assert market.mark_price(SPOT) == Decimal("61000.01")
    assert market.quality(SPOT, 12 * S) == "LIVE"
    assert market.quality(SPOT, 12 * S + 1) == "STALE"
    market.apply(BookDelta(SPOT, 2, 2, [], [(6_100_001, 3)], 13 * S, T0 + 13_000))
    assert market.mark_price(SPOT) == Decimal("61000.005")
    assert market.quality(SPOT, 14 * S) == "LIVE"
    market.apply(BookLost(SPOT, 2, 9, "gap", 14 * S))
    assert market.mark_price(SPOT) is None
    assert market.quality(SPOT, 14 * S) == "UNKNOWN"


def test_a_spot_book_whose_spread_is_above_five_percent_gives_no_mark(market):
    market.apply(book(10 * S, bid=5_850_000, ask=6_150_000))
    assert market.mark_price(SPOT) == 60_000, "5 % of the middle"
    assert market.quality(SPOT, 10 * S) == "LIVE"
    market.apply(BookDelta(SPOT, 2, 2, [], [(6_150_000, 0), (6_150_001, 5)], 11 * S))
    assert market.mark_price(SPOT) is None
    assert market.quality(SPOT, 11 * S) == "UNKNOWN"
    assert market.books[SPOT].synced, "there is something to trade against all the same"
    assert market.get(SPOT).seen_age_ns(12 * S) == S, "and the venue is heard"
    market.apply(BookDelta(SPOT, 3, 3, [], [(6_149_999, 5)], 12 * S))
    assert market.quality(SPOT, 12 * S) == "LIVE"


def test_a_spot_book_with_one_side_gives_no_mark(market):
    market.apply(BookSnapshot(SPOT, 1, [(6_100_000, 5)], [], 10 * S))
    assert market.mark_price(SPOT) is None


def test_a_crossed_book_is_reported_once_for_a_new_snapshot(market):
    market.apply(book(10 * S))
    market.apply(BookDelta(SPOT, 2, 2, [(6_100_005, 1)], [], 10 * S))
    assert market.books[SPOT].state == "UNSYNCED"
    assert market.take_distrusted() == [SPOT]
    assert market.take_distrusted() == []
    market.apply(BookDelta(SPOT, 3, 3, [(6_100_005, 0)], [], 10 * S))
    assert market.take_distrusted() == []
    assert market.mark_price(SPOT) is None


def test_what_came_with_the_mark_is_read_beside_it(market):
    market.apply(mark(10 * S))
    perp = market.get(PERP)
    assert (perp.index_price, perp.funding_rate, perp.next_funding_ms) == (
        Decimal(61001),
        Decimal("0.0001"),
        T0 + 1,
    )


def test_a_rate_is_for_the_hours_that_are_told_with_it_and_never_for_those_once_listed(market):
    perp = market.get(PERP)
    assert perp.funding_interval_h == 8, "as listed, while nothing was told"
    market.apply(mark(10 * S))
    assert perp.funding_rate is not None
    assert perp.funding_interval_h is None, "it has changed, and nobody knows to what"
    market.apply(msgspec.structs.replace(mark(11 * S), funding_interval_h=4))
    assert perp.funding_interval_h == 4


def test_trades_tickers_and_status_are_kept(market):
    market.apply(mark(9 * S))
    trade = Trade(PERP, 7, 610_000, 3, Side.SELL, 10 * S, T0 + 10_000)
    top = BookTop(PERP, 5, 609_999, 1, 610_001, 2, 11 * S)
    status = FeedStatus("binance-usdm", False, "closed", 12 * S)
    for event in (trade, top, status):
        market.apply(event)
    perp = market.get(PERP)
    assert perp.last_price == Decimal("61000.0")
    assert perp.top == top
    assert perp.candles.bars(60).volume.tolist() == [0.003]
    assert market.connection("binance-usdm").status == status
    assert market.connection("binance-usdm").last_message_ns == 11 * S
    assert market.connection("binance-spot").last_message_ns == 0
    assert market.last_message_ns == 12 * S
    assert market.events == 4


def test_marks_and_trades_are_drawn_at_the_venues_time(market):
    market.apply(mark(10 * S))
    market.apply(Trade(PERP, 7, 610_005, 3, Side.BUY, 10 * S + 5, T0 + 10_000))
    drawn = market.get(PERP).candles.seconds
    assert (drawn.start.tolist(), drawn.mark.tolist()) == ([T0 + 10_000], [61000.0])
    assert drawn.close.tolist() == [61000.5]


def test_the_mid_of_spot_is_drawn_too(market):
    market.apply(book(10 * S))
    market.apply(BookDelta(SPOT, 2, 2, [], [(6_100_001, 3)], 13 * S, T0 + 13_000))
    drawn = market.get(SPOT).candles.seconds
    assert (drawn.start.tolist(), drawn.mark.tolist()) == ([T0 + 13_000], [61000.005])


def test_a_mad_stamp_does_not_stop_the_chart(market):
    market.apply(mark(10 * S))
    market.apply(mark(11 * S, stamp_ms=T0 + 10**11))
    market.apply(mark(12 * S))
    assert market.get(PERP).candles.seconds.start.tolist() == [T0 + 10_000, T0 + 12_000]


def test_a_late_word_on_the_minute_before_does_not_take_the_newer_ones_place(market):
    def candle(start_ms, close, *, closed=False):
        return VenueCandle(PERP, start_ms, 1, 9, 1, close, Decimal(1), closed, 10 * S)

    market.apply(candle(T0, 5))
    market.apply(candle(T0 + 60_000, 6))
    market.apply(candle(T0, 7, closed=True))
    assert market.get(PERP).venue_candle == candle(T0 + 60_000, 6)


def test_an_event_of_an_unknown_instrument_changes_nothing(market):
    market.apply(mark(10 * S, instrument="DOGEUSDT-PERP.BINANCE"))
    assert all(m.mark is None for m in market.all())


def test_contracts_of_another_size_leave_nothing_that_was_counted_in_the_old(market):
    market.apply(OpenInterest(PERP, Decimal(5), S))
    market.apply(Liquidation(PERP, Side.SELL, Decimal(60_000), Decimal(5), S))
    found = market.get(PERP)
    dearer = msgspec.structs.replace(found.instrument, maker_fee_rate=Decimal("0.0003"))
    market.apply(InstrumentListed(PERP, dearer, S))
    assert (found.open_interest.quantity, found.liquidation.quantity) == (5, 5)
    larger = msgspec.structs.replace(found.instrument, contract_size=Decimal(10))
    market.apply(InstrumentListed(PERP, larger, S))
    assert (found.open_interest, found.liquidation) == (None, None)
