"""Writing the film: one file a Hong Kong day, bounded, and never at the journal's cost.

Pictures go to the system as they come and are not synced: a process that is killed loses none that
was written, a machine that loses power those of its last seconds. The journal loses nothing.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import msgspec

from desk.io.disk import PRIVATE_FOLDER_MODE, append_whole, free_bytes, open_private
from desk.io.film_format import Fields, packed_key, packed_rest, record, split
from desk.io.hong_kong import day_of

FOLDER = "film"
ENDING = ".film"
KEY_MS = 60_000
"""A picture leans on one that is no older."""


class FilmBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much room the film may take; the oldest days go first."""

    days: int = 30
    total: int = 4 << 30
    """Bytes of all days."""
    spare: int = 24 << 20
    """Bytes left free on the disk: the journal's reserve, its headroom, and some."""


class FilmStopped(Exception):
    """Nothing more is filmed for now; the message is a sentence."""


def film_files(folder: Path) -> list[Path]:
    """Return the films of a desk folder, oldest day first."""
    return sorted((folder / FOLDER).glob(f"????-??-??{ENDING}"))


class FilmWriter:
    """Appends pictures; every call may block. One thread."""

    def __init__(
        self,
        folder: Path,
        bounds: FilmBounds | None = None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`folder` is the desk's; nothing is made before the first picture."""
        self._folder = folder
        self._bounds, self._free = bounds or FilmBounds(), free
        self._file: FileIO | None = None
        self._day = ""
        self._key: Fields = {}
        self._key_ms = 0
        self._key_crc: int = 0
        self._crc = 0
        self._size = 0
        """Bytes of the day's file."""
        self._others: list[tuple[Path, int]] = []
        """Files of other days and their bytes, oldest first."""

    def write(self, frame: bytes, wall_ms: int, seq: int) -> None:
        """Append an encoded picture. Raises FilmStopped: it was left out, and why."""
        try:
            self._write(split(frame), wall_ms, seq)
        except OSError as error:
            self.close()
            why = "the disk is full" if error.errno == errno.ENOSPC else f"{error.strerror}"
            raise FilmStopped(f"The film stands still: {why}.") from error

    def _write(self, fields: Fields, wall_ms: int, seq: int) -> None:
        if (day := day_of(wall_ms)) != self._day:
            self.close()
        is_key = self._file is None or not 0 <= wall_ms - self._key_ms < KEY_MS
        body = packed_key(fields) if is_key else packed_rest(fields, self._key)
        file = self._file or self._open(day)
        self._require_room(len(body))
        key = 0 if is_key else self._key_crc
        crc, data = record(self._crc, wall_ms, seq, body, key)
        append_whole(file, self._size, data)
        self._crc = crc
        self._size += len(data)
        if is_key:
            self._key, self._key_ms, self._key_crc = fields, wall_ms, crc

    def _require_room(self, size: int) -> None:
        free = self._free(self._folder)
        if free < self._bounds.spare + size:
            self.close()
            raise FilmStopped(
                f"The film stands still: {free >> 20} MiB are free on the disk, and the last"
                f" {self._bounds.spare >> 20} are the journal's."
            )
        while self._others and self._size + size > self._bounds.total - self._others_bytes():
            self._others.pop(0)[0].unlink(missing_ok=True)
        if self._size + size > self._bounds.total:
            raise FilmStopped(f"The film of {self._day} has reached {self._size >> 20} MiB.")

    def _others_bytes(self) -> int:
        return sum(size for _, size in self._others)

    def _open(self, day: str) -> FileIO:
        place = self._folder / FOLDER
        place.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
        path = place / f"{day}{ENDING}"
        others = [one for one in film_files(self._folder) if one != path]
        kept = max(0, self._bounds.days - 1)
        for old in others[: max(0, len(others) - kept)]:
            old.unlink(missing_ok=True)
        self._others = [(one, one.stat().st_size) for one in others if one.exists()]
        file = open_private(path)
        self._size = file.seek(0, os.SEEK_END)
        self._file, self._day, self._crc = file, day, 0
        return file

    def close(self) -> None:
        """Close the file; the next picture begins a new run. Again is harmless."""
        if self._file is not None:
            self._file.close()
        self._file, self._key = None, {}
