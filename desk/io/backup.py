"""A desk folder's truth in a second place: copied while the desk runs, whole or not there.

A backup is itself a folder with a journal that holds: chain, head anchor and seals are gone through
before it gets its name. `backup.json` names every file with its SHA-256. What follows from the rest
(the reserve, the lock) or is large and no truth (film, logs, pictures, exports) stays behind. The
snapshot comes along, for it makes the first start quick; and so do the notes of a process that has
failed, for no desk takes new risk before a person has looked at them. Neither way ever replaces
anything.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from desk.io.anchor import HeadAnchor, create_anchor
from desk.io.disk import free_bytes, make_private_folder, new_private, sync_file
from desk.io.failure_note import NOTE_FILE
from desk.io.journal_chain import EMPTY, Head
from desk.io.journal_database import JOURNAL_FILE
from desk.io.journal_proof import journal_bytes
from desk.io.journal_reader import ANCHOR_FILE, JournalReader
from desk.io.journal_seals import SEALS_FILE, lines_of
from desk.io.whole_folder import whole_folder
from desk.model.errors import InputError, JournalBroken

MANIFEST = "backup.json"
SCHEMA = "desk.backup/1"
JOURNAL = (JOURNAL_FILE, ANCHOR_FILE, SEALS_FILE)
BESIDE = (
    "settings.toml",
    "hands.toml",
    "keys.toml",
    "window.ini",
    "profile.last",
    NOTE_FILE,
    "logs/*.fault",
    "snapshot/*.snap",
    "listings/*/*.json",
)
"""What is copied with the journal, where it is there."""

SPARE_BYTES = 64 << 20
"""Left free on a disk that a desk is on: a copy must not be what stops it."""

_BLOCK = 1 << 20


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds."""

    schema: str = SCHEMA
    head_seq: int
    head_hash: str
    seals: int
    files: dict[str, Piece]
    sha256: str = ""
    """Over all of this but itself."""

    def sealed(self) -> Manifest:
        """Return it with its own hash."""
        bare = msgspec.structs.replace(self, sha256="")
        text = msgspec.json.encode(bare, order="sorted")
        return msgspec.structs.replace(bare, sha256=hashlib.sha256(text).hexdigest())


def make_backup(folder: Path, target: Path) -> Manifest:
    """Copy a desk folder, held by a running desk or not, to a new folder.

    Every row that was acknowledged before this was called is in it. Raises InputError where
    something is at `target`, JournalError where the journal does not hold, DeskError without room.
    """
    with whole_folder(target) as new, JournalReader(folder) as reader:
        _require_room(folder, new)
        head, seals = _copy_journal(reader, new)
        pieces = {name: _piece(new / name) for name in JOURNAL}
        for pattern in BESIDE:
            for path in sorted(folder.glob(pattern)):
                name = path.relative_to(folder).as_posix()
                pieces[name] = _copied(path, new / name)
        manifest = Manifest(head_seq=head.seq, head_hash=head.hash.hex(), seals=seals, files=pieces)
        _write(new / MANIFEST, msgspec.json.encode(manifest.sealed(), order="sorted") + b"\n")
    return manifest


def _require_room(folder: Path, new: Path) -> None:
    """Refuse a copy that would take the last room of the desk's own disk. Raises OSError."""
    if folder.stat().st_dev != new.stat().st_dev:
        return
    if free_bytes(new) < journal_bytes(folder) + SPARE_BYTES:
        raise OSError(errno.ENOSPC, "the desk beside it needs the room that is left on the disk")


def restore(backup: Path, target: Path) -> Manifest:
    """Make a desk folder of a backup, once every byte was held to what was verified when it was
    made. Raises InputError where something is at `target` or the backup is not as it was made.
    """
    manifest = read_manifest(backup)
    with whole_folder(target) as new:
        for name, piece in manifest.files.items():
            if _copied(backup / name, new / name) != piece:
                raise _damaged(backup / name)
    return manifest


def read_manifest(backup: Path) -> Manifest:
    """Return what a backup says it holds. Raises InputError."""
    path = backup / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise InputError(
            source=str(path), expected="a backup", found=error.strerror or "nothing"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    if manifest.sealed() != manifest or not all(map(_is_inside, manifest.files)):
        raise _damaged(path)
    if manifest.schema != SCHEMA:
        raise InputError(source=str(path), field="schema", expected=SCHEMA, found=manifest.schema)
    if missing := [name for name in JOURNAL if name not in manifest.files]:
        raise InputError(source=str(path), expected=" and ".join(missing), found="none")
    return manifest


def _is_inside(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _damaged(path: Path) -> InputError:
    return InputError(source=str(path), expected="a file as it was backed up", found="another")


def _copy_journal(reader: JournalReader, new: Path) -> tuple[Head, int]:
    """Copy the rows and go through them; the anchor read before the first must be met."""
    reader.copy_to(new / JOURNAL_FILE)
    create_anchor(new / ANCHOR_FILE)
    anchor = HeadAnchor(new / ANCHOR_FILE)
    try:
        anchor.write(reader.required_anchor())
        head = EMPTY
        with JournalReader(new) as copy:
            for head in copy.heads():  # noqa: B007  (the last one counts)
                pass
            reader.require_true_seals(copy.days)
            seals = copy.days.seals
        anchor.write(head)
    except JournalBroken as broken:
        raise JournalBroken(str(reader.path), broken.seq, broken.what) from broken
    finally:
        anchor.close()
    for path in new.glob(f"{JOURNAL_FILE}-*"):
        path.unlink()  # what reading through SQLite leaves
    _write(new / SEALS_FILE, lines_of(seals))
    return head, len(seals)


def _piece(path: Path) -> Piece:
    return _streamed(path, lambda block: None)


def _copied(path: Path, target: Path) -> Piece:
    make_private_folder(target.parent)
    with new_private(target) as file:

        def put(block: bytes) -> None:
            left = memoryview(block)
            while left:
                left = left[file.write(left) :]

        piece = _streamed(path, put)
        sync_file(file)
    return piece


def _streamed(path: Path, put: Callable[[bytes], None]) -> Piece:
    sha, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            size += len(block)
            put(block)
    return Piece(bytes=size, sha256=sha.hexdigest())


def _write(path: Path, content: bytes) -> None:
    with new_private(path) as file:
        if file.write(content) != len(content):
            raise OSError(f"short write to {path}")
        sync_file(file)
