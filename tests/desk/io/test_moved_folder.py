"""A desk whose folder was moved away writes nothing into what stands in its place."""

import pytest
from helpers.journals import DAYS_FROM_MS, SMALL_RESERVE, write_days

from desk.cli.journal import run
from desk.io.backup import make_backup, restore
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.errors import JournalUnwritable
from desk.model.journal import Entry


@pytest.fixture
def moved(tmp_path):
    """A running desk's journal, whose folder was moved, and the folder restored in its place."""
    folder = tmp_path / "desk"
    write_days(folder, 1, 25)
    make_backup(folder, tmp_path / "b")
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        folder.rename(tmp_path / "moved")
        restore(tmp_path / "b", folder)
        yield journal, folder
        journal.close()


def later(hour, *, reserve):
    at_ms = DAYS_FROM_MS + hour * 3_600_000
    return Entry(type="note", time_ms=at_ms, data={}, reserve=reserve)


def test_it_takes_no_new_risk_and_leaves_the_other_no_note_of_its_failure(moved):
    journal, folder = moved
    with pytest.raises(JournalUnwritable, match="the folder is gone"):
        journal.append([later(26, reserve=False)])
    assert not journal.writable
    assert not (folder / "journal.failed").exists()


def test_the_days_that_it_seals_are_not_written_down_for_the_other(moved):
    journal, folder = moved
    for hour in (49, 73):
        journal.append([later(hour, reserve=True)])
    assert journal.seals_note == "it cannot be written: No such file or directory"
    write_days(folder, 26)
    assert run(["verify", "--json", "--account", str(folder)]) == 0
