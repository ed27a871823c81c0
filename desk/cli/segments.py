"""`desk journal seals` and `desk journal export --day|--sealed`: finished days for an auditor.

A segment is a file for one day that can be checked without this program, by the few lines of
`check_segment.py`: its first line is the seal, the others are the rows as they were hashed.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from desk.cli.verify import missing, told
from desk.io.disk import make_private_folder, write_atomically
from desk.io.journal_chain import Head, checked_head
from desk.io.journal_reader import JournalReader
from desk.io.journal_seals import SEALS_FILE, Seal, lines_of, seal_line, unsealed
from desk.io.resources import resource
from desk.model.errors import DeskError, InputError, JournalBroken

CHECK = "check_segment.py"


def segment_name(day: str) -> str:
    """Return the name of a day's file."""
    return f"{day}.jsonl"


def show_seals(folder: Path, *, as_json: bool) -> None:
    """Print the seal of every finished day and where the running one stands.

    Raises InputError, JournalError; what is wrong with the file of seals is told, not raised.
    """
    with JournalReader(folder) as reader:
        problem = _worked_out(reader, tell=not as_json)
        seals, running = reader.days.seals, reader.days.running()
        lacks = [] if problem else unsealed(reader.seals, seals)
    if as_json:
        last = msgspec.to_builtins(running) if running.rows else None
        said = {"rows": seals, "open": last, "unsealed": lacks, "problem": problem or None}
        print(msgspec.json.encode(said).decode())
        return
    for seal in seals:
        print(_line(seal, seal.seal))
    if running.rows:
        print(_line(running, "open"))
    for warning in (problem, missing(lacks) if lacks else ""):
        if warning:
            print(warning, file=sys.stderr)


def _line(seal: Seal, end: str) -> str:
    return f"{seal.day}  rows {seal.first_seq}-{seal.last_seq} ({seal.rows})  {end}"


def print_segment(folder: Path, day: str) -> None:
    """Write the segment of a finished day to standard output. Raises InputError, JournalError."""
    with JournalReader(folder) as reader:
        for seal in _true_seals(reader):
            if seal.day == day:
                for line in _segment(reader, seal):
                    sys.stdout.buffer.write(line)
                return
        known = ", ".join(seal.day for seal in reader.days.seals[-3:]) or "none yet"
    raise InputError(source="--day", expected=f"a day that is finished ({known})", found=day)


def write_segments(folder: Path, target: Path) -> dict[str, Any]:
    """Put every finished day, the seals and the check into a folder; what is there stays.

    Raises InputError where something else is there, JournalError, DeskError.
    """
    try:
        make_private_folder(target)
        with JournalReader(folder) as reader:
            seals = _true_seals(reader)
            _require_begun(target / SEALS_FILE, lines_of(seals))
            for seal in seals:
                path = target / segment_name(seal.day)
                _put(path, b"".join(_segment(reader, seal)))
            _put(target / CHECK, resource(CHECK))
            write_atomically(target / SEALS_FILE, lines_of(seals))
    except OSError as error:
        raise DeskError(f"{target}: {error.strerror or error}") from error
    return {"days": len(seals), "check": f"python3 {CHECK} *.jsonl"}


def _require_begun(path: Path, content: bytes) -> None:
    """Refuse seals that these do not go on from: of another journal, or of days that are gone."""
    if path.exists() and not content.startswith(path.read_bytes()):
        raise InputError(
            source=str(path),
            expected="the beginning of the same seals, or no file",
            found="another",
        )


def _put(path: Path, content: bytes) -> None:
    if not path.exists():
        write_atomically(path, content)
    elif path.read_bytes() != content:
        raise InputError(source=str(path), expected="the same as now, or no file", found="another")


def _worked_out(reader: JournalReader, *, tell: bool) -> str:
    """Go through all rows; what is wrong with the file of seals, or nothing."""
    heads = reader.heads()
    deque(told(heads, reader.newest_seq()) if tell else heads, maxlen=0)
    try:
        reader.require_true_seals()
    except JournalBroken as broken:
        return str(broken)
    return ""


def _true_seals(reader: JournalReader) -> list[Seal]:
    if problem := _worked_out(reader, tell=True):
        raise DeskError(problem)
    return reader.days.seals


def _segment(reader: JournalReader, seal: Seal) -> Iterator[bytes]:
    """Yield the lines; the rows are held to the seal once more while they are read."""
    yield seal_line(seal) + b"\n"
    head = Head(seal.first_seq - 1, bytes.fromhex(seal.hash_before))
    for records in reader.stored(seal.first_seq, seal.last_seq):
        head = checked_head(str(reader.path), head, records)
        yield b"".join(record[5] + b"\n" for record in records)
    if (head.seq, head.hash.hex()) != (seal.last_seq, seal.hash):
        raise JournalBroken(str(reader.path), seal.last_seq, "changed while it was being read")
