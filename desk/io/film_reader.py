"""Reading the film and believing none of it: what does not hold is passed over, and said.

A file may be written by a desk at work meanwhile; what it appends is seen at the next look.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from desk.io.film_format import (
    HEADER,
    LARGEST_BODY,
    MAGIC,
    FilmDamaged,
    Mark,
    joined,
    mark_at,
    unpacked_key,
    unpacked_rest,
)
from desk.io.film_writer import ENDING, FOLDER, film_files
from desk.model.errors import FilmMissing
from desk.model.film import FilmSpan

_PIECE = 1 << 20
_WHOLE = _PIECE - LARGEST_BODY - HEADER.size
"""A record that begins in so much of a piece ends in it."""
HOLE_MS = 45_000
"""Longer without a picture: nothing was filmed."""


def film_days(folder: Path) -> list[str]:
    """Return the days of a desk folder that have a film, newest first."""
    return [path.name.removesuffix(ENDING) for path in film_files(folder)][::-1]


class FilmDay:
    """The film of one day, its records found once and what is appended later. One thread."""

    def __init__(self, folder: Path, day: str) -> None:
        self._path = folder / FOLDER / f"{day}{ENDING}"
        self.marks: list[Mark] = []
        self.damage: list[str] = []
        """Sentences, in the order of the file."""
        self._keys: dict[int, int] = {}
        """CRC of a key → its place."""
        self._latest: list[int] = []
        """Of each mark the highest wall clock so far: the clock may have been set back."""
        self._at = 0

    def look(self) -> Iterator[None]:
        """Find what is new; pauses between pieces. Raises OSError but for a file not there."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            while True:
                file.seek(self._at)
                piece = file.read(_PIECE)
                found = self._take(piece)
                yield
                if not found:
                    return

    def _take(self, piece: bytes) -> bool:
        """Note the records of a piece; False: the rest is no whole record yet."""
        view, offset, start = memoryview(piece), 0, self._at
        while (mark := mark_at(view, offset, start)) is not None:
            self._add(mark)
            offset += HEADER.size + mark.size
        if offset == 0 and (further := self._skip(piece, view)):
            offset = further
        self._at = start + offset
        return offset > 0

    def _skip(self, piece: bytes, view: memoryview) -> int:
        """Return how far to the next record that holds; 0: none is in sight.

        Where the piece is at the end of the file its last record may still be on its way.
        """
        place = piece.find(MAGIC, 1)
        while place >= 0:
            if mark_at(view, place) is not None:
                self.damage.append(f"{self._path.name}: {place} bytes are no picture.")
                return place
            place = piece.find(MAGIC, place + 1)
        if len(piece) == _PIECE:
            self.damage.append(f"{self._path.name}: {_WHOLE} bytes are no picture.")
            return _WHOLE
        return 0

    def _add(self, mark: Mark) -> None:
        last = self.marks[-1] if self.marks else None
        if mark.before != 0 and (last is None or last.crc != mark.before):
            self.damage.append(f"{self._path.name}: pictures before #{mark.seq:,} are missing.")
        if mark.key == 0:
            self._keys[mark.crc] = len(self.marks)
        self._latest.append(max(mark.wall_ms, self._latest[-1] if self._latest else 0))
        self.marks.append(mark)

    def nearest(self, wall_ms: int, seq: int | None = None) -> int:
        """Return the place of the first picture that shows a row of the journal; without one of
        the last picture at or before a time. Raises FilmMissing: there is none.
        """
        if seq is not None:
            place = bisect_left(self.marks, seq, key=lambda mark: mark.seq)
            if place < len(self.marks):
                return place
        place = bisect_right(self._latest, wall_ms) - 1
        if place < 0:
            raise FilmMissing("There is no picture of that time")
        return place

    def next_ms(self, place: int) -> int | None:
        """Return the time of the picture after one; None: it is the last."""
        return self.marks[place + 1].wall_ms if place + 1 < len(self.marks) else None

    def picture(self, place: int) -> bytes:
        """Return an encoded frame. Raises FilmDamaged, OSError."""
        mark = self.marks[place]
        with self._path.open("rb") as file:
            if mark.key == 0:
                return joined(unpacked_key(_body(file, mark)))
            key = self._keys.get(mark.key)
            if key is None:
                raise FilmDamaged("the picture that it leans on is lost")
            whole = unpacked_key(_body(file, self.marks[key]))
            return joined(unpacked_rest(_body(file, mark), whole))

    def spans(self) -> list[FilmSpan]:
        """Return the stretches without a hole."""
        found: list[FilmSpan] = []
        for mark in self.marks:
            if found and 0 <= mark.wall_ms - found[-1].to_ms <= HOLE_MS:
                found[-1] = FilmSpan(from_ms=found[-1].from_ms, to_ms=mark.wall_ms)
            else:
                found.append(FilmSpan(from_ms=mark.wall_ms, to_ms=mark.wall_ms))
        return found


def _body(file: BinaryIO, mark: Mark) -> bytes:
    """Return a body that still is what it was when it was found."""
    file.seek(mark.at)
    data = file.read(HEADER.size + mark.size)
    if (again := mark_at(data, 0)) is None or again.crc != mark.crc:
        raise FilmDamaged("it has changed since it was found")
    return data[HEADER.size :]
