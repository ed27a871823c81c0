"""How pictures lie in a film: a key every so often, and between them only what differs from it.

A record, big endian: `FILM`, CRC-32 of all that follows, CRC of the record before (0: the first of
a run), CRC of the key that it leans on (0: it is a key), size of the body (4 each), wall clock in
ms, journal row (8 each), body.

The body is a MessagePack map of the frame's fields, compressed. A key has all of them; any other
record has those that differ from the last key's, compressed with the key's as a dictionary. So a
picture needs two records and no more, a torn or damaged record costs itself, a damaged key costs
what leans on it, and a record that is missing is seen in the chain.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from desk.model.errors import FilmMissing

MAGIC = b"FILM"
HEADER = struct.Struct(">4sIIIIQQ")
LARGEST_BODY = 1 << 19
"""Of a packed body that is believed."""
LARGEST_PICTURE = 8 << 20
"""Of an unpacked one: half of what a window may be behind before it is given up."""

_WINDOW = 1 << 15
"""What zlib looks back."""
_NAMES = struct.Struct(">H")
_CRC_FROM = 8
"""Bytes of a header that the CRC is not over: the magic, and the CRC itself."""

Fields: TypeAlias = dict[str, msgspec.Raw]
"""Field of a frame → its MessagePack value."""


class FilmDamaged(FilmMissing):
    """A picture that was taken cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The picture of that time cannot be read: {why}")


_split = msgspec.msgpack.Decoder(Fields).decode
_encode = msgspec.msgpack.Encoder().encode


class Mark(msgspec.Struct, frozen=True, gc=False):
    """Where a record lies and what it is of."""

    at: int
    """Offset of its header, in bytes."""
    size: int
    """Of its body."""
    crc: int
    before: int
    """CRC of the record before it."""
    wall_ms: int
    seq: int
    key: int
    """CRC of the key that it leans on; 0: it is one."""

    @property
    def end(self) -> int:
        """Return where the next record begins."""
        return self.at + HEADER.size + self.size


def split(frame: bytes) -> Fields:
    """Return an encoded frame by its fields; raise msgspec.DecodeError."""
    return _split(frame)


def record(before: int, wall_ms: int, seq: int, body: bytes, key: int) -> tuple[int, bytes]:
    """Return a record's CRC and its bytes; `key` is the CRC of the key that it leans on."""
    rest = HEADER.pack(MAGIC, 0, before, key, len(body), wall_ms, seq)[_CRC_FROM:] + body
    crc = zlib.crc32(rest)
    return crc, MAGIC + crc.to_bytes(4, "big") + rest


def mark_at(data: bytes | memoryview, offset: int, place: int = 0) -> Mark | None:
    """Return the record that begins at an offset and holds; `place` is where `data` begins."""
    if len(data) - offset < HEADER.size:
        return None
    magic, crc, before, key, size, wall_ms, seq = HEADER.unpack_from(data, offset)
    end = offset + HEADER.size + size
    if magic != MAGIC or size > LARGEST_BODY or len(data) < end:
        return None
    if zlib.crc32(data[offset + _CRC_FROM : end]) != crc:
        return None
    return Mark(place + offset, size, crc, before, wall_ms, seq, key)


def packed_key(fields: Fields) -> bytes:
    """Return a body that stands by itself."""
    return zlib.compress(_encode(fields))


def packed_rest(fields: Fields, key: Fields) -> bytes:
    """Return a body that leans on a key's: names of the fields first, so that they can be read."""
    changed = {name: raw for name, raw in fields.items() if key.get(name) != raw}
    names = _encode([*changed])
    packer = zlib.compressobj(zdict=_dictionary([*changed], key))
    return _NAMES.pack(len(names)) + names + packer.compress(_encode(changed)) + packer.flush()


def unpacked_key(body: bytes) -> Fields:
    """Read the body of a key; raise FilmDamaged."""
    return _fields(zlib.decompressobj().decompress, body)


def unpacked_rest(body: bytes, key: Fields) -> Fields:
    """Read a body that leans on a key's, and return all fields; raise FilmDamaged."""
    try:
        (size,) = _NAMES.unpack_from(body)
        names = msgspec.msgpack.decode(body[_NAMES.size : _NAMES.size + size], type=list[str])
    except (struct.error, msgspec.DecodeError) as error:
        raise FilmDamaged(str(error)) from error
    unpack = zlib.decompressobj(zdict=_dictionary(names, key)).decompress
    return key | _fields(unpack, body[_NAMES.size + size :])


def joined(fields: Fields) -> bytes:
    """Return the encoded frame."""
    return _encode(fields)


def _fields(unpack: Callable[[bytes, int], bytes], packed: bytes) -> Fields:
    try:
        plain = unpack(packed, LARGEST_PICTURE)
        return _split(plain)
    except (zlib.error, msgspec.DecodeError) as error:
        raise FilmDamaged(str(error)) from error


def _dictionary(names: list[str], key: Fields) -> bytes:
    """What the fields were in the key, so far as zlib looks back."""
    return b"".join(bytes(key[name]) for name in names if name in key)[-_WINDOW:]
