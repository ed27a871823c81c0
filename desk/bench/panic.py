"""`desk bench panic`: from a panic key in the real window to what the engine did.

The whole program runs twice, offscreen where no platform is chosen: on its embedded market, where
the window also hangs for five seconds while orders work, and on a market that has ended. A key's
time ends when the engine said its answer: its row is durable then. The ratios are to 100 ms, and
to the 4 s in which a hung window's orders have to be gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from desk.bench.row import Given, Row, percentile, row

PROBE_VARIABLE = "DESK_PANIC_PROBE"
KEY_MS = 100.0
HUNG_MS = 4_000.0
PATIENCE_S = 120
DEPOSIT = "deposit 250000 USDT\nsync\n"
KEYS = ("cancel_all", "kill", "cancel_all, form open", "kill, form open")
HUNG = ("REDUCING", "cancelled")

_DESK = (sys.executable, "-m", "desk")


def measure(given: Given) -> list[Row]:
    """Run the program with and without a feed and return its rows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        fed = measured(Path(folder) / "fed", PROBE_VARIABLE, [])
        ended = _ended_market(Path(folder) / "ready.json")
        unfed = measured(Path(folder) / "unfed", PROBE_VARIABLE, ["--market", str(ended)])
    return rows(fed, unfed)


def rows(fed: Mapping[str, Sequence[float]], unfed: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return median and 95th percentile of each key, and the worst of the hung window."""
    found: list[Row] = []
    for where, report in (("", fed), (", feed dead", unfed)):
        for name in KEYS:
            times = report.get(name, [])
            for percent in (50, 95):
                said = f"panic: {name}{where} p{percent}"
                found.append(
                    timed_row(said, percentile(times, percent / 100), KEY_MS, f"{len(times)} keys")
                )
    for name in HUNG:
        worst = max(fed.get(name, []), default=None)
        said = f"panic: window hung, {name}"
        found.append(
            timed_row(said, worst, HUNG_MS, "from its last heartbeat; the worst of all orders")
        )
    return found


def measured(folder: Path, variable: str, more: list[str]) -> dict[str, list[float]]:
    """Run the program with a probe; milliseconds by name, nothing without a report."""
    report = folder.with_suffix(".json")
    account = ["--account", str(folder)]
    subprocess.run(
        [*_DESK, "console", *account],
        input=DEPOSIT,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        capture_output=True,
    )
    environment = {**os.environ, variable: str(report)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    process = subprocess.Popen(
        [*_DESK, *account, *more],
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
    return msgspec.json.decode(report.read_bytes()) if report.exists() else {}


def _ended_market(ready: Path) -> Path:
    """Write the ready line of a market that is no more."""
    market = subprocess.run(
        [*_DESK, "market", "--parent"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        timeout=PATIENCE_S,
    )
    ready.write_bytes(market.stdout.splitlines(keepends=True)[0])
    return ready


def timed_row(name: str, value: float | None, target: float, note: str) -> Row:
    """Return a row of milliseconds beside its target."""
    said = note if value is not None else "the window brought no report"
    return row(name, value, "ms", reference=target, most=target, note=said)
