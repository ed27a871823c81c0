"""`desk bench durable`: how long an order waits until its intent is on the disk and it may leave.

Real orders through the real runtime, each in turn with a commit of one row in an SQLite database of
its own (write-ahead, synchronous=FULL) and with a bare append that is synced: the same bytes on the
same disk. Time that passes counts here, not the processor's: the disk is what is waited for.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from desk.bench.machine import Ticks, core_of
from desk.bench.pairs import MOST_STOLEN, TRIES
from desk.bench.row import Given, Row, percentile, row
from desk.bench.trading import Trading
from desk.io.disk import open_private, sync_file
from desk.io.journal import SqliteJournal
from desk.io.journal_chain import canonical
from desk.model.journal import Entry
from desk.model.journal import Row as JournalRow

ORDERS, WARM_UP = 300, 20
MOST_COMMITS, MOST_SYNCS, MOST_P99_MS = 2.5, 6.0, 10.0


class TimedJournal(SqliteJournal):
    """The journal, which notes what an order's intent was and how long it took."""

    intent = b""
    took_ms = 0.0
    durable_at = 0.0

    def append(self, entries: Sequence[Entry]) -> list[JournalRow]:
        """Append; note the time where it is an order."""
        began = time.perf_counter()
        rows = super().append(entries)
        if entries[0].type == "order":
            self.durable_at = time.perf_counter()
            self.took_ms = (self.durable_at - began) * 1_000
            self.intent = canonical(entries[0])
        return rows


class Turn(NamedTuple):
    """One order and what stands beside it, in milliseconds."""

    whole: float
    """From the command, with every check, until it is durable."""
    durable: float
    """From the decision."""
    commit: float
    sync: float


def measure(given: Given, orders: int = ORDERS) -> list[Row]:
    """Measure orders in turn with commits and syncs; return the rows."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        turns, discarded = _turns(Path(folder), orders)
    durable, whole, commits, syncs = (
        [getattr(turn, name) for turn in turns] for name in ("durable", "whole", "commit", "sync")
    )
    said = f"{len(turns)} orders in turn, {discarded} thrown away; core {core_of()}"
    intent = "chained row and anchor on the disk, from the decision"
    return [
        row(
            "order: intent durable before sent, p50",
            percentile(durable, 0.5),
            "ms",
            reference=percentile(commits, 0.5),
            most_times=MOST_COMMITS,
            note=f"{intent}; reference: one SQLite commit, synchronous=FULL; {said}",
        ),
        row(
            "order: intent durable before sent, p50 beside a sync",
            percentile(durable, 0.5),
            "ms",
            reference=percentile(syncs, 0.5),
            most_times=MOST_SYNCS,
            note=f"{intent}; reference: one append and fdatasync; {said}",
        ),
        row(
            "order: intent durable before sent, p99",
            percentile(durable, 0.99),
            "ms",
            reference=percentile(commits, 0.99),
            most=MOST_P99_MS,
            note=f"{intent}; reference: one SQLite commit; {said}",
        ),
        row(
            "order: command to durable, p50",
            percentile(whole, 0.5),
            "ms",
            reference=percentile(durable, 0.5),
            note=f"with every check before it; reference: its intent alone; {said}",
        ),
    ]


def _turns(folder: Path, orders: int) -> tuple[list[Turn], int]:
    trading = Trading(folder / "desk", TimedJournal)
    journal = trading.journal
    assert isinstance(journal, TimedJournal)
    connection, file = _database(folder / "plain.db"), open_private(folder / "plain")
    commit, sync = _commit(connection), _append(file)
    turns: list[Turn] = []
    discarded = 0
    gc.collect()
    while len(turns) < WARM_UP + orders:
        trading.hear_market()
        ticks, began = Ticks(), time.perf_counter()
        trading.runtime.give(trading.order())
        whole = (journal.durable_at - began) * 1_000
        turn = Turn(whole, journal.took_ms, commit(journal.intent), sync(journal.intent))
        trading.settle()
        if ticks.stolen() > MOST_STOLEN and discarded < orders * (TRIES - 1):
            discarded += 1
        else:
            turns.append(turn)
    assert not trading.denied, trading.denied[0]
    trading.close()
    connection.close()
    file.close()
    return turns[WARM_UP:], discarded


def _database(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE plain (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
    return connection


def _commit(connection: sqlite3.Connection) -> Callable[[bytes], float]:
    """Return what commits one row of these bytes, and tells how many milliseconds it took."""

    def commit(payload: bytes) -> float:
        began = time.perf_counter()
        connection.execute("INSERT INTO plain (payload) VALUES (?)", (payload,))
        return (time.perf_counter() - began) * 1_000

    return commit


def _append(file: FileIO) -> Callable[[bytes], float]:
    """Return what appends these bytes and syncs them, and tells how long it took."""

    def append(payload: bytes) -> float:
        began = time.perf_counter()
        file.write(payload)
        sync_file(file)
        return (time.perf_counter() - began) * 1_000

    return append
