"""The proof that a journal holds, and a process that works it out while the desk reads its code.

A child is believed only where it says that all of it holds. Whatever else it says, or that it says
nothing, the desk goes through the journal itself and tells in its own words what is wrong. The
folder is held all the while, so that nobody writes between the proof and the desk.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec

from desk.io.folder import HeldFolder
from desk.io.journal_chain import EMPTY, Head
from desk.io.journal_database import JOURNAL_FILE, LOG_FILE
from desk.io.journal_reader import JournalReader
from desk.io.journal_seals import Days

LONG_BYTES = 16 << 20
"""A journal of less is gone through in the time that a process takes to start."""

PATIENCE_S = 60.0
"""Ten million rows take less."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal came to, every row and page of which was held to its hash and anchor."""

    anchored: Head
    """The row that the anchor names."""
    days: Days

    @property
    def head(self) -> Head:
        """The last row."""
        return self.days.head


def prove(folder: Path) -> Proof:
    """Go through all of a journal; raise JournalError where anything does not hold."""
    with JournalReader(folder) as reader:
        deque(reader.heads(), maxlen=0)
        return Proof(anchored=reader.anchored or EMPTY, days=reader.days)


class ProofAhead:
    """The proof of a held folder's journal, begun in a child where the journal is long."""

    def __init__(self, held: HeldFolder) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        if journal_bytes(held.path) >= LONG_BYTES:
            with suppress(OSError):
                self._child = _begun(held.path)

    def take(self) -> Proof | None:
        """Wait for the child's proof; None: there was none to be had."""
        child, self._child = self._child, None
        if child is None:
            return None
        with child:
            try:
                said, _ = child.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                return None
        if child.returncode != 0:
            return None
        with suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(said, type=Proof)
        return None


def journal_bytes(folder: Path) -> int:
    """Return what a journal takes on the disk, its log included."""
    found = 0
    for name in (JOURNAL_FILE, LOG_FILE):
        with suppress(OSError):
            found += (folder / name).stat().st_size
    return found


def _begun(folder: Path) -> subprocess.Popen[bytes]:
    """Start the child. It only reads, and ends by itself: nothing of it outlives a dead desk."""
    return subprocess.Popen(
        [sys.executable, "-m", "desk.io.journal_proof", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.msgpack.encode(prove(Path(sys.argv[1]))))
