"""Snapshots of a journal's fold: made beside a running desk, taken up by the next one.

What binds one: the row it ends at, with its hash; the program that folded the rows, by its source;
and what positions are counted by. The rule profile binds nothing: the fold looks at no rule.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import platform
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

import desk
from desk.cli.shipped import shipped
from desk.engine.saved_state import UnfitSnapshot, restored, saved
from desk.engine.state import DeskState
from desk.io.anchor import read_anchor
from desk.io.disk import free_bytes
from desk.io.journal_chain import EMPTY
from desk.io.journal_database import JOURNAL_FILE
from desk.io.journal_pages import JournalPages
from desk.io.journal_reader import ANCHOR_FILE
from desk.io.snapshot_file import (
    Snapshot,
    SnapshotHead,
    SnapshotUnusable,
    open_snapshot,
    write_snapshot,
)
from desk.model.catalogue import Catalogue
from desk.model.errors import DeskError, JournalBroken
from desk.model.instrument import Instrument

FOLDING = ("engine", "execution", "ledger", "margin", "market", "model", "risk")
"""The packages that a fold may run through."""

_PAGE_ROWS = 1_000
_BEHIND = 15
"""Niceness: the engine and the window come first."""

SPARE_BYTES = 64 << 20
"""Left free on the disk: a cache must not be what fills it."""


class Taken(NamedTuple):
    """What a start gets from the snapshot."""

    state: DeskState | None
    """None: the journal is replayed whole."""
    note: str = ""
    """Why a snapshot that is there was not taken."""


class Read(NamedTuple):
    """What a snapshot says, not yet held to the journal."""

    head: SnapshotHead | None
    state: DeskState | None
    note: str = ""


def read_up(folder: Path, catalogue: Catalogue) -> Read:
    """Read the folder's snapshot where it is whole and this desk would come to the same."""
    try:
        snapshot = open_snapshot(folder)
        if snapshot is None:
            return Read(None, None)
        _require_program(snapshot.head, catalogue)
        return Read(snapshot.head, _state_of(snapshot, catalogue))
    except (SnapshotUnusable, UnfitSnapshot) as error:
        return Read(None, None, str(error))


def believed(read: Read, hash_at: Callable[[int], str | None]) -> Taken:
    """Return the state that was read where its last row is the journal's.

    `hash_at` gives the hash of a row of the journal, whose chain was verified; None: no such row.
    """
    if read.head is None:
        return Taken(None, read.note)
    try:
        _require_row(read.head, hash_at)
    except SnapshotUnusable as error:
        return Taken(None, str(error))
    return Taken(read.state)


def take_up(folder: Path, catalogue: Catalogue, hash_at: Callable[[int], str | None]) -> Taken:
    """Return the state of the folder's snapshot where everything it is bound to holds."""
    return believed(read_up(folder, catalogue), hash_at)


def require_bound(
    head: SnapshotHead, catalogue: Catalogue, hash_at: Callable[[int], str | None]
) -> None:
    """Refuse a snapshot of another journal, program or instrument; raise SnapshotUnusable."""
    _require_program(head, catalogue)
    _require_row(head, hash_at)


def _require_program(head: SnapshotHead, catalogue: Catalogue) -> None:
    if head.code != code_hash():
        raise SnapshotUnusable("another version of the desk made it")
    if head.terms != _terms(catalogue, head.terms):
        raise SnapshotUnusable("an instrument is counted otherwise now")


def _require_row(head: SnapshotHead, hash_at: Callable[[int], str | None]) -> None:
    if head.seq < 1 or hash_at(head.seq) != head.hash:
        raise SnapshotUnusable(f"its row {head.seq} is not in the journal")


def _state_of(snapshot: Snapshot, catalogue: Catalogue) -> DeskState:
    state = restored(catalogue, snapshot.sections)
    if state.seq != snapshot.head.seq:
        raise SnapshotUnusable(f"it says row {snapshot.head.seq} and holds row {state.seq}")
    return state


def make_snapshot(folder: Path, catalogue: Catalogue) -> SnapshotHead | None:
    """Fold the journal as far as it is acknowledged, from the last snapshot on, and write it.

    Every row is checked against the one before. None: there is nothing new. Raises OSError,
    JournalError.
    """
    anchored = read_anchor(folder / ANCHOR_FILE) or EMPTY
    with JournalPages(folder) as pages:
        state = take_up(folder, catalogue, pages.hash_at).state or DeskState(catalogue)
        if state.seq >= anchored.seq:
            return None
        deque(folding(pages, state, anchored.seq), maxlen=0)
        if pages.hash_at(anchored.seq) != anchored.hash.hex():
            raise JournalBroken(str(folder), anchored.seq, "the head anchor names another hash")
    state.hash()  # what of it can no longer change is kept in the snapshot
    head = SnapshotHead(
        seq=state.seq,
        hash=anchored.hash.hex(),
        code=code_hash(),
        terms=_terms(catalogue, {fill.instrument for fill in state.fills}),
    )
    write_snapshot(folder, head, _within(folder, saved(state)))
    return head


def folding(pages: JournalPages, state: DeskState, last_seq: int) -> Iterator[int]:
    """Fold rows into a state up to one, each checked against the one before; yield how far it is.

    Raises JournalError.
    """
    while state.seq < last_seq:
        rows = pages.between(state.seq, min(last_seq, state.seq + _PAGE_ROWS) + 1)
        if not rows:
            raise JournalBroken(JOURNAL_FILE, state.seq + 1, "is missing")
        for row in rows:
            state.apply(row)
        yield state.seq


def _within(folder: Path, sections: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Pass sections on while the disk has room to spare for them; raise OSError."""
    for section in sections:
        if free_bytes(folder) < SPARE_BYTES:
            raise OSError(errno.ENOSPC, "the disk has no room to spare for it")
        yield section


def _terms(catalogue: Catalogue, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what the fold reads of instruments; one that the desk does not know is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        one = catalogue.get(name)
        if one is not None:
            found[name] = (one.kind.value, one.contract.value, str(one.contract_size))
    return found


def code_hash() -> str:
    """Return SHA-256 over the source of all that folds, and over what it stands on.

    Any change of it, even of a comment, costs one whole replay; none can be forgotten.
    """
    root = Path(desk.__file__).parent
    sha = hashlib.sha256(f"{platform.python_version()} {msgspec.__version__}".encode())
    for package in FOLDING:
        for path in sorted((root / package).glob("*.py")):
            source = path.read_bytes()
            sha.update(f"{package}/{path.name} {len(source)} ".encode())
            sha.update(source)
    return sha.hexdigest()


def run_snapshot(folder: Path, *, beside: bool) -> int:
    """Make a snapshot and print the row it ends at; raise DeskError where none can be made.

    `beside`: for a desk that runs, which tells its instruments on standard input and needs it only
    as long as it runs itself.
    """
    catalogue = shipped().catalogue
    if beside:
        if hasattr(os, "nice"):
            os.nice(_BEHIND)
        told = _told(int.from_bytes(_told(4), "big"))
        catalogue = Catalogue(msgspec.msgpack.decode(told, type=list[Instrument]))
        threading.Thread(target=_end_with_desk, name="parent watch", daemon=True).start()
    gc.disable()  # what is built stays until the end
    try:
        head = make_snapshot(folder, catalogue)
    except OSError as error:
        raise DeskError(f"{folder}: {error.strerror or error}") from error
    print(msgspec.json.encode({"seq": None if head is None else head.seq}).decode())
    return 0


def _told(size: int) -> bytes:
    """Read from standard input past its buffer: the watch would hold that one's lock at the end."""
    found = b""
    while len(found) < size and (some := os.read(sys.stdin.fileno(), size - len(found))):
        found += some
    return found


def _end_with_desk() -> None:
    """Wait for the end of standard input: the desk is gone, and half a file is as good as none."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)
