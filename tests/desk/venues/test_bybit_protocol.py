"""Bybit frames in, events and wishes out."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import in_band_frames as f
from helpers.streams import active

from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.bybit import PATHS

BTC = "BTCUSDT-PERP.BYBIT"
S = 1_000_000_000
PATH = PATHS[f.LINEAR]


@pytest.fixture
def linear():
    return f.bybit(f.LINEAR)


def hear(protocol, *messages, at=5):
    """Feed messages; return the events."""
    for message in messages:
        protocol.receive_frame(f.raw(message), at)
    return protocol.events_received()


def opened(protocol, at=1):
    """Open the socket; return the requests."""
    (endpoint,) = protocol.endpoints()
    protocol.connection_made(endpoint.path, at)
    protocol.events_received()
    return requests(protocol)


def requests(protocol):
    (endpoint,) = protocol.endpoints()
    return [json.loads(frame) for frame in protocol.frames_to_send(endpoint.path)]


def asked(protocol):
    return [(r["op"], topic) for r in requests(protocol) for topic in r.get("args", [])]


def renewed(topic):
    return [("unsubscribe", topic), ("subscribe", topic)]


# --- subscriptions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("connection", "path", "symbols"),
    [
        (f.SPOT, "/v5/public/spot", ["BTCUSDT", "ETHUSDT"]),
        (f.LINEAR, "/v5/public/linear", ["BTCUSDT", "ETHUSDT"]),
        (f.INVERSE, "/v5/public/inverse", ["BTCUSD", "ETHUSD"]),
    ],
)
def test_each_product_has_its_socket_and_spot_has_no_ticker(connection, path, symbols):
    (endpoint,) = f.bybit(connection).endpoints()
    assert endpoint.path == path
    kinds = ["orderbook.200", "orderbook.1", "publicTrade", "kline.1"]
    kinds += [] if connection == f.SPOT else ["tickers", "allLiquidation"]
    assert list(endpoint.streams) == [f"{kind}.{symbol}" for symbol in symbols for kind in kinds]


def test_a_request_holds_one_instrument_and_at_most_ten_topics():
    spot = f.bybit(f.SPOT)
    sent = opened(spot)
    assert [request["op"] for request in sent] == ["subscribe", "subscribe"]
    assert all(len(request["args"]) <= 10 for request in sent)
    topics = [topic for request in sent for topic in request["args"]]
    assert topics == list(spot.endpoints()[0].streams)
    assert len({request["req_id"] for request in sent}) == 2


@pytest.mark.parametrize("said", ["subscribe", ""], ids=["spot", "linear"])
def test_an_answer_confirms_the_topics_of_its_request(linear, said):
    first, _ = opened(linear)
    hear(
        linear,
        {"success": True, "ret_msg": said, "conn_id": "d9", "req_id": "1", "op": "subscribe"},
    )
    begin_whole = {"orderbook.200.BTCUSDT", "tickers.BTCUSDT"}
    assert active(linear) == set(first["args"]) - begin_whole
    assert linear.counters.unknown_events == linear.counters.rejected == 0


def test_a_refusal_is_counted_and_told_and_asked_for_again(linear):
    opened(linear)
    (event,) = hear(
        linear,
        {
            "success": False,
            "ret_msg": "error:handler not found,topic:orderbook.7.BTCUSDT",
            "conn_id": "da7r0pitbetqa8diesh0-m4ao",
            "req_id": "1",
            "op": "subscribe",
        },
    )
    assert isinstance(event, FeedStatus)
    assert "handler not found" in event.reason
    assert active(linear) == set()
    assert linear.counters.reasons == {"refused by the venue": 1}
    linear.tick(11 * S)
    assert ("subscribe", "tickers.BTCUSDT") in asked(linear)


def test_an_answer_on_a_socket_that_is_gone_confirms_nothing_on_the_next(linear):
    opened(linear)
    linear.connection_lost(PATH, "closed", 2)
    opened(linear, at=3)
    hear(linear, {"success": True, "ret_msg": "", "req_id": "1", "op": "subscribe"})
    assert active(linear) == set()


def test_data_confirm_their_topic_without_an_answer(linear):
    opened(linear)
    hear(linear, f.bybit_snapshot(7))
    assert active(linear) == {"orderbook.200.BTCUSDT"}


def test_a_ping_goes_every_twenty_seconds_and_its_answer_is_no_data(linear):
    opened(linear, at=0)
    pings = []
    for second in range(1, 61):
        linear.tick(second * S)
        pings += [second for request in requests(linear) if request == {"op": "ping"}]
    assert pings == [20, 40, 60]
    pong = {"success": True, "ret_msg": "pong", "conn_id": "d9", "req_id": "", "op": "ping"}
    assert hear(linear, pong, {"op": "pong"}) == []
    assert linear.last_data_ns(PATH) == 0
    assert linear.counters.unknown_events == linear.counters.rejected == 0


# --- books ----------------------------------------------------------------------------------------


def test_a_snapshot_and_its_changes_come_out_in_ticks_and_lots(linear):
    events = hear(
        linear,
        f.bybit_snapshot(100, [("63958.60", "6.907")], [("63958.70", "2.1")]),
        f.bybit_book(101, [("63958.60", "0")], [("63958.80", "0.001")], ms=f.START_MS + 100),
    )
    assert events == [
        BookSnapshot(BTC, 100, [(639586, 6907)], [(639587, 2100)], 5, f.START_MS),
        BookDelta(BTC, 101, 101, [(639586, 0)], [(639588, 1)], 5, f.START_MS + 100),
    ]


def test_a_gap_loses_that_book_alone_and_asks_for_its_topic_anew(linear):
    opened(linear)
    hear(linear, f.bybit_snapshot(100), f.bybit_snapshot(7, [("2600.01", "1")], symbol="ETHUSDT"))
    for symbol in ("BTCUSDT", "ETHUSDT"):
        hear(linear, f.bybit_ticker(symbol=symbol, markPrice="2600.00"))
    assert hear(linear, f.bybit_book(103), at=3 * S) == [BookLost(BTC, 100, 102, "gap", 3 * S)]
    assert asked(linear) == renewed("orderbook.200.BTCUSDT")
    assert hear(linear, f.bybit_book(104), at=3 * S) == []
    assert len(hear(linear, f.bybit_book(8, symbol="ETHUSDT"), at=3 * S)) == 1
    events = hear(linear, f.bybit_snapshot(200), f.bybit_book(201), at=4 * S)
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]
    assert asked(linear) == []


def test_a_duplicate_is_passed_over_and_a_swapped_pair_costs_the_book(linear):
    hear(linear, f.bybit_snapshot(100))
    delta = f.bybit_book(101)
    assert len(hear(linear, delta, delta)) == 1
    events = hear(linear, f.bybit_book(103), f.bybit_book(102))
    assert [type(event) for event in events] == [BookLost]


@pytest.mark.parametrize("kind", ["snapshot", "delta"])
def test_update_one_is_a_whole_book_after_a_restart_of_the_venue(linear, kind):
    hear(linear, f.bybit_snapshot(100))
    restart = f.bybit_book(1, [("63000.00", "1.000")], [("63000.10", "1.000")], kind=kind)
    events = hear(linear, restart, f.bybit_book(2))
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]
    assert events[0].bids == [(630000, 1000)]


def test_a_new_snapshot_replaces_the_book_whatever_its_id(linear):
    hear(linear, f.bybit_snapshot(100), f.bybit_book(101))
    events = hear(linear, f.bybit_snapshot(50), f.bybit_book(51))
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]


def test_a_rejected_change_costs_the_book_because_it_is_missing(linear):
    hear(linear, f.bybit_snapshot(100))
    assert hear(linear, f.bybit_book(101, [("63958.65", "1")])) == []
    assert linear.counters.reasons == {"off the grid": 1}
    assert [type(event) for event in hear(linear, f.bybit_book(102))] == [BookLost]


def test_a_lost_socket_loses_books_and_tickers(linear):
    opened(linear)
    hear(linear, f.bybit_snapshot(100), f.bybit_ticker(**f.FULL_TICKER))
    linear.connection_lost(PATH, "closed", 6)
    lost, status = linear.events_received()
    assert lost == BookLost(BTC, 100, None, "disconnected", 6)
    assert not status.up
    opened(linear, at=7)
    assert hear(linear, f.bybit_ticker("delta", 101, markPrice="1.0"), at=8) == []


def test_a_book_that_somebody_distrusts_is_got_anew(linear):
    opened(linear)
    hear(linear, f.bybit_snapshot(100), f.bybit_ticker(**f.FULL_TICKER))
    linear.resync(BTC, 9 * S)
    assert linear.events_received() == [BookLost(BTC, 100, None, "resync asked for", 9 * S)]
    assert ("subscribe", "orderbook.200.BTCUSDT") in asked(linear)


# --- the best bid and ask -------------------------------------------------------------------------


def test_the_best_bid_and_ask_told_again_unchanged_is_alive(linear):
    top = f.bybit_snapshot(9, depth=1)
    first, second = hear(linear, top) + hear(linear, top, at=8)
    assert first == BookTop(BTC, 9, 639586, 6907, 639587, 2100, 5, f.START_MS)
    assert (second.update_id, second.ts_recv_ns) == (9, 8)


def test_a_side_without_orders_has_no_best_price_and_a_change_is_none(linear):
    assert hear(linear, f.bybit_snapshot(9, asks=[], depth=1)) == []
    assert linear.counters.rejected == 0
    assert hear(linear, f.bybit_book(9, [("63958.60", "1")], depth=1)) == []
    assert linear.counters.rejected == 1


# --- tickers --------------------------------------------------------------------------------------


def test_a_change_is_merged_and_confirms_what_it_leaves_out(linear):
    hear(linear, f.bybit_ticker(**f.FULL_TICKER))
    events = hear(
        linear,
        f.bybit_ticker("delta", 101, indexPrice="63986.66", ms=f.START_MS + 100),
        f.bybit_ticker("delta", 101, fundingRate="-0.0001", nextFundingTime="1786550400000"),
        at=9,
    )
    interest = OpenInterest(BTC, Decimal("28899.069"), 9, f.START_MS + 100)
    assert events[1] == interest
    events = [event for event in events if isinstance(event, MarkPrice)]
    first = MarkPrice(
        BTC,
        Decimal("63958.60"),
        Decimal("63986.66"),
        Decimal("0.0000544"),
        f.FUNDING_MS,
        9,
        f.START_MS + 100,
        8,
    )
    assert events[0] == first
    assert (events[1].mark, events[1].funding_rate) == (first.mark, Decimal("-0.0001"))
    assert events[1].next_funding_ms == 1_786_550_400_000


def test_open_interest_is_of_one_side_and_the_interval_may_change(linear):
    mark, interest = hear(linear, f.bybit_ticker(**f.FULL_TICKER))
    assert (interest.quantity, mark.funding_interval_h) == (Decimal("28899.069"), 8)
    change = f.bybit_ticker("delta", 101, fundingIntervalHour="4", singleOpenInterest="9.5")
    mark, interest = hear(linear, change)
    assert (interest.quantity, mark.funding_interval_h) == (Decimal("9.5"), 4)


def test_a_snapshot_forgets_what_it_does_not_tell(linear):
    hear(linear, f.bybit_ticker(**f.FULL_TICKER))
    (mark,) = hear(linear, f.bybit_ticker(cs=102, markPrice="63000.00"))
    assert (mark.index, mark.funding_rate, mark.next_funding_ms) == (None, None, None)


def test_empty_funding_is_unknown_not_zero(linear):
    fields = f.FULL_TICKER | {"fundingRate": "", "nextFundingTime": "", "fundingIntervalHour": ""}
    mark, _ = hear(linear, f.bybit_ticker(**fields))
    assert (mark.funding_rate, mark.next_funding_ms, mark.funding_interval_h) == (None,) * 3


def test_a_change_before_its_snapshot_makes_no_mark(linear):
    assert hear(linear, f.bybit_ticker("delta", 101, markPrice="63000.00")) == []
    assert linear.counters.reasons == {"a change before its snapshot": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (f.bybit_ticker("delta", 99, indexPrice="63986.66"), "a change out of order"),
        (f.bybit_ticker("delta", 101, markPrice="NaN"), "price out of range"),
        (f.bybit_ticker("delta", 101, markPrice="1") | {"type": "x"}, None),
    ],
    ids=["out of order", "not a number", "unknown kind"],
)
def test_a_ticker_of_which_a_change_is_missing_is_given_up_and_got_anew(linear, change, reason):
    opened(linear)
    hear(linear, f.bybit_snapshot(5), f.bybit_snapshot(5, [], [], symbol="ETHUSDT"))
    hear(linear, f.bybit_ticker(**f.FULL_TICKER))
    hear(linear, f.bybit_ticker(symbol="ETHUSDT", markPrice="2600.00"))
    assert hear(linear, change, at=3 * S) == []
    assert reason is None or reason in linear.counters.reasons
    later = f.bybit_ticker("delta", 102, indexPrice="63986.66")
    assert hear(linear, later, at=3 * S) == [], "an old mark is not confirmed"
    linear.tick(3 * S)
    assert asked(linear) == renewed("tickers.BTCUSDT")
    events = hear(linear, f.bybit_ticker(cs=200, **f.FULL_TICKER), later, at=4 * S)
    assert [type(event) for event in events] == [MarkPrice, OpenInterest]


def test_a_ticker_lost_again_and_again_is_asked_for_ever_more_slowly():
    linear = f.bybit(f.LINEAR, "BTCUSDT")
    opened(linear, at=0)
    hear(linear, f.bybit_snapshot(5), f.bybit_snapshot(5, depth=1))
    times = []
    for half in range(2, 130):
        now = half * S // 2
        hear(linear, f.bybit_ticker(**f.FULL_TICKER), f.bybit_ticker("delta", 1), at=now)
        linear.tick(now)
        times += [half / 2] * (("subscribe", "tickers.BTCUSDT") in asked(linear))
    assert [later - earlier for earlier, later in pairwise(times)] == [4, 8, 16, 30]


# --- trades ---------------------------------------------------------------------------------------


def test_many_trades_of_a_message_keep_their_order_and_the_takers_side(linear):
    events = hear(
        linear,
        f.bybit_trades(
            f.bybit_print("f4c0", "63958.60", "0.010", "Buy"),
            f.bybit_print("0a11", "63958.70", "1.000", "Sell"),
            f.bybit_print("9b22", T=f.START_MS + 1),
        ),
    )
    number = f.START_MS * 4096
    assert events == [
        Trade(BTC, number, 639586, 10, Side.BUY, 5, f.START_MS),
        Trade(BTC, number + 1, 639587, 1000, Side.SELL, 5, f.START_MS),
        Trade(BTC, number + 4096, 639586, 10, Side.BUY, 5, f.START_MS + 1),
    ]


def test_numbers_of_trades_rise_even_when_their_times_do_not(linear):
    late = [f.bybit_print(str(n), T=f.START_MS - n) for n in range(5)]
    ids = [event.trade_id for event in hear(linear, f.bybit_trades(*late))]
    assert ids == sorted(set(ids))
    assert len(ids) == 5


def test_repeats_and_block_trades_are_no_prints(linear):
    message = f.bybit_trades(f.bybit_print("a"), f.bybit_print("a"), f.bybit_print("b", BT=True))
    assert len(hear(linear, message, message)) == 1
    assert linear.counters.ignored_trades == 5


def test_an_id_of_a_print_is_not_remembered_at_any_length(linear):
    hear(linear, f.bybit_trades(f.bybit_print("a" * 64)), f.bybit_trades(f.bybit_print("b" * 65)))
    assert linear.counters.rejected == 1
    assert max(map(len, linear._feeds[0]._told)) == 64


def test_inverse_quantities_are_contracts_of_one_dollar():
    inverse = f.bybit(f.INVERSE)
    trade = f.bybit_print("a", "28560.5", "5823", s="BTCUSD")
    (event,) = hear(inverse, f.bybit_trades(trade, symbol="BTCUSD"))
    assert (event.instrument, event.price, event.quantity) == ("BTCUSD-PERP.BYBIT", 285605, 5823)
    instrument = f.BYBIT.get("BTCUSD-PERP.BYBIT")
    assert instrument.notional(Decimal(5823), Decimal(1)) == 5823


def test_data_of_another_symbol_than_their_topic_are_rejected(linear):
    wrong = f.bybit_trades(f.bybit_print("a", s="ETHUSDT"))
    book = f.bybit_snapshot(5) | {"topic": "orderbook.200.ETHUSDT"}
    ticker = f.bybit_ticker(**f.FULL_TICKER) | {"topic": "tickers.ETHUSDT"}
    assert hear(linear, wrong, book, ticker) == []
    assert linear.counters.reasons == {"another symbol than its stream": 3}


def test_topics_that_nobody_wants_are_counted(linear):
    hear(linear, {"topic": "kline.5.BTCUSDT"}, {"op": "auth", "success": True}, {})
    assert linear.counters.unknown_events == 3


# --- candles and liquidations ---------------------------------------------------------------------


def test_a_candle_is_the_running_minute_until_it_is_confirmed(linear):
    prices = ("63958.60", "63970.00", "63950.10", "63951.00")
    assert hear(linear, f.bybit_candle(*prices), f.bybit_candle(confirm=True)) == [
        VenueCandle(
            BTC,
            f.MINUTE_START_MS,
            *(639_586, 639_700, 639_501, 639_510),
            Decimal("12.345"),
            False,
            5,
        ),
        VenueCandle(BTC, f.MINUTE_START_MS, *[639_586] * 4, Decimal("12.345"), True, 5),
    ]


@pytest.mark.parametrize("more", [{"interval": "5"}, {"start": f.MINUTE_START_MS + 1}])
def test_a_candle_of_another_length_is_rejected(linear, more):
    assert hear(linear, f.bybit_candle(**more)) == []
    assert linear.counters.rejected == 1


@pytest.mark.parametrize(("position", "side"), [("Buy", Side.SELL), ("Sell", Side.BUY)])
def test_a_liquidated_position_was_closed_by_an_order_of_the_other_side(linear, position, side):
    assert hear(linear, f.bybit_forced(position)) == [
        Liquidation(BTC, side, Decimal("63000.10"), Decimal("0.250"), 5, f.START_MS)
    ]


def test_a_liquidation_of_another_symbol_than_its_topic_is_rejected(linear):
    assert hear(linear, f.bybit_forced(s="ETHUSDT")) == []
    assert linear.counters.reasons == {"another symbol than its stream": 1}
