"""The disk of a trial: real files, a real SQLite, on what fills up, fails and loses power.

It stands where the journal meets the machine: SQLite's commit, the sync of the head anchor, the
free space, the room of the reserve. What is in a file between two syncs is what a cut may tear, in
sectors: any of them old, new, or begun. What the system holds already survives the death of the
process alone.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from enum import Enum
from functools import cache
from io import FileIO
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from desk.app import assemble, practice, runtime, session, snapshots
from desk.cli import snapshot
from desk.cli.shipped import shipped
from desk.cli.snapshot import code_hash, make_snapshot
from desk.io import anchor, journal, reserve
from desk.io.journal_database import JOURNAL_FILE, LOG_FILE
from desk.io.journal_reader import ANCHOR_FILE
from desk.model.catalogue import Catalogue
from desk.model.errors import DeskError
from desk.model.instrument import Instrument

ROOM = 1 << 30
"""Bytes free on a disk that is not full."""
TICK_S = 0.05
"""How often the engine is told the time: every 50 ms, for the sake of speed."""
SECTOR = 512
LOG_HEADER = 32
_LEFT_BEHIND = (journal.RESERVE_FILE, f"{JOURNAL_FILE}-shm", "desk.lock")
"""Not copied: room that holds nothing, and what belongs to a process."""


class PowerLost(BaseException):
    """The machine has stopped here; whatever runs on is a ghost, and nobody hears it."""


class Act(Enum):
    """What the disk is asked for that matters."""

    COMMIT = "commit"
    ANCHOR = "anchor"
    CHECKPOINT = "checkpoint"


_WRITES = {Act.COMMIT: LOG_FILE, Act.ANCHOR: ANCHOR_FILE, Act.CHECKPOINT: JOURNAL_FILE}


class TrialDisk:
    """One disk; `note` is told what happens on it."""

    def __init__(self, folder: Path, dice: Random, note: Callable[[str], None]) -> None:
        self.home = folder
        self.folder = folder / "0"
        """Where the desk lives now: each life has a folder of its own."""
        self.free = ROOM
        self.is_dead = False
        self.acts = 0
        self.dies_at: int | None = None
        """The act that it dies in."""
        self.fails_at: int | None = None
        """The act that the disk answers with an error."""
        self._dice = dice
        self._note = note
        self._lives = 0
        self._reserved = 0
        self._next: Path | None = None
        """What a life left, once it is over."""

    # ------------------------------------------------------------------ life and death

    def kill(self) -> None:
        """The process dies, the machine does not: what was written is there."""
        self._note("killed")
        self.is_dead = True
        self._bury({})

    def next_life(self) -> Path:
        """Return the folder that is found after a death, or after an orderly end."""
        if self._next is None:
            self._bury({})
        assert self._next is not None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder, self._next = self._next, None
        self.is_dead = False
        self.dies_at = self.fails_at = None
        return self.folder

    def _bury(self, torn: dict[str, bytes]) -> None:
        self._lives += 1
        self._next = self.home / str(self._lives)
        ignored = shutil.ignore_patterns(*_LEFT_BEHIND)
        shutil.copytree(self.folder, self._next, ignore=ignored)
        with (self._next / journal.RESERVE_FILE).open("xb") as held:
            held.truncate(self._reserved)  # as large as it was; a copy would not be a hole
        for name, content in torn.items():
            (self._next / name).write_bytes(content)

    def act(self, what: Act, do: Callable[[], Any], error: Callable[[], Exception]) -> Any:
        """Do one thing that makes something durable: wholly, not at all, or with the machine."""
        if self.is_dead:
            raise PowerLost
        self.acts += 1
        if self.acts == self.fails_at:
            self._note(f"disk: {what.value} fails")
            if self._dice.random() < 0.5:
                do()
            raise error()
        if self.acts != self.dies_at:
            return do()
        before = self._content(what)
        do()
        how = self._dice.random()
        self._note(f"power lost in {what.value}")
        self.is_dead = True
        if how < 0.2:  # after the sync, before anybody knew
            self._bury({})
        else:
            tear = half_written_log if what is Act.COMMIT else half_written
            self._bury({_WRITES[what]: tear(before, self._content(what), self._dice)})
        raise PowerLost

    def _content(self, what: Act) -> bytes:
        path = self.folder / _WRITES[what]
        return path.read_bytes() if path.exists() else b""

    # ------------------------------------------------------------------ what the desk asks for

    def connect(self, path: Path, mode: str) -> Any:
        """Open the journal's database as the desk does, with this disk beneath."""
        opened = _connect(path, mode)
        return opened if mode != "rw" else _Database(opened, self)

    def free_bytes(self, path: Path) -> int:
        """Return the room that is left."""
        del path
        return self.free

    def sync_anchor(self, file: FileIO) -> None:
        """Sync the head anchor: the moment of every acknowledgement."""
        self.act(Act.ANCHOR, lambda: None, lambda: OSError(errno.EIO, os.strerror(errno.EIO)))

    def sync_reserve(self, file: FileIO) -> None:
        """Note the room that the reserve has given back."""
        held = os.fstat(file.fileno()).st_size
        self.free += self._reserved - held
        self._reserved = held

    def allocate(self, file: FileIO, size: int) -> None:
        """Take room for the reserve, if there is enough; the file itself is mostly a hole."""
        needed = size - self._reserved
        if needed > self.free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.free -= needed
        self._reserved = size
        file.truncate(size)

    def take(self, size: int) -> None:
        """Use room for rows; raise what SQLite raises when there is none."""
        if size > self.free:
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL  # type: ignore[misc]
            raise full
        self.free -= size


class _Database:
    """SQLite's connection, with its commits and checkpoints on the trial's disk."""

    def __init__(self, real: sqlite3.Connection, disk: TrialDisk) -> None:
        self._real, self._disk = real, disk

    @property
    def in_transaction(self) -> bool:
        """As SQLite says."""
        return self._real.in_transaction

    def execute(self, sql: str, *more: Any) -> Any:
        """Do what SQLite does."""
        if sql == "COMMIT":
            return self._disk.act(Act.COMMIT, lambda: self._real.execute(sql), _io_error)
        if "wal_checkpoint" in sql:
            return self._disk.act(Act.CHECKPOINT, lambda: self._real.execute(sql), _io_error)
        return self._real.execute(sql, *more)

    def executemany(self, sql: str, rows: Any) -> Any:
        """Insert rows, where there is room for them."""
        kept = list(rows)
        self._disk.take(sum(len(str(row)) for row in kept))
        return self._real.executemany(sql, kept)

    def close(self) -> None:
        """Close it; the last connection would write the log back, and a ghost writes nothing."""
        self._real.close()


_connect = journal.connect
_code_hash, _shipped = cache(code_hash), cache(shipped)


def _io_error() -> Exception:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC  # type: ignore[misc]
    return error


async def _snapshot_here(folder: Path, terms: bytes) -> str:
    """Make a snapshot in this process: a child could not be told what time it is."""
    instruments = msgspec.msgpack.decode(terms, type=list[Instrument])
    try:
        make_snapshot(folder, Catalogue(instruments, ""))
    except (OSError, DeskError) as error:
        return str(error)
    return ""


@contextmanager
def mounted(disk: TrialDisk, *, checkpoint_bytes: int, snapshot_rows: int) -> Generator[None]:
    """Let the desk's journals lie on this disk while the block runs."""
    with ExitStack() as put_back:
        for module, name, stand_in in (
            (journal, "connect", disk.connect),
            (journal, "free_bytes", disk.free_bytes),
            (journal, "sync_folder", _nothing),
            (journal, "CHECKPOINT_BYTES", checkpoint_bytes),
            (anchor, "sync_file", disk.sync_anchor),
            (reserve, "sync_file", disk.sync_reserve),
            (reserve, "allocate", disk.allocate),
            (practice, "sync_file", _nothing),
            (snapshots, "make_in_child", _snapshot_here),
            (snapshots, "EVERY_ROWS", snapshot_rows),
            (snapshots, "LEAVING_ROWS", snapshot_rows),
            # Read once, and not by every desk of the trial anew.
            (snapshot, "code_hash", _code_hash),
            (session, "shipped", _shipped),
            (assemble, "shipped", _shipped),
            (runtime, "TICK_S", TICK_S),
        ):
            put_back.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, stand_in)
        yield


def _nothing(what: object) -> None:
    """Sync what lies in memory anyway."""


def half_written(before: bytes, after: bytes, dice: Random) -> bytes:
    """Return a file between two syncs: any of its sectors may be old or new, its length either."""
    length = dice.choice((len(before), len(after)))
    sectors: list[bytes] = []
    for at in range(0, length, SECTOR):
        old = before[at : at + SECTOR].ljust(SECTOR, b"\0")
        new = after[at : at + SECTOR].ljust(SECTOR, b"\0")
        cut = dice.choice((0, SECTOR, dice.randrange(SECTOR), dice.randrange(64)))
        sectors.append(dice.choice((old, new, new[:cut] + old[cut:])))
    return b"".join(sectors)[:length]


def half_written_log(before: bytes, after: bytes, dice: Random) -> bytes:
    """Return a log between two syncs: its header is synced before any frame is written."""
    header = after[:LOG_HEADER]
    if before[:LOG_HEADER] == header or dice.random() < 0.8:
        return header + half_written(before, after, dice)[LOG_HEADER:]
    return header[: dice.randrange(LOG_HEADER)].ljust(LOG_HEADER, b"\0") + before[LOG_HEADER:]
