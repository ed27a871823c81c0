"""Changes of the book whose prices and quantities the decoder itself turns into ticks and lots.

Asked for a whole number, the decoder takes `61000.1e1` for 610001, and refuses what is off the
grid. So `["61000.1","0.016"]` is rewritten to `[61000.1e1,0.016e3]`, all levels at once, and no
level costs a look-up. What the decoder would then let pass and the desk must not is kept from it:

* signs, exponents, spaces, numbers that are no text, keys said twice: a frame must have an outline
  that is known. The outline is the frame without its digits and points, and of each side without
  all levels but the last; it is learnt from a flat frame that was read the strict way.
* more digits than float64 tells apart, for a number with an exponent is one before it is whole: no
  number is longer than 16 characters, nor its count more than 10^15. Up to there float64 are closer
  together than such numbers are, and none that is off the grid becomes one that is on it.
* ids with a point: there is none before the levels.

A frame that is not read here is read the strict way, and only that refuses.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

import msgspec

from desk.model.instrument import Lots, Ticks
from desk.venues import binance_wire as wire

_LONGEST = 16
_MOST = 10**15

_Level: TypeAlias = tuple[
    Annotated[Ticks, msgspec.Meta(gt=0, le=_MOST)], Annotated[Lots, msgspec.Meta(ge=0, le=_MOST)]
]
CountedDiff: TypeAlias = wire.Diff[_Level]

_ZEROS = bytes(ord("0") if chr(byte) in "0123456789." else byte for byte in range(256))
"""Makes a number a row of zeros, by which its length is told."""
_TOO_LONG = b"0" * (_LONGEST + 1)

_LEVEL = rb'\["[0-9.]+","[0-9.]+"\]'
_SIDE = rb"\[((?:%b,)*%b)?\]" % (_LEVEL, _LEVEL)
_FLAT = re.compile(
    rb'\{"stream":"[\w@]+","data":\{(?:"[A-Za-z]+":(?:"\w*"|\d+),)+"b":%b,"a":%b\}\}'
    % (_SIDE, _SIDE)
)

_OUTLINES = 8
"""Known of one stream; it has three: a change may leave a side out."""
_PAUSE = 64
"""Frames read the strict way after one that could not be read or learnt: more like it will come,
as where orders rest that are off the grid."""


class CountedDiffs:
    """Reads the changes of one stream, whose increments are these powers of ten."""

    def __init__(self, price_digits: int, quantity_digits: int, *, futures: bool) -> None:
        diff: type[Any] = wire.FuturesDiff[_Level] if futures else CountedDiff
        self._decode = msgspec.json.Decoder(wire.Wrapped[diff], strict=False).decode
        self._price_end = b"e%d," % price_digits
        self._end = b"e%d" % quantity_digits
        self._next_level = self._end + b"],["
        self._next_side = self._end + b']],"a":[['
        self._known: dict[bytes, tuple[bytes, bytes]] = {}
        """By outline what stands behind the last number, and what for it."""
        self._pause = 0

    def read(self, frame: bytes) -> CountedDiff | None:
        """Return the change in a frame; None: it must be read the strict way."""
        if self._pause:
            self._pause -= 1
            return None
        zeros = frame.translate(_ZEROS)
        known = self._known.get(_outline(zeros))
        if known is None:
            return None
        begin = frame.find(b'[["') + 2
        head = frame[:begin]
        if _TOO_LONG in zeros or b"." in head:
            return None
        behind, end = known
        if not frame.endswith(behind):
            return None
        levels = frame[begin + 1 : -len(behind)].replace(b'"],["', self._next_level)
        levels = levels.replace(b'","', self._price_end)
        levels = levels.replace(b'"]],"a":[["', self._next_side)
        try:
            return self._decode(head + levels + end).data
        except msgspec.MsgspecError:
            self._pause = _PAUSE
            return None

    def learn(self, frame: bytes, _read: object) -> None:
        """Know the outline of a frame from now on, which was read the strict way."""
        outline = _outline(frame.translate(_ZEROS))
        if self._pause or outline in self._known:
            return
        match = _FLAT.fullmatch(frame)
        bids, asks = match.groups() if match else (b"", b"")
        if not (bids or asks):
            self._pause = _PAUSE
            return
        behind = b'"]]}}' if asks else b'"]],"a":[]}}'
        if len(self._known) >= _OUTLINES:
            self._known.clear()
        self._known[outline] = behind, behind.replace(b'"', self._end, 1)


def _outline(zeros: bytes) -> bytes:
    return zeros.translate(None, b"0").replace(b'["",""],', b"")
