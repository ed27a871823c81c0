"""Files that must not lie: private, synced, allocated ahead.

What the platforms do differently about it is said here once.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path

PRIVATE_FOLDER_MODE = 0o700
PRIVATE_FILE_MODE = 0o600


def open_private(path: Path, *, make: bool = True) -> FileIO:
    """Open a file for reading and writing, unbuffered; made for its owner alone if not there.

    Raises OSError; FileNotFoundError when it is not there and `make` is False.
    """
    flags = os.O_RDWR | (os.O_CREAT if make else 0) | getattr(os, "O_BINARY", 0)
    return FileIO(os.open(path, flags, PRIVATE_FILE_MODE), "r+")


def new_private(path: Path) -> FileIO:
    """Make a file for its owner alone, to write; raise FileExistsError where there is one."""
    return FileIO(path, "x", opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE_MODE))


def make_private_folder(path: Path) -> None:
    """Make a folder for its owner alone, and each above it that is not there; raise OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):  # mkdir's own `parents` would leave them open
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)


def memory_folder() -> Path | None:
    """Return where files are kept in memory alone; None where the system has no such place.

    Everybody may write there: make a folder of a random name in it (`tempfile`), private.
    """
    place = Path("/dev/shm")  # nosec B108
    return place if os.access(place, os.W_OK) else None


def sync_file(file: FileIO) -> None:
    """Return when the file's content is on the disk; raises OSError when that is not known."""
    if sys.platform == "darwin":
        import fcntl

        # There fsync stops at the drive's cache.
        fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(file.fileno())
    else:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make new and renamed names in a folder durable; raises OSError."""
    if sys.platform == "win32":
        return  # a folder cannot be opened there; NTFS journals names itself
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file so that a crash leaves the old or the new one; raise OSError."""
    beside = path.with_name(path.name + ".new")
    try:
        with open_private(beside) as file:
            file.truncate(0)
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            sync_file(file)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_whole(file: FileIO, at: int, data: bytes) -> None:
    """Write all of it at the end of a file of `at` bytes, or take back what was written.

    Where there is room for a part only the next write tells the reason. Raises OSError.
    """
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        with suppress(OSError):
            file.truncate(at)
        raise


def allocate(file: FileIO, size: int) -> None:
    """Make the file at least `size` bytes long with real blocks behind every one.

    Raises OSError (ENOSPC) when the disk has no room; the length may have grown by then.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    block = bytes(1 << 16)
    position = file.seek(0, os.SEEK_END)
    while position < size:
        position += file.write(block[: size - position])


def free_bytes(path: Path) -> int:
    """Room that this user may still fill on the disk of `path`, in bytes."""
    return shutil.disk_usage(path).free


def try_lock(file: FileIO) -> bool:
    """Take the whole-file lock that ends with this process, however it ends; False if taken."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # A lock there forbids reading too, so it lies far behind what the file says.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
