"""What a process of the desk notes for the day something has gone wrong.

Each process has a rotating file in `logs/` of the desk folder, for its owner alone and bounded:
faults, restarts, connections that went and came. No order, no position, no amount: those are in
the journal. Every line passes `redacted` on its way to any handler. A fault that ends the process
from within leaves a report beside the log, which the next one takes and tells.

It belongs to neither room: the engine and the window, which may not import `desk.io`, both use it.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from desk.model.errors import DeskError
from desk.redaction import hide_environment, redacted

FOLDER = "logs"
ENGINE, WINDOW = "engine", "window"
"""The processes that keep one."""
MOST_BYTES, FILES = 5_000_000, 4
"""Of one process; with it the two processes of a desk keep 40 MB at most."""
LONGEST = 2_000
"""Characters of one message: what others wrote is cut."""
LONGEST_REPORT = 20_000

LOG = logging.getLogger("desk")

_CONTROLS = {number: rf"\x{number:02x}" for number in (*range(32), *range(127, 160))}


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
        kept = _private(self.baseFilename)
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
def logged(folder: Path | None, process: str) -> Generator[None]:
    """Keep the log of a process while the block runs, and a report of what ends it.

    Without a folder, or where it cannot be written, the terminal alone is told.
    """
    handlers: list[logging.Handler] = [ToTerminal()]
    if folder is not None:
        with suppress(OSError):
            _make(folder / FOLDER)
            handlers.append(PrivateFile(folder / FOLDER / f"{process}.log"))
    hide_environment(os.environ)
    root = logging.getLogger()
    for handler in handlers:
        root.addHandler(handler)
    level = LOG.level
    LOG.setLevel(logging.INFO)
    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = _note, _note_thread
    report = None if folder is None else _watch_faults(folder, process)
    try:
        yield
    except DeskError as refusal:
        LOG.info("the %s ends: %s", process, refusal)
        raise
    except Exception as fault:
        root.removeHandler(handlers[0])  # whoever takes it tells it there
        LOG.critical("the %s has failed", process, exc_info=fault)
        if folder is not None:
            _leave_report(folder, process, fault)
        raise
    finally:
        LOG.setLevel(level)
        if report is not None:
            faulthandler.disable()
            report.close()
        sys.excepthook, threading.excepthook = before
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def take_report(folder: Path, process: str) -> str:
    """Return what the last process of this name left when it failed, and put it into the log.

    Nothing where it did not fail, or was ended from outside, which leaves nobody to write.
    """
    path = _report_path(folder, process)
    try:
        with path.open("rb") as file:
            text = redacted(file.read(LONGEST_REPORT).decode(errors="replace")).strip()
        path.unlink()
    except OSError:
        return ""
    for line in text.splitlines():
        LOG.error("last %s: %s", process, line)
    return text


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


def _watch_faults(folder: Path, process: str) -> FileIO | None:
    """Let the interpreter's own end write a report; who has asked for another has his."""
    if faulthandler.is_enabled():
        return None
    try:
        file = _private(str(_report_path(folder, process)))
    except OSError:
        return None
    faulthandler.enable(file)
    return file


def _leave_report(folder: Path, process: str, fault: BaseException) -> None:
    with suppress(OSError), _private(str(_report_path(folder, process))) as file:
        file.write(redacted(_told(fault)).encode(errors="replace")[:LONGEST_REPORT])


def _report_path(folder: Path, process: str) -> Path:
    return folder / FOLDER / f"{process}.fault"


def _told(fault: BaseException | None) -> str:
    return "" if fault is None else "".join(traceback.format_exception(fault)).rstrip()


def _note(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    del kind, trace
    if not isinstance(fault, KeyboardInterrupt):
        note_fault(fault, "an error that nobody took")


def _note_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
        name = "?" if told.thread is None else told.thread.name
        note_fault(told.exc_value, f"the thread {name} has failed")


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)


def _private(path: str) -> FileIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return FileIO(descriptor, "a")
