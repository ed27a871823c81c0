"""Whole numbers and times that venues write as text."""

from __future__ import annotations

from desk.venues.unreadable import Unusable

_LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""

_LONGEST_COUNT = 18


def count_of(text: str) -> int:
    """Return a whole number; raise Unusable for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise Unusable("not a whole number")
    return int(text)


def time_of(text: str) -> int:
    """Return a Unix time in ms; raise Unusable for what is none."""
    time_ms = count_of(text)
    if time_ms > _LATEST_MS:
        raise Unusable("time out of range")
    return time_ms
