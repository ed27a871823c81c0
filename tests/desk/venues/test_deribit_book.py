"""Deribit's book: the chain of change ids, its breaks, and how it is taken up again."""

from itertools import pairwise

import pytest
from helpers import deribit_frames as d
from helpers.deribit_frames import BTC, ETH, S
from helpers.deribit_venue import Venue
from hypothesis import given
from hypothesis import strategies as st

from desk.market.book import Book
from desk.model.market_data import BookDelta, BookLost, BookSnapshot

CHANNEL = "book.BTC-PERPETUAL.100ms"
A_BID = [("change", 61000.0, 70)]


def synced(at=100):
    protocol = d.opened(1 * S)
    protocol.receive_frame(d.snapshot_frame(at), 2 * S)
    protocol.events_received()
    return protocol


def received(protocol, *frames, at=5 * S):
    for frame in frames:
        protocol.receive_frame(frame, at)
    return protocol.events_received()


def resubscribed(protocol):
    """Channels that were unsubscribed from and then subscribed to."""
    requests = d.sent(protocol)
    left, asked = (
        [x["params"]["channels"] for x in requests if x["method"] == f"public/{method}"]
        for method in ("unsubscribe", "subscribe")
    )
    assert left == asked, "a second subscription alone brings no snapshot"
    return asked


def test_a_snapshot_starts_the_book_without_the_stamp_of_its_last_change():
    protocol = d.opened()
    frame = d.book_frame(100, bids=[("new", 61000, 20.0)], asks=[("new", 61000.5, 50)])
    assert received(protocol, frame) == [
        BookSnapshot(BTC, 100, [(122_000, 2)], [(122_001, 5)], 5 * S, None)
    ]


def test_a_change_that_names_the_last_one_is_applied():
    protocol = synced(100)
    frame = d.book_frame(
        131,
        100,
        bids=[("new", 60999.5, 30), ("delete", 61000.0, 0.0)],
        asks=[("change", 61000.5, 10)],
    )
    assert received(protocol, frame) == [
        BookDelta(BTC, 101, 131, [(121_999, 3), (122_000, 0)], [(122_001, 1)], 5 * S, d.START_MS)
    ]
    assert protocol.counters.books[BTC].gaps == 0


@pytest.mark.parametrize("amount", [(0,), (0.0,), (None,), ()], ids=["0", "0.0", "null", "none"])
def test_a_deletion_may_come_with_no_amount_in_every_spelling(amount):
    (delta,) = received(synced(), d.book_frame(101, 100, bids=[("delete", 61000.0, *amount)]))
    assert delta.bids == [(122_000, 0)]


@pytest.mark.parametrize(
    "level",
    [
        ("delete", 61000.0, 10),
        ("new", 61000.0, 0),
        ("change", 61000.0, 0.0),
        ("new", 61000.0),
        ("new", 61000.25, 10),
        ("new", -61000.0, 10),
        ("new", 0, 10),
        ("new", 61000.0, -10),
        ("new", "61000.0", 10),
        ("insert", 61000.0, 10),
        (),
    ],
    ids=str,
)
def test_a_level_that_cannot_be_true_refuses_the_change_and_shows_as_a_gap(level):
    protocol = synced()
    assert received(protocol, d.book_frame(101, 100, bids=[level])) == []
    assert protocol.counters.rejected == 1
    assert resubscribed(protocol) == []
    (lost,) = received(protocol, d.book_frame(102, 101))
    assert lost == BookLost(BTC, 100, 101, "gap", 5 * S)


def test_a_break_loses_that_book_and_resubscribes_that_channel_only():
    protocol = synced(100)
    received(protocol, d.snapshot_frame(7, symbol="ETH-PERPETUAL"))
    d.sent(protocol)
    for symbol in ("BTC_USDC-PERPETUAL", "ETH_USDC-PERPETUAL", "BTC_USDC"):
        received(protocol, d.snapshot_frame(1, symbol=symbol))
    (lost,) = received(protocol, d.book_frame(131, 120, bids=A_BID))
    assert lost == BookLost(BTC, 100, 120, "gap", 5 * S)
    assert resubscribed(protocol) == [[CHANNEL]]
    assert protocol.counters.books[BTC].gaps == 1
    (delta,) = received(protocol, d.book_frame(9, 7, symbol="ETH-PERPETUAL"))
    assert delta.instrument == ETH


def test_what_follows_a_break_is_dropped_until_the_new_snapshot():
    protocol = synced(100)
    received(protocol, d.book_frame(131, 120))
    assert received(protocol, d.book_frame(132, 131), d.book_frame(133, 132)) == []
    events = received(protocol, d.snapshot_frame(140), d.book_frame(141, 140))
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]
    sync = protocol.counters.books[BTC]
    assert (sync.gaps, sync.stale_dropped, sync.snapshots) == (1, 2, 2)


def test_changes_before_any_snapshot_are_dropped():
    protocol = d.opened()
    assert received(protocol, d.book_frame(101, 100), d.book_frame(102, 0)) == []
    assert protocol.counters.books[BTC].gaps == 0


def test_a_repeated_change_or_snapshot_does_no_harm():
    protocol = synced(100)
    first, second = d.book_frame(101, 100), d.book_frame(102, 101)
    received(protocol, first, second)
    assert received(protocol, first, second, d.snapshot_frame(100)) == []
    assert protocol.counters.books[BTC].stale_dropped == 3
    (delta,) = received(protocol, d.book_frame(103, 102))
    assert delta.last_id == 103


def test_changes_out_of_order_are_a_gap():
    protocol = synced(100)
    (lost,) = received(protocol, d.book_frame(102, 101), d.book_frame(101, 100))
    assert lost.received_id == 101


def test_a_counter_that_starts_again_without_a_snapshot_is_a_gap_and_not_a_repeat():
    protocol = synced(5_000)
    received(protocol, d.book_frame(5_001, 5_000))
    (lost,) = received(protocol, d.book_frame(12, 11))
    assert lost == BookLost(BTC, 5_001, 11, "gap", 5 * S)


@pytest.mark.parametrize("ids", [(100, 100), (99, 100)], ids=["same", "backwards"])
def test_ids_that_run_backwards_inside_one_message_are_refused(ids):
    protocol = synced(100)
    assert received(protocol, d.book_frame(*ids)) == []
    assert protocol.counters.reasons == {"change ids out of order": 1}


def test_a_change_without_its_predecessor_is_refused():
    protocol = synced(100)
    frame = d.notice(CHANNEL, d.book(101, type="change"))
    assert received(protocol, frame) == []
    assert protocol.counters.rejected == 1


def test_a_newer_snapshot_replaces_a_book_that_was_in_order():
    protocol = synced(100)
    (snapshot,) = received(protocol, d.snapshot_frame(200, prev_change_id=20))
    assert snapshot.last_id == 200
    (delta,) = received(protocol, d.book_frame(201, 200))
    assert delta.last_id == 201


def test_a_snapshot_that_does_not_come_is_asked_for_at_growing_distances():
    protocol = synced(100)
    for symbol in ("ETH-PERPETUAL", "BTC_USDC-PERPETUAL", "ETH_USDC-PERPETUAL", "BTC_USDC"):
        received(protocol, d.snapshot_frame(1, symbol=symbol))
    d.sent(protocol)
    received(protocol, d.book_frame(131, 120), at=100 * S)
    times = []
    for tenth in range(1_000, 2_200):
        now = tenth * S // 10
        protocol.tick(now)
        asked = [x for x in d.sent(protocol) if x["method"] == "public/subscribe"]
        if any(CHANNEL in x["params"]["channels"] for x in asked):
            times.append(now // S)
    gaps = [b - a for a, b in pairwise(times)]
    assert times[0] == 100
    assert gaps[0] <= 5
    assert max(gaps) <= 30
    assert len(times) < 15, "the venue's limits are kept"


def test_a_book_that_breaks_again_and_again_is_not_asked_for_more_than_every_two_seconds():
    protocol = synced(100)
    d.sent(protocol)
    asked = 0
    for n in range(100):  # ten seconds
        at = 50 * S + n * S // 10
        protocol.receive_frame(d.snapshot_frame(1_000 + 10 * n), at)
        protocol.receive_frame(d.book_frame(1_005 + 10 * n, 1_004 + 10 * n), at)
        requests = [x["params"]["channels"] for x in d.sent(protocol) if "params" in x]
        asked += any(CHANNEL in channels for channels in requests)
    assert 3 <= asked <= 6


def test_books_that_break_without_end_stay_within_the_requests_that_the_venue_allows():
    protocol = d.opened(1 * S)
    symbols = [instrument.symbol for instrument in d.CATALOGUE.all()]
    for symbol in symbols:
        protocol.receive_frame(d.snapshot_frame(900, symbol), 2 * S)
    requests = 0
    for n in range(3_500):
        at, turn = 5 * S + n * S // 100, n % 5
        protocol.receive_frame(d.snapshot_frame(1_000 + 10 * n, symbols[turn]), at)
        if n // 40 > turn:  # one after the other, so that no request is about two of them
            broken = d.book_frame(1_005 + 10 * n, 1_004, symbol=symbols[turn])
            protocol.receive_frame(broken, at)
        requests += len(d.sent(protocol))
    assert 40 < requests <= 10 + 35 * 10 / 3
    assert all(sync.gaps > 600 for sync in protocol.counters.books.values())


def test_a_resync_that_somebody_wants_gets_a_new_snapshot():
    protocol = synced(100)
    d.sent(protocol)
    protocol.resync(BTC, 30 * S)
    assert protocol.events_received() == [BookLost(BTC, 100, None, "resync asked for", 30 * S)]
    assert any(CHANNEL in channels for channels in resubscribed(protocol))
    (snapshot,) = received(protocol, d.snapshot_frame(100), at=31 * S)
    assert snapshot.last_id == 100


# --- any faults -----------------------------------------------------------------------------------


class Reader:
    """A protocol and the book that its events make."""

    def __init__(self):
        self.protocol, self.book = d.opened(1 * S), Book(BTC)
        self.at = 2 * S
        self.wants_snapshot = False

    def take(self, frame):
        self.protocol.receive_frame(frame, self.at)
        for event in self.protocol.events_received():
            if isinstance(event, BookSnapshot):
                self.book.apply_snapshot(event)
            elif isinstance(event, BookDelta):
                self.book.apply_delta(event)
            elif isinstance(event, BookLost):
                self.book.lose(event.reason)
        for request in d.sent(self.protocol):
            channels = request.get("params", {}).get("channels", [])
            if request["method"] == "public/subscribe" and CHANNEL in channels:
                self.wants_snapshot = True

    def pass_time(self, seconds):
        self.at += seconds * S
        self.protocol.tick(self.at)

    def levels(self):
        return self.book._bids, self.book._asks


@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(["good", "good", "drop", "twice", "swap", "spoil"]), max_size=60),
)
def test_the_book_is_the_venues_or_is_known_to_be_lost(seed, faults):
    venue, reader, late = Venue(seed), Reader(), []
    reader.take(venue.snapshot())
    for fault in [*faults, "good", "good"]:
        reader.pass_time(1)
        frame = venue.change()
        if fault == "swap":
            late.append(frame)
            continue
        if fault == "spoil":
            frame = frame.replace(b'"type":"change"', b'"type":"chance"')
        if fault != "drop":
            for one in [frame] * (1 + (fault == "twice")) + late:
                reader.take(one)
            late.clear()
        if reader.wants_snapshot:
            reader.wants_snapshot = False
            reader.take(venue.snapshot())
        if fault == "good" and reader.book.synced:
            assert reader.levels() == venue.levels()
    reader.pass_time(40)
    reader.take(venue.snapshot())
    reader.take(venue.change())
    assert reader.book.synced
    assert reader.levels() == venue.levels()


@pytest.mark.slow
def test_a_million_messages_with_one_in_a_hundred_lost_doubled_or_swapped():
    """Every break is found at the next message, and every book that is shown is the venue's."""
    venue, reader = Venue(1), Reader()
    chance, sync = venue.chance, reader.protocol.counters.books[BTC]
    reader.take(venue.snapshot())
    told, broken, late = 0, 0, None
    while told < 1_000_000:
        reader.at += S // 10
        if told % 10 == 0:
            reader.protocol.tick(reader.at)
        was_synced, gaps = reader.book.synced, sync.gaps
        frame, fault = venue.change(), chance.random()
        told += 1
        if fault < 0.01 and late is None:
            kind = chance.choice(["lose", "double", "swap"])
            if kind == "double":
                reader.take(frame)
                reader.take(frame)
                assert sync.gaps == gaps
                assert reader.book.synced == was_synced
            else:
                late = (frame, kind)
            continue
        reader.take(frame)
        if late is not None:
            assert sync.gaps == gaps + was_synced, "found at the next message"
            assert not reader.book.synced
            broken += was_synced
            if late[1] == "swap":
                reader.take(late[0])
            late = None
        if reader.wants_snapshot:
            reader.wants_snapshot = False
            reader.take(venue.snapshot())
        if reader.book.synced and told % 50 == 0:
            assert reader.levels() == venue.levels()
    assert broken == sync.gaps > 1_000
    assert reader.protocol.counters.rejected == 0
