"""`desk bench start`: from the command to the window, and to the first price in it.

Beside it, in turn, a bare PySide6 window started the same way: the interpreter, one module, one
table. Both are started so often and the medians compared; a folder that is set up is the rule.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from desk.bench.pairs import in_turn
from desk.bench.row import Given, Row, row
from desk.io.clock import SystemClock

PROBE_VARIABLE = "DESK_START_PROBE"
PATIENCE_S = 60
LEAST_STARTS = 5
WINDOW_TARGET = 2.5
"""Times a bare window."""
DATA_TARGET_MS = 1_500.0


class Report(msgspec.Struct):
    """Moments on the boot-time clock."""

    window_ns: int
    data_ns: int | None = None


class Start(NamedTuple):
    """Milliseconds from the command; None: it was not reported."""

    window_ms: float | None
    data_ms: float | None


def measure(given: Given) -> list[Row]:
    """Start both so often, in turn, and return the rows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        reports = (Path(folder) / f"{number}.json" for number in count())

        def desk() -> Start:
            return _started(["-m", "desk", "--account", f"{folder}/desk"], next(reports))

        def bare() -> Start:
            report = next(reports)
            return _started(["-m", "ui.measure.bare", str(report)], report)

        desk()  # the desk's folder is made once
        starts, discarded = in_turn(desk, bare, max(given.repeats, LEAST_STARTS))
    return rows_of([one for one, _ in starts], [other for _, other in starts], discarded)


def rows_of(ours: Sequence[Start], bare: Sequence[Start], discarded: int = 0) -> list[Row]:
    """Rows of what was measured: window and first price, medians of the starts that reported."""
    windows, plain, data = (
        [one for one in times if one is not None]
        for times in (
            [one.window_ms for one in ours],
            [one.window_ms for one in bare],
            [one.data_ms for one in ours],
        )
    )
    thrown = f", {discarded} pairs thrown away" if discarded else ""
    note = f"{len(windows)} and {len(plain)} starts in turn{thrown}"
    return [
        row(
            "window painted, from the command",
            _median(windows),
            "ms",
            reference=_median(plain),
            most_times=WINDOW_TARGET,
            note=f"{note}; reference: a bare PySide6 table",
        ),
        row(
            "first price painted, from the command",
            _median(data),
            "ms",
            reference=DATA_TARGET_MS,
            most=DATA_TARGET_MS,
            note=note,
        ),
    ]


def _median(times: Sequence[float]) -> float | None:
    return median(times) if times else None


def _started(arguments: list[str], report: Path) -> Start:
    """Start once; return what was reported before it was ended."""
    environment = {**os.environ, PROBE_VARIABLE: str(report)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    began_ns = SystemClock().boot_ns()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        found = _read(report, time.monotonic() + PATIENCE_S)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
    if found is None:
        return Start(None, None)
    data_ms = None if found.data_ns is None else (found.data_ns - began_ns) / 1e6
    return Start((found.window_ns - began_ns) / 1e6, data_ms)


def _read(report: Path, until_s: float) -> Report | None:
    while time.monotonic() < until_s:
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(report.read_bytes(), type=Report)
        time.sleep(0.05)
    return None
