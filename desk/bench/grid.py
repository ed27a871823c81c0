"""`desk bench grid`: fifty rows of fifteen columns, every figure another one, painted.

Our painted table stands beside the usual one, a QTableView over a model in Python that says that
everything has changed. Both live in one process, one window each, and are driven in turn; a
picture ends when the paint event of its rows has come.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from desk.bench.machine import core_of
from desk.bench.pairs import Pairs, interleaved
from desk.bench.row import Given, Row, row
from ui.measure import open_grids

LEAST_TIMES = 15
"""Times cheaper than the usual table."""
FRAMES = {"ours": 60, "usual": 6}
"""Pictures of one measurement: about as long for both."""
PATIENCE_S = 60.0


def measure(given: Given) -> list[Row]:
    """Measure both in turn in a process with a screen, offscreen where none is chosen."""
    del given
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=open_grids, args=(theirs,))
    try:
        process.start()
        theirs.close()
        found = interleaved(_asked(ours, "ours"), _asked(ours, "usual"))
        core = core_of(process.pid)
    finally:
        ours.close()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
    return rows_of(found, core)


def rows_of(found: Pairs, core: int | None) -> list[Row]:
    """The row: the usual table's time beside ours, so that more is better."""
    note = f"{found.note}; processor time of a picture; both in one process, on core {core}"
    return [
        row("grid 50 x 15, all changed: ours", found.value, "ms", note=note),
        row(
            "grid 50 x 15, all changed: a QTableView over a Python model beside ours",
            found.beside,
            "ms",
            reference=found.value,
            least_times=LEAST_TIMES,
            note=note,
        ),
    ]


def _asked(connection: Connection, which: str) -> Callable[[], float]:
    def measured() -> float:
        connection.send((which, FRAMES[which]))
        if not connection.poll(PATIENCE_S):
            raise TimeoutError(f"desk bench grid: {which} was not painted in {PATIENCE_S:g} s")
        answer: Any = connection.recv()
        return float(answer)

    return measured
