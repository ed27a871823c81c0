"""Reports of what failed in a process of the desk: left behind by one, found by the next.

A report is a file beside the log, for its owner alone and bounded: the traceback of what ended the
process from within, of an error that nobody took (in a slot, a thread, a task, a callback), or of
the interpreter's own abort. Who is ended from outside leaves none. It belongs to neither room:
the engine and the window both use it.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from types import TracebackType

from desk.log import FOLDER, LOG, logged, private_file
from desk.model.errors import DeskError
from desk.redaction import redacted

LONGEST = 20_000
"""Bytes of a report: what fails again and again has said all by then."""
LONGEST_GIST = 200

_ABORT = "Fatal Python error"
_UNREADABLE = "it left a report that cannot be read"


class Reports:
    """What fails in this process: into its log, into its report, to whoever is to know at once."""

    def __init__(self, folder: Path | None, process: str) -> None:
        self._path = None if folder is None else _path(folder, process)
        self._noted: set[str] = set()
        self._listener: Callable[[str], None] | None = None
        self._untold: list[str] = []
        self._lock = threading.Lock()

    def tell_to(self, listener: Callable[[str], None]) -> None:
        """Call it with each error that nobody took, from any thread; with those before it too."""
        with self._lock:
            self._listener = listener
            untold, self._untold = self._untold, []
        for told in untold:
            listener(told)

    def note(self, fault: BaseException, what: str) -> None:
        """Take an error that ends nothing, and after which nothing is sure.

        It is told once a place in the code: one in painting comes back with every frame.
        """
        place = _place(fault)
        if place in self._noted:
            return
        self._noted.add(place)
        LOG.error("%s", what, exc_info=fault)
        self.leave(fault)
        self._tell(gist(redacted(_told(fault))))

    def _tell(self, told: str) -> None:
        """Tell it now, or once somebody listens: a window can fail before it is whole."""
        with self._lock:
            listener = self._listener
            if listener is None:
                self._untold.append(told)
        if listener is not None:
            listener(told)

    def leave(self, fault: BaseException) -> None:
        """Add an error to the report."""
        if self._path is None:
            return
        with suppress(OSError), private_file(self._path) as file:
            room = LONGEST - file.tell()
            file.write(f"{redacted(_told(fault))}\n".encode(errors="replace")[: max(0, room)])

    def take(
        self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None
    ) -> None:
        """Take what reaches the interpreter: an excepthook."""
        del kind, trace
        if not isinstance(fault, KeyboardInterrupt):
            self.note(fault, "an error that nobody took")

    def take_from_thread(self, told: threading.ExceptHookArgs) -> None:
        """Take what ends a thread."""
        if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
            name = "?" if told.thread is None else told.thread.name
            self.note(told.exc_value, f"the thread {name} has failed")

    def watch_aborts(self) -> FileIO | None:
        """Let the interpreter's own end write the report; who has asked for another has his."""
        if self._path is None or faulthandler.is_enabled():
            return None
        try:
            file = private_file(self._path)
        except OSError:
            return None
        faulthandler.enable(file)
        return file


@contextmanager
def reported(folder: Path | None, process: str) -> Generator[Reports]:
    """Keep the log of a process while the block runs, and a report of what fails in it."""
    reports = Reports(folder, process)
    before = sys.excepthook, threading.excepthook
    with logged(folder, process) as terminal:
        sys.excepthook, threading.excepthook = reports.take, reports.take_from_thread
        aborts = reports.watch_aborts()
        try:
            yield reports
        except DeskError as refusal:
            LOG.info("the %s ends: %s", process, refusal)
            raise
        except Exception as fault:
            logging.getLogger().removeHandler(terminal)  # whoever takes it tells it there
            LOG.critical("the %s has failed", process, exc_info=fault)
            reports.leave(fault)
            raise
        finally:
            if aborts is not None:
                faulthandler.disable()
                aborts.close()
            sys.excepthook, threading.excepthook = before


def read_report(folder: Path, process: str) -> str:
    """Return what the last process of this name left, and put it into the log.

    Nothing where it did not fail, or was ended from outside. It stays until `forget_report`.
    """
    try:
        with _path(folder, process).open("rb") as file:
            text = redacted(file.read(LONGEST).decode(errors="replace")).strip()
    except FileNotFoundError:
        return ""
    except OSError:
        text = _UNREADABLE
    for line in text.splitlines():
        LOG.error("last %s: %s", process, line)
    return text


def forget_report(folder: Path, process: str) -> None:
    """Empty a report; its file stays, for the process that runs now may have it open."""
    with suppress(OSError), private_file(_path(folder, process)) as file:
        file.truncate(0)


def gist(report: str) -> str:
    """Return the line of a report that says what happened, fit to stand in a sentence."""
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    abort = next((line for line in lines if line.startswith(_ABORT)), None)
    said = abort or (lines[-1] if lines else "nothing is known of it")
    return "".join(c if c.isprintable() else "?" for c in said)[:LONGEST_GIST].rstrip(".")


def _path(folder: Path, process: str) -> Path:
    return folder / FOLDER / f"{process}.fault"


def _place(fault: BaseException) -> str:
    """Return what was raised and where, which is the same each time it comes back."""
    trace = traceback.extract_tb(fault.__traceback__)
    where = f"{trace[-1].filename}:{trace[-1].lineno}" if trace else str(fault)
    return f"{type(fault).__name__} {where}"


def _told(fault: BaseException) -> str:
    return "".join(traceback.format_exception(fault)).rstrip()
