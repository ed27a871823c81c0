"""Books of OKX and Bybit under lost, repeated and swapped frames.

The venue is played by a few lines that keep the true book and answer requests for a snapshot.
"""

import json
import random

import pytest
from helpers import in_band_frames as f
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.book import Book
from desk.model.market_data import BookDelta, BookLost, BookSnapshot
from desk.model.orders import Side

S = 1_000_000_000
MS = 1_000_000


class Venue:
    """A true book, its frames, and the numbering of one venue."""

    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(seed)
        self.bids = {639_000 - n: 100 for n in range(5)}
        self.asks = {639_001 + n: 100 for n in range(5)}
        self.last_id = 1_000

    def protocol(self):
        protocol = f.okx(f.SWAP) if self.name == "okx" else f.bybit(f.LINEAR, "BTCUSDT")
        protocol.connection_made(protocol.endpoints()[0].path, 1)
        return protocol

    def change(self):
        """Change the book; return the frame that tells it."""
        held = self.random.choice((self.bids, self.asks))
        ticks = self.random.choice(sorted(held))
        if self.random.random() < 0.4 and len(held) > 2:
            del held[ticks]
        else:
            step = -1 if held is self.bids else 1
            edge = (min if held is self.bids else max)(held) + step
            ticks = self.random.choice((ticks, edge))
            held[ticks] = self.random.randint(1, 900)
        lots = held.get(ticks, 0)
        previous = self.last_id
        self.last_id += self.random.randint(1, 93) if self.name == "okx" else 1
        return self._frame("update", previous, **{self._side(held): [self._level(ticks, lots)]})

    def snapshot(self):
        sides = {
            self._side(held): [self._level(*level) for level in held.items()]
            for held in (self.bids, self.asks)
        }
        return self._frame("snapshot", -1, **sides)

    def _frame(self, kind, previous, bids=(), asks=()):
        if self.name == "okx":
            return f.raw(f.okx_book(previous, self.last_id, bids, asks, action=kind))
        kind = "delta" if kind == "update" else kind
        return f.raw(f.bybit_book(self.last_id, bids, asks, kind=kind))

    def _side(self, held):
        return "bids" if held is self.bids else "asks"

    def _level(self, ticks, lots):
        size = lots / (100 if self.name == "okx" else 1000)
        return f"{ticks / 10:.1f}", f"{size:.3f}".rstrip("0").rstrip(".")


def asks_for_book(protocol):
    frames = protocol.frames_to_send(protocol.endpoints()[0].path)
    requests = [json.loads(frame) for frame in frames if frame != b"ping"]
    return any(
        "book" in json.dumps(request["args"]) and request["op"] == "subscribe"
        for request in requests
        if request["op"] != "ping"
    )


def levels(book, side):
    return dict(book.levels(side))


class Reader:
    """A desk's view: the protocol and the book it feeds."""

    def __init__(self, venue):
        self.venue = venue
        self.protocol = venue.protocol()
        self.id = next(iter(self.protocol.counters.books))
        self.book = Book(self.id)
        self.losses = 0
        self.now_ns = 1

    def hear(self, frame):
        self.now_ns += 100 * MS
        self.protocol.receive_frame(frame, self.now_ns)
        self.protocol.tick(self.now_ns)
        for event in self.protocol.events_received():
            if isinstance(event, BookSnapshot):
                self.book.apply_snapshot(event)
            elif isinstance(event, BookDelta):
                self.book.apply_delta(event)
            elif isinstance(event, BookLost):
                self.losses += 1
                self.book.lose(event.reason)

    def suffer(self, fault):
        """Hear of one change, or two, through one fault; return whether anything is missing."""
        frames = [self.venue.change()]
        if fault == "p":
            frames *= 2
        elif fault == "s":
            frames = [self.venue.change(), *frames]
        elif fault == "d":
            frames = []
        elif fault == "x":
            frames = [frames[0][:-3]]
        for frame in frames:
            self.hear(frame)
        return fault in "dsx"

    def get_snapshot(self):
        """Let the venue answer a request for a snapshot."""
        if asks_for_book(self.protocol):
            self.hear(self.venue.snapshot())

    def matches(self):
        return (
            levels(self.book, Side.BUY) == self.venue.bids
            and levels(self.book, Side.SELL) == self.venue.asks
        )


@pytest.mark.parametrize("name", ["okx", "bybit"])
def test_an_unbroken_stream_never_loses_the_book(name):
    venue = Venue(name, 1)
    reader = Reader(venue)
    reader.hear(venue.snapshot())
    for _ in range(500):
        reader.hear(venue.change())
        assert reader.matches()
    assert reader.losses == 0
    assert reader.protocol.counters.rejected == 0


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["okx", "bybit"]),
    st.integers(0, 2**32),
    st.lists(st.sampled_from("......dpsx"), min_size=20, max_size=80),
)
def test_a_synced_book_is_the_venues_own_or_one_message_from_being_found_out(name, seed, faults):
    """`d`: the frame is dropped; `p`: told twice; `s`: swapped with the next; `x`: made garbage."""
    venue = Venue(name, seed)
    reader = Reader(venue)
    reader.hear(venue.snapshot())
    for fault in faults:
        was_synced = reader.book.synced
        if reader.suffer(fault) and was_synced:
            reader.hear(venue.change())
            assert not reader.book.synced, "found out at the next message"
        reader.get_snapshot()
        assert not reader.book.synced or reader.matches()
    while not reader.book.synced and reader.now_ns < 1_000 * S:
        reader.hear(venue.change())
        reader.get_snapshot()
    assert reader.matches(), "in sync again"
    assert reader.book.crossed == 0
