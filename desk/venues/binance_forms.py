"""Tickers whose prices and quantities the decoder itself turns into ticks and lots.

The form of a frame is the frame with every digit a zero. Where prices and quantities have as many
digits behind the point as their increments, a frame without its points says ticks and lots. That
they do is seen once a form, by reading a frame both ways: where counts above zero come out the
same, the numbers of this frame have those digits, and so have those of every frame of its form.

A number below one loses its zeros with the point: `"0.016"` is `"16"`. What cannot become known is
read the strict way: a frame with a backslash, behind which a digit is no number, or with a point
anywhere but in a number as text, where a name could become another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, TypeAlias

import msgspec

from desk.model.instrument import Lots, Ticks
from desk.venues import binance_wire as wire

_MOST = 10**15

_Price: TypeAlias = Annotated[Ticks, msgspec.Meta(gt=0, le=_MOST)]
_Size: TypeAlias = Annotated[Lots, msgspec.Meta(gt=0, le=_MOST)]
CountedTicker: TypeAlias = wire.Ticker[_Price, _Size]

_ZEROS = bytes(ord("0") if chr(byte) in "0123456789" else byte for byte in range(256))

_NUMBER = re.compile(rb'"[0-9]+\.[0-9]+"')
_BELOW_ONE = re.compile(rb'"0\.0*')

_FORMS = 256
"""Known of one stream, one for each set of lengths; at so many all are forgotten."""
_LONGEST = 1 << 10
"""Bytes of a frame whose form is kept; those of the venue have a fifth of it."""
_PAUSE = 64
"""Frames after one that could not be learnt of which none is tried: more like it will come."""


class CountedTickers:
    """Reads the tickers of one stream that are of a known form; `count` is the strict way's."""

    def __init__(self, count: Callable[[wire.WireTicker], CountedTicker]) -> None:
        self._count = count
        self._decode = msgspec.json.Decoder(wire.Wrapped[CountedTicker], strict=False).decode
        self._known: set[bytes] = set()
        self._pause = 0

    def read(self, frame: bytes) -> CountedTicker | None:
        """Return the ticker in a frame; None: it must be read the strict way."""
        return self._read(frame) if frame.translate(_ZEROS) in self._known else None

    def learn(self, frame: bytes, ticker: wire.WireTicker) -> None:
        """Know the form of a frame from now on, in which the strict way has read this ticker."""
        if self._pause:
            self._pause -= 1
        elif not _is_plain(frame) or self._read(frame) != self._count(ticker):
            self._pause = _PAUSE
        else:
            if len(self._known) >= _FORMS:
                self._known.clear()
            self._known.add(frame.translate(_ZEROS))

    def _read(self, frame: bytes) -> CountedTicker | None:
        try:
            return self._decode(_BELOW_ONE.sub(b'"', frame).replace(b".", b"")).data
        except msgspec.MsgspecError:
            return None


def _is_plain(frame: bytes) -> bool:
    """Return whether nothing but numbers as text changes where points and zeros are left out."""
    return len(frame) <= _LONGEST and b"\\" not in frame and b"." not in _NUMBER.sub(b"", frame)
