"""The blotter, read from the journal beside the running desk: pages for the window, and exports.

Reading runs in a thread with a connection of its own, in slices: the engine never waits for it
longer than one slice holds the interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from desk.app.blotter_csv import HEADER, cells
from desk.app.reading import Reading
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
from desk.model.journal import Row
from desk.model.orders import OrderTerms

EXPORTS = "exports"
SLICE_ROWS = 25
"""Of the journal, worked on before the engine is let in: a millisecond or two."""

MOST_LOOKED_AT = 20_000
"""Rows of the journal that one page looks through; the window asks on from there."""


class Records:
    """Answers what is asked about the journal's past."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self._runtime = runtime
        self._folder = folder
        self._reading = Reading(runtime, "The journal is being read.")

    def takes(self, command: AnyCommand, number: int | None) -> bool:
        """Take a command that is answered here; False if it is none."""
        if isinstance(command, AskBlotter):
            self._reading.begin(command, number, partial(self.page, command))
        elif isinstance(command, ExportBlotter):
            work = partial(self._exported, command)
            self._reading.begin(command, number, work, failed="Nothing was written: {error}.")
        else:
            return False
        return True

    async def stop(self) -> None:
        """Give up what is being read."""
        await self._reading.stop()

    def _exported(self, command: ExportBlotter) -> dict[str, object]:
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
        self._reading.breathe()
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
