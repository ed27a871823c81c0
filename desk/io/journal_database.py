"""The SQLite database of a journal: its names, its table, how it is made and opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from desk.io.disk import open_private, sync_file, sync_folder
from desk.model.errors import JournalBroken, JournalError

JOURNAL_FILE = "journal.db"
LOG_FILE = "journal.db-wal"
"""SQLite's write-ahead log."""

_APPLICATION_ID = 0x4445534B  # DESK
_SCHEMA_VERSION = 1
_SCHEMA = (
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
    " type TEXT NOT NULL, id TEXT, account TEXT, payload BLOB NOT NULL, hash BLOB NOT NULL)"
)
_BUSY_TIMEOUT_S = 5.0

# The journal may be whole, but SQLite did not get as far as looking.
_NOT_REACHED = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened here; copy the whole folder to a writable place",
    sqlite3.SQLITE_PERM: "this user may not read it",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_FULL: "the disk is full",
}


READ_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What reading may raise: Python cannot even read SQLite's message when that quotes damage."""


def primary_code(error: sqlite3.Error) -> int | None:
    """SQLite's result code without its extension; None when Python itself raised."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database in autocommit, text as bytes. It must be there; `mode` is a URI's.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
    )
    # Bytes compare with what was hashed; and damaged text must not fail to decode on its way.
    connection.text_factory = bytes
    return connection


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk had no room for the rows; nothing was changed then."""
    return primary_code(error) == sqlite3.SQLITE_FULL


def lacks_room(error: sqlite3.Error) -> bool:
    """Whether room is what was missing, be it for the log's index after the rows were written."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return is_full(error) or code == sqlite3.SQLITE_IOERR_SHMSIZE


def unreadable(path: Path, seq: int | None, error: Exception) -> JournalError:
    """What one of READ_ERRORS means."""
    if isinstance(error, sqlite3.Error):
        code = primary_code(error)
        if code is None:
            return JournalError(f"{path}: {error}")
        if code in _NOT_REACHED:
            return JournalError(f"{path}: {_NOT_REACHED[code]}")
    return JournalBroken(str(path), seq, f"cannot be read: {error}")


def create_database(path: Path) -> None:
    """Make an empty journal database, whole or not at all. Raises sqlite3.Error, OSError."""
    new = path.with_name(f"{path.name}.new")
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(new.name + suffix).unlink(missing_ok=True)
    # SQLite gives the files it makes beside it the same mode.
    open_private(new).close()
    connection = connect(new, "rw")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute(_SCHEMA)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    with open_private(new, make=False) as file:
        sync_file(file)
    new.replace(path)
    sync_folder(path.parent)


def require_journal(connection: sqlite3.Connection, path: Path, *, logged: bool) -> None:
    """Refuse another program's database, a newer desk's journal, an altered table.

    `logged`: SQLite was free to look for its log. Raises JournalBroken, READ_ERRORS.
    """
    application_id = _pragma(connection, "application_id")
    if application_id != _APPLICATION_ID:
        raise JournalBroken(str(path), None, f"is not a journal (application {application_id})")
    version = _pragma(connection, "user_version")
    if version != _SCHEMA_VERSION:
        newer = " by a newer desk" if version > _SCHEMA_VERSION else ""
        what = f"was written{newer} in schema {version}; this desk reads schema {_SCHEMA_VERSION}"
        raise JournalBroken(str(path), None, what)
    schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    if schema != [(b"table", b"journal", b"journal", _SCHEMA.encode())]:
        raise JournalBroken(str(path), None, "the tables are not those of a journal")
    if logged and _pragma(connection, "journal_mode") != b"wal":
        raise JournalBroken(str(path), None, "is not in write-ahead mode: the header changed")


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
