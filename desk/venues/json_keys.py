"""Refuse a message that says the same thing twice.

Of a key that occurs twice in one object a decoder silently takes the last, and which one the
venue meant is unknown. Counting the quoted keys in the bytes costs next to nothing and decides
almost always; where the count surprises, the message is read once more, key by key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from desk.venues.unreadable import Unusable


def refuse_repeated_keys(frame: bytes, expected: Mapping[bytes, int]) -> None:
    """Raise Unusable when an object of the frame has a key twice.

    `expected` says how often each key that is used occurs when nothing is repeated; the frame
    has been decoded before, so each occurs at least that often.
    """
    if b"\\" not in frame and all(frame.count(key) == n for key, n in expected.items()):
        return
    try:
        json.loads(
            frame, object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError:
        raise Unusable("not JSON") from None


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Unusable("repeated key")
