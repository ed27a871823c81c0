"""Journals to test with: entries, a written folder, children that write and are killed."""

import os
import subprocess
import sys
from pathlib import Path

from desk.io.folder import hold_folder
from desk.io.hong_kong import day_start_ms
from desk.io.journal import SqliteJournal
from desk.model.journal import Entry

ROOT = Path(__file__).resolve().parents[2]
SMALL_RESERVE = 64 << 10

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23")
DAYS_FROM_MS = day_start_ms(DAYS[0])


def entry(number: int, *, reserve: bool = False) -> Entry:
    """A deposit that can be told from every other."""
    return Entry(
        type="deposit",
        id=f"dep-{number}",
        account="perp-1",
        time_ms=1_790_000_000_000 + number,
        data={"asset": "USDT", "quantity": f"{number}.5", "note": "é" * (number % 40)},
        reserve=reserve,
    )


def write_journal(folder: Path, count: int) -> None:
    """Append numbered entries to a folder's journal, all at once, and close it."""
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        start = journal.head[0]
        journal.append([entry(number) for number in range(start + 1, start + count + 1)])
        journal.close()


def write_days(folder: Path, *hours: float) -> None:
    """Append a row at each time, in hours since the midnight in Hong Kong that DAYS begins with."""
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        for hour in hours:
            at_ms = DAYS_FROM_MS + int(hour * 3_600_000)
            journal.append([Entry(type="note", time_ms=at_ms, data={"text": f"價 {hour}\n"})])
        journal.close()


def child_environment() -> dict[str, str]:
    """What a child needs to import the desk and the helpers."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}


def start_child(code: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
    """Run Python code in a process of its own; its output is a pipe of bytes."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        bufsize=0,  # what has been read ahead would be lost to communicate
    )


def run_child(code: str, *arguments: object, prefix: tuple[str, ...] = ()) -> str:
    """Run Python code to its end in a process of its own; what it printed."""
    child = start_child(code, *arguments, prefix=prefix)
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors.decode()
    return output.decode()
