"""`desk bench ingest`: a desk under 20,000 messages a second, and a burst of 50,000 in one.

The frames come from a process of their own (`sender`), the desk is a whole one
(`ingest_engine`), and beside it the bare way to receive the same: the library's loop and a typed
decode (`tests/bench/bare_receiver.py`). Each has its own sender; they run one after the other.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, NamedTuple, TypeAlias

from desk.bench import ingest_engine
from desk.bench.meter import Run
from desk.bench.pairs import MOST_STOLEN, reference
from desk.bench.row import Given, Row, percentile, row
from desk.bench.sender import DEPTH, Sender, Sent

RATE, BURST = 20_000, 50_000
"""Messages a second."""
SECONDS, BURST_S = 60.0, 1.0
MOST_TIMES = 2.0
DRAINED_S = 1.0
_QUIET_S = 0.5
_PATIENCE_S = 90.0

Receiver: TypeAlias = Callable[[Connection, dict[str, Any], str], None]


class Side(NamedTuple):
    """One receiver: a long run, a burst, and what came of all that was sent."""

    steady: tuple[Sent, Run]
    burst: tuple[Sent, Run]
    sent: dict[str, int]
    """Messages by stream."""
    taken: dict[str, int]
    more: dict[str, Any]

    @property
    def lost(self) -> int:
        """Messages that were sent and not taken in."""
        return sum(abs(self.taken.get(name, 0) - number) for name, number in self.sent.items())


def measure(given: Given) -> list[Row]:
    """Run the desk and the bare receiver; a minute each where nobody wants it shorter."""
    seconds = SECONDS if given.seconds == Given().seconds else given.seconds
    bare = reference("bare_receiver")
    ours = run_side(ingest_engine.run, seconds)
    return rows(ours, None if bare is None else run_side(bare.run, seconds))


def run_side(receiver: Receiver, seconds: float, rate: int = RATE, burst: int = BURST) -> Side:
    """Run one receiver under both loads."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, Sender() as sender:
        process = context.Process(target=receiver, args=(theirs, sender.ready, f"{place}/desk"))
        process.start()
        theirs.close()
        try:
            _told(ours)
            steady = _run(ours, sender, rate, seconds)
            last = _run(ours, sender, burst, BURST_S)
            sent = sender.end()
            time.sleep(_QUIET_S)
            ours.send("end")
            taken, more = _told(ours)
            process.join(_PATIENCE_S)
            return Side(steady, last, sent, taken, more)
        finally:
            if process.is_alive():
                process.kill()
            process.join()


def _run(receiver: Connection, sender: Sender, rate: int, seconds: float) -> tuple[Sent, Run]:
    sender.make(rate, seconds)
    receiver.send("begin")
    _told(receiver)
    sent = sender.send()
    receiver.send(sent.total)
    return sent, _told(receiver)


def _told(connection: Connection) -> Any:
    if not connection.poll(_PATIENCE_S):
        raise TimeoutError("the receiver does not answer")
    return connection.recv()


def rows(ours: Side, bare: Side | None) -> list[Row]:
    """Return what came of it."""
    (sent, run), (fast, last) = ours.steady, ours.burst
    ages = (
        f"p50 {percentile(last.ages_ms, 0.5)} ms; sent within {fast.latest_ms:.0f} ms of its time"
    )
    drained_s = None if last.drained_ns is None else (last.drained_ns - fast.ended_ns) / 1e9
    return [
        row(
            f"ingest, {RATE:,} messages/s: CPU a message",
            cpu_us(run),
            "us",
            reference=None if bare is None else cpu_us(bare.steady[1]),
            most_times=MOST_TIMES,
            note=_how(sent, ours, bare),
        ),
        _lost_row(ours),
        row(f"burst of {BURST:,} in a second: drained after", drained_s, "s", most=DRAINED_S),
        row("burst: age of the newest price, most", _most(last.ages_ms), "ms", note=ages),
    ]


def _how(sent: Sent, ours: Side, bare: Side | None) -> str:
    run = ours.steady[1]
    share = median([second.cpu_us / 1e6 for second in run.seconds] or [0.0])
    said = [
        f"{sent.seconds:.0f} s, median of its seconds: {share:.0%} of a core",
        "reference: the library's loop with typed decode",
        f"cores: sender {sent.core}, desk {run.core}",
        f"{ours.more['frames']:,} frames asked for by a third process",
    ]
    if bare is not None:
        said.append(f"the reference: core {bare.steady[1].core}, lost {bare.lost}")
    return "; ".join(said)


def _lost_row(ours: Side) -> Row:
    applied, changed, gaps = sum(ours.more["applied"].values()), changes(ours), ours.more["gaps"]
    return row(
        f"ingest, {RATE:,} messages/s and burst: lost",
        ours.lost + gaps + abs(applied - changed),
        "messages",
        most=0,
        note=f"of {sum(ours.sent.values()):,}; {applied:,} of {changed:,} changes of books are in "
        f"them, {gaps} gaps",
    )


def _most(ages_ms: list[int]) -> int | None:
    return max(ages_ms, default=None)


def cpu_us(run: Run) -> float | None:
    """Return the median over the seconds that nobody else disturbed, of microseconds a message."""
    whole = [s for s in run.seconds if s.messages]
    quiet = [s for s in whole if s.stolen <= MOST_STOLEN] or whole
    return median(s.cpu_us / s.messages for s in quiet) if quiet else None


def changes(side: Side) -> int:
    """Return how many changes of books were sent."""
    return sum(number for name, number in side.sent.items() if name.endswith(DEPTH))
