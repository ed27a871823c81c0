"""The blotter, read from the journal beside the running desk: pages for the window, and exports.

Reading runs in a thread with a connection of its own, in slices: the engine never waits for it
longer than one slice holds the interpreter.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from desk.app.blotter_csv import HEADER, cells
from desk.app.runtime import Runtime
from desk.engine.blotter import blotter_rows, is_wanted
from desk.io.csv_file import write_csv
from desk.io.journal_pages import JournalPages
from desk.model.blotter import (
    MOST_ROWS,
    AskBlotter,
    BlotterFilter,
    BlotterPage,
    BlotterRow,
    ExportBlotter,
)
from desk.model.commands import AnyCommand
from desk.model.errors import DeskError
from desk.model.events import Answered, AnyEvent, Denial, Denied
from desk.model.journal import Row
from desk.model.orders import OrderTerms

EXPORTS = "exports"
SLICE_ROWS = 25
"""Of the journal, worked on before the engine is let in: a millisecond or two."""

PAUSE_S = 0.001
MOST_LOOKED_AT = 20_000
"""Rows of the journal that one page looks through; the window asks on from there."""

MOST_WAITING = 8


class Stopped(Exception):
    """The desk closes: what is being read is wanted no more."""


class Records:
    """Answers what is asked about the journal's past."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self._runtime = runtime
        self._folder = folder
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()
        self._stopped = threading.Event()

    def takes(self, command: AnyCommand, number: int | None) -> bool:
        """Take a command that is answered here; False if it is none."""
        if not isinstance(command, AskBlotter | ExportBlotter):
            return False
        if len(self._tasks) >= MOST_WAITING:
            self._runtime.tell(_denied(command, number, "BUSY", "The journal is being read."))
            return True
        task = asyncio.get_running_loop().create_task(self._answer(command, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def stop(self) -> None:
        """Give up what is being read."""
        self._stopped.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, command: AskBlotter | ExportBlotter, number: int | None) -> None:
        async with self._one_at_a_time:
            try:
                data = await asyncio.to_thread(self._work, command)
            except Stopped:
                return
            except (DeskError, OSError) as error:
                why = f"Nothing was written: {error}." if _is_export(command) else f"{error}."
                self._runtime.tell(_denied(command, number, "JOURNAL_READ", why))
                return
        about = str(command.__struct_config__.tag)
        self._runtime.tell(Answered(command=number, about=about, data=data))

    def _work(self, command: AskBlotter | ExportBlotter) -> dict[str, object]:
        if isinstance(command, AskBlotter):
            return msgspec.to_builtins(self.page(command))
        path, count = self.export(command.wanted)
        return {"path": str(path), "rows": count}

    def page(self, asked: AskBlotter) -> BlotterPage:
        """Return one page; blocks."""
        count = max(1, min(asked.count, MOST_ROWS))
        found: list[BlotterRow] = []
        with JournalPages(self._folder) as pages:
            newest = pages.newest_seq()
            end = newest + 1
            if asked.before_seq is not None:
                end = max(1, min(end, asked.before_seq))
            floor, stop = max(0, asked.after_seq), max(0, end - 1 - MOST_LOOKED_AT)
            while end - 1 > max(floor, stop) and len(found) < count:
                start = max(floor, end - 1 - SLICE_ROWS)
                for row in reversed(self._slice(pages, start, end)):
                    found += reversed(self._wanted(row, asked.wanted))
                end = start + 1
        more = end - 1 > floor
        return BlotterPage(rows=found, next_seq=end if more else None, newest_seq=newest)

    def export(self, wanted: BlotterFilter) -> tuple[Path, int]:
        """Write a CSV file, oldest first; blocks. Raises OSError, JournalError."""
        kinds = "-".join(wanted.kinds) if len(wanted.kinds) == 1 else "blotter"
        now = datetime.fromtimestamp(self._runtime.clock.wall_ms() / 1000, UTC)
        name = f"{kinds}-{now:%Y%m%dT%H%M%SZ}"
        with JournalPages(self._folder) as pages:
            rows = (cells(row) for row in self._all(pages, wanted))
            return write_csv(self._folder / EXPORTS, name, HEADER, rows)

    def _all(self, pages: JournalPages, wanted: BlotterFilter) -> Iterator[BlotterRow]:
        newest = pages.newest_seq()
        for start in range(0, newest, SLICE_ROWS):
            for row in self._slice(pages, start, min(newest, start + SLICE_ROWS) + 1):
                yield from self._wanted(row, wanted)

    def _slice(self, pages: JournalPages, after_seq: int, before_seq: int) -> list[Row]:
        if self._stopped.is_set():
            raise Stopped
        time.sleep(PAUSE_S)  # lets the engine have the interpreter
        return pages.between(after_seq, before_seq)

    def _wanted(self, row: Row, wanted: BlotterFilter) -> list[BlotterRow]:
        time_ms = row.entry.time_ms
        if wanted.from_ms is not None and time_ms < wanted.from_ms:
            return []
        if wanted.to_ms is not None and time_ms >= wanted.to_ms:
            return []
        return [one for one in blotter_rows(row, self._terms) if is_wanted(one, wanted)]

    def _terms(self, order_id: str) -> OrderTerms | None:
        order = self._runtime.engine.desk.state.orders.get(order_id)
        return None if order is None else order.terms


def _is_export(command: AskBlotter | ExportBlotter) -> bool:
    return isinstance(command, ExportBlotter)


def _denied(
    command: AskBlotter | ExportBlotter, number: int | None, code: str, message: str
) -> AnyEvent:
    denial = Denial(code=code, rule="rec.retention", message=message)
    about = str(command.__struct_config__.tag)
    return Denied(command=number, about=about, id=command.id, denials=[denial])
