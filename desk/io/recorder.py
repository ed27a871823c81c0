"""Writing a recording to disk: files that are whole, or readable as far as they go.

* The file that is being written is `FILE.jsonl.gz.part`. It is named `FILE.jsonl.gz` at the end,
  and `FILE.0001.jsonl.gz`, `FILE.0002.jsonl.gz`, … when it has grown to its largest size and the
  next one is begun: in the order of their names they are the recording. Nothing is overwritten.
* Every write is a gzip member of whole lines; one that does not fit on the disk is taken back.
* All files together are bounded: the recording then ends. The oldest are not removed, because
  books begin with a snapshot that stands there, and without it the rest is worth little.
"""

from __future__ import annotations

import errno
import gzip
import os
from io import FileIO
from pathlib import Path

import msgspec

from desk.io.clock import SystemClock
from desk.io.disk import append_whole, free_bytes, new_private, sync_file, sync_folder
from desk.io.recording import happened_line
from desk.io.tap import Tapped
from desk.model.errors import InputError, RecordingError

_ENDING = ".jsonl.gz"

LARGEST_BACKLOG_BYTES = 64 << 20
"""What may wait for the disk; beyond it the recording ends rather than have a hole."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much room a recording may take, in bytes on the disk."""

    file: int = 256 << 20
    """Of one file; at least one write goes into each."""
    total: int = 8 << 30
    """Of all files together."""
    spare: int = 64 << 20
    """Left free on the disk: a desk's journal may live there too."""


class Recorder:
    """The files of one recording; every call may block for as long as the disk takes."""

    def __init__(self, out: Path, head: bytes, bounds: Bounds) -> None:
        """Begin the first file with its head; InputError when it is there or cannot be made."""
        self.files: list[Path] = []
        """Those that are finished."""
        self.size = 0
        """Of all files, in bytes."""
        self.lines = 0
        """Written, heads not counted."""
        self._out = out
        self._part = out.with_name(f"{out.name}.part")
        self._head = gzip.compress(head, mtime=0)
        self._bounds = bounds
        for taken in (out, self._part, self._numbered(1)):
            if taken.exists():
                raise InputError(
                    source="--out", expected="a name that is not taken", found=str(taken)
                )
        self._file_size = 0
        try:
            self._file = self._begin()
            self._append_or_remove(self._head)
        except OSError as error:
            raise InputError(
                source="--out",
                expected="a file that can be written",
                found=f"{self._part}: {error.strerror or error}",
            ) from None

    def write(self, lines: bytes) -> bool:
        """Add whole lines; return False when they would pass the bound, and are not written.

        Raises RecordingError when the disk is full or refuses; what was written before remains.
        """
        member = gzip.compress(lines, mtime=0)
        is_fresh = self._file_size <= len(self._head)
        rotating = not is_fresh and self._file_size + len(member) > self._bounds.file
        more = len(member) + (len(self._head) if rotating else 0)
        if self.size + more > self._bounds.total:
            return False
        try:
            self._check_room(more)
            if rotating:
                self._finish(self._numbered(len(self.files) + 1))
                self._file, self._file_size = self._begin(), 0
                self._append(self._head)
            self._append(member)
        except OSError as error:
            raise self._refused(error) from None
        self.lines += lines.count(b"\n")
        return True

    def close(self) -> None:
        """Finish the last file; raise RecordingError when the disk refuses."""
        try:
            if not self._file.closed:
                self._finish(self._out)
        except OSError as error:
            raise self._refused(error) from None
        finally:
            self._file.close()

    def _begin(self) -> FileIO:
        return new_private(self._part)

    def _append(self, member: bytes) -> None:
        append_whole(self._file, self._file_size, member)
        self._file_size += len(member)
        self.size += len(member)

    def _append_or_remove(self, head: bytes) -> None:
        """Write the first head; a file without one would only take the name at the next try."""
        try:
            self._append(head)
        except OSError:
            self._file.close()
            self._part.unlink(missing_ok=True)
            raise

    def _finish(self, name: Path) -> None:
        sync_file(self._file)
        if name.exists():
            raise FileExistsError(errno.EEXIST, f"{name.name} exists", str(name))
        self._file.close()
        os.rename(self._part, name)
        sync_folder(name.parent)
        self.files.append(name)

    def _check_room(self, more: int) -> None:
        spare = self._bounds.spare
        if free_bytes(self._part.parent) < spare + more:
            raise OSError(errno.ENOSPC, f"less than {spare >> 20} MiB would be left on the disk")

    def _refused(self, error: OSError) -> RecordingError:
        why = error.strerror or error
        return RecordingError(f"{self._out}: {why}; what was recorded before that is kept")

    def _numbered(self, number: int) -> Path:
        ending = _ENDING if self._out.name.endswith(_ENDING) else ""
        stem = self._out.name.removesuffix(ending) if ending else self._out.name
        return self._out.with_name(f"{stem}.{number:04}{ending}")


class Tape:
    """What happened since the last write, as lines."""

    def __init__(self, clock: SystemClock) -> None:
        self.is_overfull = False
        """More came than the disk took: nothing is taped any more."""
        self._clock = clock
        self._lines: list[bytes] = []
        self._waiting = 0
        self._stopped = False

    def add(self, tapped: Tapped) -> None:
        """Note one thing that happened; never blocks."""
        if self._stopped:
            return
        ahead_ns = self._clock.wall_ns() - self._clock.boot_ns()
        line = happened_line(tapped, max(0, tapped.boot_ns + ahead_ns))
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting > LARGEST_BACKLOG_BYTES:
            self.is_overfull = self._stopped = True

    def stop(self) -> None:
        """Note nothing more: what closing the sockets brings about was not the venue's doing."""
        self._stopped = True

    def take(self) -> bytes:
        """Hand over the lines; empty when nothing has happened."""
        lines, self._lines, self._waiting = self._lines, [], 0
        return b"".join(lines)
