"""What is typed into a desk without a window: a console until its input ends, or one line."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from desk.app.options import Options
from desk.app.session import open_session
from desk.app.stopping import stop_signal
from desk.cli.console import Console
from desk.cli.grammar import parse
from desk.io.folder import HeldFolder
from desk.io.journal_proof import ProofAhead
from desk.model.commands import SubmitOrder
from desk.model.events import AnyEvent, Denied

EXIT_OK, EXIT_DENIED = 0, 1

LineSource = Callable[[], Awaitable[str | None]]


async def console(chosen: Options, held: HeldFolder, ahead: ProofAhead) -> int:
    """Take lines from standard input until it ends."""
    async with open_session(chosen, held, ahead=ahead) as session:
        typed = Console(session, sys.stdout, interactive=sys.stdin.isatty())
        reading = asyncio.create_task(typed.run(stdin_lines()))
        await _until_done_or_told(reading)
    return EXIT_OK


async def order(chosen: Options, held: HeldFolder, ahead: ProofAhead) -> int:
    """Give one line once its market is there, and wait until the venue has answered."""
    assert chosen.one is not None
    denied: list[AnyEvent] = []
    lines = iter([*_wait_line(chosen.one), chosen.one, "sync"])

    async def next_line() -> str | None:
        return None if denied else next(lines, None)

    async with open_session(chosen, held, ahead=ahead) as session:
        session.listen(lambda event: denied.append(event) if isinstance(event, Denied) else None)
        typed = Console(session, sys.stdout)
        await _until_done_or_told(asyncio.create_task(typed.run(next_line)))
    return EXIT_DENIED if denied else EXIT_OK


def _wait_line(line: str) -> list[str]:
    command = parse(line, "check")
    return [f"wait {command.instrument}"] if isinstance(command, SubmitOrder) else []


async def _until_done_or_told(task: asyncio.Task[None]) -> None:
    """Wait for a task, or for a signal to stop; then the task is cancelled."""
    stopping = asyncio.create_task(stop_signal().wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def stdin_lines() -> LineSource:
    """Return a reader of standard input's lines; None at the end.

    A thread reads, because a file on standard input cannot be waited for; it shares nothing but
    the queue, and it does not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=0)

    def read() -> None:
        # A loop that is closed has been told to stop: nobody waits for these lines any more.
        with suppress(RuntimeError):
            for line in sys.stdin:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return queue.get
