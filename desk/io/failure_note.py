"""A note that the journal could not be written, for the process that comes after.

The journal itself cannot say it: it takes nothing more. The note is left as well as the disk
allows; it stands until the next process has made its latch durable.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from desk.io.disk import open_private, sync_file, sync_folder

NOTE_FILE = "journal.failed"

_LONGEST = 2_000
_UNREADABLE = "and left a note that cannot be read"


class FailureNote:
    """The note in one desk folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NOTE_FILE

    def leave(self, what: str) -> bool:
        """Write why the journal failed; False when the disk does not promise to keep it.

        It is written before it is synced: the disk whose sync has failed may fail again, and the
        next process mostly reads what the system still has in memory.
        """
        try:
            with open_private(self._path) as file:
                file.truncate(0)
                file.write(what.encode()[:_LONGEST])
                sync_file(file)
            sync_folder(self._path.parent)
        except OSError:
            return False
        return True

    def read(self) -> str | None:
        """Return what the process before left; None: it left nothing."""
        try:
            return self._path.read_bytes()[:_LONGEST].decode(errors="replace")
        except FileNotFoundError:
            return None
        except OSError:
            return _UNREADABLE

    def remove(self) -> None:
        """Take the note away; one that stays halts the next desk once more, which is harmless."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
