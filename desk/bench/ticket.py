"""`desk bench ticket`: from a key in the real window to the figures of its answer, painted.

The whole program runs on the embedded market, offscreen: key → draft → question through the pipe
→ the pipeline's answer → preview painted. The ratio is to the 50 ms in which a person sees no wait.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from desk.bench.row import Given, Row, percentile, row

PROBE_VARIABLE = "DESK_TICKET_PROBE"
BUDGET_MS = 50.0
PATIENCE_S = 120
DEPOSIT = "deposit 250000 USDT\nsync\n"


class _Report(msgspec.Struct):
    keys_ms: list[float] = []
    lost: int | None = None


def measure(given: Given) -> list[Row]:
    """Run the program once and return its rows: median, 99th percentile, keys without an answer."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report = Path(folder) / "keys.json"
        _run(f"{folder}/desk", report)
        found = _read(report)
    times = found.keys_ms
    note = f"{len(times)} keys" if times else "the window brought no report"
    return [
        *(
            row(
                f"key to figures painted p{percent}",
                percentile(times, percent / 100),
                "ms",
                reference=BUDGET_MS,
                most=BUDGET_MS,
                note=note,
            )
            for percent in (50, 99)
        ),
        row("keys without an answer", found.lost, "keys", most=0, note=note),
    ]


def _read(report: Path) -> _Report:
    return msgspec.json.decode(report.read_bytes(), type=_Report) if report.exists() else _Report()


def _run(folder: str, report: Path) -> None:
    desk = [sys.executable, "-m", "desk"]
    account = ["--account", folder]
    subprocess.run(
        [*desk, "console", *account],
        input=DEPOSIT,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        capture_output=True,
    )
    environment = {**os.environ, PROBE_VARIABLE: str(report)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    process = subprocess.Popen(
        [*desk, *account],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(PATIENCE_S)
