"""`desk bench alert`: from what an alert is about until it is raised, and until it is painted.

The whole program runs on its embedded market, offscreen where no platform is chosen; its window
watches prices just beside the mark. The ratio is to the 5 s in which an alert has to be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desk.bench.panic import measured, share, timed_row
from desk.bench.row import Given, Row

PROBE_VARIABLE = "DESK_ALERT_PROBE"
ALERT_MS = 5_000.0


def measure(given: Given) -> list[Row]:
    """Run the program once and return its rows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return rows(measured(Path(folder) / "desk", PROBE_VARIABLE, []))


def rows(found: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Return median and worst of both."""
    made: list[dict[str, Any]] = []
    for name in ("raised", "painted"):
        times = sorted(found.get(name, []))
        note = f"{len(times)} alerts"
        made.append(timed_row(f"alert: event to {name} p50", share(times, 0.5), ALERT_MS, note))
        made.append(timed_row(f"alert: event to {name} max", share(times, 1), ALERT_MS, note))
    return made
