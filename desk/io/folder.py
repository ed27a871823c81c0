"""The desk folder: where everything of one desk lives, held by one process at a time.

Holding is a lock on a file, not the file itself: the system frees it when the process ends in
any way, so nobody ever deletes a stale lock by hand. Who only reads need not hold.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

from desk.io.disk import make_private_folder, open_private, sync_folder, try_lock
from desk.model.errors import InputError, JournalHeld

LOCK_FILE = "desk.lock"

# The process id is written over the last one at a fixed width: it needs no new block, so a full
# disk does not stop it.
_PID_BYTES = 20

# Between taking the lock and writing its id a holder needs microseconds.
_PID_TRIES = 20
_PID_RETRY_S = 0.005


def desk_folder(account: str | None = None) -> Path:
    """Where the desk lives: the folder that was named, else the user's own. Makes nothing."""
    if account is not None:
        return named_folder(account)
    return platformdirs.user_data_path("desk", appauthor=False)


def named_folder(name: str) -> Path:
    """Return the folder of that name, `~` being somebody's home; raise InputError if nobody's."""
    try:
        return Path(name).expanduser().absolute()
    except RuntimeError:
        expected = "a folder, ~ or the home of a user of this machine"
        raise InputError(source=name, expected=expected, found="no such user") from None


class HeldFolder:
    """A desk folder while this process holds it; released by `release` or by the process's end."""

    def __init__(self, path: Path, lock: FileIO) -> None:
        self.path = path
        self._lock = lock
        self._place = path.stat()

    def require_in_place(self) -> None:
        """Raise OSError once the folder was moved away: at its path another desk's may stand."""
        if not os.path.samestat(self.path.stat(), self._place):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))

    def release(self) -> None:
        """Let another process hold the folder; again is harmless."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def hold_folder(path: Path) -> HeldFolder:
    """Make the folder if it is not there (mode 0700) and hold it.

    Raises JournalHeld, with the process id if it can be told, while another process holds it;
    InputError when the folder cannot be made or written.
    """
    try:
        _make(path)
        _check_alone(path)
        lock = open_private(path / LOCK_FILE)
    except OSError as error:
        raise InputError(
            source=str(path),
            expected="a folder that this user can write",
            found=error.strerror or str(error),
        ) from error
    if not (try_lock(lock) and _is_in_place(lock, path / LOCK_FILE)):
        pid = _holder(lock)
        lock.close()
        raise JournalHeld(str(path), pid)
    _write_pid(lock)
    return HeldFolder(path, lock)


def _make(path: Path) -> None:
    if path.is_dir():
        return
    make_private_folder(path)
    sync_folder(path.parent)


def _check_alone(path: Path) -> None:
    """Refuse a folder in which somebody else could put a link, or another journal, in our way."""
    if sys.platform == "win32":
        return
    status = path.stat()
    if os.geteuid() not in {0, status.st_uid}:
        raise InputError(
            source=str(path), expected="a folder of this user", found="one of another user"
        )
    if status.st_mode & stat.S_IWOTH:
        raise InputError(
            source=str(path),
            expected="a folder that nobody else can write (chmod o-w)",
            found=f"rights {stat.S_IMODE(status.st_mode):o}",
        )


def _is_in_place(lock: FileIO, path: Path) -> bool:
    """Whether others find the same lock: who let go of it may have taken it away meanwhile."""
    try:
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except OSError:
        return False


def _write_pid(lock: FileIO) -> None:
    lock.seek(0)
    try:
        lock.write(f"{os.getpid():<{_PID_BYTES - 1}}\n".encode())
    except OSError:
        return  # the lock holds without it; only the refusal of a second desk names nobody


def _holder(lock: FileIO) -> int | None:
    """The process id in the lock file, if such a process runs: the file may still name the last."""
    for _ in range(_PID_TRIES):
        lock.seek(0)
        text = lock.read(_PID_BYTES).strip()
        if text.isdigit() and _runs(int(text)):
            return int(text)
        time.sleep(_PID_RETRY_S)
    return None


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 is Ctrl+C there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
