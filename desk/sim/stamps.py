"""The times in a frame: found by what they are worth, whatever a venue calls them.

A number of seconds, milli-, micro- or nanoseconds, or a text as of RFC 3339, is a time of now
when it lies in the last hour. What lies ahead (the next funding) is an appointment and stays; so
do the beginnings of candles, which are whole minutes in streams of candles.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

Change = Callable[[int], int]
"""From a time in nanoseconds to the one to be told."""

MINUTE_NS = 60_000_000_000
PAST_NS = 60 * MINUTE_NS
AHEAD_NS = 2_000_000_000
_MS_NS = 1_000_000
_UNITS = {10: 1_000_000_000, 13: _MS_NS, 16: 1_000, 19: 1}
"""Nanoseconds of a unit, by how many digits a time in it has."""
_CANDLES = ("kline", "candle", "ohlc", "chart")

_NUMBER = re.compile(rb"(?<![0-9.\-])[12][0-9]{9}(?:[0-9]{3}){0,3}(?![0-9.])")
_TEXT = re.compile(rb"[12][0-9]{3}-[0-9]{2}-[0-9]{2}([T ])[0-9]{2}:[0-9]{2}:[0-9]{2}\.([0-9]{3,9})")


def retimed(frame: bytes, stream: str, now_ms: int, change: Change) -> bytes:
    """Return a frame of a stream with every time of now changed."""
    now_ns = now_ms * _MS_NS
    has_candles = any(word in stream.lower() for word in _CANDLES)

    def told(at_ns: int) -> int | None:
        """Return the time to be told; None where what stands there is none of now."""
        is_now = now_ns - PAST_NS < at_ns <= now_ns + AHEAD_NS
        if not is_now or (has_candles and at_ns % MINUTE_NS == 0):
            return None
        return change(at_ns)

    def number(match: re.Match[bytes]) -> bytes:
        unit = _UNITS[len(match[0])]
        changed = told(int(match[0]) * unit)
        return match[0] if changed is None else b"%d" % (changed // unit)

    def text(match: re.Match[bytes]) -> bytes:
        changed = told(_nanoseconds(match[0].decode()))
        return match[0] if changed is None else _written(changed, match)

    return _TEXT.sub(text, _NUMBER.sub(number, frame))


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    try:
        seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    except ValueError:  # digits that look like a date, and are none
        return 0
    return seconds * 1_000_000_000 + int(fraction.ljust(9, "0"))


def _written(at_ns: int, like: re.Match[bytes]) -> bytes:
    seconds, rest = divmod(at_ns, 1_000_000_000)
    day = datetime.fromtimestamp(seconds, UTC).strftime(f"%Y-%m-%d{like[1].decode()}%H:%M:%S")
    return f"{day}.{rest:09d}"[: len(like[0])].encode()
