"""`desk journal snapshot --check`: whether the snapshot that is there is what the rows come to.

The journal is folded from its first row as if there were no snapshot, and the two states are held
against each other byte for byte. Nothing is changed, and a desk may be running.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from desk.cli.shipped import shipped
from desk.cli.snapshot import folding, require_bound
from desk.cli.verify import TELL_EVERY_S, progress
from desk.engine.saved_state import differing, saved
from desk.engine.state import DeskState
from desk.io.journal_pages import JournalPages
from desk.io.snapshot_file import SnapshotUnusable, open_snapshot
from desk.model.catalogue import Catalogue

EXIT_SAME, EXIT_NOT = 0, 1

NONE = "there is none"
ALONE, OTHER = "single values", "the journal comes to something else"


class Verdict(msgspec.Struct, kw_only=True):
    """What was found."""

    equal: bool = False
    seq: int | None = None
    """The row that the snapshot ends at."""
    state_hash: str | None = None
    """Of the journal's rows up to there."""
    problem: str | None = None


def check_snapshot(folder: Path, catalogue: Catalogue, *, tell: bool = False) -> Verdict:
    """Hold a folder's snapshot to its journal; raise JournalError where that cannot be read."""
    verdict = Verdict()
    with JournalPages(folder) as pages:
        try:
            snapshot = open_snapshot(folder)
            if snapshot is None:
                verdict.problem = NONE
                return verdict
            verdict.seq = snapshot.head.seq
            require_bound(snapshot.head, catalogue, pages.hash_at)
            state = DeskState(catalogue)
            steps = folding(pages, state, snapshot.head.seq)
            for _ in _told(steps, snapshot.head.seq) if tell else steps:
                pass
            verdict.state_hash = state.hash()  # which the snapshot keeps the parts of
            part = differing(snapshot.sections, saved(state))
        except SnapshotUnusable as unusable:
            verdict.problem = str(unusable)
            return verdict
    verdict.equal = part is None
    verdict.problem = None if part is None else f"{part or ALONE}: {OTHER}"
    return verdict


def _told(steps: Iterator[int], total: int) -> Iterator[int]:
    """Pass steps on and tell on standard error how far it is, once a second."""
    began_s = told_s = time.monotonic()
    for seq in steps:
        now_s = time.monotonic()
        if now_s - told_s >= TELL_EVERY_S:
            told_s = now_s
            print(progress(seq, total, now_s - began_s), file=sys.stderr)
        yield seq


def run_check(folder: Path, *, tell: bool) -> int:
    """Print one JSON object; 0 when the snapshot is the replay, 1 when not or when there is none.

    Raises JournalError for a journal that does not hold or cannot be read.
    """
    gc.disable()  # what is built stays until the end
    verdict = check_snapshot(folder, shipped().catalogue, tell=tell)
    print(msgspec.json.encode(verdict).decode())
    return EXIT_SAME if verdict.equal else EXIT_NOT
