"""Frames in, events and wishes out: one connection of Binance at a time."""

import json
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import binance_frames as b

from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    MarkPrice,
    Trade,
)
from desk.model.orders import Side
from desk.venues.protocol import MAX_FRAME_BYTES, RestRequest

BTC = "BTCUSDT-PERP.BINANCE"
S = 1_000_000_000


@pytest.fixture
def usdm():
    return b.protocol(b.USDM)


@pytest.fixture
def spot():
    return b.protocol(b.SPOT)


def synced(protocol, at=100):
    """A protocol whose BTC book is synced; the next update follows `at`."""
    futures = protocol.connection != b.SPOT
    ids = (at, at, at - 1) if futures else (at, at)
    protocol.receive_frame(b.depth_frame(*ids), 1)
    (request,) = protocol.requests_to_send()
    protocol.receive_response(request, b.snapshot(at), 2)
    protocol.events_received()
    return protocol


# --- what flows where -----------------------------------------------------------------------------


def test_futures_need_two_sockets_and_each_gets_its_own_streams(usdm):
    assert {e.path: e.streams for e in usdm.endpoints()} == {
        "/public/stream": (
            "btcusdt@depth@100ms",
            "btcusdt@trade",
            "btcusdt@bookTicker",
            "ethusdt@depth@100ms",
            "ethusdt@trade",
            "ethusdt@bookTicker",
        ),
        "/market/stream": (
            "btcusdt@markPrice@1s",
            "btcusdt@kline_1m",
            "btcusdt@forceOrder",
            "ethusdt@markPrice@1s",
            "ethusdt@kline_1m",
            "ethusdt@forceOrder",
        ),
    }


@pytest.mark.parametrize("connection", [b.SPOT, b.COINM])
def test_spot_and_coin_margined_need_one_socket(connection):
    (endpoint,) = b.protocol(connection).endpoints()
    kinds = Counter(stream.partition("@")[2] for stream in endpoint.streams)
    futures = 2 if connection == b.COINM else 0
    assert endpoint.path == "/stream"
    assert kinds["depth@100ms"] == kinds["kline_1m"] == 2
    assert kinds["markPrice@1s"] == kinds["forceOrder"] == futures


def test_an_accepted_subscription_is_no_event_and_no_data(usdm):
    usdm.receive_frame(b.raw({"result": None, "id": 1}), 5)
    assert usdm.events_received() == []
    assert usdm.counters.rejected == usdm.counters.unknown_events == 0
    assert usdm.last_data_ns("/public/stream") == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 2, "msg": "Invalid request: unknown stream", "id": 1},
        {"error": {"code": 2, "msg": "Invalid request: unknown stream"}, "id": 1},
    ],
)
def test_a_refused_subscription_is_told(usdm, answer):
    usdm.receive_frame(b.raw(answer), 5)
    (event,) = usdm.events_received()
    assert isinstance(event, FeedStatus)
    assert not event.up
    assert "unknown stream" in event.reason


def test_the_end_of_a_server_is_announced_and_heeded(spot):
    spot.connection_made("/stream", 1)
    assert not spot.roll_wanted("/stream")
    spot.receive_frame(b.raw({"e": "serverShutdown", "E": b.START_MS}), 5)
    assert spot.roll_wanted("/stream")
    spot.connection_made("/stream", 6)
    assert not spot.roll_wanted("/stream")


def test_a_wrapped_announcement_is_heeded_too(spot):
    spot.receive_frame(b.wrapped("!serverShutdown", {"e": "serverShutdown", "E": 1}), 5)
    assert spot.roll_wanted("/stream")


def test_data_count_for_the_socket_they_should_come_on(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@markPrice@1s", b.mark()), 7)
    assert usdm.last_data_ns("/market/stream") == 7
    assert usdm.last_data_ns("/public/stream") == 0
    health = {stream.name: stream for stream in usdm.streams()}
    assert health["btcusdt@markPrice@1s"].messages == 1
    assert health["btcusdt@markPrice@1s"].first_ns == 7
    assert health["ethusdt@markPrice@1s"].messages == 0


# --- books ----------------------------------------------------------------------------------------


def test_the_first_update_asks_for_a_snapshot_once(usdm):
    assert usdm.requests_to_send() == []
    usdm.receive_frame(b.depth_frame(101, 105, 95), 1)
    usdm.receive_frame(b.depth_frame(106, 110, 105), 2)
    assert usdm.requests_to_send() == [
        RestRequest(b.USDM, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", "BTCUSDT")
    ]


def test_a_snapshot_and_what_was_buffered_come_out_in_order(usdm):
    usdm.receive_frame(b.depth_frame(95, 99, 94), 1)
    usdm.receive_frame(b.depth_frame(101, 105, 99, bids=[("61000.0", "0.000")]), 2)
    (request,) = usdm.requests_to_send()
    usdm.receive_response(request, b.snapshot(103), 3)
    assert usdm.events_received() == [
        BookSnapshot(BTC, 103, [(610000, 1000)], [(610001, 2000)], 3),
        BookDelta(BTC, 101, 105, [(610000, 0)], [], 2, b.START_MS),
    ]
    counts = usdm.counters.books[BTC]
    assert (counts.buffered, counts.buffered_applied, counts.snapshots) == (2, 1, 1)


def test_a_gap_loses_that_book_alone_and_asks_anew(usdm):
    synced(usdm)
    usdm.receive_frame(b.depth_frame(10, 10, 9, symbol="ETHUSDT"), 1)
    (eth,) = usdm.requests_to_send()
    usdm.receive_response(eth, b.snapshot(10, bids=[("2600.00", "1.000")], asks=[]), 2)
    usdm.events_received()

    usdm.receive_frame(b.depth_frame(111, 115, 110), 60 * S)
    assert usdm.events_received() == [BookLost(BTC, 100, 110, "gap", 60 * S)]
    (request,) = usdm.requests_to_send()
    assert request.key == "BTCUSDT"
    usdm.receive_frame(b.depth_frame(11, 12, 10, symbol="ETHUSDT"), 60 * S)
    assert [type(e) for e in usdm.events_received()] == [BookDelta]
    usdm.receive_response(request, b.snapshot(113), 61 * S)
    assert [type(e) for e in usdm.events_received()] == [BookSnapshot, BookDelta]
    assert usdm.counters.books[BTC].gaps == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"<html>",
        b"[]",
        b'{"code":-1003,"msg":"Too many requests"}',
        b.snapshot(50),
        b.snapshot(103, bids=[("61000.05", "1")]),
        b.snapshot(103, bids=[("61000.0", "-1")]),
        b.snapshot(103, bids=[["61000.0"]]),
        b'{"lastUpdateId":' + b"1" * 5000 + b',"bids":[],"asks":[]}',
    ],
    ids=str,
)
def test_a_snapshot_that_cannot_be_used_is_asked_for_again_with_patience(usdm, body):
    usdm.receive_frame(b.depth_frame(101, 105, 95), S)
    (request,) = usdm.requests_to_send()
    usdm.receive_response(request, body, S + 1)
    assert usdm.events_received() == []
    usdm.tick(S + S // 4)
    assert usdm.requests_to_send() == []
    usdm.tick(2 * S)
    assert usdm.requests_to_send() == [request]
    usdm.receive_response(request, b.snapshot(103), 2 * S)
    assert [type(e) for e in usdm.events_received()] == [BookSnapshot, BookDelta]
    assert usdm.counters.books[BTC].snapshots_refused == 1


def test_snapshots_that_never_fit_are_asked_for_ever_more_slowly(usdm):
    usdm.receive_frame(b.depth_frame(101, 105, 95), 0)
    asked = []
    for tenth in range(1, 6_000):
        for request in usdm.requests_to_send():
            asked.append(tenth)
            usdm.receive_response(request, None, tenth * S // 10)
        usdm.tick(tenth * S // 10)
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert waits[:6] == pytest.approx([5, 10, 20, 40, 80, 160], abs=2)
    assert max(waits) <= 301
    assert len(asked) < 30


def test_a_book_lost_again_and_again_is_asked_for_every_two_seconds(usdm):
    asked, last = [], 100
    for tenth in range(1, 200):
        usdm.receive_frame(b.depth_frame(last, last, last - 50), tenth * S // 10)
        usdm.tick(tenth * S // 10)
        for request in usdm.requests_to_send():
            asked.append(tenth)
            usdm.receive_response(request, b.snapshot(last), tenth * S // 10)
        last += 100
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert set(waits) == {20}


def test_an_answer_that_comes_late_to_a_synced_book_changes_nothing(usdm):
    synced(usdm)
    request = usdm.snapshot_request("BTCUSDT")
    usdm.receive_response(request, b.snapshot(99, bids=[("1.0", "1")]), 9)
    assert usdm.events_received() == []
    usdm.receive_frame(b.depth_frame(101, 105, 100), 10)
    assert [type(e) for e in usdm.events_received()] == [BookDelta]


@pytest.mark.parametrize("made", [b.USDM, b.SPOT])
def test_an_answer_that_comes_after_its_socket_was_lost_starts_no_book(made):
    protocol = b.protocol(made)
    (path, *_) = [endpoint.path for endpoint in protocol.endpoints()]
    protocol.connection_made(path, 1)
    protocol.receive_frame(b.depth_frame(101, 110, *([100] if made != b.SPOT else [])), 2)
    (request,) = protocol.requests_to_send()
    protocol.connection_lost(path, "closed", 3)
    protocol.events_received()
    protocol.receive_response(request, b.snapshot(105), 9 * S)
    assert protocol.events_received() == []
    protocol.connection_made(path, 10 * S)
    protocol.receive_frame(b.depth_frame(901, 910, *([900] if made != b.SPOT else [])), 11 * S)
    assert len(protocol.requests_to_send()) == 1
    assert [type(e) for e in protocol.events_received()] == [FeedStatus]


def test_an_answer_that_joins_the_stream_of_a_new_socket_is_taken(usdm):
    usdm.connection_made("/public/stream", 1)
    usdm.receive_frame(b.depth_frame(101, 110, 100), 2)
    (request,) = usdm.requests_to_send()
    usdm.connection_lost("/public/stream", "closed", 3)
    usdm.connection_made("/public/stream", 4)
    usdm.receive_frame(b.depth_frame(111, 120, 110), 5)
    usdm.events_received()
    usdm.receive_response(request, b.snapshot(115), 6)
    assert [type(e) for e in usdm.events_received()] == [BookSnapshot, BookDelta]


def test_a_lost_public_socket_loses_the_books_a_lost_market_socket_does_not(usdm):
    synced(usdm)
    usdm.connection_lost("/market/stream", "closed", 5)
    assert [type(e) for e in usdm.events_received()] == [FeedStatus]
    usdm.connection_lost("/public/stream", "closed", 6)
    lost, status = usdm.events_received()
    assert lost == BookLost(BTC, 100, None, "disconnected", 6)
    assert not status.up
    usdm.receive_frame(b.depth_frame(101, 105, 100), 60 * S)
    assert usdm.events_received() == []
    assert len(usdm.requests_to_send()) == 1


def test_a_book_that_somebody_distrusts_is_built_again(usdm):
    synced(usdm)
    usdm.resync(BTC, 5)
    assert usdm.events_received() == [BookLost(BTC, 100, None, "resync asked for", 5)]
    usdm.receive_frame(b.depth_frame(101, 105, 100), 60 * S)
    assert len(usdm.requests_to_send()) == 1


def test_a_rejected_update_costs_the_book_because_it_is_missing(usdm):
    synced(usdm)
    usdm.receive_frame(b.depth_frame(101, 105, 100, bids=[("60999.95", "1.000")]), 5)
    assert usdm.counters.reasons == {"off the grid": 1}
    usdm.receive_frame(b.depth_frame(106, 110, 105), 6)
    assert [type(e) for e in usdm.events_received()] == [BookLost]


def test_partial_books_are_not_taken_for_updates(usdm):
    synced(usdm)
    usdm.receive_frame(b.wrapped("btcusdt@depth20@100ms", b.diff(101, 105, 100)), 5)
    assert usdm.events_received() == []
    assert usdm.counters.unknown_events == 1


def test_an_old_order_smaller_than_a_lot_does_not_cost_the_book(spot):
    # Lots were finer once, and such orders go on resting far from the market.
    synced(spot)
    frame = b.depth_frame(101, 105, asks=[("5000.00", "2292.229725555"), ("6000.00", "0.00000001")])
    spot.receive_frame(frame, 5)
    (delta,) = spot.events_received()
    assert delta.asks == [(500000, 229222972), (600000, 0)]


# --- trades, tickers, marks -----------------------------------------------------------------------


def test_the_buyer_as_maker_means_that_somebody_sold(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(7, sell=True, X="MARKET")), 5)
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(8, "61000.1", "0.002")), 6)
    assert usdm.events_received() == [
        Trade(BTC, 7, 610000, 10, Side.SELL, 5, b.START_MS),
        Trade(BTC, 8, 610001, 2, Side.BUY, 6, b.START_MS),
    ]


@pytest.mark.parametrize("kind", ["NA", "INSURANCE_FUND", "ADL", "SETTLEMENT", ""])
def test_what_is_no_market_trade_is_not_counted_as_one(usdm, kind):
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(7, quantity="0", X=kind)), 5)
    assert usdm.events_received() == []
    assert usdm.counters.ignored_trades == 1
    assert usdm.counters.rejected == 0


def test_a_trade_told_twice_is_one_trade(usdm):
    for _ in range(2):
        usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(7)), 5)
    aggregate = b.trade(0) | {"e": "aggTrade", "a": 900, "f": 7, "l": 7}
    usdm.receive_frame(b.wrapped("btcusdt@aggTrade", aggregate), 6)
    assert len(usdm.events_received()) == 1
    assert usdm.counters.ignored_trades == 2


def test_after_a_reconnect_trades_may_be_numbered_anew(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(7)), 5)
    usdm.connection_lost("/public/stream", "closed", 6)
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(1)), 7)
    ids = [e.trade_id for e in usdm.events_received() if isinstance(e, Trade)]
    assert ids == [7, 1]


def test_aggregates_are_taken_where_there_are_no_single_trades(usdm):
    aggregate = b.trade(0) | {"e": "aggTrade", "a": 900, "f": 7, "l": 9, "nq": "0.010", "st": 1}
    usdm.receive_frame(b.raw(aggregate), 6)
    (event,) = usdm.events_received()
    assert event.trade_id == 900


def test_spot_tickers_have_no_kind_and_no_time(spot):
    for frame in (b.wrapped("btcusdt@bookTicker", b.ticker(42)), b.raw(b.ticker(43))):
        spot.receive_frame(frame, 5)
    first, second = spot.events_received()
    assert first == BookTop("BTCUSDT.BINANCE", 42, 6100000, 100000, 6100010, 100000, 5, None)
    assert second.update_id == 43


def test_a_mark_brings_index_funding_and_the_time_of_the_next(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@markPrice@1s", b.mark(ap="1", st=1)), 5)
    assert usdm.events_received() == [
        MarkPrice(
            BTC,
            Decimal("61010.50000000"),
            Decimal("61008.25000000"),
            Decimal("0.00010000"),
            b.START_MS + 28_800_000,
            5,
            b.START_MS,
            8,
        )
    ]


def test_what_a_mark_does_not_bring_is_unknown_not_zero(usdm):
    event = b.mark(r="", T=0)
    del event["i"]
    usdm.receive_frame(b.wrapped("btcusdt@markPrice@1s", event), 5)
    (heard,) = usdm.events_received()
    assert (heard.index, heard.funding_rate, heard.next_funding_ms) == (None, None, None)
    assert heard.funding_interval_h is None


# --- frames ---------------------------------------------------------------------------------------


def test_raw_and_wrapped_frames_say_the_same():
    events = []
    for wrap in (b.wrapped, lambda name, event: b.raw(event)):
        protocol = synced(b.protocol(b.USDM))
        protocol.receive_frame(wrap("btcusdt@depth@100ms", b.diff(101, 105, 100)), 5)
        protocol.receive_frame(wrap("btcusdt@trade", b.trade(7)), 6)
        protocol.receive_frame(wrap("btcusdt@bookTicker", b.ticker(43, e="bookTicker")), 7)
        protocol.receive_frame(wrap("btcusdt@markPrice@1s", b.mark()), 8)
        assert protocol.counters.rejected == 0
        assert protocol.last_data_ns("/market/stream") == 8
        events.append(protocol.events_received())
    assert len(events[0]) == 4
    assert events[0] == events[1]


def test_spaces_and_the_order_of_keys_do_not_matter(usdm):
    event = json.dumps({"data": b.trade(7), "stream": "btcusdt@trade"}, indent=1)
    usdm.receive_frame(event.encode(), 5)
    assert len(usdm.events_received()) == 1


def test_another_rate_of_the_same_stream_is_read_alike(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@depth@0ms", b.diff(101, 105, 100)), 5)
    assert len(usdm.requests_to_send()) == 1


def test_unknown_events_are_counted_and_unknown_symbols_rejected(usdm):
    usdm.receive_frame(b.wrapped("btcusdt@ticker", {"e": "24hrTicker", "s": "BTCUSDT"}), 5)
    usdm.receive_frame(b.wrapped("btcusdt@kline_5m", b.candle(i="5m")), 5)
    usdm.receive_frame(b.raw({"e": "newThing", "s": "BTCUSDT"}), 5)
    assert usdm.counters.unknown_events == 3
    usdm.receive_frame(b.wrapped("dogeusdt@trade", b.trade(7, symbol="DOGEUSDT")), 5)
    usdm.receive_frame(b.raw(b.trade(7, symbol="DOGEUSDT")), 5)
    usdm.receive_frame(b.wrapped("btcusdt@trade", b.trade(7, symbol="ETHUSDT")), 5)
    assert usdm.counters.reasons == {"unknown symbol": 2, "another symbol than its stream": 1}
    assert usdm.events_received() == []


def test_an_oversize_frame_is_rejected_unread(usdm):
    frame = b.wrapped("btcusdt@trade", b.trade(7, pad="x" * MAX_FRAME_BYTES))
    usdm.receive_frame(frame, 5)
    assert usdm.events_received() == []
    assert usdm.counters.reasons == {"oversize": 1}


def test_every_message_is_counted_once(usdm):
    frames = [b"{", b"[]", b.raw({"result": None, "id": 1}), b.raw(b.trade(1)), b.raw({"e": "x"})]
    for frame in frames:
        usdm.receive_frame(frame, 1)
    assert usdm.counters.messages == len(frames)
    assert usdm.counters.rejected == 2


# --- what the snapshot does not reach -------------------------------------------------------------


def synced_with(protocol, levels):
    """The book of a snapshot of so many levels a side, ten cents apart, around 61,000."""
    protocol.receive_frame(b.depth_frame(100, 100, 99), 1)
    (request,) = protocol.requests_to_send()
    bids = [(f"{61_000 - n / 10:.1f}", "1.000") for n in range(levels)]
    asks = [(f"{61_000.1 + n / 10:.1f}", "1.000") for n in range(levels)]
    protocol.receive_response(request, b.snapshot(100, bids, asks), 2)
    protocol.events_received()


@pytest.mark.parametrize(
    ("bid", "ask"), [("60900.0", "60900.1"), ("61000.0", "61100.1")], ids=["below", "above"]
)
def test_a_price_beyond_the_snapshot_loses_the_book_and_gets_another(usdm, bid, ask):
    """The venue tells of a level that the snapshot left out only when its quantity changes."""
    synced_with(usdm, 1_000)
    usdm.receive_frame(b.wrapped("btcusdt@bookTicker", b.ticker(100, bid, ask)), 3 * S)
    lost, top = usdm.events_received()
    assert lost == BookLost(BTC, 100, None, "beyond its snapshot", 3 * S)
    assert isinstance(top, BookTop)
    usdm.receive_frame(b.depth_frame(101, 101, 100), 4 * S)
    assert len(usdm.requests_to_send()) == 1


@pytest.mark.parametrize(
    ("levels", "bid", "ask"),
    [(1_000, "60900.1", "60900.2"), (1_000, "61099.9", "61100.0"), (999, "1.0", "99999.0")],
    ids=["lowest", "highest", "whole book"],
)
def test_within_a_snapshot_and_beyond_one_that_was_whole_the_book_stays(usdm, levels, bid, ask):
    synced_with(usdm, levels)
    usdm.receive_frame(b.wrapped("btcusdt@bookTicker", b.ticker(100, bid, ask)), 3 * S)
    (top,) = usdm.events_received()
    assert isinstance(top, BookTop)
