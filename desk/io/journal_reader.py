"""Reading a journal and believing none of it: chain, anchor, columns and pages are checked.

Nothing here changes the journal: SQLite is opened read-only, so even a damaged write-ahead log
stays as it was found. A writer may be at work in another process meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from desk.io.anchor import read_anchor
from desk.io.disk import new_private, open_private, sync_file
from desk.io.journal_chain import EMPTY, Head, checked, checked_head, head_of
from desk.io.journal_database import (
    JOURNAL_FILE,
    LOG_FILE,
    READ_ERRORS,
    connect,
    require_journal,
    unreadable,
)
from desk.io.journal_seals import SEALS_FILE, Days, read_seals, require_true
from desk.model.errors import InputError, JournalBroken, JournalError
from desk.model.journal import Row

ANCHOR_FILE = "journal.anchor"

# Modes of an SQLite URI. The second never looks for a log and takes no locks.
READ_ONLY = "ro"
_IMMUTABLE = "ro&immutable=1"

_PAGE_ROWS = 1_000
_SELECT = (
    "SELECT seq, time_ms, type, id, account, payload, hash FROM journal"
    " WHERE seq > ? ORDER BY seq LIMIT ?"
)


def chained_rows(connection: sqlite3.Connection, path: Path, head: Head) -> Iterator[Row]:
    """Rows after `head`, each checked against the one before. Raises JournalBroken.

    Reads a page of rows at a time, so a slow consumer does not keep SQLite's log from shrinking.
    """
    for records, error in _pages(connection, head.seq):
        for record in records:
            head, row = checked(str(path), head, record)
            yield row
        if error is not None:
            raise unreadable(path, head.seq + 1, error) from error


_Page: TypeAlias = tuple[list[tuple[Any, ...]], Exception | None]


def _pages(connection: sqlite3.Connection, after: int) -> Iterator[_Page]:
    """Pages of the rows after a row, as they are stored and as far as they can be read."""
    while True:
        records, error = _page(connection, after)
        yield records, error
        if error is not None or len(records) < _PAGE_ROWS:
            return
        after = records[-1][0]


def _page(connection: sqlite3.Connection, after: int) -> _Page:
    """Rows after a row, as far as they can be read."""
    records: list[tuple[Any, ...]] = []
    # Numbers below 1 must be seen too, where the first row should be.
    start = after if after > 0 else -(2**63)
    try:
        for record in connection.execute(_SELECT, (start, _PAGE_ROWS)):
            records.append(record)  # noqa: PERF402  (what came before an error counts)
    except READ_ERRORS as error:
        return records, error
    return records, None


class JournalReader:
    """A journal open for reading.

    Raises InputError when the folder holds no journal or it may not be read, JournalBroken when
    what is there is not a journal, JournalError while another program keeps it locked.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL_FILE
        self.anchored: Head | None = None
        self.days = Days()
        """The days of the rows that `heads` has gone through."""
        self._anchor_problem: JournalBroken | None = None
        # Anchor and seals are read first: a writer at work can then only be ahead of them.
        self.seals = b""
        """The file of seals, as it was before the first row was read."""
        self._seals_problem: JournalBroken | None = None
        try:
            self.seals = read_seals(folder)
        except JournalBroken as broken:
            self._seals_problem = broken
        try:
            self.anchored = read_anchor(folder / ANCHOR_FILE)
        except JournalBroken as broken:
            self._anchor_problem = broken
        _require_file(folder, self.path)
        mode = reading_mode(folder)
        try:
            self._connection = connect(self.path, mode)
        except READ_ERRORS as error:
            raise unreadable(self.path, None, error) from error
        try:
            require_journal(self._connection, self.path, logged=mode == READ_ONLY)
        except READ_ERRORS as error:
            self._connection.close()
            raise unreadable(self.path, None, error) from error
        except JournalError:
            self._connection.close()
            raise

    def rows(self) -> Iterator[Row]:
        """All rows, each once it has been checked.

        Raises JournalBroken at the first that does not hold, or at the end, when the chain, the
        anchor or the database as a whole does not: rows that came before did hold.
        """
        anchored = self.anchored
        last_seq = 0
        for row in chained_rows(self._connection, self.path, EMPTY):
            last_seq = row.seq
            if anchored is not None and last_seq == anchored.seq:
                self._require_anchored(head_of(row), anchored)
            yield row
        self._require_end(last_seq)
        self._require_sound_pages()

    def heads(self) -> Iterator[Head]:
        """Check all that `rows` checks, in a third of the time: the head after each page."""
        head = EMPTY
        for records, error in _pages(self._connection, 0):
            head = self._followed(head, records)
            self.days.take(records)
            if error is not None:
                raise unreadable(self.path, head.seq + 1, error) from error
            yield head
        self._require_end(head.seq)
        self._require_sound_pages()

    def require_true_seals(self, days: Days | None = None) -> None:
        """Hold the file of seals to the rows that `heads` has gone through; raise JournalBroken.

        `days`: of the rows that somebody else has gone through.
        """
        if self._seals_problem is not None:
            raise self._seals_problem
        seals = (days or self.days).seals
        require_true(self.path.with_name(SEALS_FILE), self.seals, seals)

    def heads_that_hold(self, head: Head) -> Iterator[Head]:
        """Yield the head at each row after one that holds, up to the first that does not."""
        with suppress(JournalError):
            for row in chained_rows(self._connection, self.path, head):
                yield head_of(row)

    def stored(self, first_seq: int, last_seq: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield some rows as they are stored, unchecked. Raises JournalError."""
        for records, error in _pages(self._connection, first_seq - 1):
            if error is not None:
                raise unreadable(self.path, first_seq, error) from error
            yield [record for record in records if record[0] <= last_seq]
            if not records or records[-1][0] >= last_seq:
                return

    def required_anchor(self) -> Head:
        """Return the row that was acknowledged when this was opened; raise JournalBroken."""
        if self._anchor_problem is not None:
            raise self._anchor_problem
        if self.anchored is None:
            raise self._no_anchor()
        return self.anchored

    def copy_to(self, path: Path) -> None:
        """Copy the database as it is at one moment into a new file, beside whoever writes.

        Raises sqlite3.Error, OSError.
        """
        new_private(path).close()
        copy = connect(path, "rw")
        try:
            copy.execute("PRAGMA journal_mode = OFF")  # what is half there is thrown away
            copy.execute("PRAGMA synchronous = OFF")
            self._connection.backup(copy)
        finally:
            copy.close()
        with open_private(path, make=False) as file:
            sync_file(file)

    def _followed(self, head: Head, records: list[tuple[Any, ...]]) -> Head:
        anchored, path = self.anchored, str(self.path)
        if anchored is not None and head.seq < anchored.seq <= head.seq + len(records):
            upto = anchored.seq - head.seq
            head = checked_head(path, head, records[:upto])
            self._require_anchored(head, anchored)
            records = records[upto:]
        return checked_head(path, head, records)

    def newest_seq(self) -> int:
        """Return the number of the last row now, unchecked: for progress."""
        try:
            (last,) = self._connection.execute("SELECT max(seq) FROM journal").fetchone()
        except READ_ERRORS as error:
            raise unreadable(self.path, None, error) from error
        return int(last or 0)

    def _require_anchored(self, head: Head, anchored: Head) -> None:
        if head.hash != anchored.hash:
            what = "the head anchor names another hash: the chain was rewritten"
            raise JournalBroken(str(self.path), head.seq, what)

    def _require_end(self, last_seq: int) -> None:
        if self._anchor_problem is not None:
            raise self._anchor_problem
        if self.anchored is None:
            if last_seq > 0:
                raise self._no_anchor()
        elif self.anchored.seq > last_seq:
            what = f"is missing: rows up to {self.anchored.seq} were acknowledged"
            raise JournalBroken(str(self.path), last_seq + 1, what)

    def _no_anchor(self) -> JournalBroken:
        anchor = self.path.with_name(ANCHOR_FILE)
        return JournalBroken(str(anchor), None, "is missing, so the end cannot be proven")

    def _require_sound_pages(self) -> None:
        """A page that is lost or used twice may hold no row today and destroy one tomorrow."""
        try:
            (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        except READ_ERRORS as error:
            raise unreadable(self.path, None, error) from error
        if found != b"ok":
            raise JournalBroken(str(self.path), None, found.decode(errors="replace"))

    def close(self) -> None:
        """Close; again is harmless."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def traces(folder: Path) -> list[str]:
    """The names of files that only a journal leaves behind, without the database itself."""
    names = (ANCHOR_FILE, LOG_FILE)
    return [name for name in names if (folder / name).exists()]


def reading_mode(folder: Path) -> str:
    """A read-only medium has no room for the index of the log; without a log none is needed."""
    logged = False
    with suppress(OSError):
        logged = (folder / LOG_FILE).stat().st_size > 0
    if logged or os.access(folder, os.W_OK):
        return READ_ONLY
    return _IMMUTABLE


def _require_file(folder: Path, path: Path) -> None:
    try:
        _require_there(folder, path)
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(source=str(folder), expected="a desk folder", found=found) from error


def _require_there(folder: Path, path: Path) -> None:
    if not path.exists():
        left = traces(folder)
        if left:
            raise JournalBroken(str(path), None, f"is missing, while {' and '.join(left)} is there")
        found = "no journal in it" if folder.is_dir() else "no such folder"
        raise InputError(source=str(folder), expected="a desk folder", found=found)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise InputError(source=str(path), expected="a file that this user can read", found="none")
    if path.stat().st_size == 0:
        raise JournalBroken(str(path), None, "is empty")
