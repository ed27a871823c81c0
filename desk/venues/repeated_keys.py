"""Refuse a message that says the same thing twice.

A JSON object that names a key twice has no agreed meaning: one reader takes the first, another
the last, and a decoder takes the last without a word. Counting the quoted keys in the bytes costs
next to nothing and decides almost always; where there are more than expected, or text is escaped
so that a key could be spelt differently, the message is read once more, key by key.
"""

from __future__ import annotations

import json

import msgspec

from desk.venues.unreadable import Unusable

_LONGEST = 1 << 20
"""Bytes that are read key by key; more would take longer than a mark may wait for."""


def keys_of(*structs: type[msgspec.Struct]) -> tuple[bytes, ...]:
    """Return the names that the fields of wire structs have in JSON, in their quotes."""
    fields = [field for struct in structs for field in msgspec.structs.fields(struct)]
    return tuple(f'"{field.encode_name}"'.encode() for field in fields)


def refuse_repeated(payload: bytes, keys: tuple[bytes, ...], objects: int = 1) -> None:
    """Raise Unusable where a key may stand more often than there are objects to hold it, and does.

    Of keys that an object may lack, a repetition in one can hide behind an object without it.
    """
    if b"\\" not in payload:
        for key in keys:
            if payload.count(key) > objects:
                break
        else:
            return
    _read_key_by_key(payload)


def refuse_any_repeated(payload: bytes) -> None:
    """Raise Unusable where any object in it has a key twice; for what is read now and then."""
    _read_key_by_key(payload)


def _read_key_by_key(payload: bytes) -> None:
    if len(payload) > _LONGEST:
        raise Unusable("too long to be read key by key")
    try:
        json.loads(
            payload, object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError:
        raise Unusable("not JSON") from None


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Unusable("a key twice")
