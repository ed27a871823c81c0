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
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from desk.bench.row import Given, Row
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


def measure(given: Given) -> list[Row]:
    """Start both so often, in turn, and return the rows."""
    ours: list[tuple[float, float]] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        desk = ["-m", "desk", "--account", f"{folder}/desk"]
        _started(desk, Path(folder) / "first.json")  # the desk's folder is made once
        for number in range(max(given.repeats, LEAST_STARTS)):
            shown_ns, found = _started(desk, Path(folder) / f"desk{number}.json")
            if found is not None and found.data_ns is not None:
                ours.append(((found.window_ns - shown_ns) / 1e6, (found.data_ns - shown_ns) / 1e6))
            report = Path(folder) / f"bare{number}.json"
            shown_ns, found = _started(["-m", "ui.measure.bare", str(report)], report)
            if found is not None:
                bare.append((found.window_ns - shown_ns) / 1e6)
    return rows_of(ours, bare)


def rows_of(ours: list[tuple[float, float]], bare: list[float]) -> list[dict[str, Any]]:
    """Rows of what was measured, milliseconds: window and first price of each start."""
    window = median(one for one, _ in ours) if ours else None
    data = median(one for _, one in ours) if ours else None
    reference = median(bare) if bare else None
    ratio = window / reference if window is not None and reference else None
    note = f"{len(ours)} and {len(bare)} starts"
    return [
        {
            "name": "window painted, from the command",
            "value": window and round(window, 1),
            "unit": "ms",
            "reference": reference and round(reference, 1),
            "ratio": ratio and round(ratio, 3),
            "target": f"ratio <= {WINDOW_TARGET:g}",
            "ok": ratio is not None and ratio <= WINDOW_TARGET,
            "note": f"{note}; reference: a bare PySide6 table",
        },
        {
            "name": "first price painted, from the command",
            "value": data and round(data, 1),
            "unit": "ms",
            "reference": DATA_TARGET_MS,
            "ratio": data and round(data / DATA_TARGET_MS, 3),
            "target": f"<= {DATA_TARGET_MS:g}",
            "ok": data is not None and data <= DATA_TARGET_MS,
            "note": note,
        },
    ]


def _started(arguments: list[str], report: Path) -> tuple[int, Report | None]:
    """Start once; return when, and what was reported before it was ended."""
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
        return began_ns, _read(report, time.monotonic() + PATIENCE_S)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)


def _read(report: Path, until_s: float) -> Report | None:
    while time.monotonic() < until_s:
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(report.read_bytes(), type=Report)
        time.sleep(0.05)
    return None
