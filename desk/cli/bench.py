"""`desk bench`: measured beside a reference in the same run, so that ratios outlive the machine.

`window`: the real window on a real pipe at several message rates, beside a plain QTableView that
gets one signal a tick. Runs of both alternate; each process measures itself.
`panels`: the real program's window, every panel's paint, at two speeds of the market.
`start`: from the command to the window and to its first price, beside a bare PySide6 window.
`stress`: the stress grid of many positions beside a loop over plain floats.
`ticket`: from a key in the real program's ticket to the painted figures of its answer.
`panic`: from a panic key to the engine's answer, and what a window that hangs leaves at work.
`alert`: from an alert's event until it is raised and painted.
`margin`: twenty positions recomputed on one mark, beside the same.
`journal`: a journal of a million rows, from the command to the first answer.
`charts`: what two charts add to a frame of the engine, at two speeds of the market.
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

from desk.cli.arguments import Arguments
from desk.cli.bench_load import Load, push_ticks, serve_window
from desk.model.errors import InputError
from ui.launch import open_window
from ui.measure import open_control

PROBE_VARIABLE = "DESK_WINDOW_PROBE"
WARM_UP_S = 2.5
"""Start of the processes and what the probe leaves out."""
END_S = 20.0

EXIT_OK = 0

NAMES = (
    "window",
    "panels",
    "start",
    "stress",
    "margin",
    "ticket",
    "panic",
    "alert",
    "charts",
    "journal",
)


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


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which this share of the values lies; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


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


def run(argv: list[str]) -> int:
    """Run the named benchmarks (all without a name) and print one JSON document."""
    parser = Arguments("desk bench", "Benchmarks, each beside its reference.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="no effect: JSON is the only form")
    parser.add_argument("--seconds", type=float, default=4.0, help="a run, after the warm-up")
    parser.add_argument("--repeats", type=int, default=2, help="runs of each, alternating")
    parsed = parser.parse_args(argv)
    for name in parsed.names:
        if name not in NAMES:
            expected = f"one of {', '.join(NAMES)}"
            raise InputError(source="desk bench", expected=expected, found=name)
    if parsed.seconds <= 0 or parsed.repeats < 1:
        raise InputError(
            source="desk bench", expected="seconds > 0 and repeats of 1 or more", found="less"
        )
    rows: list[dict[str, Any]] = []
    for name in parsed.names or NAMES:
        rows += _rows(name, parsed.seconds, parsed.repeats)
    print(json.dumps({"rows": rows}, ensure_ascii=False))
    return EXIT_OK


def _rows(name: str, seconds: float, repeats: int) -> list[dict[str, Any]]:
    if name == "stress":
        from desk.cli.bench_stress import stress_rows

        return stress_rows(repeats)
    if name == "margin":
        from desk.cli.bench_margin import margin_rows

        return margin_rows(repeats)
    if name == "charts":
        from desk.cli.bench_charts import chart_rows

        return chart_rows(max(seconds, 10.0))
    if name == "panels":
        from desk.cli.bench_panels import panel_rows

        return panel_rows(max(seconds, 10.0))
    if name == "start":
        from desk.cli.bench_start import start_rows

        return start_rows(max(repeats, 5))
    if name == "ticket":
        from desk.cli.bench_ticket import ticket_rows

        return ticket_rows()
    if name == "panic":
        from desk.cli.bench_panic import panic_rows

        return panic_rows()
    if name == "journal":
        from desk.cli.bench_journal import journal_rows

        return journal_rows()
    if name == "alert":
        from desk.cli.bench_alert import alert_rows

        return alert_rows()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return window_rows(seconds, repeats)


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
        "value": _rounded(value),
        "unit": figure.unit,
        "reference": _rounded(reference),
        "ratio": _rounded(ratio),
        "target": None if figure.target is None else f"<= {figure.target:g}",
        "ok": met if figure.target is not None else value is not None,
        "note": "; ".join(notes),
    }


def _flatness(cpu: list[float], paces: Sequence[Pace]) -> dict[str, Any]:
    """How much of the message rate reaches the window's CPU: nothing, if frames go by credit."""
    ratio = cpu[-1] / cpu[0] if cpu[0] else None
    return {
        "name": f"window CPU at {paces[-1].name} over {paces[0].name}",
        "value": _rounded(ratio),
        "unit": "ratio",
        "reference": _rounded(paces[-1].rate / paces[0].rate),
        "ratio": None,
        "target": "<= 1.2",
        "ok": ratio is not None and ratio <= 1.2,
        "note": "reference: how much more messages there are",
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


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
