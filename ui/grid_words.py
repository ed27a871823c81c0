"""The texts of a table's rows, laid aside while the rows are gone through, then drawn together."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtGui import QColor, QPainter

from ui.theme import Face, Theme
from ui.viewmodels.cells import Cell
from ui.viewmodels.tone import Tone

if TYPE_CHECKING:
    from ui.glyph_sheet import GlyphSheet

MANY = 160
"""Texts from which on it pays to put them together of glyphs: to lay out any costs half a
millisecond where the caches hold something else, as they do from one frame to the next.
"""
LARGEST = 4
"""Scale up to which they are: the picture that they are kept in grows with it."""


class Look(NamedTuple):
    """How a table's words look now."""

    theme: Theme
    faces: Sequence[Face]
    dimmed: bool

    def color(self, tone: Tone) -> QColor:
        """The colour of what has this meaning."""
        return self.theme.color("stale" if self.dimmed else tone.value)


class Words:
    """Texts and where they stand, a list of each."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.kinds: list[tuple[Tone, int]] = []
        """Meaning, and number of the face: 0 plain, 1 strong, 2 small."""
        self.edges = array("i")
        """Where a text begins or, to the right, ends."""
        self.bases = array("i")
        self.to_right = array("i")

    def add(
        self, text: str, tone: Tone, face: int, edge: int, base: int, *, to_right: bool
    ) -> None:
        """Lay one aside."""
        self.texts.append(text)
        self.kinds.append((tone, face))
        self.edges.append(edge)
        self.bases.append(base)
        self.to_right.append(to_right)

    def add_column(
        self, cells: Sequence[Cell], edge: int, bases: array[int], *, to_right: bool
    ) -> bool:
        """Lay a column aside, if each of its cells is nothing but a text: without a step of Python
        for each, for a big table has a thousand of them in every picture.
        """
        texts, tones, strong, seconds, _, units, chips, *_ = zip(*cells, strict=True)
        if any(seconds) or any(units) or any(chips):
            return False
        self.texts += texts
        self.kinds += zip(tones, strong, strict=True)
        self.edges += array("i", (edge,)) * len(cells)
        self.bases += bases
        self.to_right += array("i", (to_right,)) * len(cells)
        return True


def draw_words(painter: QPainter, look: Look, words: Words) -> None:
    """Draw all words of a table, however many."""
    numbers: Iterable[int] = range(len(words.texts))
    if len(words.texts) >= MANY:
        numbers = draw_by_glyph(painter, look, words)
    draw_by_text(painter, look, words, numbers)


def draw_by_text(painter: QPainter, look: Look, words: Words, numbers: Iterable[int]) -> None:
    """Draw these words, all of one colour and face together: pens and fonts are dear."""
    alike: defaultdict[tuple[Tone, int], list[int]] = defaultdict(list)
    for number in numbers:
        alike[words.kinds[number]].append(number)
    texts, edges, bases, to_right = words.texts, words.edges, words.bases, words.to_right
    draw = painter.drawText
    for (tone, kind), those in alike.items():
        face = look.faces[kind]
        painter.setPen(look.color(tone))
        painter.setFont(face.font)
        width = face.width
        for number in those:
            text, x = texts[number], edges[number]
            draw(x - int(width(text)) if to_right[number] else x, bases[number], text)


def draw_by_glyph(painter: QPainter, look: Look, words: Words) -> list[int]:
    """Draw the words whose glyphs are kept; return the numbers of the others."""
    from ui.glyphs import glyphs_of

    there = painter.deviceTransform()
    scale = there.m11()
    if there.isRotating() or scale != there.m22() or not 0 < scale <= LARGEST:
        return list(range(len(words.texts)))
    glyphs = glyphs_of(look.theme, look.faces, scale)
    if not glyphs.sheet.is_whole:
        return list(range(len(words.texts)))
    looks = array("i", map(_Looks(glyphs.sheet, look).__getitem__, words.kinds))
    return glyphs.draw(painter, words.texts, (looks, words.edges, words.bases, words.to_right))


class _Looks(dict[tuple[Tone, int], int]):
    """Numbers of a sheet's looks, asked for when first met."""

    def __init__(self, sheet: GlyphSheet, look: Look) -> None:
        super().__init__()
        self._sheet, self._look = sheet, look

    def __missing__(self, kind: tuple[Tone, int]) -> int:
        tone, face = kind
        number = self[kind] = self._sheet.look(face, self._look.color(tone))
        return number
