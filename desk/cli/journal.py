"""`desk journal verify|show|export|film`: what the journal holds, for people and for scripts.

Reads only: works beside a running desk, and on a journal that a desk would refuse.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from desk.cli.film import show_film
from desk.io.csv_cells import text_cell, value_cell
from desk.io.folder import desk_folder
from desk.io.journal_reader import JournalReader
from desk.model.errors import InputError, JournalBroken
from desk.model.journal import Row

_PROGRESS_ROWS = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Arguments(argparse.ArgumentParser):
    """Bad usage is bad input: one line from the entry point, not argparse's own exit."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            source=self.prog, expected="verify|show|export|film [--account DIR]", found=message
        )


class _Verdict(msgspec.Struct):
    rows: int = 0
    """That hold, from the first."""
    head_seq: int = 0
    head_hash: str = "0" * 64
    anchor_seq: int | None = None
    ok: bool = False
    problem: str | None = None


def run(argv: Sequence[str]) -> int:
    """Carry out the command; the exit code, 1 when `verify` found the journal broken.

    Raises InputError for bad usage or a folder without a journal, JournalError when `show` or
    `export` meet a journal that does not hold, FilmMissing when `film` finds no picture.
    """
    parser = _Arguments(
        prog="desk journal", description="Read the journal of a desk folder.", allow_abbrev=False
    )
    parser.add_argument("action", choices=("verify", "show", "export", "film"))
    parser.add_argument("--account", metavar="DIR", help="the desk folder")
    parser.add_argument("--json", action="store_true", help="export one JSON object a line")
    parser.add_argument("--at", metavar="TIME", help="film: the picture of a time, HKT")
    parser.add_argument("--seq", metavar="N", type=int, help="film: the picture of a row")
    arguments = parser.parse_args(argv)
    folder = desk_folder(arguments.account)
    if arguments.action == "verify":
        return _verify(folder)
    if arguments.action == "film":
        show_film(folder, arguments.at, arguments.seq)
    elif arguments.action == "show" or arguments.json:
        _show(folder)
    else:
        _export(folder)
    return 0


def _verify(folder: Path) -> int:
    verdict = _Verdict()
    try:
        with JournalReader(folder) as reader:
            verdict.anchor_seq = None if reader.anchored is None else reader.anchored.seq
            for row in _reporting(reader.rows()):
                verdict.rows = verdict.head_seq = row.seq
                verdict.head_hash = row.hash
        verdict.ok = True
    except JournalBroken as broken:
        verdict.problem = str(broken)
    print(msgspec.json.encode(verdict).decode())
    return 0 if verdict.ok else 1


def _reporting(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if row.seq % _PROGRESS_ROWS == 0:
            print(f"{row.seq} rows hold so far", file=sys.stderr)
        yield row


def _show(folder: Path) -> None:
    with JournalReader(folder) as reader:
        for row in reader.rows():
            print(msgspec.json.encode(_shown(row)).decode())


def _shown(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "seq": row.seq,
        "time": _iso(entry.time_ms),
        "type": entry.type,
        "id": entry.id,
        "account": entry.account,
        "data": entry.data,
        "hash": row.hash,
    }


def _iso(time_ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _export(folder: Path) -> None:
    """Two passes: the first verifies everything and finds the columns, so nothing is half said."""
    with JournalReader(folder) as reader:
        keys: set[str] = set()
        last_seq = 0
        for row in _reporting(reader.rows()):
            keys.update(row.entry.data)
            last_seq = row.seq
        names = sorted(keys)
        table = csv.writer(sys.stdout)
        header = ("seq", "time", "type", "id", "account", *(f"data.{name}" for name in names))
        table.writerow((*header, "hash"))
        for row in reader.rows():
            if row.seq > last_seq:
                return
            table.writerow(_cells(row, names))


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    entry = row.entry
    return [
        str(row.seq),
        _iso(entry.time_ms),
        text_cell(entry.type),
        text_cell(entry.id),
        text_cell(entry.account),
        *(value_cell(entry.data.get(name)) for name in names),
        row.hash,
    ]
