"""`desk replay`: a recording through the real protocol, book and mark path, and what came of it."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator

from desk.cli.arguments import Arguments
from desk.cli.replay_report import ReplayReport
from desk.io.captures import CaptureLine, Progress, connection_in, play, read_hftbacktest
from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.model.errors import InputError
from desk.venues.binance import BinanceProtocol
from desk.venues.binance_product import PRODUCTS

_PROGRAM = "desk replay"
_VENUE = "binance"

_FORMATS = ("hftbacktest",)
_FORMATS_TO_COME = ("desk", "cryptofeed")

_QUIET_S = 1.0
"""What takes no longer needs no progress."""


def run(argv: list[str]) -> int:
    """Print the replay report of one or more files; raise InputError for bad input."""
    parser = Arguments(_PROGRAM, "Play recordings through the real path and report.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--format", choices=_FORMATS + _FORMATS_TO_COME, default=_FORMATS[0])
    parser.add_argument("--venue", metavar="V", help=f"{_VENUE}, {', '.join(PRODUCTS)}")
    parser.add_argument("--speed", default="max", metavar="max|N", help="times real time")
    arguments = parser.parse_args(argv)
    files: list[str] = arguments.files
    if arguments.format in _FORMATS_TO_COME:
        raise InputError(source="--format", expected=" or ".join(_FORMATS), found=arguments.format)
    speed = _speed(arguments.speed)
    connection = _connection(arguments.venue, files)
    catalogue = load_catalogue(resource("instruments.toml"))
    protocol = BinanceProtocol(connection, catalogue.of_connection(connection).values())
    report = ReplayReport(catalogue, protocol)
    lines = read_hftbacktest(files, _progress())
    for played in play(lines if speed is None else _paced(lines, speed), protocol):
        report.add(played)
    print(json.dumps(report.document(files), ensure_ascii=False))
    return 0


def _connection(venue: str | None, files: list[str]) -> str:
    if venue in PRODUCTS:
        return venue
    if venue not in {None, _VENUE}:
        known = ", ".join([_VENUE, *PRODUCTS])
        raise InputError(source="--venue", expected=f"one of {known}", found=venue or "nothing")
    found = connection_in(files)
    if found is None:
        raise InputError(
            source=files[0],
            expected=f"frames that tell their connection, or --venue {'|'.join(PRODUCTS)}",
            found="none at its head",
        )
    return found


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
