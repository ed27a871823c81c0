"""The journal store: what happened, in order, durable before anyone is told.

One SQLite database in write-ahead mode with synchronous=FULL, every row chained by hash, and the
head anchor (desk.io.anchor) in a file beside it. `append` returns when both are on the disk.
Opening verifies everything; damage is refused, never repaired, and the files stay as they are.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn, Protocol

from desk.io.anchor import HeadAnchor, create_anchor
from desk.io.disk import free_bytes, open_private, sync_file, sync_folder
from desk.io.failure_note import FailureNote
from desk.io.folder import HeldFolder
from desk.io.journal_chain import EMPTY, Head, Record, linked, row_of
from desk.io.journal_database import (
    JOURNAL_FILE,
    LOG_FILE,
    connect,
    create_database,
    is_full,
    lacks_room,
    primary_code,
)
from desk.io.journal_proof import Proof, ProofAhead, prove
from desk.io.journal_reader import ANCHOR_FILE, chained_rows, traces
from desk.io.journal_seals import SealBook
from desk.io.reserve import Reserve
from desk.model.errors import JournalBroken, JournalError, JournalFull, JournalUnwritable
from desk.model.journal import Entry, Row

RESERVE_FILE = "journal.reserve"
RESERVE_BYTES = 16 << 20
RELEASE_BYTES = 1 << 20
"""What the reserve gives at a time."""

HEADROOM_BYTES = 4 << 20
"""New risk stops while the disk has less than this free: the log and the next checkpoint fit."""

CHECKPOINT_BYTES = 4 << 20
"""How much the write-ahead log takes before its pages go into the database."""

_PAGE_BYTES = 4096
_INSERT = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)"


class JournalStore(Protocol):
    """Where the journal is kept. Calls block until they are done; one caller at a time."""

    @property
    def head(self) -> tuple[int, str]:
        """The last acknowledged row's seq and hash (hex); 0 and 64 zeros when there is none."""
        ...

    @property
    def writable(self) -> bool:
        """False for good once a write or a sync has failed in this process."""
        ...

    @property
    def failed_before(self) -> str | None:
        """Why the journal failed in a process before this one; None: it did not."""
        ...

    def forget_failure(self) -> None:
        """The failure of the process before is in the journal now."""
        ...

    @property
    def reserve_intact(self) -> bool:
        """Whether all the room kept for a full disk is there."""
        ...

    def append(self, entries: Sequence[Entry]) -> list[Row]:
        """Make all entries durable in order, or none; the rows are those a replay will give.

        Raises InputError for an entry that is not plain JSON; JournalFull when the disk is full
        or the reserve touched, unless every entry may use the reserve: nothing was written, and
        it may be tried again; JournalUnwritable when a write or sync failed: it is unknown
        whether the entries will be there after a restart, and nothing can be appended any more.
        """
        ...

    def rows(self, from_seq: int = 1) -> Iterator[Row]:
        """Rows from `from_seq` to the head, in order. Raises JournalBroken."""
        ...

    def hash_at(self, seq: int) -> str | None:
        """The hash of a row that was acknowledged, hex; None: there is no such row."""
        ...

    @property
    def seals_note(self) -> str:
        """Why the file of sealed days is not what the rows come to; empty: it is."""
        ...

    def restore_reserve(self) -> bool:
        """Take the reserve's room again if the disk has it; True when it is intact."""
        ...

    def close(self) -> None:
        """Give the files back; again is harmless."""
        ...


class SqliteJournal:
    """The journal of one desk folder.

    Opening makes an empty journal in a folder that has none, and verifies one that is there.
    Raises JournalBroken when anything does not hold, JournalUnwritable when it cannot be written,
    JournalFull when the disk has no room to make it.
    """

    def __init__(
        self,
        held: HeldFolder,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        ahead: ProofAhead | None = None,
    ) -> None:
        """`ahead`: a proof that was begun when the folder was held."""
        self._ahead = ahead
        self._held = held
        self._folder = held.path
        self._path = held.path / JOURNAL_FILE
        self._failure: str | None = None
        self._note = FailureNote(held.path)
        self._failed_before = self._note.read()
        self._since_checkpoint_bytes = 0
        self._seals = SealBook(held)
        with ExitStack() as opened:
            try:
                self._reserve = Reserve(held.path / RESERVE_FILE, reserve_bytes)
                opened.callback(self._reserve.close)
                self._make_room_to_start()
                _create_if_new(held.path)
                proof = self._verified()
                self._head, self._seals.days = proof.head, proof.days
                self._connection = connect(self._path, "rw")
                opened.callback(self._connection.close)
                self._prepare()
                self._anchor = HeadAnchor(held.path / ANCHOR_FILE)
                opened.callback(self._anchor.close)
                self._catch_up(proof.anchored)
                self._reserve.restore()
                self._seals.write()
            except (sqlite3.Error, OSError) as error:
                raise _not_opened(held.path, error) from error
            self._opened = opened.pop_all()

    def _make_room_to_start(self) -> None:
        """SQLite needs its log and shared index: a full disk must not keep the desk shut."""
        if free_bytes(self._folder) < RELEASE_BYTES:
            self._reserve.release(RELEASE_BYTES)

    def _verified(self) -> Proof:
        """Have all of it gone through. Raises JournalBroken."""
        found = None if self._ahead is None else self._ahead.take()
        return prove(self._folder) if found is None else found

    def _prepare(self) -> None:
        for pragma in ("synchronous = FULL", "fullfsync = ON", "wal_autocheckpoint = 0"):
            self._connection.execute(f"PRAGMA {pragma}")
        # Fails now, and not at the first order, where the file may only be read.
        self._connection.execute("BEGIN IMMEDIATE")
        last = self._connection.execute(
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        self._connection.execute("ROLLBACK")
        if (last or EMPTY) != self._head:
            raise JournalBroken(str(self._path), None, "changed while it was being opened")
        # The log has its name by now. SQLite would sync the folder too, but not say if it failed.
        sync_folder(self._folder)

    def _catch_up(self, anchored: Head) -> None:
        """Acknowledge rows that were chained when a process ended before it could anchor them."""
        if anchored.seq == self._head.seq:
            return
        log = self._folder / LOG_FILE
        if log.exists():
            with open_private(log, make=False) as file:
                sync_file(file)
        self._anchor.write(self._head)

    @property
    def head(self) -> tuple[int, str]:
        """The last acknowledged row's seq and hash (hex); 0 and 64 zeros when there is none."""
        return self._head.seq, self._head.hash.hex()

    @property
    def writable(self) -> bool:
        """False for good once a write or a sync has failed in this process."""
        return self._failure is None

    @property
    def failed_before(self) -> str | None:
        """See JournalStore.failed_before."""
        return self._failed_before

    def forget_failure(self) -> None:
        """See JournalStore.forget_failure."""
        self._note.remove()
        self._failed_before = None

    @property
    def reserve_intact(self) -> bool:
        """Whether all the room kept for a full disk is there."""
        return self._reserve.intact

    def append(self, entries: Sequence[Entry]) -> list[Row]:
        """See JournalStore.append."""
        self._require_writable()
        if not entries:
            return []
        records = self._linked(entries)
        size = sum(len(record.payload) for record in records)
        may_use_reserve = all(entry.reserve for entry in entries)
        if not may_use_reserve:
            self._require_room(size)
        self._store(records, may_use_reserve=may_use_reserve)
        head = Head(records[-1].seq, records[-1].hash)
        try:
            self._anchor.write(head)
        except OSError as error:
            self._fail("the head anchor could not be written", error)
        self._head = head
        self._seals.take(records)
        self._checkpoint_when_due(size)
        return [row_of(record) for record in records]

    def rows(self, from_seq: int = 1) -> Iterator[Row]:
        """See JournalStore.rows."""
        last_seq = self._head.seq
        for row in chained_rows(self._connection, self._path, self._head_before(from_seq)):
            if row.seq > last_seq:
                return
            yield row

    def hash_at(self, seq: int) -> str | None:
        """See JournalStore.hash_at."""
        return None if not 1 <= seq <= self._head.seq else self._head_before(seq + 1).hash.hex()

    @property
    def seals_note(self) -> str:
        """See JournalStore.seals_note."""
        return self._seals.note

    def restore_reserve(self) -> bool:
        """See JournalStore.restore_reserve."""
        return self._reserve.restore()

    def close(self) -> None:
        """See JournalStore.close."""
        if self._failure is None:
            self._failure = "it was closed"
        self._opened.close()

    def _require_writable(self) -> None:
        if self._failure is not None:
            raise JournalUnwritable(f"{self._path} takes nothing more: {self._failure}")

    def _fail(self, what: str, error: Exception) -> NoReturn:
        # Never tried again: the system may have dropped the pages that it failed to write, and
        # a second sync would then succeed without them.
        self._failure = f"{what}: {error}"
        self._leave_note()
        raise JournalUnwritable(f"{self._path}: {self._failure}") from error

    def _leave_note(self) -> None:
        """Tell the next process, unless the folder that stands here now is another."""
        with suppress(OSError):
            self._held.require_in_place()
            self._note.leave(self._failure or "")

    def _require_room(self, size: int) -> None:
        if not self._reserve.intact:
            raise JournalFull(
                f"{self._folder}: the disk was full and its reserve is not whole again;"
                " only what reduces or records is taken"
            )
        try:
            self._held.require_in_place()
            free = free_bytes(self._folder)
        except OSError as error:
            self._fail("the folder is gone", error)
        if free < HEADROOM_BYTES + 2 * size:
            raise JournalFull(
                f"{self._folder}: {free // 1024} KiB are free on the disk, new risk needs"
                f" {(HEADROOM_BYTES + 2 * size) // 1024}; only what reduces or records is taken"
            )

    def _linked(self, entries: Sequence[Entry]) -> list[Record]:
        head = self._head
        records: list[Record] = []
        for entry in entries:
            record = linked(head, entry)
            records.append(record)
            head = Head(record.seq, record.hash)
        return records

    def _store(self, records: Sequence[Record], *, may_use_reserve: bool) -> None:
        while True:
            try:
                self._insert(records)
            except sqlite3.Error as error:
                self._roll_back()
                if may_use_reserve and lacks_room(error):
                    self._release_room(error)
                elif is_full(error):
                    raise JournalFull(f"{self._folder}: the disk is full") from error
                else:
                    self._fail("the rows could not be written", error)
            else:
                return

    def _insert(self, records: Sequence[Record]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_INSERT, records)
        self._connection.execute("COMMIT")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                self._fail("half a transaction could not be undone", error)

    def _release_room(self, full: sqlite3.Error) -> None:
        try:
            released = self._reserve.release(RELEASE_BYTES)
        except OSError as error:
            self._fail("the reserve could not be released", error)
        if not released:
            self._fail("the disk is full and the reserve is used up", full)

    def _checkpoint_when_due(self, size: int) -> None:
        """Move the log's pages into the database now and then.

        Not SQLite's own automatic checkpoint: that one keeps a failed sync to itself. Here the
        rows just appended are durable already; a failure stops the next append.
        """
        self._since_checkpoint_bytes += _PAGE_BYTES + size
        if self._since_checkpoint_bytes < CHECKPOINT_BYTES:
            return
        self._since_checkpoint_bytes = 0
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            if not (is_full(error) or primary_code(error) == sqlite3.SQLITE_LOCKED):
                self._failure = f"the database could not be brought up to its log: {error}"
                self._leave_note()

    def _head_before(self, seq: int) -> Head:
        if seq <= 1:
            return EMPTY
        if seq > self._head.seq:
            return self._head
        found = self._connection.execute(
            "SELECT hash FROM journal WHERE seq = ?", (seq - 1,)
        ).fetchone()
        if found is None:
            raise JournalBroken(str(self._path), seq - 1, "is missing")
        return Head(seq - 1, found[0])


def _create_if_new(folder: Path) -> None:
    """Make what an empty journal is made of, each part whole or not at all.

    The database comes first: a database without rows and without an anchor is a creation that was
    interrupted, while an anchor without a database is a loss.
    """
    path = folder / JOURNAL_FILE
    if not path.exists() and not traces(folder):
        create_database(path)
    if path.exists() and not (folder / ANCHOR_FILE).exists():
        prove(folder)
        create_anchor(folder / ANCHOR_FILE)


def _not_opened(folder: Path, error: sqlite3.Error | OSError) -> JournalError:
    full = error.errno == errno.ENOSPC if isinstance(error, OSError) else lacks_room(error)
    if full:
        return JournalFull(f"{folder}: the disk is full; a journal cannot be opened")
    return JournalUnwritable(f"{folder}: {error}")
