"""What a desk notes in its log: states, levels, alerts by code, and how the last one ended.

Words of events stay out: they carry sizes and amounts, which are the journal's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from desk.app.runtime import Runtime
from desk.log import ENGINE, LOG, logged, take_report
from desk.model.events import Alerted, AnyEvent, LevelChanged, StateChanged


@contextmanager
def noted(runtime: Runtime, folder: Path) -> Generator[None]:
    """Keep the log of a desk while the block runs; tell what ended the last one."""
    with logged(folder, ENGINE):
        desk = runtime.engine.desk
        LOG.info(
            "started: process %d, %s, profile %s, journal row %d",
            os.getpid(),
            desk.settings.mode,
            desk.rules.name,
            desk.state.seq,
        )
        runtime.listeners.append(note)
        if report := take_report(folder, ENGINE):
            asyncio.get_running_loop().call_soon(runtime.tell, _failed_before(report))
        yield
        LOG.info("ended")


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


def _failed_before(report: str) -> Alerted:
    last = report.splitlines()[-1][:300]
    said = f"The desk that ran here before failed: {last}. The whole report is in its log."
    return Alerted(severity="danger", message=said, code="FAILED_BEFORE")
