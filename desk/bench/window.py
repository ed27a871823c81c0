"""`desk bench window`: the real window on a real pipe at several message rates.

Beside it a plain QTableView that gets one signal a tick. Runs of both alternate; each process
measures itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.bench.load import Load, push_ticks, serve_window
from desk.bench.row import Given, Row, percentile, rounded
from ui.launch import open_window
from ui.measure import open_control

PROBE_VARIABLE = "DESK_WINDOW_PROBE"
WARM_UP_S = 2.5
"""Start of the processes and what the probe leaves out."""
END_S = 20.0


@dataclass(frozen=True, slots=True)
class Pace:
    """So many symbols, so many messages a second over all of them."""

    name: str
    symbols: int
    rate: int


PACES = (
    Pace("2 x 1,000/s", 2, 2_000),
    Pace("50 x 200/s", 50, 10_000),
    Pace("2 x 10,000/s", 2, 20_000),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: how to read it from a pooled report, and what it should be."""

    name: str
    unit: str
    read: Callable[[dict[str, Any]], float | None]
    target: float | None = None


def _share(report: dict[str, Any], over: str, scale: float) -> float | None:
    return scale * report["cpu_s"] / report[over] if report[over] else None


FIGURES = (
    Figure("window CPU per update", "ms", lambda r: _share(r, "updates", 1_000)),
    Figure("window CPU", "% of a core", lambda r: _share(r, "seconds", 100)),
    Figure("updates painted", "1/s", lambda r: r["updates"] / r["seconds"]),
    Figure("heartbeat stall p50", "ms", lambda r: percentile(r["stalls_ms"], 0.50)),
    Figure("heartbeat stall p99", "ms", lambda r: percentile(r["stalls_ms"], 0.99), 4.0),
    Figure("heartbeat stall max", "ms", lambda r: max(r["stalls_ms"], default=None), 16.7),
    Figure("age when painted p50", "ms", lambda r: percentile(r["ages_ms"], 0.50), 16.0),
    Figure("age when painted p99", "ms", lambda r: percentile(r["ages_ms"], 0.99), 34.0),
    Figure("resident memory", "MB", lambda r: r["rss_mb"], 160.0),
)


def measure(given: Given) -> list[Row]:
    """Measure at every pace, offscreen where no platform is chosen."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return window_rows(given.seconds, given.repeats)


def window_rows(
    seconds: float, repeats: int, paces: Sequence[Pace] = PACES
) -> list[dict[str, Any]]:
    """Measure window and control at every pace; rows in the order of `FIGURES`."""
    rows: list[dict[str, Any]] = []
    cpu: list[float] = []
    for pace in paces:
        ours: list[dict[str, Any]] = []
        control: list[dict[str, Any]] = []
        for _ in range(repeats):
            ours += _measured(pace, seconds, is_control=False)
            control += _measured(pace, seconds, is_control=True)
        mine, other = pooled(ours), pooled(control)
        rows += [row(pace, figure, mine, other) for figure in FIGURES]
        if mine is not None and mine["seconds"]:
            cpu.append(mine["cpu_s"] / mine["seconds"])
    if len(cpu) > 1:
        rows.append(_flatness(cpu, paces))
    return rows


def pooled(reports: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Several runs as one: sums, all samples, the largest memory; None without a run."""
    if not reports:
        return None
    sums = ("seconds", "cpu_s", "updates", "messages")
    whole: dict[str, Any] = {key: sum(report[key] for report in reports) for key in sums}
    for key in ("stalls_ms", "ages_ms"):
        whole[key] = [value for report in reports for value in report[key]]
    whole["rss_mb"] = max(report["rss_mb"] for report in reports)
    return whole


def row(
    pace: Pace, figure: Figure, mine: dict[str, Any] | None, control: dict[str, Any] | None
) -> dict[str, Any]:
    """One row: our figure, the control's, their ratio, and whether the target is met."""
    value = None if mine is None else figure.read(mine)
    reference = None if control is None else figure.read(control)
    ratio = value / reference if value is not None and reference else None
    met = None if figure.target is None or value is None else value <= figure.target
    notes = [] if value is not None else ["the window brought no report"]
    if control is not None and control["seconds"]:
        kept = control["messages"] / control["seconds"] / pace.rate
        notes += [f"the control, one table of 13 columns, got {kept:.0%} of the messages"]
    return {
        "name": f"{pace.name}: {figure.name}",
        "value": rounded(value),
        "unit": figure.unit,
        "reference": rounded(reference),
        "ratio": rounded(ratio),
        "target": None if figure.target is None else f"<= {figure.target:g}",
        "ok": met if figure.target is not None else value is not None,
        "note": "; ".join(notes),
    }


def _flatness(cpu: list[float], paces: Sequence[Pace]) -> dict[str, Any]:
    """How much of the message rate reaches the window's CPU: nothing, if frames go by credit."""
    ratio = cpu[-1] / cpu[0] if cpu[0] else None
    return {
        "name": f"window CPU at {paces[-1].name} over {paces[0].name}",
        "value": rounded(ratio),
        "unit": "ratio",
        "reference": rounded(paces[-1].rate / paces[0].rate),
        "ratio": None,
        "target": "<= 1.2",
        "ok": ratio is not None and ratio <= 1.2,
        "note": "reference: how much more messages there are",
    }


def _measured(pace: Pace, seconds: float, *, is_control: bool) -> list[dict[str, Any]]:
    """One run; an empty list if the measured process brought no report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _run_pair(pace, WARM_UP_S + seconds, report, is_control=is_control)
        return [json.loads(report.read_text())] if report.exists() else []


def _run_pair(pace: Pace, seconds: float, report: Path, *, is_control: bool) -> None:
    """Start window (or control) and load with a pipe between them, and wait for both."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    os.environ[PROBE_VARIABLE] = str(report)
    if is_control:
        screen = context.Process(target=open_control, args=(theirs, pace.symbols, str(report)))
    else:
        screen = context.Process(target=open_window, args=(theirs, None))
    load: Load = push_ticks if is_control else serve_window
    source = context.Process(target=load, args=(ours, pace.symbols, pace.rate, seconds))
    try:
        screen.start()
        theirs.close()
        source.start()
        ours.close()
        source.join(seconds + END_S)
        screen.join(END_S)
    finally:
        del os.environ[PROBE_VARIABLE]
        for process in (source, screen):
            if process.is_alive():
                process.kill()
            process.join(END_S)
