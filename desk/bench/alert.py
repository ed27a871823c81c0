"""`desk bench alert`: from what an alert is about until it is raised, and until it is painted.

The whole program runs on its embedded market, offscreen where no platform is chosen; its window
watches prices just beside the mark. The ratio is to the 5 s in which an alert has to be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from desk.bench.panic import measured, timed_row
from desk.bench.row import Given, Row, percentile

PROBE_VARIABLE = "DESK_ALERT_PROBE"
ALERT_MS = 5_000.0


def measure(given: Given) -> list[Row]:
    """Run the program once and return its rows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return rows(measured(Path(folder) / "desk", PROBE_VARIABLE, []))


def rows(found: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return median and worst of both."""
    made: list[Row] = []
    for name in ("raised", "painted"):
        times = found.get(name, [])
        for part, at in (("p50", 0.5), ("max", 1.0)):
            said, note = f"alert: event to {name} {part}", f"{len(times)} alerts"
            made.append(timed_row(said, percentile(times, at), ALERT_MS, note))
    return made
