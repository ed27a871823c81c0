"""Frames that no venue should send: cut off, huge, deep, with numbers that are none."""

from __future__ import annotations

import re

GIANT_BYTES = 1 << 20
DEPTH = 20_000
NO_NUMBERS = (b"NaN", b"1e999", b"-1")

_NUMBER = re.compile(rb'(?<=[:,\[])("?)-?[0-9]+\.[0-9]+("?)(?=[,\]}])')
_WHOLE = re.compile(rb'(?<=[:,\[])("?)-?[0-9]+("?)(?=[,\]}])')


def cut_off(frame: bytes) -> bytes:
    """Return the first half."""
    return frame[: len(frame) // 2]


def giant(frame: bytes) -> bytes:
    """Return the same message in more than a mebibyte: the rest is a key that nobody knows."""
    filler = b'"padding":"' + b"x" * GIANT_BYTES + b'"'
    if not frame.startswith(b"{"):
        return frame + b" " * GIANT_BYTES
    rest = frame[1:].lstrip()
    return b"{" + filler + (rest if rest.startswith(b"}") else b"," + rest)


def nested(frame: bytes) -> bytes:
    """Return the message with thousands of lists within each other under a key of its own."""
    deep = b'"deep":' + b"[" * DEPTH + b"]" * DEPTH
    rest = frame[1:].lstrip() if frame.startswith(b"{") else b"}"
    return b"{" + deep + (rest if rest.startswith(b"}") else b"," + rest)


def hostile(frame: bytes, which: int) -> bytes:
    """Return the frame with one of its numbers, a price or size where there is one, made none."""
    found = list(_NUMBER.finditer(frame)) or list(_WHOLE.finditer(frame))
    if not found:
        return frame
    number, wrong = found[which % len(found)], NO_NUMBERS[which % len(NO_NUMBERS)]
    quoted = b"%b%b%b" % (number[1], wrong, number[2])
    return frame[: number.start()] + quoted + frame[number.end() :]
