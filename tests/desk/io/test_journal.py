"""The journal store: what is appended is there, in order, chained, and stays."""

import os
import shutil
import sqlite3
import stat

import pytest
from helpers.journals import SMALL_RESERVE, entry, run_child, write_journal

from desk.io import journal as journal_module
from desk.io.anchor import read_anchor
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_chain import canonical
from desk.io.journal_reader import JournalReader
from desk.model.errors import (
    InputError,
    JournalBroken,
    JournalError,
    JournalFull,
    JournalUnwritable,
)
from desk.model.journal import Entry

ZEROS = "0" * 64


@pytest.fixture
def held(tmp_path):
    with hold_folder(tmp_path / "desk") as held:
        yield held


@pytest.fixture
def open_journal(held):
    """Open the folder's journal, again if need be; everything is closed in the end."""
    opened = []

    def open_it() -> SqliteJournal:
        opened.append(SqliteJournal(held, reserve_bytes=SMALL_RESERVE))
        return opened[-1]

    yield open_it
    for journal in opened:
        journal.close()


def read(folder) -> list:
    with JournalReader(folder) as reader:
        return list(reader.rows())


# --- appending ------------------------------------------------------------------------------------


def test_a_new_journal_is_empty(open_journal):
    journal = open_journal()

    assert journal.head == (0, ZEROS)
    assert list(journal.rows()) == []
    assert journal.writable
    assert journal.reserve_intact


def test_rows_come_back_as_they_were_appended(open_journal):
    journal = open_journal()
    appended = [*journal.append([entry(1)]), *journal.append([entry(2), entry(3)])]

    assert [row.seq for row in appended] == [1, 2, 3]
    assert [row.entry for row in appended] == [entry(1), entry(2), entry(3)]
    assert journal.head == (3, appended[-1].hash)
    assert list(journal.rows()) == appended

    journal.close()
    again = open_journal()
    assert list(again.rows()) == appended
    assert again.head == journal.head
    assert again.append([entry(4)])[0].seq == 4


def test_the_rows_of_an_append_are_those_of_a_replay(open_journal):
    journal = open_journal()
    given = Entry(type="cancel", data={"b": 1, "a": 2}, reserve=True)

    (row,) = journal.append([given])

    assert row.entry.reserve is False
    assert [row] == list(journal.rows())


def test_nothing_to_append_is_nothing_done(open_journal, held):
    journal = open_journal()

    assert journal.append([]) == []
    assert read_anchor(held.path / "journal.anchor").seq == 0


@pytest.mark.thorough
@pytest.mark.parametrize("start", [0, 1, 2, 1_000, 1_001, 1_002, 2_001, 2_002, 9_999])
def test_rows_can_be_read_from_anywhere(open_journal, start):
    journal = open_journal()
    journal.append([entry(number) for number in range(1, 2_002)])

    assert [row.seq for row in journal.rows(start)] == list(range(max(start, 1), 2_002))


def test_rows_appended_while_reading_wait_for_the_next_reading(open_journal):
    journal = open_journal()
    journal.append([entry(1), entry(2)])
    reading = journal.rows()
    next(reading)
    journal.append([entry(3)])

    assert [row.seq for row in reading] == [2]
    assert [row.seq for row in journal.rows()] == [1, 2, 3]


def test_a_bad_entry_stops_the_whole_append_before_anything_is_written(open_journal):
    journal = open_journal()

    with pytest.raises(InputError):
        journal.append([entry(1), Entry(type="order", data={"price": 0.1})])

    assert journal.head == (0, ZEROS)
    assert [row.seq for row in journal.append([entry(1)])] == [1]


def test_both_database_and_anchor_are_synced_before_an_append_returns(open_journal, monkeypatch):
    journal = open_journal()
    journal.append([entry(1)])
    on_disk = []
    real = os.fdatasync
    log = journal._path.with_name("journal.db-wal")

    def watch(descriptor):
        on_disk.append(
            (b"dep-2" in log.read_bytes(), read_anchor(journal._path.parent / "journal.anchor").seq)
        )
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", watch)
    journal.append([entry(2)])

    # SQLite syncs its log itself; this one is the anchor's, after the row is in the log.
    assert on_disk == [(True, 2)]
    assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_log_moves_into_the_database_now_and_then(open_journal, held, monkeypatch):
    monkeypatch.setattr(journal_module, "CHECKPOINT_BYTES", 40_000)
    journal = open_journal()
    for number in range(1, 200):
        journal.append([entry(number)])

    assert (held.path / "journal.db-wal").stat().st_size < 200_000
    assert (held.path / "journal.db").stat().st_size > 20_000
    assert len(read(held.path)) == 199


def test_a_checkpoint_waits_for_as_much_as_the_last(open_journal, monkeypatch):
    monkeypatch.setattr(journal_module, "CHECKPOINT_BYTES", 3 * 4096)
    journal = open_journal()
    statements = []
    journal._connection.set_trace_callback(statements.append)
    for number in range(1, 13):
        journal.append([entry(number)])

    assert sum("wal_checkpoint" in statement for statement in statements) == 4
    assert journal._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


# --- files ----------------------------------------------------------------------------------------


def test_every_file_is_for_its_owner_alone(open_journal, held):
    before = os.umask(0)
    try:
        open_journal().append([entry(1)])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in held.path.iterdir()}
    finally:
        os.umask(before)

    assert {"desk.lock", "journal.anchor", "journal.db", "journal.db-shm"} < set(modes)
    assert {"journal.db-wal", "journal.reserve"} < set(modes)
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("left", ["nothing", "half a database", "a database without anchor"])
def test_an_interrupted_creation_is_taken_up_again(open_journal, held, left):
    if left == "half a database":
        (held.path / "journal.db.new").write_bytes(b"SQLite format 3\0 and no more")
        (held.path / "journal.db.new-journal").write_bytes(b"x")
    elif left == "a database without anchor":
        open_journal().close()
        (held.path / "journal.anchor").unlink()
        (held.path / "journal.anchor.new").write_bytes(b"half")

    journal = open_journal()
    journal.append([entry(1)])

    assert read_anchor(held.path / "journal.anchor").seq == 1
    assert not list(held.path.glob("*.new*"))


@pytest.fixture
def synced(monkeypatch):
    """The names of files and folders that this process syncs, in order."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not tell which file a descriptor is of")
    names = []
    for call in ("fsync", "fdatasync"):
        real = getattr(os, call)

        def watch(descriptor, real=real):
            names.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
            real(descriptor)

        monkeypatch.setattr(os, call, watch)
    return names


def test_a_new_journal_is_synced_part_by_part(synced, tmp_path):
    with hold_folder(tmp_path / "parent" / "desk") as held:
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE).close()

    assert synced == [
        "parent",
        "journal.db.new", "desk",
        "journal.anchor.new", "desk",
        "desk",
    ]  # fmt: skip


def test_room_that_is_given_back_is_synced(synced, open_journal):
    journal = open_journal()
    synced.clear()

    journal._reserve.release(1)

    assert synced == ["journal.reserve"]


def test_a_folder_name_with_every_odd_character_works(tmp_path):
    folder = tmp_path / "a b%20?mode=memory#x&y 期貨"
    write_journal(folder, 2)

    assert [row.seq for row in read(folder)] == [1, 2]
    assert (folder / "journal.db").is_file()


# --- a lagging anchor -----------------------------------------------------------------------------


def test_rows_beyond_a_lagging_anchor_are_accepted_and_then_acknowledged(open_journal, held):
    journal = open_journal()
    journal.append([entry(1)])
    lagging = (held.path / "journal.anchor").read_bytes()
    journal.append([entry(2), entry(3)])
    journal.append([entry(4)])
    journal.close()
    (held.path / "journal.anchor").write_bytes(lagging)

    assert [row.seq for row in read(held.path)] == [1, 2, 3, 4]
    assert read_anchor(held.path / "journal.anchor").seq == 1

    assert open_journal().head[0] == 4
    assert read_anchor(held.path / "journal.anchor").seq == 4


def test_rows_that_were_never_acknowledged_are_synced_before_they_are(tmp_path, synced):
    """A killed process may leave its last rows in memory only: the log first, then the anchor."""
    code = """
import os, sys
from pathlib import Path
from helpers.journals import entry
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
journal = SqliteJournal(hold_folder(Path(sys.argv[1])), reserve_bytes=65536)
journal.append([entry(1)])
journal._anchor.write = lambda head: os._exit(0)
journal.append([entry(2)])
"""
    run_child(code, tmp_path / "desk")
    assert read_anchor(tmp_path / "desk" / "journal.anchor").seq == 1

    with hold_folder(tmp_path / "desk") as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        assert journal.head[0] == 2
        journal.close()

    assert synced == ["desk", "journal.db-wal", "journal.anchor"]
    assert read_anchor(tmp_path / "desk" / "journal.anchor").seq == 2


# --- readers beside a writer ----------------------------------------------------------------------


def test_a_reader_works_beside_a_writer_and_changes_nothing(open_journal, held):
    journal = open_journal()
    journal.append([entry(number) for number in range(1, 1_502)])
    with JournalReader(held.path) as reader:
        reading = reader.rows()
        first = [next(reading).seq for _ in range(10)]
        journal.append([entry(1_502)])
        rest = [row.seq for row in reading]

    assert first + rest in ([*range(1, 1_502)], [*range(1, 1_503)])
    assert journal.append([entry(1_503)])[0].seq == 1_503


def test_a_reader_in_another_process_reads_while_the_folder_is_held(open_journal, held):
    journal = open_journal()
    journal.append([entry(1), entry(2)])
    code = (
        "import sys; from pathlib import Path; from desk.io.journal_reader import JournalReader;"
        "print([row.seq for row in JournalReader(Path(sys.argv[1])).rows()])"
    )

    assert run_child(code, held.path) == "[1, 2]\n"


def test_a_journal_without_a_log_can_be_read_where_nothing_can_be_written(held, monkeypatch):
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    journal.append([entry(1), entry(2), entry(3)])
    journal.close()
    before = {file.name: file.read_bytes() for file in held.path.iterdir()}
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)

    assert len(read(held.path)) == 3
    assert {file.name: file.read_bytes() for file in held.path.iterdir()} == before


@pytest.mark.parametrize("there", [True, False], ids=["an empty folder", "no folder"])
def test_reading_where_no_journal_is_is_bad_input_and_makes_none(tmp_path, there):
    folder = tmp_path / "desk"
    if there:
        folder.mkdir()

    with pytest.raises(InputError, match="expected a desk folder"):
        JournalReader(folder)

    assert folder.exists() is there
    assert not there or list(folder.iterdir()) == []


def test_a_journal_that_another_program_locks_is_not_called_broken(tmp_path, monkeypatch):
    monkeypatch.setattr("desk.io.journal_database._BUSY_TIMEOUT_S", 0)
    write_journal(tmp_path, 1)
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(JournalError, match="keeps it locked") as refused:
            JournalReader(tmp_path)
        assert not isinstance(refused.value, JournalBroken)
        with hold_folder(tmp_path) as held, pytest.raises(JournalError, match="keeps it locked"):
            SqliteJournal(held)
    finally:
        other.close()


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.fault("T11")
def test_a_failed_anchor_sync_latches_for_the_life_of_the_process(open_journal, held, monkeypatch):
    journal = open_journal()
    journal.append([entry(1)])

    def fail(_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken_disk:
        broken_disk.setattr(os, "fdatasync", fail)
        with pytest.raises(JournalUnwritable, match="Input/output error"):
            journal.append([entry(2)])

    # The disk works again, and still nothing is tried.
    assert not journal.writable
    with pytest.raises(JournalUnwritable, match=r"takes nothing more.*Input/output error"):
        journal.append([entry(2, reserve=True)])
    assert journal.head[0] == 1
    assert [row.seq for row in journal.rows()] == [1]
    journal.close()

    # Whether the row is there after a restart is not known beforehand; here it is, whole.
    again = open_journal()
    assert [row.entry for row in again.rows()] == [entry(1), entry(2)]
    assert again.writable


class FaultyConnection:
    """Lets one kind of statement fail with an SQLite error, once."""

    def __init__(self, journal, statement: str, message: str, code: int) -> None:
        self._real = journal._connection
        self._statement = statement
        self._error = sqlite3.OperationalError(message)
        self._error.sqlite_errorcode = code

    def __getattr__(self, name):
        return getattr(self._real, name)

    def execute(self, sql, *parameters):
        if self._statement in sql and self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._real.execute(sql, *parameters)


def fault(monkeypatch, journal, statement: str, message: str, code: int) -> None:
    monkeypatch.setattr(journal, "_connection", FaultyConnection(journal, statement, message, code))


def test_a_failed_checkpoint_latches_after_the_rows_it_followed(open_journal, monkeypatch):
    journal = open_journal()
    monkeypatch.setattr(journal_module, "CHECKPOINT_BYTES", 1)
    fault(monkeypatch, journal, "wal_checkpoint", "disk I/O error", sqlite3.SQLITE_IOERR_FSYNC)

    assert [row.seq for row in journal.append([entry(1)])] == [1]
    assert journal.head[0] == 1
    with pytest.raises(JournalUnwritable, match="brought up to its log: disk I/O error"):
        journal.append([entry(2)])


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_LOCKED])
def test_a_checkpoint_that_must_wait_is_no_failure(open_journal, monkeypatch, code):
    journal = open_journal()
    monkeypatch.setattr(journal_module, "CHECKPOINT_BYTES", 1)
    fault(monkeypatch, journal, "wal_checkpoint", "not now", code)

    assert [journal.append([entry(number)])[0].seq for number in (1, 2)] == [1, 2]


@pytest.mark.fault("T11")
def test_a_failed_commit_is_undone_and_latches(open_journal, monkeypatch):
    journal = open_journal()
    fault(monkeypatch, journal, "COMMIT", "disk I/O error", sqlite3.SQLITE_IOERR_WRITE)

    with pytest.raises(JournalUnwritable, match="could not be written: disk I/O error"):
        journal.append([entry(1, reserve=True)])

    assert not journal._connection.in_transaction
    assert not journal.writable
    assert list(journal.rows()) == []


def test_an_index_that_cannot_grow_is_a_full_disk_for_what_may_use_the_reserve(
    open_journal, monkeypatch
):
    journal = open_journal()
    fault(monkeypatch, journal, "COMMIT", "disk I/O error", sqlite3.SQLITE_IOERR_SHMSIZE)

    assert journal.append([entry(1, reserve=True)])[0].seq == 1

    assert not journal.reserve_intact
    assert journal.restore_reserve()
    # The rows may be in the log already: for new risk "nothing was written" would be a guess.
    fault(monkeypatch, journal, "COMMIT", "disk I/O error", sqlite3.SQLITE_IOERR_SHMSIZE)
    with pytest.raises(JournalUnwritable):
        journal.append([entry(2)])


def test_a_rollback_that_fails_latches(open_journal, monkeypatch):
    journal = open_journal()
    fault(monkeypatch, journal, "ROLLBACK", "disk I/O error", sqlite3.SQLITE_IOERR)
    journal._connection.execute(
        "CREATE TEMP TRIGGER t BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'no'); END"
    )

    with pytest.raises(JournalUnwritable, match="half a transaction could not be undone"):
        journal.append([entry(1)])

    assert not journal.writable


def test_a_row_that_another_program_put_in_stops_the_journal(open_journal, held):
    journal = open_journal()
    journal.append([entry(1)])
    other = sqlite3.connect(held.path / "journal.db", isolation_level=None)
    other.execute(
        "INSERT INTO journal SELECT 2, time_ms, type, id, account, payload, hash FROM journal"
    )
    with pytest.raises(JournalUnwritable, match="UNIQUE"):
        journal.append([entry(2)])

    assert not journal.writable
    other.execute("BEGIN IMMEDIATE")  # nothing was left locked
    other.close()


def test_a_closed_journal_takes_nothing(open_journal):
    journal = open_journal()
    journal.close()
    journal.close()

    assert not journal.writable
    with pytest.raises(JournalUnwritable, match="closed"):
        journal.append([entry(1)])


def test_a_folder_that_vanished_takes_no_new_risk(open_journal, held):
    journal = open_journal()
    shutil.rmtree(held.path)

    with pytest.raises(JournalUnwritable, match="the folder is gone"):
        journal.append([entry(1)])


def test_a_journal_that_changes_while_it_is_opened_is_refused(held, monkeypatch):
    journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
    journal.append([entry(1), entry(2)])
    journal.close()
    real = SqliteJournal._verified

    def verified_and_changed(journal):
        heads = real(journal)
        other = sqlite3.connect(held.path / "journal.db", isolation_level=None)
        other.execute("DELETE FROM journal WHERE seq = 2")
        other.close()
        return heads

    monkeypatch.setattr(SqliteJournal, "_verified", verified_and_changed)
    with pytest.raises(JournalBroken, match="changed while it was being opened"):
        SqliteJournal(held, reserve_bytes=SMALL_RESERVE)


def test_a_failed_opening_gives_every_file_back(held, monkeypatch):
    SqliteJournal(held, reserve_bytes=SMALL_RESERVE).close()
    (held.path / "journal.anchor").write_bytes(b"")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    for _ in range(3):
        with pytest.raises(JournalBroken):
            SqliteJournal(held, reserve_bytes=SMALL_RESERVE)

    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before


# --- a full disk ----------------------------------------------------------------------------------


def test_new_risk_stops_before_the_disk_is_full(open_journal, monkeypatch):
    journal = open_journal()
    monkeypatch.setattr(journal_module, "free_bytes", lambda _: (4 << 20) - 1)

    with pytest.raises(JournalFull, match="4095 KiB are free"):
        journal.append([entry(1)])
    with pytest.raises(JournalFull):
        journal.append([entry(1, reserve=True), entry(2)])

    assert journal.writable
    assert journal.append([entry(1, reserve=True), entry(2, reserve=True)])[-1].seq == 2

    monkeypatch.setattr(journal_module, "free_bytes", lambda _: (4 << 20) + 4_096)
    assert journal.append([entry(3)])[0].seq == 3


def test_a_large_entry_needs_as_much_more_room(open_journal, monkeypatch):
    journal = open_journal()
    large = Entry(type="import", data={"text": "x" * 10_000})
    enough = (4 << 20) + 2 * len(canonical(large))
    monkeypatch.setattr(journal_module, "free_bytes", lambda _: enough - 1)
    with pytest.raises(JournalFull):
        journal.append([large])

    monkeypatch.setattr(journal_module, "free_bytes", lambda _: enough)
    assert journal.append([large])[0].seq == 1


def no_space(*_):
    raise OSError(28, "No space left on device")


def fill(journal) -> None:
    """Let the database have not one page more."""
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_leaves_nothing_half_written_and_can_be_tried_again(open_journal, held):
    journal = open_journal()
    journal.append([entry(1)])
    fill(journal)

    with pytest.raises(JournalFull, match="the disk is full"):
        journal.append([entry(number) for number in range(2, 400)])

    assert journal.writable
    assert journal.reserve_intact
    assert read(held.path)[-1].seq == 1
    journal._connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.append([entry(2)])[0].seq == 2
    journal.close()
    assert [row.entry for row in open_journal().rows()] == [entry(1), entry(2)]


def test_when_the_reserve_is_used_up_the_journal_says_so_for_good(open_journal, held):
    journal = open_journal()
    fill(journal)

    with pytest.raises(JournalUnwritable, match="the reserve is used up"):
        journal.append([entry(number, reserve=True) for number in range(1, 400)])

    assert not journal.writable
    assert not journal.reserve_intact
    assert (held.path / "journal.reserve").stat().st_size == 0
    journal.close()
    assert open_journal().reserve_intact


def test_while_the_reserve_is_not_whole_there_is_no_new_risk(open_journal, monkeypatch):
    journal = open_journal()
    journal._reserve.release(1)

    with pytest.raises(JournalFull, match="not whole again"):
        journal.append([entry(1)])
    assert journal.append([entry(1, reserve=True)])[0].seq == 1

    assert journal.restore_reserve()
    assert journal.append([entry(2)])[0].seq == 2


def test_a_reserve_that_cannot_be_taken_again_stays_open(open_journal, held, monkeypatch):
    journal = open_journal()
    journal._reserve.release(10_000)

    with monkeypatch.context() as disk:
        disk.setattr(os, "posix_fallocate", no_space)
        assert not journal.restore_reserve()
    assert not journal.reserve_intact
    assert (held.path / "journal.reserve").stat().st_size == SMALL_RESERVE - 10_000
    assert journal.restore_reserve()


def test_a_reserve_with_holes_counts_for_nothing_until_it_is_filled(
    open_journal, held, monkeypatch
):
    open_journal().close()
    reserve = held.path / "journal.reserve"
    reserve.unlink()
    with reserve.open("wb") as file:
        file.truncate(SMALL_RESERVE)
    assert reserve.stat().st_blocks * 512 < SMALL_RESERVE
    with monkeypatch.context() as disk:
        disk.setattr(os, "posix_fallocate", no_space)
        assert not open_journal().reserve_intact
        assert reserve.stat().st_size == 0
    assert open_journal().reserve_intact
    assert reserve.stat().st_blocks * 512 >= SMALL_RESERVE


def test_the_reserve_is_sixteen_mebibytes_of_real_blocks(held):
    journal = SqliteJournal(held)
    journal.close()

    status = (held.path / "journal.reserve").stat()
    assert status.st_size == 16 * 1024 * 1024
    assert status.st_blocks * 512 >= 16 * 1024 * 1024
