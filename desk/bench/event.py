"""`desk bench event`: fills, denials and alerts in a storm of market data, until they are painted.

The window takes 20,000 messages a second meanwhile. An event's time runs from the engine's clock
when it was sent until the paint that has the footer's line in it is over. Beside it, in turn, one
line of text on a pipe of its own in a process that has nothing else to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from desk.bench.load import push_events, serve_window
from desk.bench.pairs import in_turn
from desk.bench.row import Given, Row, percentile, row
from desk.bench.screen import WARM_UP_S, Report, measured, window
from desk.bench.window import STORM
from ui.measure import open_line

PROBE_VARIABLE = "DESK_EVENT_PROBE"
LEAST_S = 10.0
MOST_MS = 5.0


def measure(given: Given) -> list[Row]:
    """Run both in turn and return the rows."""
    seconds = WARM_UP_S + max(given.seconds, LEAST_S)
    storm = partial(
        serve_window, symbols=STORM.symbols, rate=STORM.rate, seconds=seconds, critical=True
    )
    alone = partial(push_events, seconds=seconds)
    pairs, discarded = in_turn(
        lambda: measured(window(PROBE_VARIABLE), storm, seconds),
        lambda: measured(open_line, alone, seconds),
        given.repeats,
    )
    return rows_of(pairs, discarded)


def rows_of(pairs: Sequence[tuple[Report, Report]], discarded: int = 0) -> list[Row]:
    """Return middle, 99th percentile and worst of all runs together."""
    ours, bare = ([ms for pair in pairs for ms in pair[side].events_ms] for side in (0, 1))
    note = f"{len(ours)} fills, denials and alerts in {len(pairs)} runs; "
    note += f"{discarded} pairs thrown away; " * bool(discarded)
    note += "reference: one line of text, alone"
    note += f"; {pairs[-1][0].cores}" * bool(pairs)
    return [
        row(
            f"critical event at {STORM.rate:,} messages/s to painted {name}",
            percentile(ours, share),
            "ms",
            reference=percentile(bare, share),
            most=MOST_MS if name == "p99" else None,
            note=note,
        )
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    ]
