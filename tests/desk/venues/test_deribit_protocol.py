"""Deribit: frames in, events and wishes out."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import deribit_frames as d
from helpers.deribit_frames import BTC, ETH, PATH, S
from helpers.streams import active, wanted

from desk.model.market_data import (
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
from desk.venues.protocol import MAX_FRAME_BYTES, RestRequest


@pytest.fixture
def live():
    return d.opened()


def received(protocol, *frames, at=5):
    for frame in frames:
        protocol.receive_frame(frame, at)
    return protocol.events_received()


# --- the session ----------------------------------------------------------------------------------


def test_an_open_socket_asks_for_heartbeats_and_every_channel_in_one_request():
    protocol = d.protocol()
    protocol.connection_made(PATH, 1)
    heartbeat, subscribe = d.sent(protocol)
    assert heartbeat["method"] == "public/set_heartbeat"
    assert heartbeat["params"]["interval"] >= 10
    assert subscribe["method"] == "public/subscribe"
    assert subscribe["jsonrpc"] == "2.0"
    assert tuple(subscribe["params"]["channels"]) == protocol.endpoints()[0].streams
    assert {"book.BTC-PERPETUAL.100ms", "trades.ETH-PERPETUAL.100ms"} < set(
        subscribe["params"]["channels"]
    )
    assert "ticker.BTC_USDC-PERPETUAL.100ms" in subscribe["params"]["channels"]
    assert "chart.trades.BTC_USDC.1" in subscribe["params"]["channels"]
    assert not any("raw" in channel for channel in subscribe["params"]["channels"])
    assert d.sent(protocol) == []


def test_a_test_request_is_answered_at_once(live):
    assert received(live, d.heartbeat("test_request")) == []
    (answer,) = d.sent(live)
    assert (answer["method"], answer["params"]) == ("public/test", {})
    received(live, d.answer(answer["id"], {"version": "1.2.26"}))
    assert live.counters.rejected == live.counters.unknown_events == 0


def test_a_plain_heartbeat_needs_no_answer_and_is_no_data(live):
    received(live, d.heartbeat("heartbeat"), at=9 * S)
    assert d.sent(live) == []
    assert live.last_data_ns(PATH) == 0
    received(live, d.ticker_frame(), at=10 * S)
    assert live.last_data_ns(PATH) == 10 * S


def test_wanted_and_active_channels_agree_after_each_of_many_reconnections():
    protocol = d.protocol()
    everything = wanted(protocol)
    assert everything == set(protocol.endpoints()[0].streams)
    for n in range(1, 501):
        protocol.connection_made(PATH, n * S)
        assert active(protocol) == set()
        d.confirm(protocol, n * S)
        assert active(protocol) == {name for name in everything if not name.startswith("book")}
        d.show(protocol, n * S)
        assert active(protocol) == everything
        protocol.connection_lost(PATH, "cut", n * S + 1)
        assert active(protocol) == set()


def test_an_answer_from_an_earlier_socket_proves_nothing():
    protocol = d.protocol()
    protocol.connection_made(PATH, 1)
    _, subscribe = d.sent(protocol)
    protocol.connection_lost(PATH, "cut", 2)
    protocol.connection_made(PATH, 3)
    late = d.answer(subscribe["id"], subscribe["params"]["channels"])
    protocol.receive_frame(late, 4)
    assert active(protocol) == set()


def test_a_channel_that_is_asked_for_again_is_active_only_when_confirmed_again(live):
    received(live, d.snapshot_frame())
    live.resync(BTC, 30 * S)
    assert "book.BTC-PERPETUAL.100ms" not in active(live)
    d.confirm(live, 31 * S)
    assert "book.BTC-PERPETUAL.100ms" not in active(live), "a book is there when its snapshot is"
    d.show(live, 31 * S)
    assert active(live) == wanted(live)


def test_a_channel_left_out_of_the_answer_is_reported_and_asked_for_again():
    protocol = d.protocol()
    protocol.connection_made(PATH, 1)
    missing = "ticker.BTC-PERPETUAL.100ms"
    d.show(protocol, 2, without=[missing])
    (status,) = [e for e in protocol.events_received() if isinstance(e, FeedStatus) and not e.up]
    assert status.reason == f"refused: not accepted: {missing}"
    assert missing not in active(protocol)
    alive = [channel.split(".")[:2] for channel in protocol.endpoints()[0].streams]
    for at in (S, 4 * S):  # the others
        for kind, symbol in alive:
            if kind == "book":
                protocol.receive_frame(d.snapshot_frame(symbol=symbol), at)
            elif kind == "ticker" and symbol != "BTC-PERPETUAL":
                protocol.receive_frame(d.ticker_frame(symbol), at)
    protocol.tick(4 * S)
    assert d.sent(protocol) == []
    protocol.tick(5 * S + 1)
    unsubscribe, subscribe = d.confirm(protocol, 6 * S)
    assert unsubscribe["method"] == "public/unsubscribe"
    assert unsubscribe["params"] == subscribe["params"] == {"channels": [missing]}
    assert missing in active(protocol)


def test_a_channel_that_is_left_out_again_and_again_is_asked_for_at_doubling_distances():
    protocol, missing = d.protocol(), "chart.trades.ETH-PERPETUAL.1"
    protocol.connection_made(PATH, 0)
    asked = []
    for second in range(130):
        keep_alive(protocol, second * S)
        protocol.tick(second * S)
        for request in d.show(protocol, second * S, without=[missing]):
            if missing in request["params"].get("channels", ()):
                asked += [second] if request["method"] == "public/subscribe" else []
        assert active(protocol) == wanted(protocol) - {missing}
    assert [later - earlier for earlier, later in pairwise(asked)] == [5, 10, 20, 30, 30, 30]


def keep_alive(protocol, at):
    for instrument in d.CATALOGUE.all():
        protocol.receive_frame(d.ticker_frame(instrument.symbol), at)
        protocol.receive_frame(d.candle_frame(symbol=instrument.symbol), at)


def test_that_all_is_well_again_after_a_refusal_is_said_once(live):
    d.show(live, 5)
    received(live, d.raw({"error": {"code": 1, "message": "busy"}}))
    live.tick(6)
    assert live.events_received() == [FeedStatus("deribit", True, "every stream confirmed", 6)]
    live.tick(7)
    assert live.events_received() == []


def test_a_refusal_stands_as_long_as_a_stream_is_missing():
    protocol = d.protocol()
    protocol.connection_made(PATH, 1)
    d.confirm(protocol, 2, without=["trades.ETH-PERPETUAL.100ms"])
    protocol.events_received()
    for second in range(3, 60):
        protocol.tick(second * S)
        d.confirm(protocol, second * S, without=["trades.ETH-PERPETUAL.100ms"])
        assert not any(event.up for event in protocol.events_received())


def test_a_steady_channel_that_falls_silent_is_asked_for_again(live):
    received(live, d.snapshot_frame(), d.ticker_frame(), at=S)
    for second in range(2, 13):
        received(live, d.ticker_frame(), at=second * S)
        live.tick(second * S)
    asked = [x["params"]["channels"] for x in d.sent(live) if x["method"] == "public/subscribe"]
    again = {channel for channels in asked for channel in channels}
    assert "book.BTC-PERPETUAL.100ms" in again
    assert "ticker.BTC-PERPETUAL.100ms" not in again
    assert not any(channel.startswith("trades") for channel in again), "nobody may be trading"


@pytest.mark.parametrize(
    "error",
    [
        {"id": 2, "error": {"code": 10028, "message": "too_many_requests", "data": None}},
        {"error": {"code": 11050, "data": "invalid json", "message": "bad_request"}},
    ],
    ids=["of a request", "of none"],
)
def test_a_refusal_is_shown_and_leaves_the_channels_to_be_asked_for_again(error):
    protocol = d.protocol()
    protocol.connection_made(PATH, 1)
    d.sent(protocol)
    protocol.receive_frame(d.raw({"jsonrpc": "2.0"} | error), 2)
    *_, status = protocol.events_received()
    code, message = error["error"]["code"], error["error"]["message"]
    assert (status.up, status.reason) == (False, f"refused: {code} {message}")
    assert active(protocol) == set()
    protocol.tick(11 * S)
    assert "public/subscribe" in {request["method"] for request in d.sent(protocol)}


def test_what_the_venue_says_in_a_refusal_cannot_forge_lines(live):
    (status,) = received(live, d.raw({"error": {"code": 1, "message": "a\nb\x1b[31m" + "x" * 500}}))
    assert status.reason.isprintable()
    assert len(status.reason) < 250


def test_a_lost_connection_loses_the_books_and_what_was_to_be_sent(live):
    received(live, d.snapshot_frame(100), d.heartbeat("test_request"))
    live.connection_lost(PATH, "closed", 6)
    assert live.events_received() == [
        BookLost(BTC, 100, None, "disconnected", 6),
        FeedStatus("deribit", False, f"{PATH} closed", 6),
    ]
    assert live.frames_to_send(PATH) == []
    live.tick(60 * S)
    assert live.frames_to_send(PATH) == [], "nothing is sent while no socket is open"


def test_no_request_is_ever_made_and_an_answer_to_none_is_refused(live):
    assert live.requests_to_send() == []
    live.receive_response(RestRequest("deribit", "/x", "BTC-PERPETUAL"), b"{}", 1)
    assert live.counters.reasons == {"an answer to no request": 1}


# --- marks and tops -------------------------------------------------------------------------------


def test_a_ticker_is_a_mark_with_continuous_funding_and_the_best_of_the_book(live):
    assert received(live, d.ticker_frame()) == [
        MarkPrice(
            BTC,
            Decimal("61003.33"),
            Decimal("60990.12"),
            Decimal("0.00002081"),
            None,
            5,
            d.START_MS,
            8,
        ),
        BookTop(BTC, d.START_MS, 122_000, 5_806, 122_001, 998, 5, d.START_MS),
        OpenInterest(BTC, Decimal(71_600_475), 5, d.START_MS),
    ]


def test_amounts_are_contracts_when_inverse_and_coin_when_linear(live):
    inverse, linear = "ETH-PERPETUAL", "BTC_USDC-PERPETUAL"
    _, eth, _ = received(
        live,
        d.ticker_frame(inverse, best_bid_price=2772.65, best_ask_price=2772.7, best_ask_amount=53),
    )
    assert (eth.bid, eth.ask, eth.bid_lots, eth.ask_lots) == (55_453, 55_454, 58_060, 53)
    _, btc, _ = received(
        live, d.ticker_frame(linear, best_bid_amount=0.0012, best_ask_amount=0.3001)
    )
    assert (btc.bid, btc.bid_lots, btc.ask_lots) == (610_000, 12, 3_001)


def test_a_side_that_is_empty_gives_a_mark_and_no_top(live):
    for nothing in (0, 0.0, None):
        frame = d.ticker_frame(best_bid_price=nothing, best_bid_amount=nothing)
        events = received(live, frame)
        assert [type(event) for event in events] == [MarkPrice, OpenInterest]


def test_what_a_ticker_leaves_out_is_unknown_and_not_zero(live):
    (mark,) = received(
        live,
        d.notice(
            "ticker.BTC-PERPETUAL.100ms",
            {
                "timestamp": 5,
                "state": "open",
                "instrument_name": "BTC-PERPETUAL",
                "mark_price": 61000,
            },
        ),
    )
    assert (mark.index, mark.funding_rate) == (None, None)


def test_spot_has_no_mark_of_its_own(live):
    (top,) = received(live, d.ticker_frame("BTC_USDC", best_bid_price=60999.99))
    assert isinstance(top, BookTop)
    assert top.instrument == "BTC_USDC.DERIBIT"


def test_open_interest_is_in_contracts_when_inverse_and_in_coin_when_linear(live):
    linear = "BTC_USDC-PERPETUAL"
    frames = (d.ticker_frame(), d.ticker_frame(linear, open_interest=459.3409))
    told = [e for e in received(live, *frames, at=7) if isinstance(e, OpenInterest)]
    assert told == [
        OpenInterest(BTC, Decimal(71_600_475), 7, d.START_MS),
        OpenInterest(f"{linear}.DERIBIT", Decimal("459.3409"), 7, d.START_MS),
    ]
    events = received(live, d.ticker_frame(open_interest=None), d.ticker_frame("BTC_USDC"))
    assert not any(isinstance(event, OpenInterest) for event in events)


@pytest.mark.parametrize("state", ["closed", "locked", "", "OPEN"])
def test_no_mark_is_taken_while_an_instrument_is_not_open(live, state):
    assert received(live, d.ticker_frame(state=state)) == []
    assert live.counters.reasons == {"instrument is not open": 1}


def test_an_exponent_is_the_same_number(live):
    frame = d.ticker_frame().replace(b"61003.33", b"6.100333E+4").replace(b"58060.0", b"5.806e4")
    mark, top, _ = received(live, frame)
    assert mark.mark == Decimal("61003.33")
    assert top.bid_lots == 5_806


# --- trades ---------------------------------------------------------------------------------------


def test_trades_carry_the_taker_side_and_the_sequence_as_id(live):
    frame = d.trades_frame(d.trade(7), d.trade(8, 61000, 40, "sell"))
    assert received(live, frame) == [
        Trade(BTC, 7, 122_001, 2, Side.BUY, 5, d.START_MS),
        Trade(BTC, 8, 122_000, 4, Side.SELL, 5, d.START_MS),
    ]


def test_a_repeated_trade_is_counted_and_not_told_again(live):
    received(live, d.trades_frame(d.trade(7), d.trade(8)))
    (told,) = received(live, d.trades_frame(d.trade(7), d.trade(8), d.trade(9)))
    assert told.trade_id == 9
    assert live.counters.ignored_trades == 2
    assert live.missed_trades[BTC] == 0


def test_missing_trades_are_found_at_the_next_message(live):
    received(live, d.trades_frame(d.trade(7)))
    received(live, d.trades_frame(d.trade(11)))
    assert live.missed_trades == {id_: 3 * (id_ == BTC) for id_ in live.missed_trades}
    live.connection_lost(PATH, "cut", 6)
    received(live, d.trades_frame(d.trade(1_000)))
    assert live.missed_trades[BTC] == 3, "what was printed while the socket was shut is not counted"


@pytest.mark.parametrize("flag", ["block_trade_id", "combo_trade_id", "combo_id"])
def test_prints_priced_outside_the_book_do_not_reach_the_tape(live, flag):
    frame = d.trades_frame(d.trade(7, **{flag: "BLOCK-1"}), d.trade(8))
    assert [trade.trade_id for trade in received(live, frame)] == [8]
    assert live.counters.ignored_trades == 1
    assert live.missed_trades[BTC] == 0


def test_one_bad_trade_refuses_its_whole_message(live):
    assert received(live, d.trades_frame(d.trade(7), d.trade(8, amount=-10))) == []
    assert live.counters.rejected == 1
    assert len(received(live, d.trades_frame(d.trade(7), d.trade(8)))) == 2


# --- candles and liquidations ---------------------------------------------------------------------


def test_a_candle_is_closed_when_the_next_minute_begins(live):
    running = d.candle_frame(d.START_MS, 61000.5, 61010, 60990.5, 61001)
    following = d.candle_frame(d.START_MS + d.MINUTE_MS, cost=0, volume=0)
    prices = (122_001, 122_020, 121_981, 122_002)
    assert received(live, running) == [
        VenueCandle(BTC, d.START_MS, *prices, Decimal(67), False, 5),
    ]
    assert received(live, following, at=7) == [
        VenueCandle(BTC, d.START_MS, *prices, Decimal(67), True, 7),
        VenueCandle(BTC, d.START_MS + d.MINUTE_MS, *[122_001] * 4, Decimal(0), False, 7),
    ]


def test_a_minute_that_ended_while_the_socket_was_shut_is_not_closed_with_what_was_seen(live):
    received(live, d.candle_frame())
    live.connection_lost(PATH, "cut", 6)
    live.connection_made(PATH, 7)
    d.confirm(live, 8)
    live.events_received()
    (candle,) = received(live, d.candle_frame(d.START_MS + d.MINUTE_MS))
    assert not candle.closed


def test_the_volume_is_in_contracts_when_inverse_and_in_coin_when_linear(live):
    frames = [d.candle_frame(symbol=s) for s in ("ETH-PERPETUAL", "BTC_USDC-PERPETUAL", "BTC_USDC")]
    told = {candle.instrument: candle.volume for candle in received(live, *frames)}
    assert told == {
        ETH: Decimal(670),
        "BTC_USDC-PERPETUAL.DERIBIT": Decimal("0.02120555"),
        "BTC_USDC.DERIBIT": Decimal("0.02120555"),
    }


@pytest.mark.parametrize(
    ("candle", "reason"),
    [
        (d.candle(d.START_MS + 1), "not a candle of a minute"),
        (d.candle(d.START_MS, 61000, 60999.5, 60990, 60995), "prices outside their candle"),
        (d.candle(d.START_MS, 61000, 61001, 60990, 60989.5), "prices outside their candle"),
        (d.candle(cost=-1), "quantity out of range"),
        (d.candle(open=61000.3), "off the grid"),
    ],
)
def test_a_candle_that_cannot_be_is_rejected(live, candle, reason):
    assert received(live, d.notice("chart.trades.BTC-PERPETUAL.1", candle)) == []
    assert live.counters.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("whose", "sides"),
    [("T", [Side.SELL]), ("M", [Side.BUY]), ("MT", [Side.SELL, Side.BUY])],
)
def test_a_liquidation_is_the_order_that_closed_a_position(live, whose, sides):
    trade, *liquidations = received(
        live, d.trades_frame(d.trade(8, 61000, 40, "sell", liquidation=whose))
    )
    assert trade == Trade(BTC, 8, 122_000, 4, Side.SELL, 5, d.START_MS)
    assert liquidations == [
        Liquidation(BTC, side, Decimal(61000), Decimal(4), 5, d.START_MS) for side in sides
    ]


def test_a_liquidation_is_in_coin_when_linear_and_told_once(live):
    symbol = "BTC_USDC-PERPETUAL"
    frame = d.trades_frame(d.trade(8, 61000, 0.04, symbol=symbol, liquidation="T"), symbol=symbol)
    _, liquidation = received(live, frame)
    assert (liquidation.side, liquidation.quantity) == (Side.BUY, Decimal("0.04"))
    assert received(live, frame) == []


@pytest.mark.parametrize("whose", ["", "t", "TT", "none"])
def test_a_trade_stands_whose_liquidation_nobody_knows(live, whose):
    (trade,) = received(live, d.trades_frame(d.trade(8, liquidation=whose)))
    assert isinstance(trade, Trade)
    assert live.counters.reasons == {"a liquidation of nobody": 1}


def test_a_liquidation_outside_the_book_is_one_although_it_is_no_print(live):
    told = received(live, d.trades_frame(d.trade(8, liquidation="M", block_trade_id="BLOCK-1")))
    assert [type(event) for event in told] == [Liquidation]


# --- what is refused ------------------------------------------------------------------------------


def test_data_about_another_instrument_than_its_channel_is_refused(live):
    wrong = [
        d.notice("ticker.BTC-PERPETUAL.100ms", d.ticker("ETH-PERPETUAL")),
        d.notice("book.BTC-PERPETUAL.100ms", d.book(100, symbol="ETH-PERPETUAL")),
        d.trades_frame(d.trade(1), d.trade(2, symbol="ETH-PERPETUAL")),
    ]
    assert received(live, *wrong) == []
    assert live.counters.reasons == {"another symbol than its stream": 3}


def test_channels_that_nobody_asked_for_are_counted_as_unknown(live):
    frame = d.notice("platform_state", {"locked": False, "price_index": "btc_usd"})
    assert received(live, frame, d.raw({"jsonrpc": "2.0"})) == []
    assert live.counters.unknown_events == 2
    assert live.counters.rejected == 0


def test_an_oversized_frame_is_refused_unread(live):
    padded = d.ticker_frame()[:-1] + b" " * MAX_FRAME_BYTES + b"}"
    assert received(live, padded) == []
    assert live.counters.reasons == {"oversize": 1}


def test_streams_show_when_each_last_understood_something(live):
    received(live, d.snapshot_frame(), at=3 * S)
    received(live, d.snapshot_frame(asks=[("new", -1, 10)]), at=4 * S)
    health = {stream.name: stream for stream in live.streams()}
    book = health["book.BTC-PERPETUAL.100ms"]
    assert (book.messages, book.first_ns, book.last_ns) == (1, 3 * S, 3 * S)
    assert health["ticker.BTC-PERPETUAL.100ms"].last_ns == 0
    assert len(health) == 20


def test_every_request_has_an_id_of_its_own(live):
    received(live, *[d.heartbeat("test_request")] * 5)
    live.connection_lost(PATH, "cut", 1)
    live.connection_made(PATH, 2)
    received(live, d.heartbeat("test_request"))
    ids = [json.loads(frame)["id"] for frame in live.frames_to_send(PATH)]
    assert len(ids) == len(set(ids)) == 3


def test_two_instruments_do_not_touch_each_other(live):
    events = received(live, d.snapshot_frame(100), d.snapshot_frame(7, symbol="ETH-PERPETUAL"))
    assert [(type(e), e.instrument, e.last_id) for e in events] == [
        (BookSnapshot, BTC, 100),
        (BookSnapshot, ETH, 7),
    ]
