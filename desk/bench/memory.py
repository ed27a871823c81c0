"""`desk bench memory`: what the workstation holds at rest, and what a million messages leave.

At rest the real program is measured, window, engine and market, offscreen where no platform is
chosen: each process alone, what it shares with the others by its share (PSS) where the system
tells that. For the growth an engine hears a stream that never ends, made beforehand and given anew;
what it holds after the second half is compared with what it held after the first.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from desk.bench.row import Given, Row, row
from desk.bench.trading import Trading
from desk.model.market_data import MarketEvent

REST_MB, GROWTH_MB = 300.0, 1.0
LEAST_REST_S = 20.0
MESSAGES = 1_000_000
"""In each half."""
BATCH = 64
STOP_S = 20.0


class Held(msgspec.Struct):
    """One process: its command, and megabytes."""

    name: str
    resident_mb: float
    share_mb: float
    """Of what several share, this one's part; all that is resident where nobody says."""


def resident_mb(pid: int | str = "self") -> float:
    """Return what a process holds; nothing where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(given: Given) -> list[Row]:
    """Return the rows: all processes at rest, each of them, and the growth."""
    seconds = max(LEAST_REST_S, given.seconds)
    held = at_rest(seconds)
    grown_mb = growth_mb(MESSAGES)
    shares = [one.share_mb for one in held]
    each = ", ".join(f"{one.name} {one.resident_mb:.0f}" for one in held)
    return [
        row(
            "memory at rest: window, engine and market",
            sum(shares) if len(held) > 1 else None,
            "MB",
            most=REST_MB,
            note=f"after {seconds:g} s, what is shared counted once; resident, each alone: {each}",
        ),
        row(
            "memory: growth for a million messages",
            grown_mb,
            "MB",
            most=GROWTH_MB,
            note=f"resident, the second {MESSAGES:,} messages through the engine after the first",
        ),
    ]


def at_rest(seconds: float) -> list[Held]:
    """Run the whole program on its embedded market for a while; return what each process holds."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        argv = [sys.executable, "-m", "desk", "--account", f"{folder}/desk"]
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, env=environment)
        try:
            time.sleep(seconds)
            if process.poll() is not None:
                return []
            return [_held(pid) for pid in (process.pid, *_below(process.pid))]
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _below(parent: int) -> Iterator[int]:
    """Yield the processes that a process has started, and those that they have."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == parent:
            pid = int(place.parent.name)
            yield pid
            yield from _below(pid)


def _held(pid: int) -> Held:
    resident = resident_mb(pid)
    return Held(_name(pid), resident, _share_mb(pid) or resident)


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    known = {"spawn_main": "window", "resource_tracker": "tracker", "sim": "market"}
    return next((name for part, name in known.items() if any(part in w for w in words)), "engine")


def _share_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_000


def growth_mb(messages: int) -> float:
    """Let an engine hear twice as many messages; return what the second half has added."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        trading = Trading(Path(folder) / "desk")
        trading.hear_market()
        stream = trading.stream(BATCH)
        _hear(trading, stream, messages)
        gc.collect()
        before_mb = resident_mb()
        _hear(trading, stream, messages)
        gc.collect()
        grown_mb = resident_mb() - before_mb
        trading.close()
        return grown_mb * 1_000_000 / messages


def _hear(trading: Trading, stream: Iterator[list[MarketEvent]], messages: int) -> None:
    for _ in range(messages // BATCH):
        trading.runtime.hear(next(stream))
