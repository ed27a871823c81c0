"""Pages of a journal, newest first or oldest first, for whoever reads beside the writer.

A connection of its own, opened read-only; every row is checked against the one before it.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from desk.io.journal_chain import EMPTY, Head, checked
from desk.io.journal_database import JOURNAL_FILE, READ_ERRORS, connect, require_journal, unreadable
from desk.io.journal_reader import READ_ONLY, reading_mode
from desk.model.errors import JournalError
from desk.model.journal import Row

_COLUMNS = "SELECT seq, time_ms, type, id, account, payload, hash FROM journal"


class JournalPages:
    """A journal open for reading in pages; one thread at a time.

    Raises JournalError when it cannot be read, JournalBroken where a row does not hold or a newer
    desk wrote it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL_FILE
        try:
            mode = reading_mode(folder)
            self._connection = connect(self._path, mode)
        except READ_ERRORS as error:
            raise unreadable(self._path, None, error) from error
        try:
            require_journal(self._connection, self._path, logged=mode == READ_ONLY)
        except READ_ERRORS as error:
            self._connection.close()
            raise unreadable(self._path, None, error) from error
        except JournalError:
            self._connection.close()
            raise

    def newest_seq(self) -> int:
        """Return the number of the last row; 0: there is none."""
        try:
            (last,) = self._connection.execute("SELECT max(seq) FROM journal").fetchone()
        except READ_ERRORS as error:
            raise unreadable(self._path, None, error) from error
        return int(last or 0)

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of a row, hex; None: there is no such row."""
        try:
            found = self._connection.execute(
                "SELECT hash FROM journal WHERE seq = ?", (seq,)
            ).fetchone()
        except READ_ERRORS as error:
            raise unreadable(self._path, seq, error) from error
        return None if found is None else bytes(found[0]).hex()

    def time_ms(self, seq: int) -> int:
        """Return the time of a row, or of the last one before it; 0: there is none."""
        try:
            found = self._connection.execute(
                "SELECT time_ms FROM journal WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (seq,)
            ).fetchone()
        except READ_ERRORS as error:
            raise unreadable(self._path, seq, error) from error
        return 0 if found is None else int(found[0])

    def first_since(self, time_ms: int) -> int:
        """Return the number of the first row at or after a time; behind the last: none is."""
        low, high = 1, self.newest_seq() + 1
        while low < high:
            middle = (low + high) // 2
            if self.time_ms(middle) < time_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def between(self, after_seq: int, before_seq: int) -> list[Row]:
        """Return the rows behind one and before another, oldest first."""
        try:
            head = self._head(after_seq)
            found = self._connection.execute(
                f"{_COLUMNS} WHERE seq > ? AND seq < ? ORDER BY seq", (head.seq, before_seq)
            ).fetchall()
        except READ_ERRORS as error:
            raise unreadable(self._path, after_seq + 1, error) from error
        rows: list[Row] = []
        for record in found:
            head, row = checked(str(self._path), head, record)
            rows.append(row)
        return rows

    def _head(self, seq: int) -> Head:
        if seq <= 0:
            return EMPTY
        found = self._connection.execute(
            "SELECT hash FROM journal WHERE seq = ?", (seq,)
        ).fetchone()
        return EMPTY if found is None else Head(seq, found[0])

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
