"""The file of a snapshot: whole or not believed.

    DESKSNAP | SHA-256 of all that follows (32) | section, section, …
    section: length of its content, 4 bytes big endian | length of its name, 1 byte | name | content

The first section is named `head` and holds what the snapshot is bound to. A snapshot is a cache:
nothing here is ever repaired, and whoever cannot believe it does without it. It is as private as
the journal, whose figures it repeats, and no more trusted: who can write the one can write both.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import msgspec

from desk.io.disk import PRIVATE_FOLDER_MODE, open_private, sync_file, sync_folder, try_lock
from desk.model.errors import DeskError

FOLDER = "snapshot"
FILE = "state.snap"

_LOCK = "writer.lock"
_MAGIC = b"DESKSNAP"
_HASH_BYTES = 32
_LENGTHS = struct.Struct(">IB")
_HEAD = "head"
_LARGEST = 64 << 20
"""Bytes of a section; a slice of a state is far below."""
_BLOCK = 1 << 20


class SnapshotHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is bound to: it serves only where all of this holds."""

    seq: int
    """The last row it holds."""
    hash: str
    """That row's hash, hex: of all rows before it, too."""
    code: str
    """SHA-256 over the program that folded the rows: another one may fold them otherwise."""
    terms: dict[str, tuple[str, ...]]
    """Instrument that was traded → what positions are counted by."""


class SnapshotUnusable(DeskError):
    """The file is not there as it was written; the text says why."""


class Snapshot(NamedTuple):
    """A snapshot that is whole, still unread."""

    head: SnapshotHead
    sections: Iterator[tuple[str, bytes]]


def snapshot_path(folder: Path) -> Path:
    """Return where a desk folder keeps its snapshot."""
    return folder / FOLDER / FILE


def write_snapshot(folder: Path, head: SnapshotHead, sections: Iterable[tuple[str, bytes]]) -> int:
    """Put a snapshot in the place of the last and return its bytes; raise OSError.

    A crash leaves the old or the new one. BlockingIOError: another process is writing one.
    """
    path = snapshot_path(folder)
    path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    new = path.with_name(f"{FILE}.new")
    with open_private(path.parent / _LOCK) as lock:
        if not try_lock(lock):
            raise BlockingIOError("another process is writing a snapshot")
        try:
            with open_private(new) as file:
                file.truncate(0)
                size = _write(file, [(_HEAD, msgspec.msgpack.encode(head))], sections)
                sync_file(file)
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)
    return size


def _write(file: FileIO, *parts: Iterable[tuple[str, bytes]]) -> int:
    sha = hashlib.sha256()
    _put(file, _MAGIC + bytes(_HASH_BYTES))
    for sections in parts:
        for name, content in sections:
            block = _LENGTHS.pack(len(content), len(name)) + name.encode() + content
            sha.update(block)
            _put(file, block)
    size = file.tell()
    file.seek(len(_MAGIC))
    _put(file, sha.digest())
    return size


def _put(file: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def open_snapshot(folder: Path) -> Snapshot | None:
    """Return the folder's snapshot once all of it was hashed; None: there is none.

    Raises SnapshotUnusable.
    """
    path = snapshot_path(folder)
    try:
        with path.open("rb", buffering=0) as file:
            _require_whole(file)
        sections = _sections(path)
        name, content = next(sections, ("", b""))
        if name != _HEAD:
            raise SnapshotUnusable("it has no head")
        return Snapshot(msgspec.msgpack.decode(content, type=SnapshotHead), sections)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SnapshotUnusable(f"it cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError:
        raise SnapshotUnusable("its head is that of another version") from None


def _require_whole(file: FileIO) -> None:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SnapshotUnusable("it is no snapshot")
    said, sha = file.read(_HASH_BYTES), hashlib.sha256()
    while block := file.read(_BLOCK):
        sha.update(block)
    if sha.digest() != said:
        raise SnapshotUnusable("it is not as it was written")


def _sections(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        file.seek(len(_MAGIC) + _HASH_BYTES)
        while lengths := file.read(_LENGTHS.size):
            if len(lengths) < _LENGTHS.size:
                raise SnapshotUnusable("it ends in the middle")
            size, named = _LENGTHS.unpack(lengths)
            name, content = file.read(named), file.read(min(size, _LARGEST))
            if len(name) < named or len(content) < size:
                raise SnapshotUnusable("it ends in the middle")
            yield name.decode(errors="replace"), content
