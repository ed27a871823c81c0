"""The hash of a desk's state: one figure for all that its journal determines.

    SHA-256(the state's document as JSON, keys in order, what says nothing left out)

Orders and client ids, of which a desk that runs for years has very many, stand in it by their own
SHA-256, a thousand at a time in the order in which they came; a thousand that can no longer change
is worked out once. What says nothing (null, false, an empty text, list or table) is left out at
every depth, so that a later desk that knows one thing more comes to the same for an older journal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, cast

import msgspec

CHUNK = 1_000

_encode = msgspec.json.Encoder(order="sorted").encode

# No string of JSON holds a bare quote, so that these find keys only and never what a text says.
_NEXT_EMPTY = re.compile(rb'(?:,"[a-z_]++":(?:null|false|""|\[\]|\{\}))++')
_FIRST_EMPTY = re.compile(rb'\{"[a-z_]++":(?:null|false|""|\[\]|\{\}),?')


def spare(value: Any) -> Any:
    """Return plain values without what says nothing in tables; places in lists are kept."""
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        kept = {key: spare(item) for key, item in table.items()}
        return {key: item for key, item in kept.items() if not _says_nothing(item)}
    if isinstance(value, list | tuple):
        return [spare(item) for item in cast("list[Any]", value)]
    return value


def _says_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def hash_of(document: Any) -> str:
    """Return SHA-256 over plain values, hex."""
    return hashlib.sha256(_encode(spare(document))).hexdigest()


def spare_text(value: Any) -> bytes:
    """Return the JSON of `spare` for structs and lists of them, without a plain value of each."""
    text, longer = _encode(value), b""
    while text != longer:
        longer = text
        text = _FIRST_EMPTY.sub(b"{", _NEXT_EMPTY.sub(b"", text))
        if b"{}" not in text:
            break
    return text


def chunk_hashes(
    values: Iterable[Any],
    known: dict[int, str],
    entry: Callable[[Any], Any],
    is_settled: Callable[[Any], bool],
) -> list[str]:
    """Return the hash of each thousand of `values`.

    `known` has those that were worked out before and is given those that can no longer change.
    """
    rest, hashes = iter(values), list[str]()
    while some := list(islice(rest, CHUNK)):
        number = len(hashes)
        found = known.get(number)
        if found is None:
            found = hashlib.sha256(spare_text([entry(one) for one in some])).hexdigest()
            if len(some) == CHUNK and all(map(is_settled, some)):
                known[number] = found
        hashes.append(found)
    return hashes
