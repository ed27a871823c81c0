"""Files readable by their owner alone, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

PRIVATE = 0o600
MOST_BYTES = 1 << 16
"""Of a person's file."""


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_new(beside, data)
    try:
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def write_new(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file that is not there yet, readable by its owner alone, and down to the disk.

    A sync may take as long as the disk is busy with others, and the window stands still for it.
    FileExistsError where there is one; what cannot be written whole is taken away again.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def own_bytes(path: Path) -> bytes:
    """Read a person's file; nothing where there is none, ValueError for one that is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return b""
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path.name}: expected at most {MOST_BYTES} bytes, found more")
    return data
