"""Reading documents and writing answers: one document, or one a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from desk.model.errors import InputError

EXIT_OK, EXIT_NO, EXIT_BAD_INPUT = 0, 1, 2

Answer: TypeAlias = Callable[[bytes, str, int | None], dict[str, Any]]
"""Document, name of its source, its line in a `--lines` stream → answer; raises InputError."""

STDIN = "-"


def read(file: str) -> bytes:
    """Return the bytes of a file or of standard input; raise InputError if that cannot be."""
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: no path at all
        found = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            source=file, expected="a file that can be read", found=found or "an error"
        ) from None


def name_of(file: str) -> str:
    """Return what a source is called in a refusal."""
    return "standard input" if file == STDIN else file


def write(answer: dict[str, Any]) -> None:
    """Write one answer for people and programs: indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def answer_lines(file: str, answer: Answer) -> int:
    """Answer one document a line, in order, each as soon as it is there.

    A bad document gets an error line and the rest goes on; the exit status is then 2.
    """
    status = EXIT_OK
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            found = answer(line, name_of(file), number)
        except InputError as error:
            status = EXIT_BAD_INPUT
            found = {
                "error": {
                    "line": number,
                    "field": error.field,
                    "expected": error.expected,
                    "found": error.found,
                }
            }
        print(msgspec.json.encode(found).decode(), flush=True)
    return status


def _lines(file: str) -> Iterable[bytes]:
    if file == STDIN:
        return sys.stdin.buffer
    return read(file).splitlines()
