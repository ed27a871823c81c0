"""OKX frames in, events and wishes out."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import in_band_frames as f
from helpers.streams import active, wanted

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
from desk.venues.okx import BUSINESS_PATH, PATH

BTC = "BTC-USDT-SWAP.OKX"
S = 1_000_000_000


@pytest.fixture
def okx():
    return f.okx()


def hear(protocol, *messages, at=5):
    """Feed messages; return the events."""
    for message in messages:
        protocol.receive_frame(message if isinstance(message, bytes) else f.raw(message), at)
    return protocol.events_received()


def opened(protocol, at=1):
    """Open the socket; return the subscription."""
    protocol.connection_made(PATH, at)
    protocol.events_received()
    (frame,) = protocol.frames_to_send(PATH)
    return json.loads(frame)


def asked(protocol):
    """What the protocol asks for, as (op, channel, symbol)."""
    frames = protocol.frames_to_send(PATH)
    requests = [json.loads(frame) for frame in frames if frame != b"ping"]
    args = [(r["op"], arg) for r in requests for arg in r["args"]]
    return [(op, arg["channel"], arg.get("instId", "")) for op, arg in args]


RENEWED = [("unsubscribe", "books", f.SWAP), ("subscribe", "books", f.SWAP)]


# --- subscriptions --------------------------------------------------------------------------------


def test_a_swap_has_marks_an_index_and_funding_and_a_pair_has_none(okx):
    endpoint, business = okx.endpoints()
    assert (endpoint.path, business.path) == ("/ws/v5/public", "/ws/v5/business")
    assert set(business.streams) == {f"candle1m:{symbol}" for symbol in f.okx_symbols()}
    assert endpoint.streams[-1] == "liquidation-orders:SWAP"
    channels = [name for name in endpoint.streams if name.endswith(":BTC-USD-SWAP")]
    assert channels == [
        f"{channel}:BTC-USD-SWAP"
        for channel in (
            "books",
            "bbo-tbt",
            "trades",
            "mark-price",
            "funding-rate",
            "open-interest",
        )
    ]
    assert "index-tickers:BTC-USD" in endpoint.streams
    pair = [name for name in endpoint.streams if name.endswith(":BTC-USDT")]
    channels = ("index-tickers", "books", "bbo-tbt", "trades")
    assert pair == [f"{channel}:BTC-USDT" for channel in channels]


def test_an_open_socket_asks_for_everything_in_one_request(okx):
    request = opened(okx)
    assert request["op"] == "subscribe"
    assert {"channel": "liquidation-orders", "instType": "SWAP"} in request["args"]
    asked_for = {f"{a['channel']}:{a.get('instId', a.get('instType'))}" for a in request["args"]}
    assert asked_for == set(okx.endpoints()[0].streams)
    assert active(okx) == set()


def test_an_answer_confirms_a_channel_and_so_do_data_that_come_before_it(okx):
    opened(okx)
    ack = {"event": "subscribe", "arg": {"channel": "trades", "instId": f.SWAP}, "connId": "49d9"}
    assert hear(okx, ack) == []
    assert hear(okx, f.okx_mark()) != []
    assert active(okx) == {f"trades:{f.SWAP}", f"mark-price:{f.SWAP}"}
    assert okx.counters.rejected == okx.counters.unknown_events == 0


def test_channels_that_nobody_confirmed_and_steady_ones_that_fell_silent_are_asked_for_again():
    okx = f.okx(f.SWAP)
    request = opened(okx)
    for arg in request["args"]:
        if arg["channel"] != "open-interest":
            hear(okx, {"event": "subscribe", "arg": arg})
    hear(okx, f.okx_snapshot(5), at=9 * S)
    for second, channel in ((6, "open-interest"), (11, "mark-price")):
        okx.tick(second * S)
        assert asked(okx) == [(op, channel, f.SWAP) for op in ("unsubscribe", "subscribe")]
        okx.tick(second * S)
        assert asked(okx) == []


def test_an_error_is_counted_and_told(okx):
    refusal = {
        "event": "error",
        "msg": "Subscribe failed, wrong URL or channel:candle1m,instId:BTC-USDT doesn't exist.",
        "code": "60018",
        "connId": "25ebf8bb",
    }
    (event,) = hear(okx, refusal)
    assert isinstance(event, FeedStatus)
    assert not event.up
    assert "60018" in event.reason
    assert okx.counters.reasons == {"refused by the venue": 1}


def test_the_end_of_a_socket_is_announced_and_heeded(okx):
    opened(okx)
    notice = {"event": "notice", "code": "64008", "msg": "The connection will soon be closed"}
    assert hear(okx, notice | {"code": "64000"}) == []
    assert not okx.roll_wanted(PATH)
    hear(okx, notice)
    assert okx.roll_wanted(PATH)
    opened(okx, at=9)
    assert not okx.roll_wanted(PATH)


def test_an_open_socket_is_pinged_and_its_bare_answer_is_no_data(okx):
    opened(okx)
    hear(okx, f.okx_mark(), at=5 * S)
    waits = []
    for second in range(6, 60):
        okx.tick(second * S)
        waits += [second for frame in okx.frames_to_send(PATH) if frame == b"ping"]
    assert waits == [21, 41]
    hear(okx, b"pong", at=60 * S)
    assert okx.counters.rejected == 0
    assert okx.last_data_ns(PATH) == 5 * S


@pytest.mark.thorough
def test_the_venues_limit_of_requests_is_never_exceeded():
    okx = f.okx(f.SWAP)
    opened(okx, at=0)
    sent, last = [], 10
    for second in range(1, 7_200):
        hear(okx, f.okx_snapshot(last), f.okx_book(last + 5, last + 9), at=second * S)
        okx.tick(second * S)
        sent += [second for frame in okx.frames_to_send(PATH) if frame != b"ping"]
        last += 100
    for first in range(0, 3_600, 60):
        assert sum(first <= second < first + 3_600 for second in sent) < 480, "of any hour"
    assert len(sent) > 600, "it goes on asking as fast as it may"


# --- books ----------------------------------------------------------------------------------------


def test_a_snapshot_and_its_changes_come_out_in_ticks_and_lots(okx):
    events = hear(
        okx,
        f.okx_snapshot(100, bids=[("63921", "779.3")], asks=[("63921.1", "1871.75")]),
        f.okx_book(100, 193, bids=[("63921", "0")], asks=[("63921.2", "0.01")]),
    )
    assert events == [
        BookSnapshot(BTC, 100, [(639210, 77930)], [(639211, 187175)], 5, f.START_MS),
        BookDelta(BTC, 193, 193, [(639210, 0)], [(639212, 1)], 5, f.START_MS),
    ]


def test_an_idle_keep_alive_confirms_the_book(okx):
    hear(okx, f.okx_snapshot(100))
    assert (
        hear(okx, f.okx_book(100, 100), f.okx_book(100, 100), at=60 * S)
        == [BookDelta(BTC, 100, 100, [], [], 60 * S, f.START_MS)] * 2
    )
    assert okx.counters.books[BTC].gaps == 0


def test_ids_may_begin_anew_as_long_as_the_chain_holds(okx):
    hear(okx, f.okx_snapshot(9_000))
    events = hear(okx, f.okx_book(9_000, 3), f.okx_book(3, 8))
    assert [event.last_id for event in events] == [3, 8]


def test_a_gap_loses_that_book_alone_and_asks_for_its_channel_anew():
    okx = f.okx(f.SWAP, "ETH-USDT-SWAP")
    opened(okx)
    eth = {"symbol": "ETH-USDT-SWAP", "bids": [("2600.01", "1")]}
    hear(okx, f.okx_snapshot(100), f.okx_snapshot(50, **eth | {"asks": []}))
    assert hear(okx, f.okx_book(150, 160), at=3 * S) == [BookLost(BTC, 100, 150, "gap", 3 * S)]
    assert asked(okx) == RENEWED
    assert hear(okx, f.okx_book(160, 170), at=3 * S) == [], "until the snapshot, nothing"
    assert len(hear(okx, f.okx_book(50, 51, **eth), at=3 * S)) == 1
    events = hear(okx, f.okx_snapshot(180), f.okx_book(180, 181), at=4 * S)
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]
    assert asked(okx) == []


def test_a_duplicate_is_passed_over_and_a_swapped_pair_costs_the_book(okx):
    opened(okx)
    hear(okx, f.okx_snapshot(100))
    first, second, third = f.okx_book(100, 110), f.okx_book(110, 120), f.okx_book(120, 130)
    assert len(hear(okx, first, first, second, first, second)) == 2
    fourth, fifth = f.okx_book(130, 140), f.okx_book(140, 150)
    events = hear(okx, third, fifth, fourth)
    assert [type(event) for event in events] == [BookDelta, BookLost]


def test_a_snapshot_that_does_not_come_is_asked_for_ever_more_slowly():
    okx = f.okx(f.SWAP)
    opened(okx, at=0)
    hear(okx, f.okx_snapshot(100))
    hear(okx, f.okx_book(150, 160), at=10 * S)
    times = []
    for second in range(10, 100):
        hear(okx, f.okx_book(second, second + 1), f.okx_mark(), at=second * S)
        okx.tick(second * S)
        times += [second] * (("subscribe", "books", f.SWAP) in asked(okx))
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits == [5, 10, 20, 30]


def test_a_book_that_somebody_distrusts_is_got_anew():
    okx = f.okx(f.SWAP)
    opened(okx)
    hear(okx, f.okx_snapshot(100))
    okx.resync(BTC, 4 * S)
    assert okx.events_received() == [BookLost(BTC, 100, None, "resync asked for", 4 * S)]
    assert asked(okx) == RENEWED
    assert hear(okx, f.okx_book(100, 110), at=4 * S) == []


def test_a_lost_socket_loses_books_index_and_funding(okx):
    opened(okx)
    hear(okx, f.okx_snapshot(100), f.okx_index(), f.okx_funding())
    okx.connection_lost(PATH, "closed", 6)
    lost, status = okx.events_received()
    assert lost == BookLost(BTC, 100, None, "disconnected", 6)
    assert not status.up
    opened(okx, at=7)
    (mark,) = hear(okx, f.okx_mark(), at=8)
    assert (mark.index, mark.funding_rate) == (None, None)
    assert hear(okx, f.okx_book(100, 110), at=8) == []


def test_a_closed_socket_is_asked_for_nothing_and_a_new_one_for_everything():
    okx = f.okx(f.SWAP)
    opened(okx, at=0)
    hear(okx, f.okx_snapshot(100))
    okx.connection_lost(PATH, "closed", 60 * S)
    okx.resync(BTC, 61 * S)
    okx.tick(90 * S)
    assert okx.frames_to_send(PATH) == []
    assert len(opened(okx, at=91 * S)["args"]) == 8


def test_books_without_ids_of_the_years_before_are_never_believed(okx):
    frame = f.okx_snapshot(100)
    del frame["data"][0]["seqId"], frame["data"][0]["prevSeqId"]
    assert hear(okx, frame) == []
    assert okx.counters.rejected == 1


# --- the rest -------------------------------------------------------------------------------------


def test_trades_are_in_contracts_of_a_hundredth(okx):
    trades = [f.okx_trade(7, "63913.4", "34.95", "sell"), f.okx_trade(8, "63913.5", "1", "buy")]
    assert hear(okx, f.okx_trades(*trades)) == [
        Trade(BTC, 7, 639134, 3495, Side.SELL, 5, f.START_MS),
        Trade(BTC, 8, 639135, 100, Side.BUY, 5, f.START_MS),
    ]
    instrument = f.OKX.get(BTC)
    assert instrument.quantity(3495) * instrument.contract_size == Decimal("0.3495")


def test_the_last_trade_is_told_again_on_a_new_socket_and_counts_once(okx):
    trade = f.okx_trades(f.okx_trade(7))
    assert len(hear(okx, trade, trade, f.okx_trades(f.okx_trade(6)))) == 1
    okx.connection_lost(PATH, "closed", 6)
    okx.events_received()
    assert hear(okx, trade) == []
    renumbered = f.okx_trades(f.okx_trade(1), f.okx_trade(2))
    assert [event.trade_id for event in hear(okx, renumbered)] == [1, 2]
    assert okx.counters.ignored_trades == 3


def test_the_best_bid_and_ask_and_what_is_none(okx):
    assert hear(okx, f.okx_top(seqId=44)) == [
        BookTop(BTC, 44, 639210, 77930, 639211, 187175, 5, f.START_MS)
    ]
    assert hear(okx, f.okx_top(asks=[]), f.okx_top(bids=[]), f.okx_top(bids=[("1", "0.001")])) == []
    assert okx.counters.rejected == 0


def test_a_mark_takes_index_and_funding_along_and_keeps_its_own_time(okx):
    assert hear(okx, f.okx_index(), f.okx_funding()) == []
    assert hear(okx, f.okx_mark(ms=f.START_MS + 9), at=7) == [
        MarkPrice(
            BTC,
            Decimal("63920.5"),
            Decimal("63950.1"),
            Decimal("0.0001"),
            f.FUNDING_MS,
            7,
            f.START_MS + 9,
            8,
        )
    ]


def test_what_nobody_told_of_a_mark_is_unknown_not_zero(okx):
    (mark,) = hear(okx, f.okx_mark())
    assert (mark.index, mark.funding_rate, mark.next_funding_ms) == (None, None, None)
    hear(okx, f.okx_funding(rate=""))
    (mark,) = hear(okx, f.okx_mark())
    assert (mark.funding_rate, mark.next_funding_ms) == (None, f.FUNDING_MS)


def test_an_index_older_than_a_minute_is_unknown(okx):
    hear(okx, f.okx_index(), at=1)
    (young,) = hear(okx, f.okx_mark(), at=60 * S)
    (old,) = hear(okx, f.okx_mark(), at=60 * S + 2)
    assert young.index is not None
    assert old.index is None


def test_funding_that_nobody_repeated_for_five_minutes_is_unknown(okx):
    hear(okx, f.okx_funding(), at=1)
    (young,) = hear(okx, f.okx_mark(), at=300 * S)
    (old,) = hear(okx, f.okx_mark(), at=300 * S + 2)
    assert young.funding_rate is not None
    assert (old.funding_rate, old.next_funding_ms) == (None, None)


def test_funding_whose_time_has_passed_is_that_of_no_running_interval(okx):
    hear(okx, f.okx_funding())
    before, after = hear(okx, f.okx_mark(ms=f.FUNDING_MS - 1), f.okx_mark(ms=f.FUNDING_MS))
    assert before.funding_rate is not None
    assert (after.funding_rate, after.next_funding_ms) == (None, None)


def test_the_interval_is_the_distance_of_two_fundings_and_may_change(okx):
    for more, interval_h in (({}, 8), ({"hours": 4}, 4), ({"nextFundingTime": ""}, None)):
        (mark,) = hear(okx, f.okx_funding(**more), f.okx_mark())
        assert mark.funding_interval_h == interval_h


@pytest.mark.parametrize("contracts", ["2216113.01", "0"])
def test_open_interest_is_in_contracts(okx, contracts):
    assert hear(okx, f.okx_open_interest(contracts), at=7) == [
        OpenInterest(BTC, Decimal(contracts), 7, f.START_MS)
    ]


@pytest.mark.parametrize(
    "message",
    [
        f.okx_trades(f.okx_trade(7, instId="ETH-USDT-SWAP")),
        f.okx_mark() | {"arg": {"channel": "mark-price", "instId": "ETH-USDT-SWAP"}},
        f.okx_index() | {"arg": {"channel": "index-tickers", "instId": "BTC-USD"}},
    ],
    ids=["trades", "mark", "index"],
)
def test_data_of_another_symbol_than_their_channel_are_rejected(okx, message):
    assert hear(okx, message) == []
    assert okx.counters.reasons == {"another symbol than its stream": 1}


def test_channels_that_nobody_wants_are_counted(okx):
    hear(okx, f.okx_data("books5", [{}]), f.okx_data("trades", [], "DOGE-USDT"), {"event": "x"})
    assert okx.counters.unknown_events == 3


# --- candles and liquidations ---------------------------------------------------------------------


def test_candles_are_asked_for_on_their_own_socket_whose_end_costs_no_book(okx):
    opened(okx)
    hear(okx, f.okx_snapshot(100))
    okx.connection_made(BUSINESS_PATH, 6)
    (frame,) = okx.frames_to_send(BUSINESS_PATH)
    assert {arg["channel"] for arg in json.loads(frame)["args"]} == {"candle1m"}
    assert okx.frames_to_send(PATH) == []
    hear(okx, f.okx_candle(), at=7)
    assert (okx.last_data_ns(BUSINESS_PATH), okx.last_data_ns(PATH)) == (7, 5)
    assert f"candle1m:{f.SWAP}" in active(okx)
    okx.connection_lost(BUSINESS_PATH, "closed", 8)
    (status,) = okx.events_received()
    assert not status.up
    assert active(okx) == {f"books:{f.SWAP}"}
    assert len(hear(okx, f.okx_book(100, 110))) == 1


def test_a_candle_has_its_volume_in_contracts(okx):
    running = f.okx_candle("63921", "63950.5", "63900", "63910.1")
    closed = f.okx_candle(confirm="1", volume="0")
    assert hear(okx, running, closed) == [
        VenueCandle(
            BTC,
            f.MINUTE_START_MS,
            *(639_210, 639_505, 639_000, 639_101),
            Decimal("1803.61"),
            False,
            5,
        ),
        VenueCandle(BTC, f.MINUTE_START_MS, *[639_210] * 4, Decimal(0), True, 5),
    ]


@pytest.mark.parametrize(
    ("candle", "reason"),
    [
        (f.okx_candle("2", "1", "1", "1"), "prices outside their candle"),
        (f.okx_candle("1", "2", "2", "2"), "prices outside their candle"),
        (f.okx_candle(start=f.MINUTE_START_MS + 1), "not a candle of a minute"),
        (f.okx_candle(volume="-1"), "quantity out of range"),
        (f.okx_candle("63921.05", "63922", "63921", "63921"), "off the grid"),
    ],
)
def test_a_candle_that_cannot_be_is_rejected(okx, candle, reason):
    assert hear(okx, candle) == []
    assert okx.counters.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("side", "position", "closes_by"),
    [
        ("buy", "short", Side.BUY),
        ("sell", "long", Side.SELL),
        ("buy", "net", Side.BUY),
        ("sell", "", Side.SELL),
    ],
)
def test_a_liquidation_is_the_order_that_closed_a_position(okx, side, position, closes_by):
    other = f.okx_forced(symbol="DOGE-USDT-SWAP", bkPx="")
    assert hear(okx, f.okx_liquidations(other, f.okx_forced(side, position))) == [
        Liquidation(BTC, closes_by, Decimal("64100.5"), Decimal("13.5"), 5, f.START_MS)
    ]
    assert active(okx) == {"liquidation-orders:SWAP"}


@pytest.mark.parametrize(("side", "position"), [("buy", "long"), ("sell", "short")])
def test_an_order_that_would_add_to_a_position_is_no_liquidation(okx, side, position):
    assert hear(okx, f.okx_liquidations(f.okx_forced(), f.okx_forced(side, position))) == []
    assert okx.counters.reasons == {"a liquidation that closes nothing": 1}


def test_pairs_alone_want_no_liquidations():
    assert not any("liquidation" in name for name in wanted(f.okx("BTC-USDT")))
