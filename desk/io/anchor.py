"""The head anchor: how far the journal has been acknowledged, kept apart from the journal.

A hash chain cannot see its own end missing. The anchor names the last acknowledged row and its
hash in a file of its own, synced before the acknowledgement. Two slots are written in turn, each
in a disk block of its own: a write that is torn, or a block that goes bad, leaves the other,
which is one append older. So the anchor may lag the chain; the chain must never lag the anchor.

One slot, big endian: 8 bytes `DESKHEAD`, seq (8), hash (32), CRC-32 of these 48 bytes (4).
"""

from __future__ import annotations

import os
import struct
import zlib
from io import FileIO
from pathlib import Path

from desk.io.disk import open_private, sync_file, sync_folder
from desk.io.journal_chain import EMPTY, Head
from desk.model.errors import JournalBroken

_SLOT = struct.Struct(">8sQ32s")
_CRC = struct.Struct(">I")
_MAGIC = b"DESKHEAD"
_SLOT_BYTES = _SLOT.size + _CRC.size
_SLOT_OFFSETS = (0, 4096)
_FILE_BYTES = 8192


def encode_slot(anchored: Head) -> bytes:
    """One slot as it lies in the file."""
    content = _SLOT.pack(_MAGIC, anchored.seq, anchored.hash)
    return content + _CRC.pack(zlib.crc32(content))


def _decode_slot(slot: bytes) -> Head | None:
    if len(slot) != _SLOT_BYTES:
        return None
    content, (checksum,) = slot[: _SLOT.size], _CRC.unpack(slot[_SLOT.size :])
    if zlib.crc32(content) != checksum:
        return None
    magic, seq, hash_ = _SLOT.unpack(content)
    return Head(seq, hash_) if magic == _MAGIC else None


def _newest(content: bytes) -> tuple[int, Head] | None:
    """Which slot names the later row, and the row; None when neither slot holds."""
    slots = [_decode_slot(content[at : at + _SLOT_BYTES]) for at in _SLOT_OFFSETS]
    held = [(index, anchored) for index, anchored in enumerate(slots) if anchored is not None]
    return max(held, key=lambda slot: slot[1].seq, default=None)


def read_anchor(path: Path) -> Head | None:
    """What the anchor file says; None when there is no file.

    Raises JournalBroken when the file cannot be read or neither slot holds.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalBroken(str(path), None, f"cannot be read: {error.strerror}") from error
    newest = _newest(content)
    if newest is None:
        raise JournalBroken(str(path), None, "neither slot of the head anchor holds")
    return newest[1]


def create_anchor(path: Path) -> None:
    """Make the anchor of an empty journal, whole or not at all. Raises OSError."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    content = bytearray(_FILE_BYTES)
    for at in _SLOT_OFFSETS:
        content[at : at + _SLOT_BYTES] = encode_slot(EMPTY)
    with open_private(new) as file:
        if file.write(content) != len(content):
            raise OSError(f"short write to {new}")
        sync_file(file)
    new.replace(path)
    sync_folder(path.parent)


class HeadAnchor:
    """The anchor file, open for writing. Raises OSError when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._file: FileIO = open_private(path, make=False)
        newest = _newest(self._file.read(_FILE_BYTES))
        self._next_slot = 0 if newest is None else 1 - newest[0]

    def write(self, anchored: Head) -> None:
        """Name a row as acknowledged and wait until the disk has it.

        Raises OSError; then it is unknown whether the slot was written, and the other one holds.
        """
        self._file.seek(_SLOT_OFFSETS[self._next_slot], os.SEEK_SET)
        slot = encode_slot(anchored)
        if self._file.write(slot) != len(slot):
            raise OSError("short write to the head anchor")
        sync_file(self._file)
        self._next_slot = 1 - self._next_slot

    def close(self) -> None:
        """Close the file; again is harmless."""
        self._file.close()
