"""Refuse a frame that says the same thing twice, at the price of a look-up.

Of a key that occurs twice in one object a decoder silently takes the last, and which one the
venue meant is unknown. What is left of a frame without its numbers is the same in every frame of
a stream: a shape that was read key by key once need not be read so again.
"""

from __future__ import annotations

import json

from desk.venues.unreadable import Unusable

_LEFT_OUT = b"0123456789.-[],"
"""With these gone a number as text is "", and goes as well: a book has one shape at any length."""

_KNOWN = 256
"""Shapes kept; at that number all are forgotten, so that a hostile feed costs time, not memory."""

_LONGEST = 1 << 12
"""Bytes of a shape that is kept; those of the venue have some hundred."""


class Shapes:
    """The shapes of frames in which no key stands twice."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._whole: set[bytes] = set()
        """The same before numbers as text were left out: enough for frames of no varying length."""

    def check(self, frame: bytes) -> None:
        """Raise Unusable for a frame that has a key twice; it must have been decoded before."""
        whole = frame.translate(None, _LEFT_OUT)
        if whole in self._whole:
            return
        shape = whole.replace(b'""', b"")
        if shape not in self._known:
            self._read(frame, shape)
        elif len(self._whole) < _KNOWN and len(whole) <= _LONGEST:
            self._whole.add(whole)

    def _read(self, frame: bytes, shape: bytes) -> None:
        names: set[str] = set()

        def once(pairs: list[tuple[str, object]]) -> None:
            found = {name for name, _ in pairs}
            if len(found) < len(pairs):
                raise Unusable("repeated key")
            names.update(found)

        try:
            json.loads(frame, object_pairs_hook=once, parse_int=str, parse_float=str)
        except json.JSONDecodeError:
            raise Unusable("not JSON") from None
        # A name of which the shape shows only a part, or another spelling, could hide one twice.
        if b"\\" in frame or len(shape) > _LONGEST or any(not name.isalpha() for name in names):
            return
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known.add(shape)
