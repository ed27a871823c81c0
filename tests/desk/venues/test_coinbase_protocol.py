"""Coinbase Advanced: one count over the connection decides whether anything is missing."""

import json

import msgspec
import pytest
from helpers import coinbase_frames as c
from helpers.coinbase_frames import BTC, ETH, USDT, S, Venue
from helpers.shared import shared
from helpers.streams import active, wanted
from hypothesis import given
from hypothesis import strategies as st

from desk.model.instrument import Instrument
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    FeedStatus,
    Trade,
)
from desk.model.orders import Side
from desk.venues.coinbase import LARGEST_FRAME_BYTES, CoinbaseProtocol


@pytest.fixture
def venue():
    """Three products, all their streams shown."""
    made = Venue().sync("BTC-USD", "ETH-USD", "USDT-USD")
    made.send("ticker", c.ticker(symbol="BTC-USD"))
    return made


def lost(events):
    return {event.instrument for event in events if isinstance(event, BookLost)}


# --- subscriptions --------------------------------------------------------------------------------


def test_an_open_socket_asks_for_one_channel_a_message_and_heartbeats_first():
    requests = Venue().sent()
    products = ["BTC-USD", "ETH-USD", "USDT-USD"]
    assert requests == [
        {"type": "subscribe", "channel": "heartbeats"},
        {"type": "subscribe", "channel": "level2", "product_ids": products},
        {"type": "subscribe", "channel": "market_trades", "product_ids": products},
        {"type": "subscribe", "channel": "ticker", "product_ids": products},
    ]
    assert len(requests) <= 8, "messages a second without a key"


def test_wanted_is_active_only_when_all_is_shown():
    venue = Venue("BTC-USD")
    made = venue.protocol
    everything = {"level2": ["BTC-USD"], "market_trades": ["BTC-USD"], "ticker": ["BTC-USD"]}
    venue.send("subscriptions", {"subscriptions": everything | {"heartbeats": ["heartbeats"]}})
    assert active(made) == {"market_trades:BTC-USD", "ticker:BTC-USD"}
    venue.send("heartbeats", c.heartbeat(1))
    venue.send("l2_data", c.book(kind="snapshot"))
    assert active(made) == wanted(made)
    (endpoint,) = made.endpoints()
    assert set(endpoint.streams) == wanted(made)
    assert made.live_urls.ws + endpoint.path == "wss://advanced-trade-ws.coinbase.com/"


def test_what_is_not_shown_is_asked_for_again():
    venue = Venue("BTC-USD", at=0)
    venue.sent()
    venue.send("heartbeats", c.heartbeat(1))
    venue.send("l2_data", c.book(kind="snapshot"))
    venue.send("market_trades", c.trades())
    venue.protocol.tick(5 * S)
    assert venue.sent() == [
        {"type": "unsubscribe", "channel": "ticker", "product_ids": ["BTC-USD"]},
        {"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-USD"]},
    ]


def test_a_refusal_is_told_although_it_has_no_number(venue):
    events = venue.deliver(b'{"type":"error","message":"authentication failure"}', 5)
    assert events == [FeedStatus("coinbase", False, "refused: authentication failure", 5)]
    assert venue.protocol.counters.rejected == 0


# --- the sequence ---------------------------------------------------------------------------------


def test_a_book_is_its_snapshot_and_the_updates_that_follow():
    venue = Venue("BTC-USD")
    (snapshot,) = venue.send("l2_data", c.book(kind="snapshot"), at=5)
    update = c.book(bids=[("60999.99", "0")], asks=[("61000.01", "1.25")])
    (delta,) = venue.send("l2_data", update, at=6)
    assert snapshot == BookSnapshot(
        BTC, 0, [(6100000, 150000000)], [(6100001, 200000000)], 5, c.TIME_MS
    )
    assert delta == BookDelta(BTC, 1, 1, [(6099999, 0)], [(6100001, 125000000)], 6, c.TIME_MS)


def test_an_update_before_a_snapshot_is_nothing():
    venue = Venue("BTC-USD")
    assert venue.send("l2_data", c.book()) == []
    assert venue.protocol.counters.books[BTC].stale_dropped == 1


@pytest.mark.parametrize(
    ("channel", "event"),
    [
        ("heartbeats", c.heartbeat(2)),
        ("subscriptions", {"subscriptions": {}}),
        ("market_trades", c.trades(c.trade(9))),
        ("ticker", c.ticker()),
        ("l2_data", c.book("ETH-USD")),
        ("candles", {}),
    ],
    ids=str,
)
def test_a_frame_of_any_channel_that_is_missing_loses_every_book(venue, channel, event):
    venue.frame(channel, event)  # lost on the way
    number = venue.number
    events = venue.send("heartbeats", c.heartbeat(3), at=7)
    assert lost(events) == {BTC, ETH, USDT}
    assert {(e.reason, e.received_id) for e in events} == {("gap", number)}
    assert venue.protocol.roll_wanted("/")
    assert all(sync.gaps == 1 for sync in venue.protocol.counters.books.values())
    assert venue.sent() == [], "the new socket asks, not the old one"
    assert venue.send("l2_data", c.book()) == []


def test_every_channel_counts_so_that_none_makes_a_false_gap(venue):
    for channel, event in [
        ("heartbeats", c.heartbeat(2)),
        ("l2_data", c.book()),
        ("status", {"type": "snapshot", "products": []}),
        ("ticker", c.ticker()),
        ("subscriptions", {"subscriptions": {}}),
        ("market_trades", c.trades(c.trade(9))),
        ("l2_data", c.book("ETH-USD")),
    ]:
        assert lost(venue.send(channel, event)) == set()
    assert not venue.protocol.roll_wanted("/")


def test_an_unreadable_frame_is_a_missing_one(venue):
    frame = venue.frame("l2_data", c.book())
    assert venue.deliver(frame[:-2]) == []
    assert lost(venue.send("heartbeats", c.heartbeat(2))) == {BTC, ETH, USDT}


def test_a_frame_that_comes_twice_is_dropped(venue):
    frame = venue.frame("l2_data", c.book())
    assert len(venue.deliver(frame)) == 1
    assert venue.deliver(frame) == []
    assert venue.protocol.counters.reasons == {"late or repeated frame": 1}
    assert len(venue.send("l2_data", c.book())) == 1


def test_two_frames_that_changed_places_lose_every_book(venue):
    first, second = venue.frame("ticker", c.ticker()), venue.frame("l2_data", c.book())
    assert lost(venue.deliver(second)) == {BTC, ETH, USDT}
    assert venue.deliver(first) == []


def test_a_new_socket_counts_anew_and_brings_the_books_back(venue):
    venue.number += 1
    venue.send("heartbeats", c.heartbeat(2))
    venue.protocol.connection_lost("/", "left", 8)
    venue.connect(9)
    assert not venue.protocol.roll_wanted("/")
    assert len(venue.sent()) == 4
    (snapshot,) = venue.send("l2_data", c.book(kind="snapshot"))
    assert (snapshot.last_id, venue.number) == (0, 1)


def test_a_missing_first_frame_is_counted_but_nothing_stands_on_it():
    venue = Venue("BTC-USD")
    venue.number = 2
    assert len(venue.send("l2_data", c.book(kind="snapshot"))) == 1
    assert venue.protocol.counters.books[BTC].gaps == 1
    assert not venue.protocol.roll_wanted("/")


def test_a_recording_may_begin_anywhere():
    made = c.protocol("BTC-USD")
    venue = Venue("BTC-USD")
    venue.number = 777
    made.receive_frame(venue.frame("l2_data", c.book(kind="snapshot")), 1)
    assert made.counters.books[BTC].gaps == 0
    assert len(made.events_received()) == 1


def test_a_mad_number_does_not_deafen_for_ever(venue):
    good = venue.number
    venue.number = 10**15
    assert lost(venue.send("heartbeats", c.heartbeat(2))) == {BTC, ETH, USDT}
    venue.number = good
    assert len(venue.send("l2_data", c.book(kind="snapshot"))) == 1


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.data())
def test_whatever_is_lost_no_delta_after_it_is_told_before_a_snapshot(books, data):
    venue = Venue("BTC-USD").sync("BTC-USD")
    at = data.draw(st.integers(0, len(books) - 1))
    for n, is_book in enumerate(books):
        channel, event = ("l2_data", c.book()) if is_book else ("heartbeats", c.heartbeat(n))
        if n == at:
            venue.frame(channel, event)
            continue
        events = venue.send(channel, event)
        assert (lost(events) == {BTC}) is (n == at + 1)
        if n > at:
            assert not any(isinstance(e, BookDelta) for e in events)


# --- one product's trouble ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "quantity"),
    [("61000.005", "1"), ("NaN", "1"), ("61000.00", "0.-10000"), ("61000.00", "-1"), ("0", "1")],
)
def test_a_value_that_cannot_be_true_restarts_that_book_alone(venue, price, quantity):
    events = venue.send("l2_data", c.book(bids=[(price, quantity)]), at=60 * S)
    assert [(e.instrument, e.reason) for e in events] == [(BTC, "unreadable update")]
    assert venue.sent() == [
        {"type": "unsubscribe", "channel": "level2", "product_ids": ["BTC-USD"]},
        {"type": "subscribe", "channel": "level2", "product_ids": ["BTC-USD"]},
    ]
    assert venue.protocol.counters.rejected == 1
    assert not venue.protocol.roll_wanted("/")
    assert len(venue.send("l2_data", c.book("ETH-USD"), at=60 * S)) == 1
    assert len(venue.send("l2_data", c.book(kind="snapshot"), at=61 * S)) == 1


def test_a_book_update_of_no_known_shape_loses_every_book(venue):
    """The count has taken it for received, and whose it was is unknown."""
    assert lost(venue.send("l2_data", {"type": "update", "updates": []})) == {BTC, ETH, USDT}


def test_a_product_that_nobody_asked_for_is_rejected(venue):
    assert venue.send("l2_data", c.book("DOGE-USD", bids=(), asks=())) == []
    assert venue.protocol.counters.reasons == {"unknown product": 1}


def test_a_busy_book_that_stands_still_is_given_up_and_a_quiet_one_is_not(venue):
    venue.protocol.tick(9 * S)
    assert venue.protocol.events_received() == []
    venue.protocol.tick(11 * S)
    assert lost(venue.protocol.events_received()) == {BTC, ETH}


def test_heartbeats_are_no_data_and_keep_only_quiet_books_fresh(venue):
    before = venue.protocol.last_data_ns("/")
    (confirmation,) = venue.send("heartbeats", c.heartbeat(2), at=9)
    assert confirmation == BookDelta(USDT, venue.number - 1, venue.number - 1, [], [], 9, c.TIME_MS)
    assert venue.protocol.last_data_ns("/") == before


def test_a_quiet_book_is_not_kept_fresh_while_prints_go_on_without_it(venue):
    venue.send("ticker", c.ticker("0.99980", "0.99981", "USDT-USD"), at=3 * S)
    assert venue.send("heartbeats", c.heartbeat(2), at=3 * S) == []
    venue.protocol.tick(11 * S)
    assert USDT in lost(venue.protocol.events_received())


def test_a_lost_socket_loses_every_book(venue):
    venue.protocol.connection_lost("/", "closed", 9)
    events = venue.protocol.events_received()
    assert lost(events) == {BTC, ETH, USDT}
    assert events[-1] == FeedStatus("coinbase", False, "/ closed", 9)


def test_somebody_who_finds_a_book_wrong_gets_a_new_one(venue):
    venue.protocol.resync(BTC, 60 * S)
    assert lost(venue.protocol.events_received()) == {BTC}
    assert [r["product_ids"] for r in venue.sent()] == [["BTC-USD"], ["BTC-USD"]]


# --- trades and tickers ---------------------------------------------------------------------------


def test_prints_from_before_the_subscription_are_remembered_and_not_told():
    venue = Venue("BTC-USD")
    past = c.trades(c.trade(9), c.trade(8), c.trade(7), kind="snapshot")
    assert venue.send("market_trades", past) == []
    told = venue.send("market_trades", c.trades(c.trade(11), c.trade(10), c.trade(9)))
    assert [t.trade_id for t in told] == [10, 11], "told in the order in which they happened"
    assert venue.protocol.counters.ignored_trades == 4


@pytest.mark.parametrize(("named", "taker"), [("SELL", Side.BUY), ("BUY", Side.SELL)])
def test_a_print_names_the_makers_side_wherever_the_best_prices_are_now(named, taker):
    venue = Venue("BTC-USD")
    venue.send("ticker", c.ticker("61000.00", "61000.01"))
    (print_,) = venue.send("market_trades", c.trades(c.trade(1, side=named)), at=5)
    assert print_ == Trade(BTC, 1, 6100001, 1000000, taker, 5, c.TIME_MS)


def test_a_ticker_is_the_venues_best_bid_and_ask(venue):
    (top,) = venue.send("ticker", c.ticker(), at=5)
    number = venue.number - 1
    assert top == BookTop(BTC, number, 6100000, 150000000, 6100001, 200000000, 5, c.TIME_MS)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00.000000Z", "1970-01-01T00:00:00Z"])
def test_a_print_without_a_time_is_rejected(venue, time):
    assert venue.send("market_trades", c.trades(c.trade(9, time=time))) == []
    assert venue.protocol.counters.reasons == {"trade without a time": 1}


# --- what cannot be read --------------------------------------------------------------------------


def test_a_new_field_with_a_known_name_is_passed_over(venue):
    event = c.book() | {"reference": {"product_id": "x", "side": 1, "updates": []}}
    assert len(venue.send("l2_data", event)) == 1


@pytest.mark.parametrize("number", [-1, 2**63, 1.5, "7", True, None])
def test_a_number_that_is_none_is_rejected(venue, number):
    assert venue.send("l2_data", c.book(), sequence_num=number) == []
    assert venue.protocol.counters.rejected == 1


def test_giants_and_nests_are_rejected(venue):
    made = venue.protocol
    made.receive_frame(b" " * (LARGEST_FRAME_BYTES + 1), 1)
    made.receive_frame(b"[" * 1_000_000, 1)
    made.receive_frame(b'{"channel":"l2_data","sequence_num":0,"events":' + b"[" * 500_000, 1)
    assert made.counters.rejected == 3


def test_a_snapshot_of_the_full_depth_is_read():
    """As large as the venue's own: 44,000 levels, more than the usual limit of a frame."""
    venue = Venue("BTC-USD")
    bids = [(f"{60000 - n // 100}.{99 - n % 100:02}", "1.00000001") for n in range(22_000)]
    asks = [(f"{61000 + n // 100}.{n % 100:02}", "0.5") for n in range(22_000)]
    frame = venue.frame("l2_data", c.book(kind="snapshot", bids=bids, asks=asks))
    assert len(frame) > 1 << 20
    (snapshot,) = venue.deliver(frame)
    assert (len(snapshot.bids), len(snapshot.asks)) == (22_000, 22_000)
    assert snapshot.bids[0] == (6000099, 100000001)


def test_a_large_snapshot_with_escapes_is_refused_rather_than_read_key_by_key():
    venue = Venue("BTC-USD")
    bids = [(f"{60000 - n // 100}.{99 - n % 100:02}", "1.00000001") for n in range(12_000)]
    frame = venue.frame("l2_data", c.book(kind="snapshot", bids=bids))
    assert len(frame) > 1 << 20
    assert venue.deliver(frame.replace(b'"bid"', b'"b\\u0069d"', 1)) == []
    assert venue.protocol.counters.reasons == {"too long to be read key by key": 1}


# --- frames of the venue itself -------------------------------------------------------------------


def test_recorded_frames_of_2026_are_read():
    lines = shared("data/captures/coinbase/captured_20260907_advanced.jsonl").read_text()
    made = CoinbaseProtocol([PERPETUAL])
    made.connection_made("/", 1)
    made.events_received()
    for line in lines.splitlines():
        row = json.loads(line)
        if row["dir"] == "in":
            made.receive_frame(json.dumps(row["raw"]).encode(), 5)
    snapshot, refusal = made.events_received()
    assert snapshot.last_id == 0
    assert snapshot.bids == [(799439, 30105), (799438, 5000)]
    assert snapshot.asks == [(799441, 12000), (799440, 480)]
    assert refusal.reason == "refused: authentication failure"
    assert made.counters.rejected == made.counters.unknown_events == 0
    assert made.counters.books[PERPETUAL.id].gaps == 0


def renamed():
    row = c.CATALOGUE.get(BTC)
    fields = msgspec.structs.asdict(row) | {
        "id": "BTC-PERP-INTX.COINBASE",
        "symbol": "BTC-PERP-INTX",
        "tick_size": row.tick_size * 10,
        "lot_size": row.lot_size * 10_000,
    }
    return Instrument(**fields)


PERPETUAL = renamed()
