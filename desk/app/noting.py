"""What a desk notes in its log, and what it makes of faults: of this process and of the last.

Words of events stay out of the log: they carry sizes and amounts, which are the journal's.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from desk.app.runtime import Runtime
from desk.crash import Reports, forget_report, gist, read_report
from desk.engine.message import Crashed
from desk.log import ENGINE, LOG, WINDOW
from desk.model.events import Alerted, AnyEvent, LevelChanged, StateChanged


def attend(runtime: Runtime, folder: Path, reports: Reports) -> None:
    """Note what a desk does from now on, and let no fault go by without a person."""
    desk = runtime.engine.desk
    LOG.info(
        "started: process %d, %s, profile %s, journal row %d",
        os.getpid(),
        desk.settings.mode,
        desk.rules.name,
        desk.state.seq,
    )
    runtime.listeners.append(note)
    loop = asyncio.get_running_loop()
    for process in (ENGINE, WINDOW):
        if told := latch_crash(runtime, folder, process):
            loop.call_soon(runtime.tell, _failed_before(told))
    reports.tell_to(lambda told: _latch_soon(loop, runtime, folder, told))
    loop.set_exception_handler(lambda _, context: _take(reports, context))


def latch_crash(runtime: Runtime, folder: Path, process: str, how: str = "") -> str:
    """Latch the desk for what a process left behind, or for `how` it ended; return what it was.

    The report is forgotten once the journal holds the latch.
    """
    told = read_report(folder, process)
    what = gist(told) if told else how
    if what:
        runtime.process(Crashed(process, what))
        forget_latched(runtime, folder, process)
    return what


def forget_latched(runtime: Runtime, folder: Path, process: str) -> None:
    """Forget a report that the desk is latched for, unless the journal could not take that."""
    if runtime.journal.writable:
        forget_report(folder, process)


def _latch_soon(loop: asyncio.AbstractEventLoop, runtime: Runtime, folder: Path, what: str) -> None:
    with suppress(RuntimeError):  # it has ended: the report is there for the next one
        loop.call_soon_threadsafe(_latch, runtime, folder, what)


def _latch(runtime: Runtime, folder: Path, what: str) -> None:
    """Latch the desk, if its engine is still whole.

    One that failed in the middle of its work takes no further message: the next tick of the clock
    fails in it and ends the desk.
    """
    with suppress(AssertionError):
        runtime.process(Crashed(ENGINE, what))
        forget_latched(runtime, folder, ENGINE)


def _take(reports: Reports, context: dict[str, Any]) -> None:
    """Take what failed in a callback or in a task that nobody awaits."""
    fault = context.get("exception") or RuntimeError(context["message"])
    reports.note(fault, context["message"])


def note(event: AnyEvent) -> None:
    """Note what an event changed, in words of ours alone."""
    match event:
        case StateChanged():
            LOG.info("the desk is %s, it was %s", event.after, event.before)
        case LevelChanged():
            LOG.info("%s is at %s, it was at %s", event.account, event.after, event.before)
        case Alerted() if event.severity != "info":
            LOG.info("alert: %s %s", event.severity, event.code)
        case _:
            pass


def _failed_before(what: str) -> Alerted:
    said = f"The desk that ran here before failed: {what}. The whole report is in its log."
    return Alerted(severity="danger", message=said, code="FAILED_BEFORE")
