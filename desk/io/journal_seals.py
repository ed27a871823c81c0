"""Sealed days: what every finished day of a journal came to, for whoever compares it later.

A row belongs to the day in Hong Kong at which it was written, or, where a clock was set back, to
the day of the row before it: days never go back, so that each is one stretch of rows. The first
row of a later day finishes a day and seals it. A seal follows from the rows alone; the file is a
record to compare with, one line a day, and what it must hold can be worked out at any time:

    seal = SHA-256(the line without `seal`: JSON in ASCII, keys in order, no white space)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from desk.io.disk import write_atomically
from desk.io.folder import HeldFolder
from desk.io.hong_kong import DAY_MS, day_of, day_start_ms
from desk.io.journal_chain import EMPTY, Head
from desk.model.errors import JournalBroken

SEALS_FILE = "journal.seals"

_NO_SEAL = "0" * 64
_LARGEST = 64 << 20
_time_ms = itemgetter(1)


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A finished day; hashes in hex."""

    day: str
    first_seq: int
    hash: str
    """Of its last row in the chain: of all rows before it, too."""
    hash_before: str
    """Of the row before its first: where whoever has this day alone begins to count."""
    last_seq: int
    previous_seal: str
    rows: int
    seal: str = ""


def seal_line(seal: Seal) -> bytes:
    """Return a seal as it lies in the file, without the end of the line."""
    return msgspec.json.encode(seal, order="sorted")


def lines_of(seals: Iterable[Seal]) -> bytes:
    """Return the file of these seals."""
    return b"".join(seal_line(seal) + b"\n" for seal in seals)


class Days(msgspec.Struct, kw_only=True):
    """Follows the rows of a journal, in order, and seals each day that is finished."""

    seals: list[Seal] = msgspec.field(default_factory=list[Seal])
    before: Head = EMPTY
    """The last row of the day before the running one."""
    head: Head = EMPTY
    """The last row."""
    end_ms: int = 0
    """Of the running day."""

    def take(self, records: Sequence[tuple[Any, ...]]) -> None:
        """Take rows that hold: number, time, …, hash, as they are stored."""
        if not records:
            return
        if max(map(_time_ms, records)) >= self.end_ms:
            for record in records:
                self._take(record[0], record[1], record[6])
        self.head = Head(records[-1][0], records[-1][6])

    def _take(self, seq: int, time_ms: int, hash_: bytes) -> None:
        if time_ms >= self.end_ms:
            end_ms = day_start_ms(day_of(time_ms)) + DAY_MS
            if self.head.seq and end_ms > self.end_ms:
                self.seals.append(self.running())
                self.before = self.head
            self.end_ms = end_ms
        self.head = Head(seq, hash_)

    def running(self) -> Seal:
        """Return the day that is not finished as if it ended here; no rows: there is none."""
        first, last = self.before.seq + 1, self.head.seq
        seal = Seal(
            day=day_of(max(0, self.end_ms - 1)),
            first_seq=first,
            hash=self.head.hash.hex(),
            hash_before=self.before.hash.hex(),
            last_seq=last,
            previous_seal=self.seals[-1].seal if self.seals else _NO_SEAL,
            rows=last + 1 - first,
        )
        fields = {n: v for n, v in msgspec.structs.asdict(seal).items() if n != "seal"}
        text = msgspec.json.encode(fields, order="sorted")
        return msgspec.structs.replace(seal, seal=hashlib.sha256(text).hexdigest())


def read_seals(folder: Path) -> bytes:
    """Return the file of seals as it is; nothing where there is none. Raises JournalBroken."""
    path = folder / SEALS_FILE
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise JournalBroken(str(path), None, f"it cannot be read: {error.strerror}") from error


def require_true(path: Path, content: bytes, seals: Sequence[Seal]) -> None:
    """Hold a file of seals to the rows: it may end early, even within a line; nothing else.

    Raises JournalBroken.
    """
    if lines_of(seals).startswith(content):
        return
    for seal, line in zip(seals, content.split(b"\n"), strict=False):
        if seal_line(seal) != line:
            what = f"the seal of {seal.day} is not what the journal's rows come to"
            raise JournalBroken(str(path), None, what)
    raise JournalBroken(str(path), None, f"it holds more than {len(seals)} finished days")


def unsealed(content: bytes, seals: Sequence[Seal]) -> list[str]:
    """Return the finished days whose seal a true file does not hold yet, oldest first."""
    return [seal.day for seal in seals[content.count(b"\n") :]]


class SealBook:
    """The seals of a journal that is being written, and their file.

    Nothing of it stands in a row's way: what could not be written down is told in `note`, and a
    later start writes it. A file that says other than the rows is left as it is.
    """

    def __init__(self, held: HeldFolder) -> None:
        self.days = Days()
        self.note = ""
        """Why the file is not what it should be; empty: it is."""
        self._held = held
        self._path = held.path / SEALS_FILE
        self._tried = 0

    def take(self, records: Sequence[tuple[Any, ...]]) -> None:
        """Take rows that were acknowledged."""
        self.days.take(records)
        if len(self.days.seals) > self._tried:
            self.write()

    def write(self) -> None:
        """Write down the seals that the file lacks."""
        seals = self.days.seals
        self._tried = len(seals)
        try:
            self._held.require_in_place()
            content, wanted = read_seals(self._path.parent), lines_of(seals)
            require_true(self._path, content, seals)
            if content != wanted:
                write_atomically(self._path, wanted)
            self.note = ""
        except JournalBroken as broken:
            self.note = broken.what
        except OSError as error:
            self.note = f"it cannot be written: {error.strerror}"
