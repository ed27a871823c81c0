"""A screen and what it is fed with: two processes, a pipe between them, a report at the end.

The screen measures itself and writes what it found; here it is only started, fed and read.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from desk.bench.machine import core_of
from ui.launch import open_window

WARM_UP_S = 2.5
"""Start of the processes and what the probes leave out."""
END_S = 20.0

Load: TypeAlias = Callable[[Connection], None]
"""Feeds the other end of its pipe for a while, then closes it."""


class Screen(Protocol):
    """Shows what comes through the pipe until it ends, then writes its report."""

    def __call__(self, connection: Connection, /, *, report: str) -> None: ...


class Report(msgspec.Struct):
    """What a screen measured of itself."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    updates: int = 0
    messages: int = 0
    stalls_ms: list[float] = []
    ages_ms: list[float] = []
    events_ms: list[float] = []
    rss_mb: float = 0.0
    cores: str = ""
    """Where both processes ran last."""


def window(variable: str) -> Screen:
    """The real window with the probe that this variable asks for."""
    return partial(_open_window, variable=variable)


def _open_window(connection: Connection, *, report: str, variable: str) -> None:
    os.environ[variable] = report
    open_window(connection, None)


def measured(screen: Screen, load: Load, seconds: float) -> Report:
    """Run both until the load has ended; an empty report if the screen brought none.

    Offscreen where no platform is chosen.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        cores = _run_both(screen, load, seconds, str(report))
        if not report.exists():
            return Report(cores=cores)
        found = msgspec.json.decode(report.read_bytes(), type=Report)
    found.cores = cores
    return found


def _run_both(screen: Screen, load: Load, seconds: float, report: str) -> str:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    shown = context.Process(target=screen, args=(theirs,), kwargs={"report": report})
    source = context.Process(target=load, args=(ours,))
    try:
        shown.start()
        theirs.close()
        source.start()
        ours.close()
        source.join(seconds / 2)
        cores = f"screen on core {core_of(shown.pid)}, load on core {core_of(source.pid)}"
        source.join(seconds + END_S)
        shown.join(END_S)
    finally:
        for process in (source, shown):
            if process.is_alive():
                process.kill()
            if process.pid is not None:
                process.join(END_S)
    return cores
