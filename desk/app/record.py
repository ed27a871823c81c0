"""`desk record`: what venues send, byte for byte, into files that can be replayed.

The answer on standard output, when it ends:
`{"files": […], "connections": […], "lines": N, "bytes": N, "duration_s": S, "ended": WHY}`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from desk.app.listening import Listening, chosen_connections
from desk.app.options import market_of
from desk.cli.arguments import Arguments
from desk.io.addresses import market_urls
from desk.io.clock import SystemClock
from desk.io.recorder import Bounds, Recorder, Tape
from desk.io.recording import Listing, listing_line
from desk.io.stopping import stop_signal
from desk.model.errors import InputError, RecordingError
from desk.model.numbers import parse_decimal
from desk.venues.protocol import SocketUrls

_PROGRAM = "desk record"
_WRITE_S = 0.5
"""What a crash may lose, with the time that a write takes."""

_SMALLEST_BYTES = 1 << 14
_LARGEST_BYTES = 1 << 50
_LONGEST_S = 366 * 86_400

_DESCRIPTION = (
    "Record what venues send, until --seconds have passed or Ctrl-C. While it is written, FILE has "
    ".part behind its name. A file of --max-bytes is closed as FILE.0001.jsonl.gz, and so on; at "
    "--max-total-bytes the recording ends with a sentence, and what it has is kept: the beginning, "
    "which the rest is worth little without, is never removed. Nothing is overwritten. On a disk "
    "that is nearly full the recording ends too, so that a desk can still keep its journal there."
)


class _Asked(NamedTuple):
    """What the command line says."""

    out: Path
    names: list[str]
    urls: Mapping[str, SocketUrls] | None
    seconds: float | None
    bounds: Bounds


def run(argv: list[str]) -> int:
    """Record until told to stop, and print what there is; raise InputError or RecordingError."""
    asked = _asked(argv)
    clock = SystemClock()
    tape = Tape(clock)
    listening = Listening(asked.names, asked.urls, clock, tape.add)
    asyncio.run(listening.learn())
    recorder = Recorder(asked.out, _head(listening, clock), asked.bounds)
    began_ns = clock.boot_ns()
    try:
        ended = asyncio.run(_record(asked, listening, tape, recorder))
    finally:
        recorder.close()
    print(f"{_PROGRAM}: ended, {ended}", file=sys.stderr)
    answer = {
        "files": [str(file) for file in recorder.files],
        "connections": asked.names,
        "lines": recorder.lines,
        "bytes": recorder.size,
        "duration_s": round((clock.boot_ns() - began_ns) / 1e9, 3),
        "ended": ended,
    }
    print(msgspec.json.encode(answer).decode())
    return 0


def _asked(argv: list[str]) -> _Asked:
    parser = Arguments(_PROGRAM, _DESCRIPTION)
    parser.add_argument(
        "--venue", action="append", default=[], metavar="V", help="venue or connection"
    )
    parser.add_argument("--out", required=True, metavar="FILE.jsonl.gz")
    parser.add_argument("--market", metavar="FILE|-", help="the ready line of a desk market")
    parser.add_argument("--seconds", metavar="N", help="how long")
    bounds = Bounds()
    parser.add_argument(
        "--max-bytes",
        default=str(bounds.file),
        metavar="N",
        help="of one file, on the disk; %(default)s",
    )
    parser.add_argument(
        "--max-total-bytes",
        default=str(bounds.total),
        metavar="N",
        help="of all files; %(default)s",
    )
    parsed = parser.parse_args(argv)
    if not parsed.venue and parsed.market is None:
        raise InputError(source=_PROGRAM, expected="--venue V or --market", found="neither")
    urls = None if parsed.market is None else market_urls(market_of(parsed.market), parsed.market)
    return _Asked(
        Path(parsed.out),
        chosen_connections(_PROGRAM, parsed.venue, urls),
        urls,
        _seconds(parsed.seconds),
        Bounds(
            file=_bytes("--max-bytes", parsed.max_bytes),
            total=_bytes("--max-total-bytes", parsed.max_total_bytes),
        ),
    )


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    seconds = parse_decimal(text)
    if seconds is None or not 0 < seconds <= _LONGEST_S:
        raise InputError(
            source=_PROGRAM, field="--seconds", expected=f"0 to {_LONGEST_S}", found=text
        )
    return float(seconds)


def _bytes(option: str, text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_BYTES))
    if not digits or not _SMALLEST_BYTES <= int(text) <= _LARGEST_BYTES:
        raise InputError(
            source=_PROGRAM,
            field=option,
            expected=f"a whole number from {_SMALLEST_BYTES} to {_LARGEST_BYTES}",
            found=text or "nothing",
        )
    return int(text)


def _head(listening: Listening, clock: SystemClock) -> bytes:
    """Return what every file begins with: the instruments in use, as they are listed now."""
    catalogue = listening.desk.catalogue
    wall_ns, boot_ns = clock.wall_ns(), clock.boot_ns()
    return b"".join(
        listing_line(
            Listing(
                connection=name,
                started_wall_ns=wall_ns,
                started_boot_ns=boot_ns,
                instruments=list(catalogue.of_connection(name).values()),
            )
        )
        for name in listening.connections
    )


async def _record(asked: _Asked, listens: Listening, tape: Tape, recorder: Recorder) -> str:
    """Listen and write; return why it ended."""
    told = asyncio.Event()
    listening = asyncio.create_task(listens.run())
    writing = asyncio.create_task(_write(tape, recorder, told))
    reasons = {
        listening: "a connection failed",
        writing: "the files have the size that they may have together",
        asyncio.create_task(_until_told()): "told to stop",
    }
    if asked.seconds is not None:
        reasons[asyncio.create_task(asyncio.sleep(asked.seconds))] = "the seconds have passed"
    print(f"{_PROGRAM}: {', '.join(asked.names)} into {asked.out}", file=sys.stderr, flush=True)
    done, _ = await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
    tape.stop()
    told.set()
    others = reasons.keys() - {writing}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await writing
    for task in done:
        task.result()
    return reasons[done.pop()]


async def _until_told() -> None:
    await stop_signal().wait()


async def _write(tape: Tape, recorder: Recorder, told: asyncio.Event) -> None:
    """Write twice a second until told to end, or until the files have the size they may have."""
    last = False
    while not last:
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), _WRITE_S)
        last = told.is_set()
        lines = tape.take()
        if lines and not await asyncio.to_thread(recorder.write, lines):
            return
        if tape.is_overfull:
            raise RecordingError("the disk takes less than the venues send: the recording ends")
