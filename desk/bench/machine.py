"""What a benchmark runs on, and how much of it the neighbours took meanwhile."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from desk.bench.row import Row
from desk.io.clock import SystemClock

_STEAL = 7
"""Where the time stands, in the first line of /proc/stat, that a host gave to other machines."""


class Ticks:
    """Processor time since it was made, over all cores; nothing where the system does not say."""

    def __init__(self) -> None:
        self._before = _ticks()

    def stolen(self) -> float:
        """Return the share of the time that other machines on the same host had."""
        spent = [now - then for now, then in zip(_ticks(), self._before, strict=True)]
        return spent[_STEAL] / sum(spent) if sum(spent) > 0 else 0.0


def _ticks() -> list[int]:
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0]
    except OSError:
        return [0] * (_STEAL + 1)
    return [int(word) for word in first.split()[1 : _STEAL + 2]]


class Machine(NamedTuple):
    """What was measured on, and when."""

    processor: str
    cores: int
    kernel: str
    python: str
    date: str

    def __str__(self) -> str:
        return f"{self.processor}; {self.kernel}; Python {self.python}; {self.date}"


def this_machine() -> Machine:
    """Return what this process runs on, as of now."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    day = datetime.fromtimestamp(SystemClock().wall_ms() / 1_000, UTC)
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    version = platform.python_version()
    return Machine(_processor(), cores or 1, kernel, version, f"{day:%Y-%m-%d %H:%M} UTC")


def machine_row() -> Row:
    """Return the row that stands first: what was measured on, when, and beside what load."""
    machine = this_machine()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    return {
        "name": "machine",
        "value": machine.cores,
        "unit": "cores",
        "reference": None,
        "ratio": None,
        "target": None,
        "ok": True,
        "note": f"{machine}; load before: {load}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def core_of(pid: int | None = None) -> int | None:
    """Return the core that a process ran on last; None where the system does not say."""
    try:
        said = Path(f"/proc/{pid or 'self'}/stat").read_text()
    except OSError:
        return None
    return int(said.rpartition(")")[2].split()[36])
