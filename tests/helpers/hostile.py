"""What must not pass for a number in a venue's message, and how it gets in there.

A field's kind says what it may be although that looks senseless: a depth of zero removes a level,
a rate may be negative. `?`: it may be missing or null; `~`: or empty text.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from helpers.bad_values import MISSING, NEVER_GOOD, Verbatim

from desk.venues.protocol import RestRequest

DEEP = Verbatim("[" * 100_000 + "]" * 100_000)
HUGE = "1" + "0" * 30

MAY_BE = {
    "price": set(),
    "size": set(),
    "hours": set(),
    "count": set(),
    "name": set(),
    "depth": {"zero"},
    "volume": {"zero"},
    "interest": {"zero"},
    "time": {"zero"},
    "id": {"zero"},
    "checksum": {"zero"},
    "rate": {"zero", "negative"},
    "previous": {"zero", "negative"},
    "index": {"missing", "empty"},
    "funding": {"zero", "negative", "missing", "empty"},
    "next": {"zero", "missing"},
}

NEVER = NEVER_GOOD | {
    "text infinity": "Infinity",
    "text minus infinity": "-Infinity",
    "deepest": DEEP,
}


class Message(NamedTuple):
    """A message that comes after some others, what its numbers are, and what brings it back."""

    opened: Callable[[], Any]
    before: tuple[bytes, ...]
    good: Any
    fields: dict[str, str]
    after: tuple[bytes, ...]
    expects: type
    request: RestRequest | None = None
    """What it answers; None: it comes on a socket."""

    def deliver(self, protocol, frame):
        if self.request is None:
            protocol.receive_frame(frame, 5)
        else:
            protocol.receive_response(self.request, frame, 5)
        return protocol.events_received()


def hostile(good, kind):
    """What may stand in a field of this kind instead of its value, by name, and must not pass."""
    allowed = set(MAY_BE[kind.rstrip("?~")])
    allowed |= {"null", "missing"} if kind[-1] in "?~" else set()
    allowed |= {"empty"} if kind.endswith("~") else set()
    is_text = isinstance(good, str)
    number = str if is_text else Verbatim
    values = NEVER | {
        "negative": number("-1"),
        "zero": number("0"),
        "10^30": number(HUGE),
        "swapped": Verbatim(good) if is_text else getattr(good, "text", str(good)),
        "empty": "",
        "null": None,
        "missing": MISSING,
    }
    return {name: value for name, value in values.items() if name not in allowed}


def value_at(message, path):
    for step in path.split("."):
        message = message[int(step) if step.isdigit() else step]
    return message


def spoilt(message, path, value):
    """A copy with another value in one place."""
    first, _, rest = path.partition(".")
    step = int(first) if first.isdigit() else first
    copy = message.copy()
    if rest:
        copy[step] = spoilt(message[step], rest, value)
    elif value is MISSING:
        del copy[step]
    else:
        copy[step] = value
    return copy


def twice(message, path):
    """The frame with one key and its value said twice; None where the field has no key."""
    *_, key = path.split(".")
    if key.isdigit():
        return None
    mark = "said twice"
    frame = written(spoilt(message, path, mark))
    one = f'"{key}":{written(value_at(message, path)).decode()}'
    return frame.replace(f'"{key}":"{mark}"'.encode(), f"{one},{one}".encode())


def written(value):
    """Write JSON with numbers as they are told."""
    if isinstance(value, Verbatim):
        return value.text.encode()
    if isinstance(value, dict):
        items = (json.dumps(key).encode() + b":" + written(v) for key, v in value.items())
        return b"{" + b",".join(items) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(map(written, value)) + b"]"
    return json.dumps(value).encode()
