"""`desk bench soak`: trials of the whole desk, seed after seed, for as long as is asked.

It has no reference: what counts is that no promise is broken. A seed that breaks one is named, with
the command that runs it again.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from desk.bench.row import Given, Row, row
from desk.trial.run import Report, run_seed


def measure(given: Given) -> list[Row]:
    """Run seeds from the given one on until the seconds have passed: one at least."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    reports: list[Report] = []
    while not reports or time.perf_counter() - began_s < given.seconds:
        report = run_seed(given.seed + len(reports))
        reports.append(report)
        if report.broken:
            print(f"desk bench: seed {report.seed}: {report.broken}", file=sys.stderr, flush=True)
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    return soak_rows(reports, wall_s, cpu_s)


def soak_rows(reports: list[Report], wall_s: float, cpu_s: float) -> list[Row]:
    """Return what so many trials came to, in so much time of this machine."""
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
    simulated_s = sum(report.simulated_s for report in reports)
    broken = [f"{one.broken}: desk bench soak --seed {one.seed}" for one in reports if one.broken]
    digest = reports[-1].digest[:16]
    return [
        row("soak seeds run", len(reports), "seeds", note=f"the last one's trace is {digest}"),
        row("soak simulated time", simulated_s / 3_600, "h"),
        row("soak market messages", counts["messages"], "messages"),
        row("soak commands", counts["commands"], "commands"),
        row("soak crashes and restarts", counts["crashes"], "crashes"),
        row("soak faults thrown", counts["faults"], "faults"),
        row("soak books held against the truth", counts["books compared"], "books"),
        row("soak promises broken", len(broken), "seeds", most=0, note="; ".join(broken[:3])),
        row(
            "soak simulated time over CPU time",
            simulated_s,
            "s",
            reference=cpu_s,
            least_times=100,
            note=f"{wall_s:.1f} s by the wall; the engine's clock alone ticks 50 times a second",
        ),
    ]
