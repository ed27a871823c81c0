"""`desk bench window`: the real window on a real pipe at several message rates.

Beside it a plain QTableView that gets one signal a tick. Runs of both alternate, over all rates;
each process measures itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TypedDict

from desk.bench.load import push_ticks, serve_window
from desk.bench.pairs import in_turn
from desk.bench.row import Given, Row, percentile, row
from desk.bench.screen import WARM_UP_S, Report, measured, window
from ui.measure import open_control

PROBE_VARIABLE = "DESK_WINDOW_PROBE"
LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """So many symbols, so many messages a second over all of them."""

    name: str
    symbols: int
    rate: int


CALM = Pace("2 x 500/s", 2, 1_000)
MANY = Pace("50 x 200/s", 50, 10_000)
STORM = Pace("2 x 10,000/s", 2, 20_000)
PACES = (CALM, MANY, STORM)


class Bounds(TypedDict, total=False):
    """What is given to `row`."""

    most: float
    most_times: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: how it is read from a run, and from several their middle or worst."""

    name: str
    unit: str
    read: Callable[[Report, Pace], float | None]
    of_runs: Callable[[Sequence[float]], float] = median


CPU = "window CPU"
UNSEEN = "messages that waited at the end"


def _share(value: float, of: float) -> float | None:
    return value / of if of else None


def _unseen(report: Report, pace: Pace) -> float | None:
    """Messages that were sent meanwhile and were not on the screen, in percent of all.

    What is painted is a frame old: a few milliseconds of messages are always on their way.
    """
    if not report.seconds:
        return None
    return max(0.0, 100 * (1 - report.messages / (report.seconds * pace.rate)))


FIGURES = (
    Figure(CPU, "% of a core", lambda r, _: _share(100 * r.cpu_s, r.seconds)),
    Figure("window CPU per update", "ms", lambda r, _: _share(1_000 * r.cpu_s, r.updates)),
    Figure("updates painted", "1/s", lambda r, _: _share(r.updates, r.seconds)),
    Figure("heartbeat stall p50", "ms", lambda r, _: percentile(r.stalls_ms, 0.50)),
    Figure("heartbeat stall p99", "ms", lambda r, _: percentile(r.stalls_ms, 0.99)),
    Figure("heartbeat stall max", "ms", lambda r, _: max(r.stalls_ms, default=None), max),
    Figure("age when painted p50", "ms", lambda r, _: percentile(r.ages_ms, 0.50)),
    Figure("age when painted p99", "ms", lambda r, _: percentile(r.ages_ms, 0.99)),
    Figure(UNSEEN, "% of all", _unseen, max),
    Figure("resident memory", "MB", lambda r, _: r.rss_mb or None, max),
)

BOUNDS: Mapping[tuple[Pace, str], Bounds] = {
    (MANY, CPU): {"most_times": 1 / 3},
    (MANY, UNSEEN): {"most": 2.0},
    (STORM, "heartbeat stall p99"): {"most": 4.0},
    (STORM, "heartbeat stall max"): {"most": 17.0},
    (STORM, "age when painted p50"): {"most": 5.0},
    (STORM, "age when painted p99"): {"most": 25.0},
}
FLAT = 1.2
"""Times the processor time of the calm that the storm may take."""


def measure(given: Given) -> list[Row]:
    """Measure window and control at every pace, all of them in turn."""
    return window_rows(given.seconds, max(given.repeats, LEAST_ROUNDS))


def window_rows(seconds: float, rounds: int, paces: Sequence[Pace] = PACES) -> list[Row]:
    """Return the rows of every pace in the order of `FIGURES`, and what the storm adds."""
    found: dict[Pace, list[tuple[Report, Report]]] = {pace: [] for pace in paces}
    thrown = dict.fromkeys(paces, 0)
    for _ in range(rounds):
        for pace in paces:
            pairs, discarded = in_turn(*_both(pace, WARM_UP_S + seconds), 1)
            found[pace] += pairs
            thrown[pace] += discarded
    rows = [
        figure_row(pace, figure, found[pace], thrown[pace]) for pace in paces for figure in FIGURES
    ]
    return [*rows, flatness(found)] if {CALM, STORM} <= set(paces) else rows


def _both(pace: Pace, seconds: float) -> tuple[Callable[[], Report], Callable[[], Report]]:
    much = {"symbols": pace.symbols, "rate": pace.rate, "seconds": seconds}
    served, pushed = partial(serve_window, **much), partial(push_ticks, **much)
    control = partial(open_control, symbols=pace.symbols)
    return (
        lambda: measured(window(PROBE_VARIABLE), served, seconds),
        lambda: measured(control, pushed, seconds),
    )


def figure_row(
    pace: Pace, figure: Figure, pairs: Sequence[tuple[Report, Report]], thrown: int = 0
) -> Row:
    """One row: our figure beside the control's."""
    value, beside = (_over_runs(figure, [pair[side] for pair in pairs], pace) for side in (0, 1))
    kept = [100 - gone for _, other in pairs if (gone := _unseen(other, pace)) is not None]
    notes = [f"{figure.of_runs.__name__} of {len(pairs)} runs"]
    notes += [f"{thrown} pairs thrown away"] * bool(thrown)
    notes += ["the window brought no report"] * (value is None)
    notes += [f"the control, one table of 13 columns, took {median(kept):.0f}% of the messages"] * (
        bool(kept)
    )
    notes += [pairs[-1][0].cores] * bool(pairs)
    return row(
        f"{pace.name}: {figure.name}",
        value,
        figure.unit,
        reference=beside,
        note="; ".join(notes),
        **BOUNDS.get((pace, figure.name), Bounds()),
    )


def flatness(found: Mapping[Pace, Sequence[tuple[Report, Report]]]) -> Row:
    """How much of the message rate reaches the window's CPU: nothing, if frames go by credit."""
    storm, calm = (
        _over_runs(FIGURES[0], [ours for ours, _ in found[pace]], pace) for pace in (STORM, CALM)
    )
    return row(
        f"window CPU at {STORM.name}, twenty times the messages",
        storm,
        FIGURES[0].unit,
        reference=calm,
        most_times=FLAT,
        note=f"reference: the window at {CALM.name}, in turn",
    )


def _over_runs(figure: Figure, reports: Sequence[Report], pace: Pace) -> float | None:
    values = [figure.read(report, pace) for report in reports if report.seconds]
    told = [value for value in values if value is not None]
    return figure.of_runs(told) if told else None
