"""`desk journal …`: what the journal holds, for people and scripts.

Changes no journal: works beside a running desk, and on a journal that a desk would refuse.
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
from desk.cli.segments import print_segment, show_seals, write_segments
from desk.cli.verify import verify
from desk.io.backup import make_backup
from desk.io.backup import restore as restore_backup
from desk.io.csv_cells import text_cell, value_cell
from desk.io.folder import desk_folder, named_folder
from desk.io.journal_reader import JournalReader
from desk.model.errors import InputError
from desk.model.journal import Row

_PROGRESS_ROWS = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


ACTIONS = ("verify", "show", "export", "seals", "backup", "restore", "film", "snapshot")


class _Arguments(argparse.ArgumentParser):
    """Bad usage is bad input: one line from the entry point, not argparse's own exit."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            source=self.prog, expected=f"{'|'.join(ACTIONS)} [--account DIR]", found=message
        )


def run(argv: Sequence[str]) -> int:
    """Carry out the command; the exit code.

    1 when `verify` found the journal broken, `snapshot --check` no snapshot that is its replay.
    Raises InputError for bad usage or a folder without a journal, JournalError when `show` or
    `export` meet a journal that does not hold, FilmMissing when `film` finds no picture.
    """
    parser = _Arguments(
        prog="desk journal", description="Read the journal of a desk folder.", allow_abbrev=False
    )
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("place", nargs="?", metavar="DIR", help="backup, restore: the backup")
    parser.add_argument("--account", metavar="DIR", help="the desk folder")
    parser.add_argument("--json", action="store_true", help="one JSON object a line; no progress")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="export: a finished day, to check")
    parser.add_argument("--sealed", metavar="DIR", help="export: every finished day, to check")
    parser.add_argument("--at", metavar="TIME", help="film: the picture of a time, HKT")
    parser.add_argument("--seq", metavar="N", type=int, help="film: the picture of a row")
    parser.add_argument("--beside", action="store_true", help="snapshot: for a desk that runs")
    parser.add_argument("--check", action="store_true", help="snapshot: is it what the rows say?")
    arguments = parser.parse_args(argv)
    if arguments.action in {"backup", "restore"}:
        return _second_place(parser, arguments)
    if arguments.place is not None:
        parser.error(f"unrecognized arguments: {arguments.place}")
    folder = desk_folder(arguments.account)
    if arguments.action == "verify":
        return verify(folder, tell=not arguments.json)
    if arguments.action == "snapshot":
        return _snapshot(arguments, folder)
    if arguments.action == "film":
        show_film(folder, arguments.at, arguments.seq)
    elif arguments.action == "seals":
        show_seals(folder, as_json=arguments.json)
    elif arguments.action == "export" and arguments.day is not None:
        print_segment(folder, arguments.day)
    elif arguments.action == "export" and arguments.sealed is not None:
        said = write_segments(folder, named_folder(arguments.sealed))
        print(msgspec.json.encode(said).decode())
    elif arguments.action == "show" or arguments.json:
        _show(folder)
    else:
        _export(folder)
    return 0


def _second_place(parser: _Arguments, arguments: argparse.Namespace) -> int:
    """Back up or restore; a restored desk is never put where nobody named a folder for it."""
    if arguments.place is None or (arguments.action == "restore" and arguments.account is None):
        parser.error(f"{arguments.action} without its folders")
    place = named_folder(arguments.place)
    act = make_backup if arguments.action == "backup" else restore_backup
    folders = [desk_folder(arguments.account), place]
    done = act(*(folders if arguments.action == "backup" else reversed(folders)))
    said = {n: v for n, v in msgspec.to_builtins(done).items() if n not in {"schema", "sha256"}}
    print(msgspec.json.encode(said).decode())
    return 0


def _snapshot(arguments: argparse.Namespace, folder: Path) -> int:
    """Make a snapshot, or check the one that is there; both know the whole desk."""
    if arguments.check:
        from desk.cli.snapshot_check import run_check

        return run_check(folder, tell=not arguments.json)
    from desk.cli.snapshot import run_snapshot

    return run_snapshot(folder, beside=arguments.beside)


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
