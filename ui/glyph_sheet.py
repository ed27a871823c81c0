"""The characters of figures as pictures, each drawn once by Qt for a face, a colour and a screen.

What `drawText` costs is mostly the shaping of every text. Figures need none: kerning is off, and
the characters kept here look the same beside any other of them. Those that do not are left out
(Inter makes an x between digits a ×) or kept as they look beside a digit (its signs are higher
there). `ui.glyphs` puts them side by side as Qt would: the picture is the same to the pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from string import ascii_letters

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGlyphRun,
    QImage,
    QPainter,
    QPixmap,
    QTextLayout,
)

from ui.theme import Face

PHASES = 4
"""Places within a pixel at which Qt draws a glyph."""
END = "\n"
"""Stands behind every text; takes no room and is not seen."""
DIGITS = "0123456789"
MARKS = "+−-:"
"""Kept as they look beside a digit."""
ALONE = "—"
"""Kept as it looks alone."""
PLAIN = ".,%/" + ascii_letters.replace("x", "")
"""Beside any of these a digit and each of these look the same."""
CHARACTERS = f"{END} {DIGITS}{MARKS}{ALONE}{PLAIN}"
BLANKS = 2
"""So many of them, the first, have no ink."""
OTHER, IS_END, IS_DIGIT, IS_MARK, IS_ALONE, IS_PLAIN = range(6)
FIELDS = 10
"""Of a QPainter::PixmapFragment, each a qreal: x and y of its middle; left, top, width and height
in the picture; scale in x and in y, rotation, opacity.
"""

LOOKS = 8
"""So many the picture has room for at first."""

Numbers = NDArray[np.float64]
Whole = NDArray[np.intp]


def _by_code(kept: int, *groups: tuple[str, Sequence[int]]) -> Whole:
    table = np.full(0x10000, kept, np.intp)
    for characters, values in groups:
        table[[ord(character) for character in characters]] = values
    return table


SLOT_OF = _by_code(0, (CHARACTERS, range(len(CHARACTERS))))
"""Number of a character in `CHARACTERS`, by its code; 0 for every other."""
CLASS_OF = _by_code(
    OTHER,
    (END, [IS_END]),
    (DIGITS, [IS_DIGIT] * len(DIGITS)),
    (MARKS, [IS_MARK] * len(MARKS)),
    (ALONE, [IS_ALONE] * len(ALONE)),
    (f" {PLAIN}", [IS_PLAIN] * (1 + len(PLAIN))),
)


class GlyphSheet:
    """A picture with a column for every look (a face in a colour), and where in it a glyph is."""

    def __init__(self, faces: Sequence[Face], scale: float) -> None:
        self.scale = scale
        """Pixels of the screen for one of the theme."""
        metrics = [QFontMetricsF(face.font) for face in faces]
        widest = max(face.horizontalAdvance(one) for face in metrics for one in CHARACTERS)
        self._margin = ceil(scale) + 1
        """Pixels beside a glyph's advance that its ink may reach into."""
        self.width = ceil(widest * scale) + 1 + 2 * self._margin
        self._base = ceil(max(face.ascent() for face in metrics) * scale) + 1
        self._height = self._base + ceil(max(face.descent() for face in metrics) * scale) + 1
        self._runs = [_runs(face.font) for face in faces]
        self.is_whole = all(len(runs) == len(CHARACTERS) for runs in self._runs)
        """Each character has one glyph: else these fonts are none to put figures together of."""
        count = len(faces) * len(CHARACTERS)
        self.advances = np.zeros(count)
        """By face and character, in pixels of the theme."""
        self.fragments = np.zeros((count * PHASES, FIELDS))
        """By face, character and phase, in pixels of the screen: what of the first look's column
        is drawn where from a pen at (0, 0).
        """
        self.faces: list[int] = []
        """Number of the face of each look."""
        self._looks: dict[tuple[int, int], int] = {}
        self._inks: dict[int, QImage] = {}
        self.picture = QPixmap()

    def look(self, face: int, color: QColor) -> int:
        """Number of a look, from the left."""
        key = (face, color.rgba())
        if key not in self._looks:
            if face not in self._inks:
                self._inks[face] = self._drawn(face)
            self._add(self._inks[face], color)
            self._looks[key] = len(self.faces)
            self.faces.append(face)
        return self._looks[key]

    def _add(self, ink: QImage, color: QColor) -> None:
        left = self.width * len(self.faces)
        if left >= self.picture.width():
            before = self.picture
            self.picture = QPixmap(max(2 * left, LOOKS * self.width), ink.height())
            self.picture.fill(QColor(0, 0, 0, 0))
            painter = QPainter(self.picture)
            if left:
                painter.drawPixmap(0, 0, before)
            painter.end()
        tinted = QImage(ink)
        painter = QPainter(tinted)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(tinted.rect(), color)
        painter.end()
        painter = QPainter(self.picture)
        painter.drawImage(left, 0, tinted)
        painter.end()

    def _drawn(self, face: int) -> QImage:
        """One face's glyphs in white, one below the other; notes how wide and where they are."""
        runs = self._runs[face]
        count = len(runs) * PHASES
        self.advances[face * len(runs) :][: len(runs)] = [advance for _, advance in runs]
        image = QImage(self.width, count * self._height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        image.setDevicePixelRatio(self.scale)
        painter = QPainter(image)
        painter.setPen(QColor("white"))
        for number in range(BLANKS * PHASES, count):
            slot, phase = divmod(number, PHASES)
            # A bit more than the phase: rounding must not make it the one before.
            x, y = self._margin + phase / PHASES + 1 / 16, number * self._height + self._base
            painter.drawGlyphRun(QPointF(x, y) / self.scale, runs[slot][0])
        painter.end()
        image.setDevicePixelRatio(1)
        self._note_ink(image, self.fragments[face * count :][:count])
        return image

    def _note_ink(self, image: QImage, fragments: Numbers) -> None:
        ink = np.frombuffer(image.constBits(), np.uint32) != 0
        ink = ink.reshape(len(fragments), self._height, self.width)
        columns, rows = ink.any(axis=1), ink.any(axis=2)
        left, top = columns.argmax(axis=1), rows.argmax(axis=1)
        width = np.maximum(1, self.width - left - columns[:, ::-1].argmax(axis=1))
        height = self._height - top - rows[:, ::-1].argmax(axis=1)
        fragments[:, 0] = left - self._margin + width / 2
        fragments[:, 1] = top - self._base + height / 2
        fragments[:, 2] = left
        fragments[:, 3] = top + np.arange(len(fragments)) * self._height
        fragments[:, 4] = width
        fragments[:, 5] = height
        fragments[:, [6, 7, 9]] = 1


def _runs(font: QFont) -> list[tuple[QGlyphRun, float]]:
    """The glyph of every character, and how far it moves the pen; those that are one glyph."""
    found = [(QGlyphRun(), 0.0)]  # of END
    for character in CHARACTERS[1:]:
        beside = "0" if character in MARKS else ""
        shaped = _shaped(font, f"{beside}{character}{beside}")
        if len(shaped) == 1 + 2 * len(beside):
            found.append(shaped[len(beside)])
    return found


def _shaped(font: QFont, text: str) -> list[tuple[QGlyphRun, float]]:
    """A run for each of a text's glyphs, and its advance."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    runs: list[tuple[QGlyphRun, float]] = []
    for found in layout.glyphRuns():
        glyphs, raw = found.glyphIndexes(), found.rawFont()
        for glyph, advance in zip(glyphs, raw.advancesForGlyphIndexes(glyphs), strict=True):
            run = QGlyphRun()
            run.setRawFont(raw)
            run.setGlyphIndexes([glyph])
            run.setPositions([QPointF()])
            runs.append((run, advance.x()))
    return runs
