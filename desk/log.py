"""What a process of the desk notes for the day something has gone wrong.

Each process has a rotating file in `logs/` of the desk folder, for its owner alone and bounded:
faults, restarts, connections that went and came. No order, no position, no amount: those are in
the journal. Every line passes `redacted` on its way to any handler.

It belongs to neither room: the engine and the window, which may not import `desk.io`, both use it.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from desk.redaction import hide_environment, redacted

FOLDER = "logs"
ENGINE, WINDOW = "engine", "window"
"""The processes that keep one."""
MOST_BYTES, FILES = 5_000_000, 4
"""Of one process; with it the two processes of a desk keep 40 MB at most."""
LONGEST = 2_000
"""Characters of one message: what others wrote is cut."""

LOG = logging.getLogger("desk")

_CONTROLS = {number: rf"\x{number:02x}" for number in (*range(32), *range(127, 160))}
_BUT_NEWLINES = {number: shown for number, shown in _CONTROLS.items() if chr(number) != "\n"}


class Redacting(logging.Filter):
    """Makes a record fit to be kept: one line, bounded, without secrets, its traceback too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; every record passes."""
        said = redacted(record.getMessage())
        record.msg, record.args = said.translate(_CONTROLS)[:LONGEST], None
        if record.exc_info:
            record.exc_text = redacted(_told(record.exc_info[1]))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redacted(record.stack_info)
        return True


class PrivateFile(RotatingFileHandler):
    """The log of a process; what cannot be written is left out, and stops nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=FILES - 1, encoding="utf-8")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.addFilter(Redacting())

    def _open(self) -> TextIOWrapper:
        kept = private_file(Path(self.baseFilename))
        return TextIOWrapper(BufferedWriter(kept), encoding="utf-8", errors="replace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave it out."""

    def close(self) -> None:
        """Close the file; what a full disk has kept from it is left out."""
        with suppress(OSError):
            super().close()


class ToTerminal(logging.StreamHandler[TextIO]):
    """Warnings and worse, where standard error goes at that time."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setLevel(logging.WARNING)
        self.setFormatter(logging.Formatter("desk: %(message)s"))
        self.addFilter(Redacting())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave it out."""


@contextmanager
def logged(folder: Path | None, process: str) -> Generator[ToTerminal]:
    """Keep the log of a process while the block runs; yield what tells the terminal.

    Without a folder, or where it cannot be written, the terminal alone is told.
    """
    terminal = ToTerminal()
    handlers: list[logging.Handler] = [terminal]
    if folder is not None:
        with suppress(OSError):
            (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
            handlers.append(PrivateFile(folder / FOLDER / f"{process}.log"))
    hide_environment(os.environ)
    root = logging.getLogger()
    for handler in handlers:
        root.addHandler(handler)
    level = LOG.level
    LOG.setLevel(logging.INFO)
    try:
        yield terminal
    finally:
        LOG.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def note_fault(fault: BaseException, what: str) -> None:
    """Note an error that ends nothing."""
    LOG.error("%s", what, exc_info=fault)


def tell_redacted(
    kind: type[BaseException], fault: BaseException, trace: TracebackType | None
) -> None:
    """Print what ends a process as the interpreter would, without secrets: an excepthook."""
    del kind, trace
    hide_environment(os.environ)
    sys.stderr.write(f"{redacted(_told(fault))}\n")


def _told(fault: BaseException | None) -> str:
    """Return a traceback whose words, which others may have written, steer no terminal."""
    told = "" if fault is None else "".join(traceback.format_exception(fault)).rstrip()
    return told.translate(_BUT_NEWLINES)


def private_file(path: Path) -> FileIO:
    """Open a file of the log's folder to append to it; it is its owner's alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return FileIO(os.open(path, flags, 0o600), "a")
