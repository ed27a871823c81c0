"""Two ways to do the same work, measured in turn: ours, the reference, ours, the reference, …

A machine that grows warm, or whose neighbours wake up, does so for both. Work is counted in
processor time of this process; a pair during which the host gave the machine's time to others does
not count. The medians are compared, so that one bad run of many says nothing.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import NamedTuple, TypeAlias, TypeVar

from desk.bench.machine import Ticks

T = TypeVar("T")
Measured: TypeAlias = Callable[[], float]
"""Does its work once and returns what it cost, in a unit of its own."""

PAIRS = 7
MOST_STOLEN = 0.05
"""Of the machine's time while a pair ran; a pair with more is thrown away and run again."""
TRIES = 3
"""Times as many pairs are run at most, until enough count."""


class Pairs(NamedTuple):
    """What every pair that counts has cost, and how many did not count."""

    ours: list[float]
    reference: list[float]
    discarded: int

    @property
    def value(self) -> float:
        """Our median."""
        return median(self.ours)

    @property
    def beside(self) -> float:
        """The reference's median."""
        return median(self.reference)

    @property
    def note(self) -> str:
        """How it was measured, in words."""
        thrown = f", {self.discarded} thrown away" if self.discarded else ""
        return f"median of {len(self.ours)} pairs{thrown}"


def interleaved(ours: Measured, reference: Measured, pairs: int = PAIRS) -> Pairs:
    """Run both in turn until so many pairs count; each has run once before, unmeasured."""
    ours()
    reference()
    kept, discarded = in_turn(ours, reference, pairs)
    return Pairs([one for one, _ in kept], [other for _, other in kept], discarded)


def in_turn(
    ours: Callable[[], T], reference: Callable[[], T], pairs: int
) -> tuple[list[tuple[T, T]], int]:
    """Run both in turn until so many pairs count; return them, and how many did not.

    On a machine that is disturbed all the time the last pairs count although they are.
    """
    kept: list[tuple[T, T]] = []
    discarded = 0
    while len(kept) < pairs:
        ticks = Ticks()
        pair = (ours(), reference())
        if ticks.stolen() > MOST_STOLEN and discarded < pairs * (TRIES - 1):
            discarded += 1
        else:
            kept.append(pair)
    return kept, discarded


def cpu_us(work: Callable[[], object], times: int = 1) -> Measured:
    """Return what measures this work: microseconds of processor time each of so many `times`.

    `times` says how many units one call of `work` does; it is not repeated here.
    """

    def measured() -> float:
        gc.collect()
        before = time.process_time_ns()
        work()
        return (time.process_time_ns() - before) / 1_000 / times

    return measured


def reference(name: str) -> ModuleType | None:
    """Return a reference kept in `tests/bench` of this checkout; None in an installed desk."""
    folder = Path(__file__).resolve().parents[2] / "tests" / "bench"
    if not (folder / f"{name}.py").is_file():
        return None
    if str(folder.parent) not in sys.path:
        sys.path.append(str(folder.parent))
    return import_module(f"bench.{name}")
