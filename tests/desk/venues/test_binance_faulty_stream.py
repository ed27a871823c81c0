"""A venue behind a bad line: lost, repeated, reordered and spoilt updates, stale snapshots.

Whenever the desk calls a book SYNCED, it is the venue's own book at the id it stands at.
"""

import pytest
from helpers import binance_frames as b
from hypothesis import given
from hypothesis import strategies as st

from desk.market.state import MarketState
from desk.model.orders import Side

TENTH_NS = 100_000_000


class TrueVenue:
    """One instrument's real book, with a history of what it was at every update."""

    def __init__(self, rng, *, futures):
        self.rng = rng
        self.futures = futures
        self.id = 1_000
        self.sides = {Side.BUY: {}, Side.SELL: {}}
        self.history = {}
        for _ in range(5):
            self.update()

    def update(self):
        """Change some levels; returns the frame that tells it."""
        previous = self.id
        first = previous + (self.rng.randint(1, 9) if self.futures else 1)
        self.id = first + self.rng.randint(0, 5)
        changes = {Side.BUY: {}, Side.SELL: {}}
        for _ in range(self.rng.randint(0, 4)):
            side = self.rng.choice(list(Side))
            base = 609_900 if side is Side.BUY else 610_000
            ticks, lots = base + self.rng.randrange(100), self.rng.choice([0, 0, 1, 2, 3])
            changes[side][ticks] = lots
            self.sides[side][ticks] = lots
            if not lots:
                del self.sides[side][ticks]
        self.history[self.id] = {side: dict(levels) for side, levels in self.sides.items()}
        return b.depth_frame(
            first,
            self.id,
            previous if self.futures else None,
            bids=written(changes[Side.BUY]),
            asks=written(changes[Side.SELL]),
        )

    def snapshot(self, age):
        """The book as it is, or as it was some updates ago."""
        ids = list(self.history)
        at = ids[max(0, len(ids) - 1 - age)]
        book = self.history[at]
        return b.snapshot(at, written(book[Side.BUY]), written(book[Side.SELL]))


def written(levels):
    return [(f"{t // 10}.{t % 10}", f"0.00{lots}") for t, lots in levels.items()]


class Line:
    """The desk's side of a line that does what a fault says."""

    def __init__(self, connection, venue):
        self.protocol = b.protocol(connection)
        self.market = MarketState(b.CATALOGUE)
        self.venue = venue
        self.now_ns = 1
        self.held = []
        self.terms = b.CATALOGUE.of_connection(connection)["BTCUSDT"]
        self.book = self.market.books[self.terms.id]

    def carry(self, fault, snapshot_age=0, step_ns=TENTH_NS):
        self.now_ns += step_ns
        frame = self.venue.update()
        arriving = {
            "lost": [],
            "twice": [frame, frame],
            "spoilt": [frame[:-3]],
            "late": [],
        }.get(fault, [frame])
        if fault == "late":
            self.held.append(frame)
        else:
            arriving += self.held
            self.held = []
        for piece in arriving:
            self.protocol.receive_frame(piece, self.now_ns)
        if fault == "reconnected":
            self.protocol.connection_lost(self.protocol.endpoints()[0].path, "x", self.now_ns)
        self.protocol.tick(self.now_ns)
        for request in self.protocol.requests_to_send():
            body = None if fault == "no answer" else self.venue.snapshot(snapshot_age)
            self.protocol.receive_response(request, body, self.now_ns)
        for event in self.protocol.events_received():
            self.market.apply(event)
            self.check()

    def check(self):
        if not self.book.synced:
            return
        true = self.venue.history[self.book.last_id]
        for side in Side:
            ours = dict(self.book.levels(side))
            told = written(true[side])
            assert ours == {self.terms.ticks(p): self.terms.lots(q) for p, q in told}


FAULTS = ["none"] * 8 + ["lost", "twice", "late", "spoilt", "reconnected", "no answer"]


@pytest.mark.thorough
@pytest.mark.parametrize("connection", [b.SPOT, b.USDM])
@given(st.randoms(use_true_random=False), st.integers(10, 120))
def test_a_synced_book_is_always_the_venues_own(connection, rng, steps):
    venue = TrueVenue(rng, futures=connection != b.SPOT)
    line = Line(connection, venue)
    for _ in range(steps):
        line.carry(rng.choice(FAULTS), rng.choice([0, 0, 1, 2, 7]))
    # Once the line is good again, patience is rewarded: the longest wait is 30 s.
    for _ in range(32):
        line.carry("none", step_ns=10 * TENTH_NS)
    assert line.book.synced
    assert line.book.last_id == venue.id
    assert line.book.crossed == 0
    counts = line.protocol.counters
    assert counts.messages > 0
    assert set(counts.reasons) <= {"not JSON"}


@pytest.mark.parametrize("connection", [b.SPOT, b.USDM])
@given(st.randoms(use_true_random=False), st.sampled_from(["lost", "spoilt", "late"]))
def test_a_missing_update_is_noticed_at_the_very_next_one(connection, rng, fault):
    line = Line(connection, TrueVenue(rng, futures=connection != b.SPOT))
    for _ in range(20):
        line.carry("none")
    assert line.book.synced
    gaps = line.protocol.counters.books[line.book.instrument].gaps
    line.carry(fault)
    assert line.book.synced
    line.held = []
    line.carry("no answer")
    assert not line.book.synced
    assert line.protocol.counters.books[line.book.instrument].gaps == gaps + 1
