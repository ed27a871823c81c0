"""How an entry becomes a row: canonical bytes, and a hash over all that went before.

    hash = SHA-256(hash of the previous row, 32 bytes || seq, 8 bytes big endian || payload)

Before row 1 the hash is 32 zero bytes. The payload is JSON in UTF-8 without white space, keys in
code point order at every depth: `{"account":…,"data":…,"id":…,"time_ms":…,"type":…}`. Anyone can
compute it again from what `desk journal show` prints. `Entry.reserve` says how an entry was
written, not what happened, and is no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import msgspec

from desk.model.errors import InputError, JournalBroken
from desk.model.journal import Entry, Row

GENESIS = bytes(32)

_MAX_DEPTH = 32
_MAX_INTEGER = 2**63 - 1
_MAX_TIME_MS = 253_402_300_800_000
"""The year 10000."""

_encoder = msgspec.json.Encoder(order="sorted")
# A number with a point is none of ours and not exact: it is read as it is written, of any size.
_decoder = msgspec.json.Decoder(Entry, float_hook=str)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises."""

_MOST_DIGITS = 4_300
"""Of an integer that can be read: a payload of no more bytes holds none that is longer."""


class Record(NamedTuple):
    """A row as the store keeps it; text as UTF-8. All but seq and hash repeats the payload."""

    seq: int
    time_ms: int
    type: bytes
    id: bytes | None
    account: bytes | None
    payload: bytes
    hash: bytes


class Head(NamedTuple):
    """Where a chain ends."""

    seq: int
    hash: bytes


EMPTY = Head(0, GENESIS)


def canonical(entry: Entry) -> bytes:
    """The bytes of an entry that are hashed and stored.

    Raises InputError when the entry holds anything but plain JSON values: a float is not exact,
    and what JSON cannot hold would read back as something else.
    """
    fields = {
        "account": entry.account,
        "data": entry.data,
        "id": entry.id,
        "time_ms": entry.time_ms,
        "type": entry.type,
    }
    if not 0 <= entry.time_ms < _MAX_TIME_MS:
        raise _refused(entry, "time_ms", "milliseconds since 1970", str(entry.time_ms))
    _require_plain(entry, fields, "entry", 0)
    try:
        return _encoder.encode(fields)
    except UnicodeEncodeError as error:
        raise _refused(entry, "entry", "text that UTF-8 can hold", str(error)) from error


def _require_plain(entry: Entry, value: object, place: str, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _refused(entry, place, f"at most {_MAX_DEPTH} levels", "more")
    if isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise _refused(entry, place, "text as a key", repr(key))
            _require_plain(entry, item, key, depth + 1)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            _require_plain(entry, item, place, depth + 1)
    elif not _is_plain_scalar(value):
        raise _refused(entry, place, "a plain JSON value without floats", _described(value))


def _is_plain_scalar(value: object) -> bool:
    if value is None or isinstance(value, (str, bool)):
        return True
    return isinstance(value, int) and abs(value) <= _MAX_INTEGER


def _described(value: object) -> str:
    return "an integer beyond 64 bits" if isinstance(value, int) else repr(value)[:80]


def _refused(entry: Entry, field: str, expected: str, found: str) -> InputError:
    return InputError(
        source=f"journal entry {entry.type!r}", field=field, expected=expected, found=found
    )


def chain_hash(previous: bytes, seq: int, payload: bytes) -> bytes:
    """The hash of row `seq`: 32 bytes."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + payload).digest()


def linked(head: Head, entry: Entry) -> Record:
    """The record that continues a chain with an entry. Raises InputError."""
    payload = canonical(entry)
    seq = head.seq + 1
    return Record(
        seq=seq,
        time_ms=entry.time_ms,
        type=entry.type.encode(),
        id=None if entry.id is None else entry.id.encode(),
        account=None if entry.account is None else entry.account.encode(),
        payload=payload,
        hash=chain_hash(head.hash, seq, payload),
    )


def head_of(row: Row) -> Head:
    """Where a chain ends whose last row this is."""
    return Head(row.seq, bytes.fromhex(row.hash))


def row_of(record: Record) -> Row:
    """The row as everyone will read it back. Raises what `_UNREADABLE` names."""
    return Row(seq=record.seq, entry=_decoder.decode(record.payload), hash=record.hash.hex())


def checked(path: str, head: Head, columns: tuple[Any, ...]) -> tuple[Head, Row]:
    """Follow a chain by one stored row: the new head, and the row.

    Raises JournalBroken when the row is not the next, its hash does not hold, or a column says
    other than the payload that was hashed. Columns come from a file and may be of any type.
    """
    record = Record(*columns)
    found = _next_head(path, head, record)
    try:
        row = row_of(record)
    except _UNREADABLE as error:
        raise JournalBroken(path, found.seq, f"the payload is not an entry: {error}") from error
    entry = row.entry
    _require_same_columns(path, record, (entry.time_ms, entry.type, entry.id, entry.account))
    return found, row


def checked_head(path: str, head: Head, records: Sequence[tuple[Any, ...]]) -> Head:
    """Follow a chain by stored rows that nobody wants to see: the new head.

    Holds them to all that `checked` does, in half the time: what a row's data holds is read over
    and not built. A row of which that does not tell enough is left to `checked`.
    """
    seq, hash_ = head
    for record in records:
        seq += 1
        if not _holds(seq, hash_, record):
            checked(path, Head(seq - 1, hash_), record)
        hash_ = record[6]
    return Head(seq, hash_)


def _holds(expected: int, previous: bytes, record: tuple[Any, ...]) -> bool:
    """Whether a row holds for sure."""
    seq, time_ms, type_, id_, account, payload, hash_ = record
    if seq != expected or payload.__class__ is not bytes:
        return False
    if _sha256(previous + seq.to_bytes(8, "big") + payload).digest() != hash_:
        return False
    try:
        payload.decode()  # what is read over may be no text
        said = _said_decoder.decode(payload)
    except _UNREADABLE:
        return False
    return (
        said.time_ms == time_ms
        and len(payload) <= _MOST_DIGITS
        and said.type.encode() == type_
        and (said.id is None if id_ is None else said.id is not None and said.id.encode() == id_)
        and (
            said.account is None
            if account is None
            else said.account is not None and said.account.encode() == account
        )
        and memoryview(said.data)[0] == _BRACE
    )


_sha256 = hashlib.sha256
_BRACE = ord("{")


class _Said(msgspec.Struct, kw_only=True):
    """An entry as far as the columns repeat it."""

    type: str
    data: msgspec.Raw
    id: str | None = None
    account: str | None = None
    time_ms: int = 0
    reserve: bool = False


_said_decoder = msgspec.json.Decoder(_Said)


def _next_head(path: str, head: Head, record: Record) -> Head:
    expected = head.seq + 1
    if record.seq != expected:
        raise JournalBroken(path, expected, f"is missing; row {record.seq} stands in its place")
    if not isinstance(cast("object", record.payload), bytes):
        raise JournalBroken(path, expected, "the payload is not bytes")
    found = chain_hash(head.hash, expected, record.payload)
    if found != record.hash:
        raise JournalBroken(path, expected, "the hash does not hold: the row or one before changed")
    return Head(expected, found)


def _require_same_columns(
    path: str, record: Record, said: tuple[int, str, str | None, str | None]
) -> None:
    time_ms, type_, id_, account = said
    hashed = (
        time_ms,
        type_.encode(),
        None if id_ is None else id_.encode(),
        None if account is None else account.encode(),
    )
    stored = (record.time_ms, record.type, record.id, record.account)
    if stored == hashed:
        return
    names = ("time_ms", "type", "id", "account")
    wrong = [name for name, a, b in zip(names, stored, hashed, strict=True) if a != b]
    raise JournalBroken(path, record.seq, f"column {', '.join(wrong)} differs from the payload")
