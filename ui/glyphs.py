"""Many short texts painted in one call: Qt goes through an array of glyphs that numpy lays out."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeAlias, cast

import numpy as np
import shiboken6
from PySide6.QtGui import QPainter, QTransform

from ui.glyph_sheet import (
    BLANKS,
    CHARACTERS,
    CLASS_OF,
    END,
    FIELDS,
    IS_ALONE,
    IS_DIGIT,
    IS_END,
    IS_MARK,
    OTHER,
    PHASES,
    SLOT_OF,
    GlyphSheet,
    Whole,
)
from ui.theme import Face, Theme

Fragment = QPainter.PixmapFragment
_ROOM = 1_024
_EARLY = 1 / 64 + 1e-9
"""Qt takes the next place within a pixel by this much too early."""


Where: TypeAlias = "tuple[array[int], array[int], array[int], array[int]]"
"""Of each text its look, the edge where it begins or, to the right, ends, its base line, and
whether it stands to the right.
"""


class Glyphs:
    """A sheet of glyphs, and an array of where they go."""

    def __init__(self, sheet: GlyphSheet) -> None:
        self.sheet = sheet
        self._make_room(_ROOM)

    def _make_room(self, count: int) -> None:
        self._fragments = np.zeros((count, FIELDS))
        # Qt is handed the first one and their number, and reads on in our array.
        at = self._fragments.ctypes.data
        self._first = cast(Fragment, shiboken6.wrapInstance(at, Fragment))

    def draw(self, painter: QPainter, texts: Sequence[str], where: Where) -> list[int]:
        """Draw them; the numbers of those that the sheet has not the glyphs for, and Qt must."""
        count = len(texts)
        codes = np.frombuffer(f"{END.join(texts)}{END}".encode("utf-16-le", "surrogatepass"), "<u2")
        codes = codes.astype(np.intp)
        classes = CLASS_OF.take(codes)
        lengths = np.diff(np.flatnonzero(classes == IS_END), prepend=-1)
        if len(lengths) != count:  # there is a line break in one
            return list(range(count))
        table = np.array(where, dtype=np.intp)
        known = np.ones(count, bool)
        strange = _strange(classes)
        if len(strange):
            known[np.repeat(np.arange(count), lengths)[strange]] = False
            codes = codes[np.repeat(known, lengths)]
            lengths, table = lengths[known], table[:, known]
        if len(lengths):
            self._draw(painter, SLOT_OF.take(codes), lengths, table)
        return np.flatnonzero(~known).tolist()

    def _draw(self, painter: QPainter, slots: Whole, lengths: Whole, where: Whole) -> None:
        there = painter.deviceTransform()
        count = self._lay_out(slots, lengths, where, there)
        painter.save()
        painter.setTransform(there.inverted()[0], combine=True)  # now in pixels of the screen
        painter.drawPixmapFragments(self._first, count, self.sheet.picture)
        painter.restore()

    def _lay_out(self, slots: Whole, lengths: Whole, where: Whole, there: QTransform) -> int:
        """Put every glyph with ink into the array, where Qt would draw it; return how many."""
        looks, edges, bases, to_right = where
        sheet, scale = self.sheet, self.sheet.scale
        face_of = np.array(sheet.faces).take(looks)
        glyphs = slots + np.repeat(face_of * len(CHARACTERS), lengths)
        advances = sheet.advances.take(glyphs)
        after = np.cumsum(advances)
        ends = after.take(np.cumsum(lengths) - 1)
        begins = np.concatenate(([0.0], ends[:-1]))
        left = edges - to_right * np.floor(ends - begins) - begins

        seen = np.flatnonzero(slots >= BLANKS)
        count, text_of = len(seen), np.repeat(np.arange(len(lengths)), lengths).take(seen)
        pens = (after - advances).take(seen) + left.take(text_of)
        pens = pens * scale + (there.dx() + _EARLY)
        x = np.floor(pens)
        base = np.floor(bases * scale + (there.dy() + 0.5))
        if count > len(self._fragments):
            self._make_room(2 * count)
        fragments = self._fragments[:count]
        numbers = glyphs.take(seen) * PHASES + ((pens - x) * PHASES).astype(np.intp)
        sheet.fragments.take(numbers, axis=0, out=fragments, mode="clip")
        fragments[:, 0] += x
        fragments[:, 1] += base.take(text_of)
        fragments[:, 2] += (looks * sheet.width).take(text_of)
        return count


def _strange(classes: Whole) -> Whole:
    """Places of characters that the sheet has not, or not as they look there."""
    strange = classes == OTHER
    signs = np.flatnonzero((classes == IS_MARK) | (classes == IS_ALONE))
    if len(signs):
        its, before = classes.take(signs), classes.take(signs - 1, mode="wrap")
        after = classes.take(signs + 1)
        beside = (after == IS_DIGIT) & ((before == IS_DIGIT) | (before == IS_END))
        alone = (after == IS_END) & (before == IS_END)
        strange[signs[~np.where(its == IS_MARK, beside, alone)]] = True
    return np.flatnonzero(strange)


def glyphs_of(theme: Theme, faces: Sequence[Face], scale: float) -> Glyphs:
    """The theme's glyphs of these faces on a screen of this scale."""
    key = (scale, *(id(face) for face in faces))
    if key not in theme.glyphs:
        theme.glyphs[key] = Glyphs(GlyphSheet(faces, scale))
    return theme.glyphs[key]
