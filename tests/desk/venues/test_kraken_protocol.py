"""Kraken: frames in, events and wishes out; the checksum decides what is a book."""

import json
import random
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import kraken_frames as k
from helpers.kraken_frames import BTC, ETH, USDC, S, Venue
from helpers.shared import shared
from helpers.streams import active, wanted
from hypothesis import given
from hypothesis import strategies as st

from desk.market.book import Book
from desk.model.instrument import FRESH_MS
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.protocol import MAX_FRAME_BYTES, RestRequest

# The example of the venue's own description of the checksum.
DOCUMENTED_BIDS = [
    ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"),
    ("45281.0", "0.10000000"), ("45280.3", "1.54592586"), ("45279.0", "0.07990000"),
    ("45277.6", "0.03310103"), ("45277.5", "0.30000000"), ("45277.3", "1.54602737"),
    ("45276.6", "0.15445238"),
]  # fmt: skip
DOCUMENTED_ASKS = [
    ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"),
    ("45289.6", "1.54560911"), ("45290.2", "0.15890660"), ("45291.8", "1.54553491"),
    ("45294.7", "0.04454749"), ("45296.1", "0.35380000"), ("45297.5", "0.09945542"),
    ("45299.5", "0.18772827"),
]  # fmt: skip
DOCUMENTED_CRC = 3310070434


def synced(venue, made=None, at=2):
    made = made or k.opened()
    made.receive_frame(venue.snapshot(), at)
    (event,) = made.events_received()
    assert isinstance(event, BookSnapshot)
    made.frames_to_send("/v2")
    return made


def settled(*venues):
    """A protocol of these pairs alone, all of whose streams are shown."""
    made = k.opened(*(venue.symbol for venue in venues))
    for venue in venues:
        synced(venue, made)
        for channel in ("trade", "ticker", "ohlc"):
            made.receive_frame(k.ack(channel, venue.symbol), 2)
    assert wanted(made) == active(made)
    return made


def subscriptions(made):
    return [
        (r["method"], r["params"]["channel"], r["params"]["symbol"])
        for r in k.sent(made)
        if r["method"] != "ping"
    ]


# --- the checksum ---------------------------------------------------------------------------------


def test_the_documented_example_has_the_documented_checksum():
    made = k.opened()
    frame = k.book(DOCUMENTED_BIDS, DOCUMENTED_ASKS, DOCUMENTED_CRC, kind="snapshot")
    made.receive_frame(frame, 5)
    (snapshot,) = made.events_received()
    assert snapshot.bids[0] == (452835, 10000000)
    assert snapshot.asks[0] == (452852, 100000)
    assert len(snapshot.bids) == len(snapshot.asks) == 10


@pytest.mark.parametrize("wrong", [DOCUMENTED_CRC + 1, 0])
def test_a_snapshot_with_another_checksum_is_no_book_and_is_asked_for_again(wrong):
    made = k.opened(at=1)
    made.receive_frame(k.book(DOCUMENTED_BIDS, DOCUMENTED_ASKS, wrong, kind="snapshot"), 5)
    assert made.events_received() == []
    assert made.counters.books[BTC].snapshots_refused == 1
    made.tick(3 * S)
    assert subscriptions(made) == [
        ("unsubscribe", "book", ["BTC/USD"]),
        ("subscribe", "book", ["BTC/USD"]),
    ]


@pytest.mark.parametrize(
    ("price", "quantity"),
    [("61000.0", "1.00000000"), ("61000", "1"), ("6.1e4", "1e0"), ("61000.00", "1.0000000000")],
    ids=["as documented", "trailing zeros gone", "with exponents", "zeros too many"],
)
def test_numbers_are_rendered_at_the_precision_of_the_pair(price, quantity):
    venue = Venue()
    made = k.opened()
    made.receive_frame(
        k.book([(price, quantity)], venue.asks.items(), venue.crc(), kind="snapshot"), 2
    )
    (snapshot,) = made.events_received()
    assert snapshot.bids == [(610000, 100000000)]


def test_an_eleventh_level_is_cut_although_the_venue_never_removes_it():
    venue = Venue(
        bids=[(f"{60990 + n}.0", "1.00000000") for n in range(10)],
        asks=[(f"{61010 + n}.0", "1.00000000") for n in range(10)],
    )
    made = synced(venue)
    made.receive_frame(venue.update(bids=[("60999.5", "3.00000000")]), 3)
    made.receive_frame(venue.update(asks=[("61009.5", "4.00000000")]), 4)
    bid, ask = made.events_received()
    assert bid.bids == [(609995, 300000000), (609900, 0)]
    assert ask.asks == [(610095, 400000000), (610190, 0)]


def test_a_removal_after_a_cut_leaves_what_the_venue_has():
    """A level that was cut comes back only when the venue sends it again."""
    venue = Venue(bids=[(f"{60990 + n}.0", "1.00000000") for n in range(10)])
    made = synced(venue)
    made.receive_frame(venue.update(bids=[("60999.5", "1.00000000")]), 3)
    made.receive_frame(venue.update(bids=[("60999.5", "0.00000000"), ("60990.0", "9.5")]), 4)
    _, again = made.events_received()
    assert again.bids == [(609995, 0), (609900, 950000000)]


def test_levels_of_one_message_are_applied_in_its_order():
    venue = Venue()
    made = synced(venue)
    frame = venue.update(bids=[("60999.0", "5.00000000"), ("60999.0", "0.00000000")])
    made.receive_frame(frame, 3)
    assert isinstance(made.events_received()[0], BookDelta)


def test_a_mismatch_loses_that_book_and_restarts_it_alone():
    btc, eth = Venue(), Venue("ETH/USD", [("2600.00", "1.0")], [("2600.01", "1.0")])
    made = settled(btc, eth)
    btc.update(bids=[("60999.9", "1.00000000")])  # lost on the way
    made.receive_frame(btc.update(bids=[("60999.8", "1.00000000")]), 40 * S)
    assert made.events_received() == [BookLost(BTC, None, None, "checksum", 40 * S)]
    assert made.counters.books[BTC].gaps == 1
    assert subscriptions(made) == [
        ("unsubscribe", "book", ["BTC/USD"]),
        ("subscribe", "book", ["BTC/USD"]),
    ]
    made.receive_frame(btc.update(bids=[("60999.7", "1.00000000")]), 40 * S)
    assert made.events_received() == []
    assert made.counters.books[BTC].stale_dropped == 1
    made.receive_frame(eth.update(bids=[("2599.99", "1.0")]), 40 * S)
    assert made.events_received()[0].instrument == ETH
    made.receive_frame(btc.snapshot(), 41 * S)
    made.receive_frame(btc.update(bids=[("60999.6", "1.00000000")]), 41 * S)
    assert [type(e) for e in made.events_received()] == [BookSnapshot, BookDelta]


def test_two_updates_that_changed_places_are_noticed():
    venue = Venue()
    made = synced(venue)
    first = venue.update(bids=[("60999.0", "1.0")])
    second = venue.update(bids=[("60998.0", "2.0")])
    made.receive_frame(second, 3)
    made.receive_frame(first, 4)
    assert [type(e) for e in made.events_received()] == [BookLost]


def test_two_changes_of_one_level_that_changed_places_are_noticed_at_the_next():
    """In between it is a book that the venue had a moment ago: no checksum can tell."""
    venue = Venue()
    made = synced(venue)
    first = venue.update(bids=[("60999.0", "1.0")])
    second = venue.update(bids=[("60999.0", "2.0")])
    for frame in (second, first, venue.update(asks=[("61002.0", "1.0")])):
        made.receive_frame(frame, 3)
    assert [type(e) for e in made.events_received()] == [BookDelta, BookDelta, BookLost]


def test_an_update_that_comes_twice_changes_nothing():
    venue = Venue()
    made = synced(venue)
    frame = venue.update(bids=[("60999.0", "1.0")])
    made.receive_frame(frame, 3)
    made.receive_frame(frame, 4)
    first, second = made.events_received()
    assert first.bids == second.bids


def test_a_book_that_is_lost_again_and_again_is_asked_for_at_growing_distances():
    venue = Venue()
    made = k.opened(at=0)
    asked = []
    for now in range(0, 120 * S, S // 4):
        made.receive_frame(venue.snapshot(), now)
        made.receive_frame(venue.update(bids=[("60999.0", "1.0")])[:-60] + b"}]}", now)
        made.receive_frame(k.book(crc=7), now)
        made.tick(now)
        asked += [now for r in subscriptions(made) if r == ("subscribe", "book", ["BTC/USD"])]
        made.events_received()
    assert 3 <= len(asked) <= 9
    assert asked == sorted(asked)


@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from(["drop", "repeat", "swap"]))
def test_after_any_fault_the_book_is_the_venues_or_it_is_lost(seed, at, fault):
    """Whatever is dropped, repeated or swapped: what is told as a book is a book of the venue."""
    draw = random.Random(seed)
    venue = Venue()
    made, book = synced(venue), Book(BTC)
    frames, truths = [venue.snapshot()], {venue.crc()}
    for _ in range(40):
        side = draw.choice(["bids", "asks"])
        price = 61000 - draw.randint(0, 15) if side == "bids" else 61001 + draw.randint(0, 15)
        frames.append(venue.update(**{side: [(f"{price}.0", f"{draw.randint(0, 3)}.5")]}))
        truths.add(venue.crc())
    if fault == "drop":
        del frames[at]
    elif fault == "repeat":
        frames.insert(at, frames[at])
    elif at + 1 < len(frames):
        frames[at], frames[at + 1] = frames[at + 1], frames[at]
    for now, frame in enumerate(frames, 10):
        made.receive_frame(frame, now)
        for event in made.events_received():
            if isinstance(event, BookSnapshot):
                book.apply_snapshot(event)
            elif isinstance(event, BookDelta):
                book.apply_delta(event)
            else:
                book.lose(event.reason)
        if book.synced:
            held = [
                [(f"{ticks / 10:.1f}", f"{lots / 1e8:.8f}") for ticks, lots in book.levels(side)]
                for side in (Side.BUY, Side.SELL)
            ]
            assert len(held[0]) <= 10
            assert k.checksum("BTC/USD", *held) in truths


# --- what flows, and whether it does --------------------------------------------------------------


def test_an_open_socket_asks_for_four_channels_of_each_pair():
    made = k.protocol()
    made.connection_made("/v2", 1)
    pairs = ["BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD"]
    requests = k.sent(made)
    assert [r["params"] for r in requests] == [
        {"channel": "book", "symbol": pairs, "depth": 10},
        {"channel": "trade", "symbol": pairs},
        {"channel": "ticker", "symbol": pairs, "event_trigger": "bbo"},
        {"channel": "ohlc", "symbol": pairs, "interval": 1},
    ]
    assert len({r["req_id"] for r in requests}) == 4
    (endpoint,) = made.endpoints()
    assert len(endpoint.streams) == 16
    assert made.live_urls.ws + endpoint.path == "wss://ws.kraken.com/v2"


def test_wanted_is_active_only_when_all_is_shown():
    made = k.opened("BTC/USD")
    assert active(made) == set()
    made.receive_frame(k.ack("book"), 2)
    assert active(made) == set(), "a book is there when its snapshot is"
    made.receive_frame(k.ack("trade"), 2)
    made.receive_frame(k.ticker(), 2)
    made.receive_frame(k.ack("ohlc"), 2)
    made.receive_frame(Venue().snapshot(), 2)
    everything = {f"{channel}:BTC/USD" for channel in ("book", "trade", "ticker", "ohlc")}
    assert active(made) == wanted(made) == everything
    made.connection_lost("/v2", "closed", 3)
    assert active(made) == set()


def test_what_is_not_shown_is_asked_for_again():
    made = k.opened("BTC/USD", at=0)
    for frame in (k.ack("trade"), k.ack("ticker"), k.ack("ohlc")):
        made.receive_frame(frame, 1 * S)
    made.tick(4 * S)
    assert subscriptions(made) == []
    made.tick(5 * S)
    assert subscriptions(made) == [
        ("unsubscribe", "book", ["BTC/USD"]),
        ("subscribe", "book", ["BTC/USD"]),
    ]


def test_a_refused_subscription_is_told_in_one_line():
    made = k.opened()
    made.receive_frame(
        b'{"method":"subscribe","success":false,"error":"Currency pair\\nnot supported"}', 5
    )
    (event,) = made.events_received()
    assert event == FeedStatus("kraken", False, "refused: Currency pair?not supported", 5)


def test_a_stopped_trading_system_is_told():
    made = k.opened()
    made.receive_frame(b'{"channel":"status","type":"update","data":[{"system":"online"}]}', 5)
    assert made.events_received() == []
    made.receive_frame(b'{"channel":"status","type":"update","data":[{"system":"maintenance"}]}', 5)
    assert made.events_received() == [FeedStatus("kraken", False, "system maintenance", 5)]


def test_heartbeats_are_no_data_and_keep_only_quiet_books_fresh():
    usdc = Venue("USDC/USD", [("0.99990", "1.0")], [("0.99995", "1.0")])
    made = synced(usdc, synced(Venue()))
    before = made.last_data_ns("/v2")
    made.receive_frame(k.HEARTBEAT, 9)
    made.receive_frame(b'{"method":"pong","req_id":4}', 10)
    first, second = made.events_received()
    assert (first.instrument, first.bids, first.asks, first.ts_recv_ns) == (USDC, [], [], 9)
    assert second.ts_recv_ns == 10
    assert made.last_data_ns("/v2") == before
    assert made.counters.unknown_events == made.counters.rejected == 0


@pytest.mark.parametrize("system", ["maintenance", "cancel_only", "post_only"])
def test_heartbeats_keep_no_book_fresh_while_nothing_is_matched(system):
    made = synced(Venue("USDC/USD", [("0.99990", "1.0")], [("0.99995", "1.0")]))
    status = '{"channel":"status","type":"update","data":[{"system":"%s"}]}'
    made.receive_frame((status % system).encode(), 5)
    made.receive_frame(k.HEARTBEAT, 9)
    assert [type(e) for e in made.events_received()] == [FeedStatus]
    made.receive_frame((status % "online").encode(), 10)
    made.receive_frame(k.HEARTBEAT, 11)
    assert [type(e) for e in made.events_received()] == [FeedStatus, BookDelta]


def test_a_quiet_book_that_the_ticker_has_left_is_not_kept_fresh_but_given_up():
    usdc = Venue("USDC/USD", [("0.99990", "1.0")], [("0.99995", "1.0")])
    made = synced(usdc, at=1 * S)
    made.receive_frame(k.ticker("0.99980", "0.99985", symbol="USDC/USD"), 3 * S)
    made.receive_frame(k.HEARTBEAT, 4 * S)
    assert [type(e) for e in made.events_received()] == [BookTop]
    made.tick(5 * S)
    assert made.events_received() == [BookLost(USDC, None, None, "ticker disagrees", 5 * S)]


def test_a_ticker_that_the_book_has_left_is_asked_for_anew_and_the_book_kept():
    venue = Venue()
    made = synced(venue, at=0)
    made.receive_frame(k.ticker(), 1)
    for second in range(1, 13):
        made.receive_frame(venue.update(bids=[("61000.0", f"{second}.0")]), second * S)
        made.receive_frame(venue.update(asks=[("61000.1", "0"), ("61000.2", "1.0")]), second * S)
        made.tick(second * S)
        requests = subscriptions(made)
        if second > 5:
            assert ("subscribe", "book", ["BTC/USD"]) not in requests
    assert ("subscribe", "ticker", ["BTC/USD"]) in requests or "ticker:BTC/USD" not in active(made)
    assert not any(isinstance(e, BookLost) for e in made.events_received())


def test_a_busy_book_that_stands_still_is_given_up_while_others_flow():
    made = synced(Venue(), at=0)
    made.tick(9 * S)
    assert made.events_received() == []
    made.tick(10 * S)
    assert made.events_received() == [BookLost(BTC, None, None, "silent", 10 * S)]


def test_it_pings_so_often_that_an_answered_quiet_book_never_turns_stale():
    made = k.protocol("BTC/USD", "USDC/USD")
    pings = []
    made.connection_made("/v2", 0)
    for now in range(0, 21 * S, S // 4):
        made.tick(now)
        pings += [now for r in k.sent(made) if r["method"] == "ping"]
    gaps = [b - a for a, b in pairwise([0, *pings])]
    assert max(gaps) <= FRESH_MS * 1_000_000 // 2, "half of it is left to the way and back"
    assert len(pings) <= 21, "and no more often than the venue's own heartbeat"
    made.connection_lost("/v2", "closed", 21 * S)
    made.tick(60 * S)
    assert made.frames_to_send("/v2") == []


def test_a_lost_socket_loses_every_book():
    btc, eth = Venue(), Venue("ETH/USD", [("2600.00", "1.0")], [("2600.01", "1.0")])
    made = synced(eth, synced(btc))
    made.connection_lost("/v2", "closed", 9)
    *lost, status = made.events_received()
    assert {e.instrument for e in lost} == {BTC, ETH}
    assert not status.up
    made.connection_made("/v2", 10)
    made.receive_frame(btc.update(bids=[("60999.0", "1.0")]), 11)
    assert [type(e) for e in made.events_received()] == [FeedStatus]


def test_somebody_who_finds_a_book_wrong_gets_a_new_one():
    made = settled(Venue())
    made.resync(BTC, 60 * S)
    assert made.events_received() == [BookLost(BTC, None, None, "resync asked for", 60 * S)]
    assert ("subscribe", "book", ["BTC/USD"]) in subscriptions(made)


# --- trades and tickers ---------------------------------------------------------------------------


def test_a_print_becomes_a_trade_of_the_taker():
    made = k.opened()
    made.receive_frame(k.trades(k.trade(7), k.trade(8, side="sell", price="60999.9")), 5)
    assert made.events_received() == [
        Trade(BTC, 7, 610000, 1000000, Side.BUY, 5, k.TIME_MS),
        Trade(BTC, 8, 609999, 1000000, Side.SELL, 5, k.TIME_MS),
    ]


def test_prints_from_before_the_subscription_are_remembered_and_not_told():
    made = k.opened()
    made.receive_frame(k.trades(k.trade(9), k.trade(8), kind="snapshot"), 5)
    made.receive_frame(k.trades(k.trade(9), k.trade(10)), 6)
    assert [t.trade_id for t in made.events_received()] == [10]
    assert made.counters.ignored_trades == 3


def test_a_ticker_is_the_venues_best_bid_and_ask():
    made = k.opened()
    made.receive_frame(k.ticker(), 5)
    assert made.events_received() == [
        BookTop(BTC, 1, 610000, 100000000, 610001, 200000000, 5, k.TIME_MS)
    ]


def test_a_quote_of_nothing_is_rejected():
    made = k.opened()
    frame = k.ticker("0", "0", time="1970-01-01T00:00:00.000000Z")
    made.receive_frame(frame, 5)
    assert made.events_received() == []
    assert made.counters.reasons == {"not positive": 1}


def test_a_print_without_a_time_is_rejected():
    made = k.opened()
    made.receive_frame(k.trades(k.trade(7, time="1970-01-01T00:00:00Z")), 5)
    assert made.events_received() == []
    assert made.counters.reasons == {"trade without a time": 1}


def test_fields_that_nobody_knows_yet_are_passed_over():
    made = k.opened()
    frame = json.loads(k.trades(k.trade(7)))
    frame["data"][0]["liquidity"] = {"symbol": "x", "price": [1, 2]}
    frame["trace"] = {"channel": 1}
    made.receive_frame(json.dumps(frame).encode(), 5)
    assert [type(e) for e in made.events_received()] == [Trade]


# --- candles --------------------------------------------------------------------------------------

NOON = k.NOON_MS
PRICES = ("61000.0", "61010.5", "60990.0", "61001.0")
TICKS = (610_000, 610_105, 609_900, 610_010)
FLAT = (610_000,) * 4


def minute(start_ms, prices=FLAT, *, closed=False, at=5, volume="0.04121249"):
    return VenueCandle(BTC, start_ms, *prices, Decimal(volume), closed, at)


def test_a_snapshot_is_minutes_past_and_the_running_one():
    made = k.opened()
    told = (k.candle(0), k.candle(1, PRICES), k.candle(3, volume="0.00000000"))
    made.receive_frame(k.candles(*told, kind="snapshot"), 5)
    assert made.events_received() == [
        minute(NOON, closed=True),
        minute(NOON + k.MINUTE_MS, TICKS, closed=True),
        minute(NOON + 3 * k.MINUTE_MS, volume="0"),
    ]
    assert "ohlc:BTC/USD" in active(made)


def test_a_candle_is_closed_when_the_next_minute_begins():
    made = k.opened()
    made.receive_frame(k.candles(k.candle(0, PRICES, "2.5e-05")), 5)
    made.receive_frame(k.candles(k.candle(1)), 7)
    assert made.events_received() == [
        minute(NOON, TICKS, volume="0.000025"),
        minute(NOON, TICKS, volume="0.000025", closed=True, at=7),
        minute(NOON + k.MINUTE_MS, at=7),
    ]


def test_a_minute_that_ended_while_the_socket_was_shut_is_not_closed_with_what_was_seen():
    made = k.opened()
    made.receive_frame(k.candles(k.candle(0)), 5)
    made.connection_lost("/v2", "cut", 6)
    made.connection_made("/v2", 7)
    made.receive_frame(k.candles(k.candle(1)), 8)
    assert [e.closed for e in made.events_received() if isinstance(e, VenueCandle)] == [False] * 2


@pytest.mark.parametrize(
    ("candle", "reason"),
    [
        (k.candle(interval=5), "not a candle of a minute"),
        (k.candle().replace("12:00:00", "12:00:30"), "not a candle of a minute"),
        (k.candle().replace("2026-11-23T12", "1970-01-01T00"), "not a candle of a minute"),
        (k.candle(prices=("2", "1", "1", "1")), "prices outside their candle"),
        (k.candle(volume="-1.0"), "quantity out of range"),
        (k.candle(volume='"1.0"'), "not a plain number"),
        (k.candle(symbol="DOGE/USD"), "unknown symbol"),
    ],
)
def test_a_candle_that_cannot_be_is_rejected_and_costs_no_other_pair(candle, reason):
    made = k.opened()
    good = k.candle(prices=("2600.00",) * 4, symbol="ETH/USD")
    made.receive_frame(k.candles(candle, good), 5)
    assert [e.instrument for e in made.events_received()] == [ETH]
    assert made.counters.reasons == {reason: 1}


def test_minutes_told_twice_in_a_message_are_rejected():
    made = k.opened()
    made.receive_frame(k.candles(k.candle(0), k.candle(0, PRICES), kind="snapshot"), 5)
    assert made.events_received() == []
    assert made.counters.reasons == {"a minute twice": 1}


def test_candles_come_each_minute_but_those_of_stablecoins():
    limits = {s.name: s.limit_ms for s in k.protocol().streams() if s.kind == "candles"}
    assert limits == {
        "ohlc:BTC/USD": 120_000,
        "ohlc:ETH/USD": 120_000,
        "ohlc:USDT/USD": None,
        "ohlc:USDC/USD": None,
    }


# --- what cannot be read --------------------------------------------------------------------------

BAD_NUMBERS = {
    "NaN": "NaN", "infinite": "Infinity", "1e999": "1e999", "negative": "-1.0", "text": '"1.0"',
    "off the grid": "61000.050000001", "null": "null", "true": "true", "list": "[]",
    "huge": "9" * 5000, "large": "9" * 20, "empty": "", "small exponent": "1e-99",
    "deep": "[" * 200 + "]" * 200,
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_NUMBERS.values(), ids=BAD_NUMBERS)
@pytest.mark.parametrize(
    "field", ["book price", "book qty", "trade", "trade qty", "ticker", "candle"]
)
def test_a_bad_number_anywhere_is_a_counted_rejection(field, bad):
    venue = Venue()
    made = synced(venue)
    frame = {
        "book price": k.book([(bad, "1.0")], crc=1),
        "book qty": k.book([("60999.0", bad)], crc=1),
        "trade": k.trades(k.trade(7, price=bad)),
        "trade qty": k.trades(k.trade(7, qty=bad)),
        "ticker": k.ticker(bid=bad),
        "candle": k.candles(k.candle(prices=(bad, "61000.0", "61000.0", "61000.0"))),
    }[field]
    made.receive_frame(frame, 5)
    assert made.counters.rejected == 1
    assert {type(e) for e in made.events_received()} <= {BookLost}
    made.receive_frame(k.trades(k.trade(8)), 6)
    assert len(made.events_received()) == 1, "the feed goes on"


def test_an_unreadable_update_loses_the_book_at_once():
    """Nothing numbers the messages: that this one is missing could stay unseen for long."""
    made = synced(Venue())
    made.receive_frame(k.book([("60999.05", "1.0")], crc=1), 5)
    assert made.events_received() == [BookLost(BTC, None, None, "unreadable update", 5)]
    assert made.counters.reasons == {"off the grid": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"qty":1.0', b'"qty":1.0,"qty":2.0'),
        (b'"symbol":"BTC/USD"', b'"symbol":"ETH/USD","symbol":"BTC/USD"'),
        (b'"channel":"book"', b'"channel":"trade","channel":"book"'),
        (b'"qty":1.0', b'"qty":1.0,"\\u0071ty":2.0'),
    ],
    ids=["quantity", "symbol", "channel", "escaped"],
)
def test_a_key_that_occurs_twice_is_rejected(old, new):
    venue = Venue()
    made = synced(venue)
    frame = venue.update(bids=[("60999.0", "1.0")])
    made.receive_frame(frame.replace(old, new, 1), 5)
    assert made.counters.reasons == {"a key twice": 1}
    made.receive_frame(venue.update(bids=[("60998.0", "1.0")]), 6)
    assert [type(e) for e in made.events_received()] == [BookLost], "and found missing"


@pytest.mark.parametrize(
    "field", [b"symbol", b"bids", b"asks", b"checksum", b"price", b"qty", b"data", b"type"]
)
def test_a_missing_field_is_a_counted_rejection(field):
    venue = Venue()
    made = synced(venue)
    frame = venue.update(bids=[("60999.0", "1.0")])
    made.receive_frame(frame.replace(b'"' + field + b'"', b'"other"'), 5)
    assert made.counters.rejected == 1
    assert {type(e) for e in made.events_received()} <= {BookLost}


def test_giants_and_nests_are_rejected():
    made = k.opened()
    made.receive_frame(b" " * (MAX_FRAME_BYTES + 1), 1)
    made.receive_frame(b"[" * 1_000_000, 1)
    made.receive_frame(b'{"channel":"book","type":"update","data":' + b"[" * 500_000, 1)
    assert made.counters.rejected == 3
    assert made.counters.reasons["oversize"] == 1


def test_an_answer_to_no_request_is_counted():
    made = k.protocol()
    made.receive_response(RestRequest("kraken", "/", "BTC/USD"), b"{}", 1)
    assert made.counters.rejected == 1


# --- frames of the venue itself -------------------------------------------------------------------


def test_recorded_frames_of_2026_are_read():
    lines = shared("data/captures/kraken/captured_202608_ccxt_static.jsonl").read_text()
    made = k.opened()
    for line in lines.splitlines():
        row = json.loads(line)
        if row["dir"] == "in":
            made.receive_frame(json.dumps(row["raw"]).encode(), 5)
    *tops, candle = made.events_received()
    assert [type(e) for e in tops] == [BookTop, BookTop]
    start_ms = 1_786_562_880_000  # 2026-08-12T19:28:00Z
    prices = (633_016, 633_016, 632_977, 632_977)
    assert candle == VenueCandle(BTC, start_ms, *prices, Decimal("0.04121249"), False, 5)
    assert (tops[0].bid, tops[0].bid_lots, tops[0].ask) == (632977, 575119051, 632978)
    assert made.counters.rejected == made.counters.unknown_events == 0
    assert "ticker:BTC/USD" in active(made)


def test_samples_of_version_2_are_read_or_refused_for_a_reason():
    lines = shared("data/captures/kraken/tardis_mapper_samples.jsonl").read_text()
    made = k.opened()
    for line in lines.splitlines():
        row = json.loads(line)
        if row["test"] == "map kraken v2 messages":
            made.receive_frame(json.dumps(row["msg"]).encode(), 5)
    assert [type(e) for e in made.events_received()] == [Trade, BookTop]
    # Another pair twice, and an update without a checksum.
    assert made.counters.rejected == 3
    assert made.counters.ignored_trades == 1
