"""Files of recorded market data: their lines, plain or gzip, and what a line says."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

from desk.model.errors import InputError
from desk.venues.protocol import MAX_RESPONSE_BYTES, RestRequest

Progress: TypeAlias = Callable[[int, int], None]
"""Told now and then: bytes read of all the files, bytes in all."""

What: TypeAlias = Literal["opened", "closed", "received", "sent", "answered"]
"""What happened to a socket; `answered` is a REST answer, with its request."""

LARGEST_STAMP_NS = (1 << 63) - 1

_GZIP_MAGIC = b"\x1f\x8b"
_PROGRESS_LINES = 20_000
_FOUND_CHARACTERS = 60

_LARGEST_LINE_BYTES = 6 * MAX_RESPONSE_BYTES
"""JSON may spell a byte of the largest answer with six characters."""


RECORDING_GENERATIONS = 1 << 32
"""Generations of a recording begin at a multiple of this: other sockets, whatever was open."""


class CaptureLine(NamedTuple):
    """One recorded frame or answer, or that a socket came or went."""

    source: str
    number: int
    """1-based."""
    ts_recv_ns: int
    """Unix time of the recorder's clock."""
    payload: bytes
    what: What = "received"
    connection: str = ""
    """Empty where the format does not tell."""
    path: str = ""
    """The socket's path; empty where the format does not tell."""
    request: RestRequest | None = None
    generation: int = 0
    """Counts the protocols of a connection: while it moves to new sockets, it has two."""


class RawLine(NamedTuple):
    """One line of a file, its end included."""

    source: str
    number: int
    text: bytes

    def refused(self, expected: str) -> InputError:
        """Return the error that shows what stands here instead of what was expected."""
        found = self.text[:_FOUND_CHARACTERS].decode(errors="replace").rstrip()
        return InputError(
            source=self.source,
            line=self.number,
            expected=expected,
            found="".join(letter if letter.isprintable() else "?" for letter in found),
        )


def read_lines(
    paths: Iterable[str],
    progress: Progress | None = None,
    torn: Callable[[str], None] | None = None,
) -> Iterator[RawLine]:
    """Yield the lines of captures that are not blank, file by file.

    Raises InputError for a file that cannot be read, is empty or is cut short; with `torn` a file
    that is cut short is read as far as its last whole line, and `torn` is told so.
    """
    files = [Path(path) for path in paths]
    total = sum(_size(path) for path in files)
    before = 0
    for path in files:
        for line, read in _lines(path, torn):
            yield line
            if progress is not None and line.number % _PROGRESS_LINES == 0:
                progress(before + read, total)
        before += _size(path)


def _lines(path: Path, torn: Callable[[str], None] | None) -> Iterator[tuple[RawLine, int]]:
    source, number = str(path), 0
    try:
        with path.open("rb") as raw:
            stream = _opened(raw)
            while text := stream.readline(_LARGEST_LINE_BYTES):
                if torn is not None and not text.endswith(b"\n"):
                    raise EOFError("the file ends inside a line")
                number += 1
                if text.strip():
                    yield RawLine(source, number, text), raw.tell()
    except (OSError, EOFError, zlib.error) as error:
        if torn is None or number == 0 or not isinstance(error, EOFError):
            what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise InputError(
                source=source,
                line=number + 1 if number else None,
                expected="a capture, plain or gzip",
                found=what,
            ) from None
        torn(f"{source}: cut short; read as far as line {number}")
    if number == 0:
        raise InputError(source=source, expected="a capture", found="an empty file")


def _opened(raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    magic = raw.read(len(_GZIP_MAGIC))
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if magic == _GZIP_MAGIC else raw


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(
            source=str(path), expected="a readable file", found=error.strerror or str(error)
        ) from None
