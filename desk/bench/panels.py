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
from typing import Any

import msgspec

from desk.bench.row import Given, Row

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


def rows_of(report: Report, at: str) -> list[dict[str, Any]]:
    """Return the rows of one run."""
    whole = [
        row(f"{at}: a frame painted", report.frames_ms, FRAME_TARGET_MS, 0.95),
        row(f"{at}: a frame taken in", report.taken_ms),
        row(f"{at}: heartbeat stall", report.stalls_ms, STALL_TARGET_MS, 0.99),
    ]
    dear = sorted(report.panels.items(), key=lambda item: -sum(item[1]))
    panels = [row(f"{at}: {name}", times) for name, times in dear if len(times) > 1]
    share = 100 * report.cpu_s / report.seconds if report.seconds else None
    cpu = {"name": f"{at}: window CPU", "value": share and round(share, 1), "unit": "% of a core"}
    memory = {"name": f"{at}: window memory", "value": round(report.rss_mb), "unit": "MB"}
    unmeasured = {"reference": None, "ratio": None, "target": None, "note": ""}
    return [
        *whole,
        *panels,
        *({**unmeasured, **one, "ok": bool(one["value"])} for one in (cpu, memory)),
    ]


def row(
    name: str, times: Sequence[float], target: float | None = None, share: float = 0.5
) -> dict[str, Any]:
    """One row: the median, or the share that a target is for; the others in the note."""
    ordered = sorted(times)

    def at(share: float) -> float | None:
        return (
            round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None
        )

    value = at(share)
    return {
        "name": f"{name} p{share * 100:g}",
        "value": value,
        "unit": "ms",
        "reference": target,
        "ratio": round(value / target, 3) if target and value is not None else None,
        "target": None if target is None else f"<= {target:g}",
        "ok": value is not None and (target is None or value <= target),
        "note": f"{len(ordered)} times; p50 {at(0.5)}, p95 {at(0.95)}, p99 {at(0.99)}, max {at(1)}",
    }


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
