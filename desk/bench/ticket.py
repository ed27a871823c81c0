"""`desk bench ticket`: from a key in the real window to the figures of its answer, painted.

The whole program runs on the embedded market, offscreen: key → draft → question through the pipe
→ the pipeline's answer → preview painted. The ratio is to the 50 ms in which a person sees no wait.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from desk.bench.row import Given, Row

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
    times = sorted(found.keys_ms)
    note = f"{len(times)} keys" if times else "the window brought no report"
    rows = [
        _row(f"key to figures painted p{percent}", _share(times, percent / 100), note)
        for percent in (50, 99)
    ]
    lost = found.lost
    none = {"unit": "keys", "reference": None, "ratio": None, "target": "<= 0", "note": note}
    return [*rows, {"name": "keys without an answer", "value": lost, "ok": lost == 0, **none}]


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


def _share(ordered: Sequence[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _row(name: str, value: float | None, note: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": None if value is None else round(value, 3),
        "unit": "ms",
        "reference": BUDGET_MS,
        "ratio": None if value is None else round(value / BUDGET_MS, 3),
        "target": f"<= {BUDGET_MS:g}",
        "ok": value is not None and value <= BUDGET_MS,
        "note": note,
    }
