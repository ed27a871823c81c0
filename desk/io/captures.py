"""Recorded market data: from files to the events that a live feed would have given.

The `hftbacktest` format: one frame a line, `<receive time, unix ns> <json>`, plain or gzip. A
REST snapshot stands between the frames as it came, without a stream name; it belongs to the one
instrument of its file.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from desk.model.errors import InputError
from desk.model.market_data import MarketEvent
from desk.venues.binance import BinanceProtocol
from desk.venues.binance_recorded import connection_of, recorded_snapshot, symbol_of
from desk.venues.protocol import MAX_RESPONSE_BYTES, RestRequest

Progress = Callable[[int, int], None]
"""Told now and then: bytes read of all the files, bytes in all."""

_GZIP_MAGIC = b"\x1f\x8b"
_PROGRESS_LINES = 20_000
_LINES_TO_TELL = 2_000
"""Lines looked at to tell which connection a capture is of."""

_LARGEST_STAMP = (1 << 63) - 1
_FOUND_CHARACTERS = 60


class CaptureLine(NamedTuple):
    """One recorded frame or answer."""

    source: str
    number: int
    """1-based."""
    ts_recv_ns: int
    """Unix time of the recorder's clock."""
    payload: bytes


class Played(NamedTuple):
    """What one line gave."""

    line: CaptureLine
    events: list[MarketEvent]


def read_hftbacktest(
    paths: Iterable[str], progress: Progress | None = None
) -> Iterator[CaptureLine]:
    """Yield the lines of captures, file by file.

    Raises InputError for a file that cannot be read, is empty or cut short, and for a line that
    does not begin with a receive time. Whether the rest of a line is sense is the protocol's
    affair.
    """
    files = [Path(path) for path in paths]
    total = sum(_size(path) for path in files)
    before = 0
    for path in files:
        for line, read in _lines(path):
            yield line
            if progress is not None and line.number % _PROGRESS_LINES == 0:
                progress(before + read, total)
        before += _size(path)


def connection_in(paths: Iterable[str]) -> str | None:
    """Tell the connection that captures were made on, by their first frames; None: unclear."""
    for line in read_hftbacktest(list(paths)[:1]):
        found = connection_of(line.payload)
        if found is not None or line.number >= _LINES_TO_TELL:
            return found
    return None


def play(lines: Iterable[CaptureLine], protocol: BinanceProtocol) -> Iterator[Played]:
    """Run recorded lines through a protocol, one by one; the receive times are the recorder's."""
    source, symbol = "", None
    symbols: set[str] = set()
    waiting: list[CaptureLine] = []
    """Snapshots at the head of a file, until a frame tells of which instrument."""
    for line in lines:
        if line.source != source:
            source, symbol = line.source, None
        named = recorded_snapshot(line.payload)
        if named is not None:
            if named or symbol:
                yield Played(line, _snapshot(line, named or symbol, protocol))
            else:
                waiting.append(line)
            continue
        if symbol is None:
            symbol = symbol_of(line.payload)
            if symbol is not None:
                symbols.add(symbol)
                for snapshot in waiting:
                    yield Played(snapshot, _snapshot(snapshot, symbol, protocol))
                waiting.clear()
        protocol.receive_frame(line.payload, line.ts_recv_ns)
        yield Played(line, protocol.events_received())
    only = symbols.pop() if len(symbols) == 1 else None
    for snapshot in waiting:
        yield Played(snapshot, _snapshot(snapshot, only, protocol))


def _snapshot(
    line: CaptureLine, symbol: str | None, protocol: BinanceProtocol
) -> list[MarketEvent]:
    # Nobody answers requests in a recording: what the protocol asks for is dropped.
    protocol.requests_to_send()
    request = RestRequest(protocol.connection, "", symbol or "")
    protocol.receive_response(request, line.payload, line.ts_recv_ns)
    return protocol.events_received()


def _lines(path: Path) -> Iterator[tuple[CaptureLine, int]]:
    source, number = str(path), 0
    try:
        with path.open("rb") as raw:
            stream = _opened(raw)
            while line := stream.readline(MAX_RESPONSE_BYTES):
                number += 1
                if line.strip():
                    yield _parsed(line, source, number), raw.tell()
    except (OSError, EOFError, zlib.error) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            source=source,
            line=number + 1 if number else None,
            expected="a capture, plain or gzip",
            found=what,
        ) from None
    if number == 0:
        raise InputError(source=source, expected="a capture", found="an empty file")


def _opened(raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    magic = raw.read(len(_GZIP_MAGIC))
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if magic == _GZIP_MAGIC else raw


def _parsed(line: bytes, source: str, number: int) -> CaptureLine:
    stamp, _, payload = line.partition(b" ")
    payload = payload.strip()
    if stamp.isdigit() and len(stamp) < 20 and int(stamp) <= _LARGEST_STAMP and payload:
        return CaptureLine(source, number, int(stamp), payload)
    found = line[:_FOUND_CHARACTERS].decode(errors="replace").rstrip()
    raise InputError(
        source=source,
        line=number,
        expected="<receive time, unix ns> <json>",
        found="".join(letter if letter.isprintable() else "?" for letter in found),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(
            source=str(path), expected="a readable file", found=error.strerror or str(error)
        ) from None
