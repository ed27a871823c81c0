"""`desk bench charts`: what two charts add to the engine's frame, at two speeds of the market.

The engine runs on its embedded market in a process of its own. The reference is the frame of the
same moment without charts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from desk.bench.row import Given, Row, percentile, row

SPEEDS = ("1", "20")
LEAST_S = 10.0
KINDS = {
    "charted": ("frame with two charts", 0.5),
    "whole": ("frame with all candles of two charts", 2.0),
}
"""How it is called, and the milliseconds that charts may add: a thirtieth of a frame's time, and
what a chart that opens may."""


def measure(given: Given) -> list[Row]:
    """Run the engine at each speed and return its rows."""
    seconds = max(given.seconds, LEAST_S)
    return [one for speed in SPEEDS for one in rows(speed, _measured(speed, seconds))]


def rows(speed: str, found: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return median and 95th percentile beside frames without charts, new candles and all."""
    return [
        _row(speed, found, kind, part)
        for kind in ("charted", "whole")
        for part in (0.50, 0.95)
        if found[kind]
    ]


def _row(speed: str, found: Mapping[str, Sequence[float]], kind: str, part: float) -> Row:
    value, plain = (percentile(found[name], part) for name in (kind, "plain"))
    what, may_add = KINDS[kind]
    return row(
        f"charts x{speed}: {what} p{part * 100:.0f}",
        value,
        "ms CPU",
        reference=plain,
        most_beyond=may_add,
        note=f"{len(found[kind])} frames; reference: without charts",
    )


def _measured(speed: str, seconds: float) -> dict[str, list[float]]:
    argv = [sys.executable, "-m", "desk.app.frame_probe", speed, str(seconds)]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
