"""What is planted the trial finds: each bug within a few seeds, by the same seed twice alike."""

import pytest

from desk.engine.engine import Engine
from desk.engine.message import Committed
from desk.io.anchor import HeadAnchor
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader
from desk.ledger.position import Position
from desk.market.instrument_market import InstrumentMarket
from desk.model.events import Denied
from desk.risk import order_checks
from desk.trial.run import run_seed
from desk.venues.binance_sync import Sequence

SECONDS = 20.0
WITHIN = 12
"""Seeds."""


def commits_late(patch):
    """Rows are acknowledged, and a commit comes once there are a few of them."""

    def insert(journal, records):
        database = journal._connection
        if not database.in_transaction:
            database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", records)
        if records[-1].seq % 4 == 0:
            database.execute("COMMIT")

    patch.setattr(SqliteJournal, "_insert", insert)
    patch.setattr(SqliteJournal, "_checkpoint_when_due", lambda journal, size: None)


def commits_late_and_anchors_never(patch):
    """The same, and nothing tells of it: the anchor is not written, its absence not minded."""
    commits_late(patch)
    patch.setattr(HeadAnchor, "write", lambda anchor, head: None)
    patch.setattr(SqliteJournal, "_catch_up", lambda journal, anchored: None)


def a_journal_without_its_end_is_taken(patch):
    """An anchor that is ahead of the rows is not looked at."""
    commits_late(patch)
    patch.setattr(JournalReader, "_require_end", lambda reader, last_seq: None)


def a_fill_counts_twice(patch):
    """The fold takes some fills for two."""
    filled = Position.filled

    def twice(position, *fill):
        once = filled(position, *fill)
        return filled(once, *fill) if position.quantity else once

    patch.setattr(Position, "filled", twice)


def old_marks_pass_as_live(patch):
    """A mark is live for ever."""
    quality = InstrumentMarket.quality

    def live(market, now_ns):
        found = quality(market, now_ns)
        return "LIVE" if found == "STALE" else found

    patch.setattr(InstrumentMarket, "quality", live)


def a_denial_leaves_something(patch):
    """What is denied is remembered as read."""
    handle = Engine.handle

    def remembering(engine, message):
        work = handle(engine, message)
        for event in work.events:
            if isinstance(event, Denied):
                engine.desk.state.disclosures.add(f"{event.id}@1")
        return work

    patch.setattr(Engine, "handle", remembering)


def a_gap_in_the_book_goes_unseen(patch):
    """Whatever comes next follows."""
    patch.setattr(Sequence, "_chains", lambda sequence, delta, previous_id, last: True)


def a_halt_stops_nothing(patch):
    """Orders pass in every state of the desk."""
    state = order_checks.desk_state.__code__
    patch.setattr(order_checks.desk_state, "__code__", (lambda context: None).__code__)
    assert order_checks.desk_state.__code__ is not state


def a_live_fold_differs(patch):
    """What happens live leaves what no row says."""
    handle = Engine.handle

    def leaving(engine, message):
        if isinstance(message, Committed) and message.rows[-1].seq % 9 == 0:
            engine.desk.state.disclosures.add("nobody@1")
        return handle(engine, message)

    patch.setattr(Engine, "handle", leaving)


PLANTED = [
    commits_late,
    commits_late_and_anchors_never,
    a_journal_without_its_end_is_taken,
    a_fill_counts_twice,
    old_marks_pass_as_live,
    a_denial_leaves_something,
    a_gap_in_the_book_goes_unseen,
    a_halt_stops_nothing,
    a_live_fold_differs,
]


def first_broken():
    for seed in range(1, WITHIN + 1):
        report = run_seed(seed, SECONDS)
        if report.broken:
            return report
    return None


@pytest.mark.thorough
@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_bug_is_found_and_found_again(plant, monkeypatch):
    plant(monkeypatch)

    found = first_broken()

    assert found is not None
    assert run_seed(found.seed, SECONDS) == found
