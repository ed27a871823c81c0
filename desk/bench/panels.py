"""`desk bench panels`: what the real window costs on the seeded market, panel by panel.

The whole program runs offscreen with two positions and three working orders, at normal and at
twenty times the market's speed. A frame of 60 a second has 16.7 ms.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from desk.bench.row import Given, Row, percentile, rounded, row

PROBE_VARIABLE, SECONDS_VARIABLE = "DESK_PANELS_PROBE", "DESK_PANELS_SECONDS"
SPEEDS = ("1", "20")
PATIENCE_S = 60
LEAST_S = 10.0
FRAME_TARGET_MS = 12.0
"""Most that the whole Trade layout may take to paint."""
STALL_TARGET_MS = 4.0
SESSION = """\
deposit 250000 USDT
wait BTCUSDT-PERP.BINANCE ETHUSDT-PERP.BINANCE
buy 2 BTCUSDT-PERP.BINANCE market
sell 30 ETHUSDT-PERP.BINANCE market
buy 1 BTCUSDT-PERP.BINANCE limit 60000
sell 1 BTCUSDT-PERP.BINANCE limit 66000
sync
"""


class Report(msgspec.Struct):
    """What the window measured of itself."""

    panels: dict[str, list[float]] = {}
    frames_ms: list[float] = []
    taken_ms: list[float] = []
    stalls_ms: list[float] = []
    worked_ms: list[float] = []
    seconds: float = 0.0
    cpu_s: float = 0.0
    rss_mb: float = 0.0


def measure(given: Given, layout: str = "Trade") -> list[Row]:
    """Run the program at each speed and return its rows, the dearest panel first."""
    rows: list[Row] = []
    seconds = max(given.seconds, LEAST_S)
    for speed in SPEEDS:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            report = _measured(
                f"{folder}/desk", Path(folder) / "panels.json", speed, seconds, layout
            )
        rows += rows_of(report, f"{layout} x{speed}")
    return rows


def rows_of(report: Report, at: str) -> list[Row]:
    """Return the rows of one run."""
    dear = sorted(report.panels.items(), key=lambda item: -sum(item[1]))
    busy = 100 * report.cpu_s / report.seconds if report.seconds else None
    return [
        _row(f"{at}: a frame painted", report.frames_ms, FRAME_TARGET_MS, 0.95),
        _row(f"{at}: a frame taken in", report.taken_ms),
        _row(f"{at}: heartbeat stall", report.stalls_ms, STALL_TARGET_MS, 0.99),
        _row(f"{at}: processor time between two heartbeats", report.worked_ms, None, 0.99),
        *(_row(f"{at}: {name}", times) for name, times in dear if len(times) > 1),
        row(f"{at}: window CPU", busy, "% of a core"),
        row(f"{at}: window memory", report.rss_mb or None, "MB"),
    ]


def _row(name: str, times: Sequence[float], target: float | None = None, share: float = 0.5) -> Row:
    """One row: the median, or the share that a target is for; the others in the note."""
    parts = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    others = ", ".join(f"{part} {rounded(percentile(times, at))}" for part, at in parts.items())
    return row(
        f"{name} p{share * 100:g}",
        percentile(times, share),
        "ms",
        reference=target,
        most=target,
        note=f"{len(times)} times; {others}",
    )


def _measured(folder: str, report: Path, speed: str, seconds: float, layout: str) -> Report:
    desk = [sys.executable, "-m", "desk"]
    account = ["--account", folder]
    subprocess.run(
        [*desk, "console", *account],
        input=SESSION,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        capture_output=True,
    )
    environment = {**os.environ, PROBE_VARIABLE: str(report), SECONDS_VARIABLE: f"{seconds}"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    process = subprocess.Popen(
        [*desk, *account, "--speed", speed, "--layout", layout],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        return _read(report, time.monotonic() + PATIENCE_S + seconds)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)


def _read(report: Path, until_s: float) -> Report:
    while time.monotonic() < until_s:
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(report.read_bytes(), type=Report)
        time.sleep(0.25)
    return Report()
