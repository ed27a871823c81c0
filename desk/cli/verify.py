"""`desk journal verify`: every row of a journal held to its hash, with progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from desk.io.journal_chain import Head
from desk.io.journal_reader import JournalReader
from desk.io.journal_seals import unsealed
from desk.model.errors import JournalBroken

TELL_EVERY_S = 1.0
STOPPED = "stopped before its end"

EXIT_OK, EXIT_BROKEN = 0, 1


class _Verdict(msgspec.Struct):
    rows: int = 0
    """That hold, from the first."""
    head_seq: int = 0
    head_hash: str = "0" * 64
    anchor_seq: int | None = None
    seals: int = 0
    """Days whose seal is written down and true."""
    unsealed: list[str] = msgspec.field(default_factory=list[str])
    """Finished days without one: the next start of the desk writes it."""
    ok: bool = False
    problem: str | None = None

    def reached(self, head: Head) -> None:
        """Take note of a row that holds."""
        self.rows, self.head_seq, self.head_hash = head.seq, head.seq, head.hash.hex()


def verify(folder: Path, *, tell: bool = True) -> int:
    """Print one JSON object; 0 when all holds, 1 when not or when it was stopped (Ctrl+C).

    `tell`: how far it is goes to standard error, once a second. Raises InputError for a folder
    without a journal, JournalError for one that cannot be read now.
    """
    verdict = _Verdict()
    try:
        with JournalReader(folder) as reader:
            _follow(reader, verdict, tell=tell)
            reader.require_true_seals()
            verdict.unsealed = unsealed(reader.seals, reader.days.seals)
            verdict.seals = len(reader.days.seals) - len(verdict.unsealed)
        verdict.ok = True
        if verdict.unsealed:
            print(missing(verdict.unsealed), file=sys.stderr)
    except JournalBroken as broken:
        verdict.problem = str(broken)
    except KeyboardInterrupt:
        verdict.problem = STOPPED
    print(msgspec.json.encode(verdict).decode())
    return EXIT_OK if verdict.ok else EXIT_BROKEN


def _follow(reader: JournalReader, verdict: _Verdict, *, tell: bool) -> None:
    verdict.anchor_seq = None if reader.anchored is None else reader.anchored.seq
    heads = reader.heads()
    try:
        for head in told(heads, reader.newest_seq()) if tell else heads:
            verdict.reached(head)
    except JournalBroken:
        last = Head(verdict.head_seq, bytes.fromhex(verdict.head_hash))
        for head in reader.heads_that_hold(last):
            verdict.reached(head)
        raise


def told(heads: Iterator[Head], total: int) -> Iterator[Head]:
    """Pass heads on and tell on standard error how far it is, once a second."""
    began_s = told_s = time.monotonic()
    for head in heads:
        now_s = time.monotonic()
        if now_s - told_s >= TELL_EVERY_S:
            told_s = now_s
            print(progress(head.seq, total, now_s - began_s), file=sys.stderr)
        yield head


def missing(days: list[str]) -> str:
    """Return what is said of finished days without a seal."""
    more = f" and {len(days) - 1} more" if len(days) > 1 else ""
    return f"{days[0]}{more}: no seal is written down; the next start of the desk writes it"


def progress(done: int, total: int, seconds: float) -> str:
    """Return how far it is: share, rows a second, seconds left."""
    a_second = done / seconds
    left_s = max(0, total - done) / a_second
    share = min(100, 100 * done // max(1, total))
    return f"{share} %  {done:,} of {total:,} rows  {a_second:,.0f} rows/s  {left_s:.0f} s left"
