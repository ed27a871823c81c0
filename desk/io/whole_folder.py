"""A folder that gets its name once all of it is on the disk; until then it is filled beside it.

`.NAME.new` is held by whoever fills it. What a killed process left there is taken away by the next,
and told from anything else by a mark: what bears none is somebody else's, and stays.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from desk.io.disk import make_private_folder, open_private, sync_folder
from desk.io.folder import LOCK_FILE, hold_folder
from desk.io.journal_database import lacks_room
from desk.model.errors import DeskError, InputError

MARK = "copy.begun"
"""In a folder that is being filled."""

_KEPT = (MARK, LOCK_FILE)
"""As long as the folder is not whole."""


@contextmanager
def whole_folder(target: Path) -> Generator[Path]:
    """Give a folder to fill, and the name `target` once the block is through; else it goes.

    Raises InputError where something is at `target`, or beside it that no copy left, JournalHeld
    while another copy is under way, DeskError where the disk refuses.
    """
    new, left = target.with_name(f".{target.name}.new"), "nothing was left there"
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(source=str(target), expected="a new folder", found="something in it")
        make_private_folder(target.parent)
        _require_left_over(new)
        with hold_folder(new):
            try:
                _empty(new)
                open_private(new / MARK).close()
                yield new
                for place in (*(path for path in new.rglob("*") if path.is_dir()), new):
                    sync_folder(place)
                _take_place(new, target)
            except BaseException:
                _remove(new)
                raise
            left = "all of it is there, and may not outlast a power cut"
            # Only now: where no lock is found, another copy begins to fill the same folder.
            for name in _KEPT:
                with suppress(OSError):
                    (target / name).unlink()
        sync_folder(target.parent)
    except sqlite3.Error as error:
        why = "the disk is full" if lacks_room(error) else str(error)
        raise DeskError(f"{target}: {why}; {left}") from error
    except OSError as error:
        raise DeskError(f"{target}: {error.strerror or error}; {left}") from error


def _require_left_over(new: Path) -> None:
    """Refuse what no copy left, and a link that leads away. Raises InputError, OSError."""
    names = {path.name for path in new.iterdir()} if new.is_dir() else set[str]()
    if new.is_symlink() or not (names <= {LOCK_FILE} or MARK in names):
        raise InputError(
            source=str(new), expected="what an earlier copy left, or nothing", found="another's"
        )


def _remove(new: Path) -> None:
    """Take a folder away that is held; the lock goes last, or another would be filling it."""
    with suppress(OSError):
        _empty(new)
    shutil.rmtree(new, ignore_errors=True)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in _KEPT:
            path.unlink()


def _take_place(new: Path, target: Path) -> None:
    """Rename; an empty folder is replaced, and nothing else."""
    if target.exists():
        target.rmdir()
    new.rename(target)
