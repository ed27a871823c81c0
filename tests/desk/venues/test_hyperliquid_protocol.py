"""Hyperliquid: frames in, events and wishes out."""

from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import hyperliquid_frames as h
from helpers.hyperliquid_frames import BTC, ETH, PATH, START_MS, S
from helpers.streams import active

from desk.market.book import Book
from desk.model.market_data import (
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.protocol import MAX_FRAME_BYTES, RestRequest


@pytest.fixture
def live():
    return h.live()


def received(protocol, *frames, at=5):
    for frame in frames:
        protocol.receive_frame(frame, at)
    return protocol.events_received()


# --- the session ----------------------------------------------------------------------------------


def test_an_open_socket_subscribes_to_each_stream_by_itself():
    protocol = h.protocol()
    protocol.connection_made(PATH, 1)
    requests = h.sent(protocol)
    assert {request["method"] for request in requests} == {"subscribe"}
    wanted = [(r["subscription"]["type"], r["subscription"]["coin"]) for r in requests]
    assert wanted == [
        *((kind, "BTC") for kind in ("l2Book", "trades", "bbo", "candle", "activeAssetCtx")),
        *((kind, "ETH") for kind in ("l2Book", "trades", "bbo", "candle", "activeAssetCtx")),
        *((kind, "@142") for kind in ("l2Book", "trades", "bbo", "candle")),
        *((kind, "@151") for kind in ("l2Book", "trades", "bbo", "candle")),
    ]
    intervals = [r["subscription"]["interval"] for r in requests if "interval" in r["subscription"]]
    assert intervals == ["1m"] * 4
    assert protocol.endpoints()[0].streams == tuple(f"{kind}:{coin}" for kind, coin in wanted)


def test_wanted_and_active_streams_agree_after_each_of_many_reconnections():
    protocol = h.protocol()
    wanted = set(protocol.endpoints()[0].streams)
    for n in range(1, 501):
        protocol.connection_made(PATH, n * S)
        assert active(protocol) == set()
        h.confirm(protocol, n * S)
        assert active(protocol) == wanted
        protocol.connection_lost(PATH, "cut", n * S + 1)
        assert active(protocol) == set()


def test_a_ping_goes_out_long_before_a_minute_of_silence(live):
    pings = []
    for second in range(1, 61):
        received(live, h.book_frame(START_MS + second), h.context_frame(), at=second * S)
        live.tick(second * S)
        pings += [second for frame in h.sent(live) if frame == {"method": "ping"}]
    assert len(pings) in {2, 3}
    assert max(b - a for a, b in pairwise([0, *pings, 60])) <= 50
    assert received(live, h.raw({"channel": "pong"})) == []
    assert live.counters.rejected == live.counters.unknown_events == 0


def test_a_pong_is_no_data(live):
    before = live.last_data_ns(PATH)
    received(live, h.raw({"channel": "pong"}), at=99 * S)
    assert live.last_data_ns(PATH) == before


def test_a_stream_that_was_never_confirmed_is_unsubscribed_from_and_asked_for_again():
    protocol = h.protocol()
    protocol.connection_made(PATH, 1)
    h.sent(protocol)
    protocol.tick(4 * S)
    assert h.sent(protocol) == []
    protocol.tick(6 * S)
    asked = h.confirm(protocol, 6 * S)
    assert [r["method"] for r in asked] == ["unsubscribe", "subscribe"] * 18
    assert active(protocol) == set(protocol.endpoints()[0].streams)
    protocol.tick(7 * S)
    assert h.sent(protocol) == []


def test_what_is_never_confirmed_is_asked_for_at_doubling_distances_and_is_not_active():
    protocol, missing = h.protocol(), {"type": "candle", "coin": "BTC", "interval": "1m"}
    protocol.connection_made(PATH, 0)
    asked = []
    for second in range(130):
        for coin in ("BTC", "ETH", "@142", "@151"):
            received(protocol, h.book_frame(START_MS + second, coin=coin), at=second * S)
        received(protocol, h.context_frame("BTC"), h.context_frame("ETH"), at=second * S)
        received(protocol, h.candle_frame(coin="ETH"), at=second * S)
        protocol.tick(second * S)
        for request in h.confirm(protocol, second * S, without=[missing]):
            asked += [second] * (request == {"method": "subscribe", "subscription": missing})
        every = set(protocol.endpoints()[0].streams)
        assert active(protocol) == every - {"candle:BTC"}
    assert [later - earlier for earlier, later in pairwise(asked)] == [5, 10, 20, 30, 30, 30]


def test_a_stream_whose_end_is_confirmed_is_active_no_more(live):
    subscription = {"type": "bbo", "coin": "BTC"}
    ended = {"method": "unsubscribe", "subscription": subscription}
    received(live, h.frame("subscriptionResponse", ended))
    assert set(live.endpoints()[0].streams) - active(live) == {"bbo:BTC"}


def test_a_steady_stream_that_falls_silent_is_asked_for_again():
    protocol = h.opened(1)
    for second in range(1, 13):
        for coin in ("BTC", "ETH", "@142", "@151"):
            time_ms = START_MS + second
            received(protocol, h.book_frame(time_ms, coin=coin), at=second * S)
        received(protocol, h.context_frame("ETH"), at=second * S)
        protocol.tick(second * S)
    again = [r["subscription"] for r in h.sent(protocol) if r["method"] == "subscribe"]
    assert again == [{"type": "activeAssetCtx", "coin": "BTC"}]


def test_an_error_is_shown_without_control_characters(live):
    (status,) = received(live, h.frame("error", 'Invalid subscription\n{"x":1}'))
    assert (status.up, status.reason) == (False, 'refused: Invalid subscription?{"x":1}')


def test_a_lost_connection_loses_the_books(live):
    received(live, h.book_frame(START_MS))
    live.connection_lost(PATH, "closed", 6)
    assert live.events_received() == [
        BookLost(BTC, START_MS, None, "disconnected", 6),
        FeedStatus("hyperliquid", False, f"{PATH} closed", 6),
    ]
    live.tick(90 * S)
    assert live.frames_to_send(PATH) == []


def test_no_request_is_ever_made_and_an_answer_to_none_is_refused(live):
    assert live.requests_to_send() == []
    live.receive_response(RestRequest("hyperliquid", "/info", "BTC"), None, 1)
    assert live.counters.reasons == {"an answer to no request": 1}


# --- books ----------------------------------------------------------------------------------------


def test_every_book_message_is_a_whole_book(live):
    frame = h.book_frame(
        START_MS, [("61000.0", "3.03622"), ("60999.0", "0.1428")], [("61001.5", "0.00001")]
    )
    assert received(live, frame) == [
        BookSnapshot(
            BTC,
            START_MS,
            [(610_000, 303_622), (609_990, 14_280)],
            [(610_015, 1)],
            5,
            START_MS,
        )
    ]
    assert live.counters.books[BTC].snapshots == 1


def test_an_unchanged_repeat_confirms_the_book(live):
    events = received(live, h.book_frame(START_MS), h.book_frame(START_MS))
    assert [type(event) for event in events] == [BookSnapshot, BookSnapshot]


def test_a_book_that_came_late_does_not_replace_a_newer_one(live):
    received(live, h.book_frame(START_MS + 600))
    assert received(live, h.book_frame(START_MS, [("50000.0", "1")])) == []
    assert live.counters.books[BTC].stale_dropped == 1
    assert len(received(live, h.book_frame(START_MS + 1_200))) == 1


def test_a_venue_clock_that_was_set_back_is_believed_after_some_seconds(live):
    received(live, h.book_frame(START_MS + 3_600_000))
    frames = [h.book_frame(START_MS + 600 * n) for n in range(30)]
    events = received(live, *frames)
    assert 5 < len(events) < 20
    assert events[-1].last_id == START_MS + 600 * 29


def test_stragglers_between_good_books_are_never_believed(live):
    for n in range(100):
        received(live, h.book_frame(START_MS + 60_000 + n))
        assert received(live, h.book_frame(START_MS + n)) == []


def test_empty_sides_are_a_book_without_best_prices(live):
    (event,) = received(live, h.book_frame(START_MS, [], []))
    book = Book(BTC)
    book.apply_snapshot(event)
    assert book.best_bid is book.best_ask is None


def test_a_crossed_book_is_given_up_and_the_next_message_restores_it(live):
    (event,) = received(live, h.book_frame(START_MS, [("61002.0", "1")]))
    book = Book(BTC)
    book.apply_snapshot(event)
    assert not book.synced
    live.resync(BTC, 6)
    (lost,) = live.events_received()
    assert lost == BookLost(BTC, START_MS, None, "resync asked for", 6)
    (event,) = received(live, h.book_frame(START_MS))
    book.apply_snapshot(event)
    assert book.synced


@pytest.mark.parametrize(
    "levels",
    [
        [[]],
        [[], [], []],
        [],
        [[h.level("61000.05", "1")], []],
        [[h.level("61000.0", "0.000001")], []],
        [[h.level("61000.0", "0.0")], []],
        [[h.level("-61000.0", "1")], []],
        [[h.level(61000.0, "1")], []],
        [[{"px": "61000.0"}], []],
        [[["61000.0", "1"]], []],
    ],
    ids=str,
)
def test_levels_that_cannot_be_true_refuse_the_book(live, levels):
    assert received(live, h.frame("l2Book", h.book() | {"levels": levels})) == []
    assert live.counters.rejected == 1
    assert len(received(live, h.book_frame())) == 1


# --- marks and tops -------------------------------------------------------------------------------


def test_a_context_is_a_mark_without_venue_time_and_with_the_rate_of_an_hour(live):
    assert received(live, h.context_frame()) == [
        MarkPrice(
            BTC, Decimal("61040.0"), Decimal("61063.1"), Decimal("0.0000125"), None, 5, None, 1
        ),
        OpenInterest(BTC, Decimal("38485.06546"), 5),
    ]
    assert h.CATALOGUE.get(BTC).funding_interval_h == 1


@pytest.mark.parametrize("field", ["oraclePx", "funding"])
def test_what_a_context_leaves_out_is_unknown_and_not_zero(live, field):
    mark, _ = received(live, h.context_frame(**{field: None}))
    assert None in (mark.index, mark.funding_rate)


def test_open_interest_is_in_coin(live):
    _, interest = received(live, h.context_frame(), at=7)
    assert interest == OpenInterest(BTC, Decimal("38485.06546"), 7)
    (mark,) = received(live, h.context_frame(openInterest=None))
    assert isinstance(mark, MarkPrice)


def test_best_bid_and_ask_are_a_top(live):
    frame = h.best_frame(("107575.0", "3.87947"), ("107576.0", "0.1"))
    assert received(live, frame) == [
        BookTop(BTC, START_MS, 1_075_750, 387_947, 1_075_760, 10_000, 5, START_MS)
    ]


@pytest.mark.parametrize(
    "sides",
    [(), (None, None), (("61000.0", "1"), None), (None, ("61000.0", "1")), (("61000.0", "1"),)],
    ids=["nothing", "neither", "bid", "ask", "one that is not named"],
)
def test_a_top_with_a_side_missing_is_no_top_and_no_fault(live, sides):
    assert received(live, h.best_frame(*sides)) == []
    assert live.counters.rejected == 0


# --- trades ---------------------------------------------------------------------------------------


def test_trades_carry_the_taker_side(live):
    frame = h.trades_frame(h.trade(9**15), h.trade(5, "61000.0", "0.00714", "A"))
    assert received(live, frame) == [
        Trade(BTC, START_MS * 4_096 + 1, 610_010, 1_000, Side.BUY, 5, START_MS),
        Trade(BTC, START_MS * 4_096 + 2, 610_000, 714, Side.SELL, 5, START_MS),
    ]


def test_the_first_message_of_a_subscription_is_history_and_not_told():
    protocol = h.opened()
    history = [h.trade(n, time_ms=START_MS - 49_000 + n) for n in range(100, 130)]
    assert received(protocol, h.trades_frame(*history)) == []
    assert protocol.counters.ignored_trades == 30
    events = received(protocol, h.trades_frame(history[-1], h.trade(7)))
    assert len(events) == 1, "what was history is not told as news"
    assert protocol.counters.ignored_trades == 31


def test_each_coin_has_its_own_history():
    protocol = h.opened()
    received(protocol, h.trades_frame(h.trade(1)))
    assert received(protocol, h.trades_frame(h.trade(2, "2600.5", "0.1", coin="ETH"))) == []
    (trade,) = received(protocol, h.trades_frame(h.trade(3, "2600.5", "0.1", coin="ETH")))
    assert trade.instrument == ETH


def test_history_comes_again_after_a_reconnection(live):
    received(live, h.trades_frame(h.trade(20)))
    live.connection_lost(PATH, "cut", 6)
    live.connection_made(PATH, 7)
    live.events_received()
    assert received(live, h.trades_frame(h.trade(20), h.trade(21))) == []
    (trade,) = received(live, h.trades_frame(h.trade(21), h.trade(22, time_ms=START_MS + 1)))
    assert trade.ts_venue_ms == START_MS + 1


def test_a_print_has_the_same_number_on_whichever_socket_it_comes():
    """When a connection moves to new sockets, what both have told is known by its number."""
    times = [(n, START_MS + n // 3) for n in range(90)]
    blocks = [
        h.trades_frame(*(h.trade(n, time_ms=t) for n, t in times[k : k + 3]))
        for k in range(0, 90, 3)
    ]
    old, new = h.opened(), h.opened()
    first = received(old, *blocks)
    latest_first = h.trades_frame(*(h.trade(n, time_ms=t) for n, t in times[59:29:-1]))
    second = received(new, latest_first, *blocks[20:])
    assert [t.trade_id for t in second] == [t.trade_id for t in first][-30:]
    assert [t.trade_id for t in first] == sorted(t.trade_id for t in first)


def test_a_repeated_trade_is_counted_and_not_told_again(live):
    received(live, h.trades_frame(h.trade(20)))
    assert received(live, h.trades_frame(h.trade(20), h.trade(20))) == []
    assert live.counters.ignored_trades == 4 + 2


def test_only_so_many_trades_are_remembered(live):
    for n in range(100):
        received(live, h.trades_frame(*(h.trade(1_000 + 100 * n + k) for k in range(100))))
    feed = live._feeds["BTC"]
    assert len(feed._known) == len(feed._known_ids) == 4_096


@pytest.mark.parametrize("trades", [[], [h.trade(1), h.trade(2, coin="ETH")]], ids=["none", "two"])
def test_no_trades_are_none_and_trades_of_two_coins_are_refused(live, trades):
    assert received(live, h.trades_frame(*trades)) == []
    assert live.counters.rejected == (1 if trades else 0)


def test_one_bad_trade_refuses_its_whole_message_and_spends_no_history():
    protocol = h.opened()
    assert received(protocol, h.trades_frame(h.trade(1), h.trade(2, size="-1"))) == []
    assert received(protocol, h.trades_frame(h.trade(1))) == [], "this is the history"
    assert len(received(protocol, h.trades_frame(h.trade(2)))) == 1


# --- candles --------------------------------------------------------------------------------------


def test_a_candle_is_closed_when_the_next_minute_begins(live):
    running = h.candle_frame(START_MS, "64082.0", "64100.0", "64081", "64099.9")
    following = h.candle_frame(START_MS + h.MINUTE_MS, v="0.0")
    prices = (640_820, 641_000, 640_810, 640_999)
    assert received(live, running) == [
        VenueCandle(BTC, START_MS, *prices, Decimal("6.39125"), False, 5)
    ]
    assert received(live, following, at=7) == [
        VenueCandle(BTC, START_MS, *prices, Decimal("6.39125"), True, 7),
        VenueCandle(BTC, START_MS + h.MINUTE_MS, *[610_000] * 4, Decimal(0), False, 7),
    ]


def test_a_minute_that_ended_while_the_socket_was_shut_is_not_closed_with_what_was_seen(live):
    received(live, h.candle_frame())
    live.connection_lost(PATH, "cut", 6)
    live.connection_made(PATH, 7)
    h.confirm(live, 8)
    live.events_received()
    (candle,) = received(live, h.candle_frame(START_MS + h.MINUTE_MS))
    assert not candle.closed


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (h.candle_frame(START_MS + 1), "not a candle of a minute"),
        (h.candle_frame(START_MS, "2", "1", "1", "1"), "prices outside their candle"),
        (h.candle_frame(v="-1"), "quantity out of range"),
        (h.candle_frame(i="5m"), "Invalid enum value - at `$.i`"),
        (h.candle_frame(coin="PURR"), "unknown symbol"),
    ],
)
def test_a_candle_that_cannot_be_is_rejected(live, frame, reason):
    assert received(live, frame) == []
    assert live.counters.reasons == {reason: 1}


def test_candles_of_perpetuals_come_each_minute_and_those_of_spot_when_somebody_trades(live):
    limits = {s.name: s.limit_ms for s in live.streams() if s.kind == "candles"}
    assert limits == {
        "candle:BTC": 120_000,
        "candle:ETH": 120_000,
        "candle:@142": None,
        "candle:@151": None,
    }


# --- what is refused ------------------------------------------------------------------------------


def test_coins_and_channels_that_nobody_asked_for_give_nothing(live):
    assert received(live, h.book_frame(coin="PURR/USDC"), h.context_frame("@142")) == []
    assert live.counters.reasons == {"unknown symbol": 2}
    assert received(live, h.frame("allMids", {"mids": {}}), h.frame("user", {})) == []
    assert live.counters.unknown_events == 2


def test_a_confirmation_of_something_else_is_refused(live):
    told = {"method": "subscribe", "subscription": {"type": "l2Book", "coin": "PURR"}}
    assert received(live, h.frame("subscriptionResponse", told)) == []
    assert live.counters.rejected == 1


def test_an_oversized_frame_is_refused_unread(live):
    assert received(live, h.book_frame()[:-1] + b" " * MAX_FRAME_BYTES + b"}") == []
    assert live.counters.reasons == {"oversize": 1}


@pytest.mark.parametrize("price", ["64040.0", "64063.1", "9999.9", "107575.0", "61040"])
def test_every_price_that_the_five_figures_allow_lies_on_the_tick(live, price):
    (top,) = received(live, h.best_frame((price, "1"), (price, "1")))
    assert h.CATALOGUE.get(BTC).price(top.bid) == Decimal(price)
