"""Disk space kept for bad days: given back to the journal when the disk is full."""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from desk.io.disk import allocate, open_private, sync_file


class Reserve:
    """A file that only takes up room, and shrinks a step at a time when the journal needs it.

    Raises OSError when the file cannot be made at all. It holds nothing for sure before `restore`.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._file: FileIO = open_private(path)
        self._size = size
        self._intact = False

    @property
    def intact(self) -> bool:
        """Whether all of its room is taken."""
        return self._intact

    def release(self, step: int) -> bool:
        """Give `step` bytes, or what is left, back to the disk; False when nothing is left.

        Raises OSError when the file system does not confirm it.
        """
        held = os.fstat(self._file.fileno()).st_size
        if held == 0:
            return False
        self._intact = False
        self._file.truncate(max(0, held - step))
        # A file system may keep freed blocks until its own journal has noted them.
        sync_file(self._file)
        return True

    def restore(self) -> bool:
        """Take the whole room again if the disk has it; True when the reserve is intact."""
        held = os.fstat(self._file.fileno()).st_size
        try:
            # Also when the length is right: a copied file may have holes that hold no room.
            allocate(self._file, self._size)
        except OSError:
            self._intact = False
            with suppress(OSError):
                self._file.truncate(held if held < self._size else 0)
        else:
            self._intact = True
        return self._intact

    def close(self) -> None:
        """Close the file; the room stays taken."""
        self._file.close()
