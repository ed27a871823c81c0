"""A CSV file that is there whole or not at all, and that replaces nothing."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from io import FileIO
from pathlib import Path

from desk.io.disk import PRIVATE_FOLDER_MODE, open_private, sync_file, sync_folder

BLOCK_BYTES = 1 << 16
"""Written at a time."""

MOST_NAMES = 1_000


def write_csv(
    folder: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> tuple[Path, int]:
    """Write a new file and return its path and the number of its rows; raise OSError.

    `name` without ending; where it is taken, a number follows it. Whatever goes wrong, also in
    `rows`, leaves no file behind; a killed process leaves at most one that ends in `.part`.
    """
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    part = folder / f".{name}.{os.getpid()}.part"
    count = 0
    try:
        with open_private(part) as file:
            file.truncate(0)
            text = io.StringIO(newline="")
            table = csv.writer(text)
            table.writerow(header)
            for row in rows:
                table.writerow(row)
                count += 1
                if text.tell() >= BLOCK_BYTES:
                    _flush(file, text)
            _flush(file, text)
            sync_file(file)
        path = _named(folder, name, part)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(folder)
    return path, count


def _flush(file: FileIO, text: io.StringIO) -> None:
    left = memoryview(text.getvalue().encode())
    while left:
        left = left[file.write(left) :]
    text.seek(0)
    text.truncate()


def _named(folder: Path, name: str, part: Path) -> Path:
    """Give the finished file its name; a link replaces nothing, where a rename would."""
    for number in range(1, MOST_NAMES):
        path = folder / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
        try:
            os.link(part, path)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{folder} is full of files named {name}")
