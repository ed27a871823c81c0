"""`desk replay`: a recording through the real protocol, book and mark path, and what came of it."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator

from desk.cli.arguments import Arguments
from desk.cli.replay_report import ReplayReport
from desk.cli.shipped import shipped
from desk.io.capture_files import CaptureLine, Progress
from desk.io.captures import (
    FORMATS,
    Format,
    connections_in,
    format_of,
    listed_instruments,
    read_capture,
)
from desk.io.hftbacktest import with_answers
from desk.io.playing import play
from desk.model.catalogue import Catalogue
from desk.model.errors import InputError
from desk.venues.connections import protocol_of, venue_of

_PROGRAM = "desk replay"

_QUIET_S = 1.0
"""What takes no longer needs no progress."""


def run(argv: list[str]) -> int:
    """Print the replay report of one or more files; raise InputError for bad input."""
    parser = Arguments(_PROGRAM, "Play recordings through the real path and report.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--format", choices=FORMATS, help="told by the first line when left out")
    parser.add_argument("--venue", metavar="V", help="the connection to report on")
    parser.add_argument("--speed", default="max", metavar="max|N", help="times real time")
    arguments = parser.parse_args(argv)
    files: list[str] = arguments.files
    speed = _speed(arguments.speed)
    kind: Format = arguments.format or format_of(files[0])
    connection = _connection(arguments.venue, files, kind)
    catalogue = _catalogue(connection, files, kind)
    protocol = protocol_of(connection, catalogue.all())
    report = ReplayReport(catalogue, protocol)
    lines = _lines(files, kind, connection)
    for played in play(lines if speed is None else _paced(lines, speed), protocol):
        report.add(played)
    print(json.dumps(report.document(files), ensure_ascii=False))
    return 0


def _lines(files: list[str], kind: Format, connection: str) -> Iterator[CaptureLine]:
    """Return what happened on one connection; a line that names none belongs to every one."""
    lines = read_capture(files, kind, _progress(), _warn)
    if kind == "hftbacktest" and venue_of(connection) == "binance":
        return with_answers(lines, connection)
    return (line for line in lines if line.connection in {"", connection})


def _catalogue(connection: str, files: list[str], kind: Format) -> Catalogue:
    """Return the connection's instruments: as they were recorded, else as they ship."""
    listed = listed_instruments(files) if kind == "desk" else {}
    instruments = listed.get(connection)
    if instruments is None:
        instruments = list(shipped().catalogue.of_connection(connection).values())
    return Catalogue(instruments)


def _connection(wanted: str | None, files: list[str], kind: Format) -> str:
    """Choose the one connection that the report is about."""
    known = shipped().catalogue.connections()
    if wanted is not None and wanted not in {*known, *map(venue_of, known)}:
        raise InputError(
            source="--venue", expected=f"one of {', '.join(known)}", found=wanted or "nothing"
        )
    if wanted in known and kind != "desk":
        return wanted
    found = connections_in(files, kind)
    fitting = [c for c in found if c in known and wanted in {None, c, venue_of(c)}]
    if len(fitting) == 1:
        return fitting[0]
    if found:
        raise InputError(
            source=files[0],
            expected=f"--venue with one of {', '.join(found)}",
            found=wanted or "nothing",
        )
    raise InputError(
        source=files[0],
        expected=f"frames that tell their connection, or --venue {'|'.join(known)}",
        found="none at its head",
    )


def _speed(text: str) -> float | None:
    """Read `--speed`; None is as fast as it goes."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise InputError(source="--speed", expected="max or a number above 0", found=text)
    return speed


def _paced(lines: Iterator[CaptureLine], speed: float) -> Iterator[CaptureLine]:
    """Hold each line back until it is due by its receive time."""
    began_s: float | None = None
    first_ns = 0
    for line in lines:
        if began_s is None:
            began_s, first_ns = time.monotonic(), line.ts_recv_ns
        due_s = began_s + (line.ts_recv_ns - first_ns) / 1e9 / speed
        wait_s = due_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        yield line


def _progress() -> Progress | None:
    """Progress for somebody who watches and waits."""
    if not sys.stderr.isatty():
        return None
    began_s = time.monotonic()
    write: Callable[[str], object] = sys.stderr.write

    def tell(done: int, total: int) -> None:
        if time.monotonic() - began_s > _QUIET_S and total:
            write(f"\r{_PROGRAM}: {100 * done // total} %")

    return tell


def _warn(text: str) -> None:
    print(f"{_PROGRAM}: {text}", file=sys.stderr)
