"""A journal that failed tells the process that comes after, which halts until a person looks."""

import os

import pytest
from helpers.journals import SMALL_RESERVE, entry

from desk.app.assemble import build_engine
from desk.app.runtime import Runtime
from desk.engine.desk import Settings
from desk.io.clock import SystemClock
from desk.io.failure_note import NOTE_FILE, FailureNote
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.commands import Rearm
from desk.model.errors import JournalUnwritable
from desk.model.events import Acknowledged, Alerted, Denied

SETTINGS = Settings(
    mode="SIMULATED",
    sample_client=True,
    fed=frozenset({"binance-usdm"}),
    traded=frozenset({"binance-usdm"}),
)


@pytest.fixture
def held(tmp_path):
    with hold_folder(tmp_path / "desk") as held:
        yield held


def broken(*_):
    raise OSError(5, "Input/output error")


def fail(held, monkeypatch):
    """A process whose disk stops to sync, and which then ends."""
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", broken)
        with pytest.raises(JournalUnwritable):
            journal.append([entry(1)])
    journal.close()


def test_a_failed_journal_leaves_a_note_though_its_disk_does_not_sync(held, monkeypatch):
    fail(held, monkeypatch)
    note = (held.path / NOTE_FILE).read_text()
    assert note == "the head anchor could not be written: [Errno 5] Input/output error"
    again = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    assert again.failed_before == note
    assert again.writable
    again.forget_failure()
    assert again.failed_before is None
    again.close()
    assert FailureNote(held.path).read() is None


def test_a_journal_that_was_closed_has_not_failed(held):
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    journal.close()
    with pytest.raises(JournalUnwritable):
        journal.append([entry(1)])
    assert not (held.path / NOTE_FILE).exists()


def test_a_note_that_cannot_be_left_or_read_is_no_second_fault(tmp_path):
    gone = FailureNote(tmp_path / "gone")
    assert gone.leave("why") is False
    assert gone.read() is None
    gone.remove()
    (tmp_path / NOTE_FILE).mkdir()
    unreadable = FailureNote(tmp_path)
    assert unreadable.read() == "and left a note that cannot be read"
    unreadable.remove()


def test_a_long_note_is_cut(tmp_path):
    note = FailureNote(tmp_path)
    assert note.leave("x" * 5000)
    assert note.read() == "x" * 2000
    assert note.leave("short")
    assert note.read() == "short"


def runtime_on(held):
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    runtime = Runtime(build_engine(SETTINGS), journal, SystemClock())
    events = []
    runtime.listeners.append(events.append)
    runtime.start()
    return runtime, journal, events


def test_the_desk_comes_back_halted_and_a_person_lifts_it(held, monkeypatch):
    fail(held, monkeypatch)
    runtime, journal, events = runtime_on(held)
    state = runtime.engine.desk.state
    assert state.state == "HALTED"
    assert state.latches["journal"].reason == (
        "the journal failed in the process before this one: the head anchor could not be "
        "written: [Errno 5] Input/output error"
    )
    assert not (held.path / NOTE_FILE).exists(), "the latch is in the journal now"
    journal.close()
    runtime, journal, events = runtime_on(held)
    assert runtime.engine.desk.state.state == "HALTED", "until it is lifted"
    runtime.give(Rearm(id="r", name="Ada", reason="the disk was replaced"))
    assert isinstance(events[-1], Acknowledged)
    assert runtime.engine.desk.state.state == "ACTIVE"
    journal.close()


def test_the_note_stays_where_the_latch_could_not_be_written(held, monkeypatch):
    fail(held, monkeypatch)
    with monkeypatch.context() as disk:
        disk.setattr("desk.io.journal.HeadAnchor.write", broken)
        runtime, journal, events = runtime_on(held)
    assert runtime.engine.desk.state.state == "HALTED"
    assert (held.path / NOTE_FILE).exists()
    runtime.give(Rearm(id="r", name="Ada", reason="the disk was replaced"))
    (denied,) = [e for e in events if isinstance(e, Denied)]
    assert [d.code for d in denied.denials] == ["JOURNAL"]
    assert not any(isinstance(e, Alerted) and e.code == "MARGIN_CALL" for e in events)
    journal.close()
