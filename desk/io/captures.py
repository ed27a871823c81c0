"""Recorded market data, in any format that the desk reads: what happened, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, TypeAlias

from desk.io import cryptofeed, hftbacktest, recording
from desk.io.capture_files import CaptureLine, Progress, RawLine, read_lines
from desk.model.instrument import Instrument
from desk.venues.binance_recorded import connection_of

Format: TypeAlias = Literal["desk", "hftbacktest", "cryptofeed"]

FORMATS: tuple[Format, ...] = ("desk", "hftbacktest", "cryptofeed")

_PARSERS: Mapping[Format, Callable[[Iterable[RawLine]], Iterator[CaptureLine]]] = {
    "desk": recording.parsed,
    "hftbacktest": hftbacktest.parsed,
    "cryptofeed": cryptofeed.parsed,
}

_LINES_TO_TELL = 2_000
"""Lines looked at to tell which connection a capture is of."""


def format_of(path: str) -> Format:
    """Tell the format of a capture by its first line; one of no format is taken for the oldest."""
    first = next(read_lines([path]))
    if recording.is_recording(first.text):
        return "desk"
    return "cryptofeed" if cryptofeed.is_cryptofeed(first.text) else "hftbacktest"


def read_capture(
    paths: Iterable[str],
    kind: Format,
    progress: Progress | None = None,
    torn: Callable[[str], None] | None = None,
) -> Iterator[CaptureLine]:
    """Yield what happened, file by file; raise InputError for what is no such capture.

    A recording of the desk that is cut short, as a crash leaves it, is read as far as it goes,
    and `torn` is told; captures of others are refused.
    """
    recorded = kind == "desk"
    return _PARSERS[kind](read_lines(paths, progress, torn if recorded else None))


def connections_in(paths: Sequence[str], kind: Format) -> list[str]:
    """Tell the connections that captures were made on; none: their heads do not tell.

    Recordings list them, cryptofeed's files name addresses, and of the others Binance's frames
    tell their product.
    """
    if kind == "desk":
        return list(listed_instruments(paths))
    lines = islice(read_capture(paths[:1], kind), _LINES_TO_TELL)
    told = (line.connection or connection_of(line.payload) for line in lines)
    found = next((connection for connection in told if connection), None)
    return [] if found is None else [found]


def listed_instruments(paths: Sequence[str]) -> dict[str, list[Instrument]]:
    """Return the instruments of each connection in the desk's own recordings, the first listed."""
    found: dict[str, list[Instrument]] = {}
    for path in paths:
        for connection, listing in recording.listings(read_lines([path], torn=_ignore)).items():
            found.setdefault(connection, listing.instruments)
    return found


def _ignore(_said: str) -> None:
    """Say nothing: who reads the whole file says it."""
